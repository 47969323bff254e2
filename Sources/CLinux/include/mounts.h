#ifndef SCRIPTRON_CLINUX_MOUNTS_H
#define SCRIPTRON_CLINUX_MOUNTS_H
#include <stdint.h>

/// Attributes of a mount, mount_setattr(2).
enum {
    SCRIPTRON_MOUNT_READ_ONLY = 1,
    SCRIPTRON_MOUNT_NOSUID = 2,
    SCRIPTRON_MOUNT_NODEV = 4,
    SCRIPTRON_MOUNT_NOEXEC = 8,
};

/// Makes every mount of this namespace a slave: mounts of the machine still come in, none goes out. To be done before
/// any other change in a new namespace.
int scriptron_mounts_become_slaves(void);

/// open_tree(2), OPEN_TREE_CLONE | AT_RECURSIVE: a detached copy of what is mounted at and below `path`, as a
/// descriptor. Links are followed.
int scriptron_mount_clone(const char *path);

/// The same of what is mounted at and below the file of `descriptor`, which is one of this mount namespace.
int scriptron_mount_clone_open(int descriptor);

/// move_mount(2): attaches a detached copy at the file of `target`, which is one of this mount namespace.
int scriptron_mount_attach_open(int descriptor, int target);

/// mount_setattr(2): sets and clears attributes of the mount `descriptor` (a detached copy) and of all below it.
int scriptron_mount_set_tree(int descriptor, uint64_t set, uint64_t clear);

/// mount_setattr(2): the same for the mount at `path`, with all below it where `recursive`.
int scriptron_mount_set(const char *path, int recursive, uint64_t set, uint64_t clear);

/// move_mount(2): attaches a detached copy at `path`. Links are followed.
int scriptron_mount_attach(int descriptor, const char *path);

/// fsopen(2): a new file system of `type` with no options but, where not NULL, one flag or key with a value; detached,
/// as a descriptor, with these attributes. Made for an empty tmpfs and for a proc of the own PID namespace.
int scriptron_mount_new(const char *type, const char *key, const char *value, uint64_t attributes);

/// umount2(2), MNT_DETACH.
int scriptron_mount_detach(const char *path);
#endif
