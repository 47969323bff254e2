#define _GNU_SOURCE
#include "CLinux.h"
#include <string.h>

const char *scriptron_errno_name(int number) {
    return strerrorname_np(number);
}

const char *scriptron_signal_name(int number) {
    return sigabbrev_np(number);
}
