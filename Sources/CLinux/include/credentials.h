#ifndef SCRIPTRON_CLINUX_CREDENTIALS_H
#define SCRIPTRON_CLINUX_CREDENTIALS_H
#include <stddef.h>
#include <stdint.h>

/// Becomes another user for good: setgroups(2), setresgid(2), setresuid(2), in this order.
int scriptron_become_user(uint32_t uid, uint32_t gid, const uint32_t *groups, size_t count);

/// The effective capabilities of this process, a bit each (capabilities(7)).
uint64_t scriptron_capabilities(void);

/// Takes every capability but those of `keep` out of the bounding set (prctl(2), PR_CAPBSET_DROP). Needs CAP_SETPCAP.
int scriptron_drop_bounding_set(uint64_t keep);

/// capset(2): permitted and effective become `keep` (of what is permitted now); inheritable and ambient become empty.
int scriptron_keep_capabilities(uint64_t keep);

/// prctl(2), PR_SET_NO_NEW_PRIVS: no execve gains a privilege any more.
int scriptron_no_new_privileges(void);

/// prctl(2), PR_SET_DUMPABLE to 0: no core, and no other process of the user may look into this one.
int scriptron_not_dumpable(void);
#endif
