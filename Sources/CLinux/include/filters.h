#ifndef SCRIPTRON_CLINUX_FILTERS_H
#define SCRIPTRON_CLINUX_FILTERS_H
#include <stdint.h>

/// seccomp(2), SECCOMP_SET_MODE_FILTER: loads a compiled filter of `count` instructions (8 bytes each, struct
/// sock_filter) for this thread and its children. Needs no_new_privs or CAP_SYS_ADMIN. 0, or where it `listens` the
/// descriptor, close-on-exec, at which calls that the filter holds up are heard of (notifications.h).
int scriptron_filter_load(const uint64_t *instructions, uint16_t count, int listens);

/// An empty memfd_create(2), close-on-exec, for a compiler to write its filter to.
int scriptron_filter_buffer(void);

/// Whether the kernel has seccomp filters with this action (SECCOMP_RET_…): 1 or 0.
int scriptron_filter_available(uint32_t action);
#endif
