#define _GNU_SOURCE
#include "CLinux.h"
#include <errno.h>
#include <unistd.h>

pid_t scriptron_fork(void) {
    pid_t pid = fork();
    return pid < 0 ? -errno : pid;
}
