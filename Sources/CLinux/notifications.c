#define _GNU_SOURCE
#include "CLinux.h"
#include "result.h"
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

// For a C library whose headers are older; the number is the same on every architecture.
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif
// O_EXCL: a pidfd of one thread, Linux 6.9.
enum { PIDFD_OF_THREAD = 0200 };

const int scriptron_number_connect = SYS_connect, scriptron_number_sendto = SYS_sendto,
          scriptron_number_sendmsg = SYS_sendmsg, scriptron_number_sendmmsg = SYS_sendmmsg;

int scriptron_listener_is(int descriptor) {
    uint64_t none = 0;
    return ioctl(descriptor, SECCOMP_IOCTL_NOTIF_ID_VALID, &none) < 0 && errno == ENOENT;
}

int scriptron_listener_receive(int listener, struct scriptron_call *call) {
    // Asked first: receiving would wait.
    struct pollfd polled = {.fd = listener, .events = POLLIN};
    int ready = poll(&polled, 1, 0);
    if (ready < 0)
        return errno == EINTR ? -EAGAIN : -errno;
    if (!(polled.revents & POLLIN))
        return polled.revents ? -ENOTCONN : -EAGAIN;
    // Room for a kernel whose structure is longer than that of the header.
    union {
        struct seccomp_notif known;
        char room[512];
    } notification;
    memset(&notification, 0, sizeof notification);
    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &notification) < 0)
        // ENOENT: the caller was gone before.
        return errno == ENOENT || errno == EINTR ? -EAGAIN : -errno;
    call->id = notification.known.id;
    call->thread = (pid_t)notification.known.pid;
    call->number = notification.known.data.nr;
    for (int index = 0; index < 6; index++)
        call->arguments[index] = notification.known.data.args[index];
    return 0;
}

int scriptron_listener_waits(int listener, uint64_t id) {
    return ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
}

int scriptron_listener_answer(int listener, uint64_t id, int64_t value, int error) {
    struct seccomp_notif_resp answer = {.id = id, .val = error > 0 ? 0 : value, .error = -error};
    int result;
    do {
        result = result_of(ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer));
    } while (result == -EINTR);
    return result;
}

int scriptron_listener_proceed(int listener, uint64_t id) {
    struct seccomp_notif_resp answer = {.id = id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE};
    int result;
    do {
        result = result_of(ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer));
    } while (result == -EINTR);
    return result;
}

/// The process that a thread belongs to, of /proc; -errno.
static pid_t process_of(pid_t thread) {
    char path[64], text[2048];
    snprintf(path, sizeof path, "/proc/%d/status", thread);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return -errno;
    ssize_t length = read(file, text, sizeof text - 1);
    close(file);
    if (length <= 0)
        return -ESRCH;
    text[length] = 0;
    const char *line = strstr(text, "\nTgid:");
    return line ? atoi(line + 6) : -ESRCH;
}

int scriptron_pidfd_take(int pidfd, int number) {
    return result_of(syscall(SYS_pidfd_getfd, pidfd, number, 0));
}

int scriptron_take_descriptor(pid_t thread, int number) {
    int pidfd = result_of(syscall(SYS_pidfd_open, thread, PIDFD_OF_THREAD));
    if (pidfd == -EINVAL) {
        pid_t process = process_of(thread);
        if (process < 0)
            return process;
        pidfd = result_of(syscall(SYS_pidfd_open, process, 0));
    }
    if (pidfd < 0)
        return pidfd;
    int taken = scriptron_pidfd_take(pidfd, number);
    close(pidfd);
    return taken;
}

ssize_t scriptron_memory_read(pid_t thread, uint64_t address, void *bytes, size_t length) {
    struct iovec here = {.iov_base = bytes, .iov_len = length};
    struct iovec there = {.iov_base = (void *)(uintptr_t)address, .iov_len = length};
    ssize_t result = process_vm_readv(thread, &here, 1, &there, 1, 0);
    return result < 0 ? -errno : result;
}

ssize_t scriptron_memory_write(pid_t thread, uint64_t address, const void *bytes, size_t length) {
    struct iovec here = {.iov_base = (void *)bytes, .iov_len = length};
    struct iovec there = {.iov_base = (void *)(uintptr_t)address, .iov_len = length};
    ssize_t result = process_vm_writev(thread, &here, 1, &there, 1, 0);
    return result < 0 ? -errno : result;
}

/// A filter that holds up getppid(2) alone.
static int listen_to_getppid(void) {
    struct sock_filter instructions[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = 4, .filter = instructions};
    return result_of(
        syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program));
}

/// Whether a child with or without secrets from its own user can be answered for.
static int can_answer_for(int dumpable) {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return 0;
    static const int64_t probe = 0x5C219;
    pid_t child = fork();
    if (child < 0) {
        close(pair[0]);
        close(pair[1]);
        return 0;
    }
    // Nothing but system calls in the child: the parent may have many threads.
    if (child == 0) {
        int listener = -1;
        close(pair[0]);
        if (prctl(PR_SET_DUMPABLE, dumpable, 0, 0, 0) == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
            listener = listen_to_getppid();
        char byte;
        if (write(pair[1], &listener, sizeof listener) == sizeof listener)
            (void)!read(pair[1], &byte, 1);
        _exit(0);
    }
    close(pair[1]);
    int number = -1, taken = -1;
    int64_t seen = 0;
    if (read(pair[0], &number, sizeof number) == sizeof number && number >= 0)
        taken = scriptron_take_descriptor(child, number);
    int able = taken >= 0 && scriptron_listener_is(taken) &&
               scriptron_memory_read(child, (uint64_t)(uintptr_t)&probe, &seen, sizeof seen) == sizeof seen &&
               seen == probe;
    if (taken >= 0)
        close(taken);
    close(pair[0]);
    // It may never hear of that: a process that another thread forked meanwhile has this end too.
    kill(child, SIGKILL);
    while (waitpid(child, NULL, 0) < 0)
        if (errno != EINTR)
            break;
    return able;
}

int scriptron_broker_reach(void) {
    if (can_answer_for(0))
        return 2;
    return can_answer_for(1) ? 1 : 0;
}
