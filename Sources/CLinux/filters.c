#define _GNU_SOURCE
#include "CLinux.h"
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

int scriptron_filter_load(const uint64_t *instructions, uint16_t count, int listens) {
    struct sock_fprog program = {.len = count, .filter = (struct sock_filter *)instructions};
    unsigned long flags = listens ? SECCOMP_FILTER_FLAG_NEW_LISTENER : 0;
    long result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
    return result < 0 ? -errno : (int)result;
}

int scriptron_filter_available(uint32_t action) {
    return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

int scriptron_filter_buffer(void) {
    int descriptor = memfd_create("filter", MFD_CLOEXEC);
    return descriptor < 0 ? -errno : descriptor;
}
