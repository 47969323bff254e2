#define _GNU_SOURCE
#include "CLinux.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

const int scriptron_open_path_only = O_PATH;

static int64_t nanoseconds(struct statx_timestamp time) {
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

int scriptron_status_at(int directory, const char *name, int follow, struct scriptron_status *status) {
    struct statx raw;
    int flags = AT_NO_AUTOMOUNT | (follow ? 0 : AT_SYMLINK_NOFOLLOW) | (name[0] ? 0 : AT_EMPTY_PATH);
    if (statx(directory, name, flags, STATX_BASIC_STATS | STATX_BTIME | STATX_MNT_ID, &raw) < 0)
        return -errno;
    status->device = makedev(raw.stx_dev_major, raw.stx_dev_minor);
    status->inode = raw.stx_ino;
    status->mount = raw.stx_mask & STATX_MNT_ID ? raw.stx_mnt_id : 0;
    status->size = (int64_t)raw.stx_size;
    status->allocated = (int64_t)raw.stx_blocks * 512;
    status->mode = raw.stx_mode;
    status->uid = raw.stx_uid;
    status->gid = raw.stx_gid;
    status->links = raw.stx_nlink;
    status->accessed = nanoseconds(raw.stx_atime);
    status->modified = nanoseconds(raw.stx_mtime);
    status->changed = nanoseconds(raw.stx_ctime);
    status->born = raw.stx_mask & STATX_BTIME ? nanoseconds(raw.stx_btime) : 0;
    return 0;
}

ssize_t scriptron_read_directory(int directory, void *buffer, size_t length) {
    ssize_t result = syscall(SYS_getdents64, directory, buffer, length);
    return result < 0 ? -errno : result;
}

int scriptron_rename_at(int from_directory, const char *from, int to_directory, const char *to, int replace) {
    int result = renameat2(from_directory, from, to_directory, to, replace ? 0 : RENAME_NOREPLACE);
    return result < 0 ? -errno : 0;
}

ssize_t scriptron_copy_range(int from, int to, size_t length) {
    ssize_t result = copy_file_range(from, NULL, to, NULL, length, 0);
    return result < 0 ? -errno : result;
}

int64_t scriptron_seek_data(int descriptor, int64_t offset, int hole) {
    off_t result = lseek(descriptor, offset, hole ? SEEK_HOLE : SEEK_DATA);
    return result < 0 ? -errno : result;
}

int scriptron_pipe(int ends[2]) {
    return pipe2(ends, O_CLOEXEC) < 0 ? -errno : 0;
}

int scriptron_open_beneath(int directory, const char *path, int follow) {
    struct open_how how = {
        .flags = O_PATH | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW),
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
    };
    long result = syscall(SYS_openat2, directory, path, &how, sizeof how);
    return result < 0 ? -errno : (int)result;
}

ssize_t scriptron_attribute(const char *path, const char *name, void *value, size_t length) {
    ssize_t result = getxattr(path, name, value, length);
    return result < 0 ? -errno : result;
}

ssize_t scriptron_attribute_names(int descriptor, void *names, size_t length) {
    ssize_t result = flistxattr(descriptor, names, length);
    return result < 0 ? -errno : result;
}

ssize_t scriptron_attribute_of(int descriptor, const char *name, void *value, size_t length) {
    ssize_t result = fgetxattr(descriptor, name, value, length);
    return result < 0 ? -errno : result;
}

int scriptron_set_attribute(int descriptor, const char *name, const void *value, size_t length) {
    return fsetxattr(descriptor, name, value, length, 0) < 0 ? -errno : 0;
}

int scriptron_sync_file_system(int descriptor) {
    return syncfs(descriptor) < 0 ? -errno : 0;
}
