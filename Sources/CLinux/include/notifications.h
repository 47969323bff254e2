#ifndef SCRIPTRON_CLINUX_NOTIFICATIONS_H
#define SCRIPTRON_CLINUX_NOTIFICATIONS_H
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// System calls that a filter holds up until another process answers them (seccomp_unotify(2)).

/// A call that is held up.
struct scriptron_call {
    /// The notification's number, which no other has.
    uint64_t id;
    /// The calling thread, by its number in this process's PID namespace.
    pid_t thread;
    /// Which call it is.
    int number;
    uint64_t arguments[6];
};

/// The numbers of the calls that are told apart, on this architecture.
extern const int scriptron_number_connect, scriptron_number_sendto, scriptron_number_sendmsg, scriptron_number_sendmmsg;

/// Whether the descriptor is a filter's listener: 1 or 0.
int scriptron_listener_is(int descriptor);

/// Takes the next call without waiting. 0; -EAGAIN where there is none, -ENOTCONN where nobody is left who could call.
int scriptron_listener_receive(int listener, struct scriptron_call *call);

/// Whether the caller still waits for its answer: 1 or 0. Only then its number and memory are its own.
int scriptron_listener_waits(int listener, uint64_t id);

/// Answers a call: with `value`, or where `error` > 0 with that errno. 0, or -ENOENT where nobody waits for it.
int scriptron_listener_answer(int listener, uint64_t id, int64_t value, int error);

/// Lets a call go on as it stands. What the call names may have changed since it was looked at. 0, or -ENOENT.
int scriptron_listener_proceed(int listener, uint64_t id);

/// A descriptor of a thread's process, as one of this process's own (pidfd_getfd(2)); -errno.
int scriptron_take_descriptor(pid_t thread, int number);

/// The same by a pidfd.
int scriptron_pidfd_take(int pidfd, int number);

/// process_vm_readv(2): the bytes read, which may be fewer, or -errno.
ssize_t scriptron_memory_read(pid_t thread, uint64_t address, void *bytes, size_t length);

/// process_vm_writev(2).
ssize_t scriptron_memory_write(pid_t thread, uint64_t address, const void *bytes, size_t length);

/// Whom this process could answer calls for: 0 for nobody, 1 for processes of its own user that may be looked into, 2
/// for any. Tried on children that end at once; safe in a process of many threads.
int scriptron_broker_reach(void);
#endif
