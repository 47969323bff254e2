#define _GNU_SOURCE
#include "CLinux.h"
#include "result.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
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
