#ifndef SCRIPTRON_CLINUX_NAMESPACES_H
#define SCRIPTRON_CLINUX_NAMESPACES_H
#include <stdint.h>

/// unshare(2), CLONE_NEWPID: the next child is the init of a PID namespace of its own. Needs CAP_SYS_ADMIN; -EINVAL
/// where an earlier one was not left by `scriptron_enter_pid_namespace`.
int scriptron_unshare_pid_namespace(void);

/// setns(2), CLONE_NEWPID: children are born in the PID namespace of `descriptor` again.
int scriptron_enter_pid_namespace(int descriptor);

/// unshare(2), CLONE_NEWNS: a copy of the mount namespace for this process.
int scriptron_unshare_mount_namespace(void);

/// setns(2), CLONE_NEWNS: enters the mount namespace of `descriptor`; root and working directory become its root.
int scriptron_enter_mount_namespace(int descriptor);

/// Tries, in a child, to make the namespaces of these flags (CLONE_NEWNS, CLONE_NEWPID): 0, or -errno. Safe in a
/// process of many threads.
int scriptron_try_namespaces(int mounts, int pids);

/// Lets this process, the init of a PID namespace, and its descendants be at most `most` processes and threads at once
/// (pid_max of the namespace, Linux 6.14): beyond it fork(2) fails with EAGAIN.
int scriptron_limit_own_processes(uint32_t most);

/// Whether that works here, found out by a child that tries: 0, or -errno.
int scriptron_try_process_limit(void);
#endif
