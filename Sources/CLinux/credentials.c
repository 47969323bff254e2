#define _GNU_SOURCE
#include "CLinux.h"
#include "result.h"
#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int scriptron_become_user(uint32_t uid, uint32_t gid, const uint32_t *groups, size_t count) {
    // The raw calls act on this thread alone, which is all there is in a worker.
    if (syscall(SYS_setgroups, count, groups) < 0)
        return -errno;
    if (syscall(SYS_setresgid, gid, gid, gid) < 0)
        return -errno;
    return result_of(syscall(SYS_setresuid, uid, uid, uid));
}

uint64_t scriptron_capabilities(void) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {{0}};
    if (syscall(SYS_capget, &header, data) < 0)
        return 0;
    return (uint64_t)data[1].effective << 32 | data[0].effective;
}

int scriptron_drop_bounding_set(uint64_t keep) {
    for (int capability = 0; capability < 64; capability++) {
        // Asking is cheap; dropping makes new credentials each time.
        if ((keep >> capability & 1) || prctl(PR_CAPBSET_READ, capability, 0, 0, 0) == 0)
            continue;
        if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0)
            // EINVAL: beyond the last one that this kernel knows.
            return errno == EINVAL && capability > CAP_AUDIT_READ ? 0 : -errno;
    }
    return 0;
}

int scriptron_keep_capabilities(uint64_t keep) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {{0}};
    if (syscall(SYS_capget, &header, data) < 0)
        return -errno;
    uint32_t halves[2] = {(uint32_t)keep, (uint32_t)(keep >> 32)};
    for (int half = 0; half < 2; half++) {
        data[half].permitted &= halves[half];
        data[half].effective = data[half].permitted;
        data[half].inheritable = 0;
    }
    // With inheritable empty the ambient set is emptied by the kernel.
    return result_of(syscall(SYS_capset, &header, data));
}

int scriptron_no_new_privileges(void) {
    return result_of(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
}

int scriptron_not_dumpable(void) {
    return result_of(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0));
}
