#ifndef SCRIPTRON_CLINUX_CONFINEMENT_H
#define SCRIPTRON_CLINUX_CONFINEMENT_H
#include <stddef.h>
#include <stdint.h>

/// What a forked process gives up, prepared by its parent.
///
/// It is done in C, in two functions that allocate nothing: each page that a fresh child touches costs it a fault, and
/// the same steps in Swift touched sixty of them.
struct scriptron_confinement {
    /// The mount namespace to enter; -1: stay.
    int mount_namespace;
    /// Whether it gets a /proc of its own PID namespace, where it is that namespace's init.
    int own_processes;
    /// Whether it is in another one's PID namespace, without being its init.
    int joins;
    /// The Landlock ruleset; -1: none.
    int ruleset;
    /// Whether capabilities, new privileges and looking into the process are given up.
    int gives_up_privileges;
    /// Whether others of the same user may look into the process all the same.
    int stays_dumpable;
    /// Whether the bounding set is emptied too, which takes a capability.
    int drops_bounding_set;
    /// The capabilities that stay.
    uint64_t keeps;
    /// Whether it becomes another user.
    int becomes_user;
    uint32_t uid;
    uint32_t gid;
    const uint32_t *groups;
    size_t group_count;
    /// Bytes; 0: no limit of its own.
    uint64_t address_space;
    /// Whether programs get back what the process had (the limit is then soft).
    int programs_are_free;
    /// The largest file that may be written, in bytes; 0: no limit. Beyond it writing fails (EFBIG) here and kills
    /// programs (SIGXFSZ).
    uint64_t file_size;
    /// The most processes and threads, where it is the init of a PID namespace; 0: no limit.
    uint32_t processes;
    /// Whether what its programs leave behind becomes its child.
    int takes_orphans;
    uint64_t open_files_soft;
    uint64_t open_files_hard;
};

/// A step of confining, for the error.
enum scriptron_confine_step {
    SCRIPTRON_CONFINE_DESCRIPTORS,
    SCRIPTRON_CONFINE_LIMITS,
    SCRIPTRON_CONFINE_COUNT,
    SCRIPTRON_CONFINE_ORPHANS,
    SCRIPTRON_CONFINE_MOUNTS,
    SCRIPTRON_CONFINE_PROCESSES,
    SCRIPTRON_CONFINE_BOUNDING_SET,
    SCRIPTRON_CONFINE_USER,
    SCRIPTRON_CONFINE_CAPABILITIES,
    SCRIPTRON_CONFINE_PARENT_DEATH,
    SCRIPTRON_CONFINE_NEW_PRIVILEGES,
    SCRIPTRON_CONFINE_DUMPABLE,
    SCRIPTRON_CONFINE_LANDLOCK,
    SCRIPTRON_CONFINE_FILTER,
};

/// Everything up to Landlock, in this order: session, descriptors (those of `keep` and of the confinement stay), limits,
/// mounts, bounding set, user, capabilities, death with the parent, no new privileges, not dumpable. 0, or -errno and
/// `*step`.
int scriptron_confine_process(
    const struct scriptron_confinement *confinement, const int *keep, size_t count, int *step);

/// The rest: Landlock, the confinement's own descriptors, the filter (none where `filter_count` is 0). 0, or where the
/// filter `listens` its listener, or -errno and `*step`.
int scriptron_confine_calls(
    int ruleset, const int *keep, size_t count, const uint64_t *filter, uint16_t filter_count, int listens, int *step);
#endif
