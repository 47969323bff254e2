#define _GNU_SOURCE
#include "CLinux.h"
#include "result.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

int scriptron_mounts_become_slaves(void) {
    return result_of(mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL));
}

int scriptron_mount_clone(const char *path) {
    return result_of(open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE));
}

int scriptron_mount_clone_open(int descriptor) {
    return result_of(
        open_tree(descriptor, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE | AT_EMPTY_PATH));
}

int scriptron_mount_attach_open(int descriptor, int target) {
    return result_of(
        move_mount(descriptor, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH));
}

int scriptron_mount_set_tree(int descriptor, uint64_t set, uint64_t clear) {
    struct mount_attr attributes = {.attr_set = set, .attr_clr = clear};
    return result_of(
        mount_setattr(descriptor, "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes, sizeof attributes));
}

int scriptron_mount_set(const char *path, int recursive, uint64_t set, uint64_t clear) {
    struct mount_attr attributes = {.attr_set = set, .attr_clr = clear};
    return result_of(
        mount_setattr(AT_FDCWD, path, recursive ? AT_RECURSIVE : 0, &attributes, sizeof attributes));
}

int scriptron_mount_attach(int descriptor, const char *path) {
    return result_of(
        move_mount(descriptor, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_SYMLINKS));
}

int scriptron_mount_new(const char *type, const char *key, const char *value, uint64_t attributes) {
    int context = fsopen(type, FSOPEN_CLOEXEC);
    if (context < 0)
        return -errno;
    int mounted = 0;
    if (key && value)
        mounted = fsconfig(context, FSCONFIG_SET_STRING, key, value, 0);
    else if (key)
        mounted = fsconfig(context, FSCONFIG_SET_FLAG, key, NULL, 0);
    if (mounted == 0)
        mounted = fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
    if (mounted == 0)
        mounted = fsmount(context, FSMOUNT_CLOEXEC, (unsigned)attributes);
    int result = result_of(mounted);
    close(context);
    return result;
}

int scriptron_mount_detach(const char *path) {
    return result_of(umount2(path, MNT_DETACH));
}
