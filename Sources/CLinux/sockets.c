#define _GNU_SOURCE
#include "CLinux.h"
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int scriptron_packet_pair(int pair[2]) {
    return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0 ? -errno : 0;
}

ssize_t scriptron_packet_send(int socket, const void *bytes, size_t length, const int *descriptors, size_t count,
                              int wait) {
    struct iovec piece = {.iov_base = (void *)bytes, .iov_len = length};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int) * SCRIPTRON_PACKET_DESCRIPTORS)];
    if (count > SCRIPTRON_PACKET_DESCRIPTORS)
        return -EINVAL;
    if (count > 0) {
        memset(control, 0, sizeof control);
        message.msg_control = control;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * count);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int) * count);
        memcpy(CMSG_DATA(header), descriptors, sizeof(int) * count);
    }
    int flags = MSG_NOSIGNAL | (wait ? 0 : MSG_DONTWAIT);
    for (;;) {
        // Plain bytes by the plain call: in a worker a filter may hold up the other one.
        ssize_t sent = count > 0 ? sendmsg(socket, &message, flags) : send(socket, bytes, length, flags);
        if (sent >= 0)
            return sent;
        if (errno != EINTR)
            return -errno;
    }
}

ssize_t scriptron_packet_size(int socket, int wait) {
    ssize_t size;
    do {
        size = recv(socket, NULL, 0, MSG_PEEK | MSG_TRUNC | (wait ? 0 : MSG_DONTWAIT));
    } while (size < 0 && errno == EINTR);
    return size < 0 ? -errno : size;
}

ssize_t scriptron_packet_receive(int socket, void *bytes, size_t length, int *descriptors, size_t *count, int wait) {
    struct iovec piece = {.iov_base = bytes, .iov_len = length};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int) * SCRIPTRON_PACKET_DESCRIPTORS)];
    size_t room = descriptors ? *count : 0, got = 0;
    if (room > 0) {
        message.msg_control = control;
        message.msg_controllen = sizeof control;
    }
    ssize_t received;
    do {
        received = recvmsg(socket, &message, MSG_CMSG_CLOEXEC | (wait ? 0 : MSG_DONTWAIT));
    } while (received < 0 && errno == EINTR);
    if (received < 0)
        return -errno;
    int excess = (message.msg_flags & MSG_TRUNC) || (room > 0 && (message.msg_flags & MSG_CTRUNC));
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
            continue;
        size_t came = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t index = 0; index < came; index++) {
            int descriptor;
            memcpy(&descriptor, CMSG_DATA(header) + index * sizeof(int), sizeof(int));
            if (got < room)
                descriptors[got++] = descriptor;
            else {
                close(descriptor);
                excess = 1;
            }
        }
    }
    if (excess) {
        while (got > 0)
            close(descriptors[--got]);
        received = -EMSGSIZE;
    }
    if (count)
        *count = got;
    return received;
}
