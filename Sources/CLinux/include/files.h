#ifndef SCRIPTRON_CLINUX_FILES_H
#define SCRIPTRON_CLINUX_FILES_H
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// O_PATH (open(2)), which the C library hides from Swift.
extern const int scriptron_open_path_only;

/// What statx(2) tells of a file. Times are nanoseconds since the epoch.
struct scriptron_status {
    uint64_t device;
    uint64_t inode;
    /// The mount it was reached through; 0 where the kernel does not say.
    uint64_t mount;
    int64_t size;
    /// Bytes that it takes on the disk.
    int64_t allocated;
    uint32_t mode;
    uint32_t uid;
    uint32_t gid;
    uint32_t links;
    int64_t accessed;
    int64_t modified;
    int64_t changed;
    /// 0 where the file system does not keep it.
    int64_t born;
};

/// statx(2) of `name` in the directory, or of the descriptor itself where `name` is empty. Triggers no automount.
int scriptron_status_at(int directory, const char *name, int follow, struct scriptron_status *status);

/// getdents64(2): bytes of directory records, 0 at the end.
ssize_t scriptron_read_directory(int directory, void *buffer, size_t length);

/// renameat2(2); with `replace` 0 an existing target fails with -EEXIST (RENAME_NOREPLACE).
int scriptron_rename_at(int from_directory, const char *from, int to_directory, const char *to, int replace);

/// copy_file_range(2) at both files' own offsets: the bytes copied, 0 at the end.
ssize_t scriptron_copy_range(int from, int to, size_t length);

/// lseek(2) to the next data (SEEK_DATA) or, with `hole`, the next hole at or behind `offset`; -ENXIO behind the last.
int64_t scriptron_seek_data(int descriptor, int64_t offset, int hole);

/// Opens with O_PATH what is at a path below a directory, by links that stay there alone; `follow`: the last one too.
int scriptron_open_beneath(int directory, const char *path, int follow);

/// getxattr(2): the length of an extended attribute's value, of which at most `length` bytes are stored.
ssize_t scriptron_attribute(const char *path, const char *name, void *value, size_t length);

/// flistxattr(2): the names of a file's extended attributes, each with its NUL.
ssize_t scriptron_attribute_names(int descriptor, void *names, size_t length);

/// fgetxattr(2): the length of an attribute's value, of which at most `length` bytes are stored.
ssize_t scriptron_attribute_of(int descriptor, const char *name, void *value, size_t length);

/// fsetxattr(2).
int scriptron_set_attribute(int descriptor, const char *name, const void *value, size_t length);

/// syncfs(2): makes everything durable that was written to the file system of the descriptor.
int scriptron_sync_file_system(int descriptor);

/// pipe2(2), close-on-exec: the reading end, then the writing end.
int scriptron_pipe(int ends[2]);
#endif
