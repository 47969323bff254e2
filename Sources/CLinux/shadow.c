#define _GNU_SOURCE
#include "CLinux.h"
#include "result.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int scriptron_shadow_unshare(int users) {
    return result_of(unshare(
        CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWPID | (users ? CLONE_NEWUSER : 0)));
}

static int keep_to_itself(void) {
    return result_of(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
}

int scriptron_shadow_unshare_mounts(void) {
    if (unshare(CLONE_NEWNS) < 0)
        return -errno;
    return keep_to_itself();
}

int scriptron_shadow_mount(const char *type, const char *target, const char *options) {
    return result_of(mount(type, target, type, MS_NOSUID | MS_NODEV, options));
}

int scriptron_shadow_bind(const char *source, const char *target, int recursive, int read_only) {
    if (mount(source, target, NULL, MS_BIND | (recursive ? MS_REC : 0), NULL) < 0)
        return -errno;
    if (!read_only)
        return 0;
    struct mount_attr attributes = {.attr_set = MOUNT_ATTR_RDONLY};
    return result_of(
        mount_setattr(AT_FDCWD, target, recursive ? AT_RECURSIVE : 0, &attributes, sizeof attributes));
}

int scriptron_shadow_pivot(const char *root) {
    if (chdir(root) < 0)
        return -errno;
    // The old root comes to lie on the new one, and is taken off again (pivot_root(2)).
    if (syscall(SYS_pivot_root, ".", ".") < 0)
        return -errno;
    if (umount2(".", MNT_DETACH) < 0)
        return -errno;
    return result_of(chdir("/"));
}

int scriptron_shadow_exec(const char *path, char *const arguments[], char *const environment[], int output) {
    // Another number first: dup2 onto itself would keep close-on-exec.
    int moved = fcntl(output, F_DUPFD_CLOEXEC, 10);
    if (moved < 0 || dup2(moved, 3) < 0)
        return -errno;
    execve(path, arguments, environment);
    return -errno;
}
