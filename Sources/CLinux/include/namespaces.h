#ifndef SCRIPTRON_CLINUX_NAMESPACES_H
#define SCRIPTRON_CLINUX_NAMESPACES_H

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
#endif
