#ifndef SCRIPTRON_CLINUX_PROCESS_H
#define SCRIPTRON_CLINUX_PROCESS_H
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// fork(2): 0 in the child, the child's pid in the parent. Only for a process of one thread.
pid_t scriptron_fork(void);

/// The processors that this thread may run on; -errno where the kernel does not say (more than 1024).
int scriptron_processors(void);

/// pidfd_open(2): a descriptor of the process, close-on-exec.
int scriptron_pidfd_open(pid_t pid);

/// pidfd_send_signal(2).
int scriptron_pidfd_signal(int pidfd, int signal);

/// memfd_create(2) with these bytes, then sealed against any change (fcntl(2), F_ADD_SEALS).
int scriptron_sealed_memfd(const char *name, const void *bytes, size_t length);

/// prctl(2): PR_SET_CHILD_SUBREAPER.
int scriptron_set_subreaper(void);

/// prctl(2): PR_SET_PDEATHSIG.
int scriptron_set_parent_death_signal(int signal);

/// prctl(2): PR_SET_NAME.
int scriptron_set_process_name(const char *name);

/// How a child ended.
struct scriptron_exit {
    pid_t pid;
    /// 1: exited with `code`; 0: killed by the signal `code`.
    int exited;
    int code;
    /// User and system time of it and the descendants it waited for, in microseconds.
    int64_t cpu_microseconds;
    /// The largest resident set among them, in bytes.
    int64_t max_rss_bytes;
};

/// wait4(2) for any child, or the child `pid` where > 0, without waiting unless `wait`. 1 and `*result` where one has
/// ended, 0 where none has yet, -ECHILD where there is no child.
int scriptron_reap(pid_t pid, int wait, struct scriptron_exit *result);

/// Looks how the child `pid` ended, which stays to be waited for. 1 and `*result` where it has, 0 where it has not, or
/// -errno.
int scriptron_peek(pid_t pid, struct scriptron_exit *result);

/// A signalfd(2) for SIGCHLD, non-blocking; the signal is blocked for the process.
int scriptron_child_signalfd(void);

/// A signalfd(2) for a set of signals, non-blocking, close-on-exec; the caller blocks them.
int scriptron_signalfd(const sigset_t *set);

/// Empties the signal mask and sets every signal to its default disposition.
void scriptron_reset_signals(void);

/// Ends the process at once (_exit(2)).
_Noreturn void scriptron_exit_now(int code);
#endif
