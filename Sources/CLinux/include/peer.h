#ifndef SCRIPTRON_CLINUX_PEER_H
#define SCRIPTRON_CLINUX_PEER_H
#include <sys/types.h>

/// SO_PEERCRED of a connected Unix socket (unix(7)). 0 or -errno.
int scriptron_peer_credentials(int socket, pid_t *pid, uid_t *uid, gid_t *gid);
#endif
