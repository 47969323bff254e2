#ifndef SCRIPTRON_CLINUX_PROCESS_H
#define SCRIPTRON_CLINUX_PROCESS_H
#include <sys/types.h>

/// fork(2): 0 in the child, the child's pid in the parent. Only for a process of one thread.
pid_t scriptron_fork(void);
#endif
