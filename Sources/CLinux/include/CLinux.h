// The front door of the system calls that Swift cannot reach: one header a concept, all included here.
// Every function returns a value >= 0, or -errno.
#ifndef SCRIPTRON_CLINUX_H
#define SCRIPTRON_CLINUX_H
#include "brokering.h"
#include "confinement.h"
#include "credentials.h"
#include "descriptors.h"
#include "errors.h"
#include "events.h"
#include "files.h"
#include "filters.h"
#include "landlock.h"
#include "memory.h"
#include "mounts.h"
#include "namespaces.h"
#include "notifications.h"
#include "peer.h"
#include "process.h"
#include "programs.h"
#include "semaphores.h"
#include "shadow.h"
#include "sockets.h"
#include "text.h"
#endif
