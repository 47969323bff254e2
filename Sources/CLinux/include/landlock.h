#ifndef SCRIPTRON_CLINUX_LANDLOCK_H
#define SCRIPTRON_CLINUX_LANDLOCK_H
#include <stdint.h>

// Landlock (landlock(7)) by its raw calls and with constants of our own: the system's header may be older than the
// kernel.

/// The newest ABI of the running kernel; -ENOSYS or -EOPNOTSUPP where it has none or it is switched off.
int scriptron_landlock_abi(void);

/// The errata that the running kernel has fixed, a bit each; 0 where it cannot say.
int scriptron_landlock_errata(void);

/// A new ruleset, as a descriptor, that handles these rights; only as much of the structure is passed as `abi` knows.
int scriptron_landlock_create(int abi, uint64_t files, uint64_t ports, uint64_t scopes);

/// Allows `rights` at and below the file of `descriptor` (O_PATH). -EINVAL where a file is given a directory's right.
int scriptron_landlock_allow_path(int ruleset, int descriptor, uint64_t rights);

/// Allows `rights` on a TCP port.
int scriptron_landlock_allow_port(int ruleset, uint16_t port, uint64_t rights);

/// Confines this thread and all its children by the ruleset. Needs no_new_privs or CAP_SYS_ADMIN.
int scriptron_landlock_restrict(int ruleset);
#endif
