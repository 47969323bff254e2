#define _GNU_SOURCE
#include "CLinux.h"
#include <errno.h>
#include <limits.h>
#include <sys/syscall.h>
#include <unistd.h>

int scriptron_close_all_but(const int *keep, size_t count) {
    unsigned first = 0;
    for (size_t index = 0; index < count; index++) {
        unsigned kept = (unsigned)keep[index];
        if (kept > first && syscall(SYS_close_range, first, kept - 1, 0) < 0)
            return -errno;
        first = kept + 1;
    }
    return syscall(SYS_close_range, first, UINT_MAX, 0) < 0 ? -errno : 0;
}
