#ifndef SCRIPTRON_CLINUX_BROKERING_H
#define SCRIPTRON_CLINUX_BROKERING_H
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// What is done to a socket on another process's behalf. None of these wait.

/// What a socket is.
struct scriptron_socket_kind {
    int family;
    int type;
    int protocol;
    /// Whether its calls wait (O_NONBLOCK is not set).
    int waits;
    /// Microseconds after which a waiting connect gives up (SO_SNDTIMEO); 0: never.
    int64_t patience;
    /// The number of its inode: of two descriptors with the same one, both are the same socket.
    uint64_t inode;
};

/// 0, or -ENOTSOCK.
int scriptron_socket_kind_of(int socket, struct scriptron_socket_kind *kind);

/// connect(2) without waiting, whatever the socket's mode: 0, -EINPROGRESS, or another -errno.
int scriptron_connect_now(int socket, const void *address, size_t length);

/// sendto(2), to `address` where it is not NULL; with the flags for no signal and no waiting. The bytes sent, or -errno.
ssize_t scriptron_send_now(
    int socket, const void *bytes, size_t length, int flags, const void *address, size_t address_length);

/// Whom a connection is made as.
struct scriptron_peer {
    uid_t uid;
    gid_t gid;
    const gid_t *groups;
    size_t group_count;
};

/// Connects to the Unix socket that is at `path` now, through no link, without waiting. With `peer` not NULL this thread
/// is that user meanwhile: the file's permissions are judged for it, and the server sees it (SO_PEERCRED).
/// 0 or -errno; -ELOOP where there is a link on the way, -ECONNREFUSED where there is no socket.
int scriptron_connect_path_now(int socket, const char *path, const struct scriptron_peer *peer);
#endif
