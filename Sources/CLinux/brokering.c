#define _GNU_SOURCE
#include "CLinux.h"
#include "result.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

static int option(int socket, int name) {
    int value = -1;
    socklen_t length = sizeof value;
    return getsockopt(socket, SOL_SOCKET, name, &value, &length) < 0 ? -1 : value;
}

int scriptron_socket_kind_of(int socket, struct scriptron_socket_kind *kind) {
    struct stat status;
    struct timeval patience = {0};
    socklen_t length = sizeof patience;
    kind->family = option(socket, SO_DOMAIN);
    if (kind->family < 0 || fstat(socket, &status) < 0)
        return -ENOTSOCK;
    kind->type = option(socket, SO_TYPE);
    kind->protocol = option(socket, SO_PROTOCOL);
    getsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &patience, &length);
    kind->patience = patience.tv_sec * INT64_C(1000000) + patience.tv_usec;
    kind->waits = !(fcntl(socket, F_GETFL) & O_NONBLOCK);
    kind->inode = status.st_ino;
    return 0;
}

int scriptron_connect_now(int socket, const void *address, size_t length) {
    // The flag is the open file's, which the other process has too: it is back as it was before that one's call returns.
    int flags = fcntl(socket, F_GETFL);
    if (flags < 0)
        return -errno;
    if (!(flags & O_NONBLOCK))
        fcntl(socket, F_SETFL, flags | O_NONBLOCK);
    int result = result_of(connect(socket, address, (socklen_t)length));
    if (!(flags & O_NONBLOCK))
        fcntl(socket, F_SETFL, flags);
    return result;
}

ssize_t scriptron_send_now(
    int socket, const void *bytes, size_t length, int flags, const void *address, size_t address_length) {
    ssize_t sent = sendto(socket, bytes, length, flags, address, address ? (socklen_t)address_length : 0);
    return sent < 0 ? -errno : sent;
}

static int connect_path(int socket, const char *path) {
    struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS};
    int file = (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how);
    if (file < 0)
        return -errno;
    struct stat status;
    int result = -ECONNREFUSED;
    if (fstat(file, &status) == 0 && S_ISSOCK(status.st_mode)) {
        // By its descriptor: what is at the path may be another one by now.
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d", file);
        result = scriptron_connect_now(socket, &address, sizeof address);
    }
    close(file);
    return result;
}

// The raw calls act on this thread alone. The real and the saved user stay: nobody may signal it, and the way back is
// open.
static int become(uid_t uid, gid_t gid, const gid_t *groups, size_t count) {
    if (syscall(SYS_setgroups, count, groups) < 0)
        return -errno;
    if (syscall(SYS_setresgid, -1, gid, -1) < 0)
        return -errno;
    return result_of(syscall(SYS_setresuid, -1, uid, -1));
}

int scriptron_connect_path_now(int socket, const char *path, const struct scriptron_peer *peer) {
    if (!peer)
        return connect_path(socket, path);
    gid_t groups[1024];
    int count = getgroups(1024, groups);
    uid_t uid = geteuid();
    gid_t gid = getegid();
    if (count < 0)
        return -errno;
    int result = become(peer->uid, peer->gid, peer->groups, peer->group_count);
    if (result == 0)
        result = connect_path(socket, path);
    // First the user: only it may change the rest. A thread that cannot go back must not go on.
    if (syscall(SYS_setresuid, -1, uid, -1) < 0 || become(uid, gid, groups, (size_t)count) < 0)
        abort();
    return result;
}
