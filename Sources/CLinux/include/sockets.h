#ifndef SCRIPTRON_CLINUX_SOCKETS_H
#define SCRIPTRON_CLINUX_SOCKETS_H
#include <stddef.h>
#include <sys/types.h>

/// The most descriptors that one packet carries.
#define SCRIPTRON_PACKET_DESCRIPTORS 8

/// socketpair(2): AF_UNIX, SOCK_SEQPACKET, close-on-exec. 0 or -errno.
int scriptron_packet_pair(int pair[2]);

/// Sends one packet with `count` descriptors (SCM_RIGHTS, unix(7)), without SIGPIPE. `wait` 0: -EAGAIN rather than
/// block. The bytes sent, or -errno.
ssize_t scriptron_packet_send(int socket, const void *bytes, size_t length, const int *descriptors, size_t count,
                              int wait);

/// The size in bytes of the next packet, which stays. 0 at the end of the stream; `wait` 0: -EAGAIN where there is none.
ssize_t scriptron_packet_size(int socket, int wait);

/// Receives one packet and at most `*count` descriptors, which become close-on-exec; `*count` is set to their number.
/// A packet that was cut short, or descriptors beyond the room: -EMSGSIZE, all descriptors closed. 0 at the end of the
/// stream. With `descriptors` NULL every descriptor that comes is closed by the kernel's refusal to deliver it.
ssize_t scriptron_packet_receive(int socket, void *bytes, size_t length, int *descriptors, size_t *count, int wait);
#endif
