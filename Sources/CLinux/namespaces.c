#define _GNU_SOURCE
#include "CLinux.h"
#include "result.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

int scriptron_unshare_pid_namespace(void) {
    return result_of(unshare(CLONE_NEWPID));
}

int scriptron_enter_pid_namespace(int descriptor) {
    return result_of(setns(descriptor, CLONE_NEWPID));
}

int scriptron_unshare_mount_namespace(void) {
    return result_of(unshare(CLONE_NEWNS));
}

int scriptron_enter_mount_namespace(int descriptor) {
    return result_of(setns(descriptor, CLONE_NEWNS));
}

int scriptron_try_namespaces(int mounts, int pids) {
    int flags = (mounts ? CLONE_NEWNS : 0) | (pids ? CLONE_NEWPID : 0);
    pid_t child = fork();
    if (child < 0)
        return -errno;
    // Nothing but system calls in the child: the parent may have many threads.
    if (child == 0) {
        int own = mounts ? open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC) : -1;
        if (unshare(flags) < 0)
            _exit(errno);
        // Entering a namespace asks for one capability more than making it.
        _exit(mounts && setns(own, CLONE_NEWNS) < 0 ? errno : 0);
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return -errno;
    return WIFEXITED(status) ? -WEXITSTATUS(status) : -EPERM;
}

/// Pids below this are not given out again once numbering went round (RESERVED_PIDS in the kernel's pid.c).
enum { RESERVED_PIDS = 300 };

static int write_number(const char *path, unsigned number) {
    char text[16];
    int length = snprintf(text, sizeof text, "%u", number);
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0)
        return -errno;
    int result = write(file, text, (size_t)length) < 0 ? -errno : 0;
    close(file);
    return result;
}

int scriptron_limit_own_processes(uint32_t most) {
    // The numbers below the reserved ones are passed over, so that there are as many as are allowed, and this one.
    int result = write_number("/proc/sys/kernel/ns_last_pid", RESERVED_PIDS);
    if (result < 0)
        return result;
    return write_number("/proc/sys/kernel/pid_max", RESERVED_PIDS + most - 1);
}

/// Whether pid_max belongs to the PID namespace (Linux 6.14): in an older kernel it is the machine's.
static int has_own_pid_max(void) {
    struct utsname name;
    unsigned major = 0, minor = 0;
    if (uname(&name) < 0 || sscanf(name.release, "%u.%u", &major, &minor) != 2)
        return 0;
    return major > 6 || (major == 6 && minor >= 14);
}

int scriptron_try_process_limit(void) {
    if (!has_own_pid_max())
        return -ENOSYS;
    pid_t outer = fork();
    if (outer < 0)
        return -errno;
    if (outer == 0) {
        if (unshare(CLONE_NEWPID) < 0)
            _exit(errno);
        pid_t inner = fork();
        if (inner == 0)
            _exit(getpid() == 1 ? -scriptron_limit_own_processes(100) : EPERM);
        int status = 0;
        if (inner < 0 || waitpid(inner, &status, 0) < 0)
            _exit(errno);
        _exit(WIFEXITED(status) ? WEXITSTATUS(status) : EPERM);
    }
    int status = 0;
    while (waitpid(outer, &status, 0) < 0)
        if (errno != EINTR)
            return -errno;
    return WIFEXITED(status) ? -WEXITSTATUS(status) : -EPERM;
}
