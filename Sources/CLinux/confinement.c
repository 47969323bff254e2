#define _GNU_SOURCE
#include "CLinux.h"
#include "result.h"
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

enum { MOST_KEPT = 64 };

/// Goes on with the next step, or returns from the function with this one's error.
#define STEP(name, call)                    \
    do {                                    \
        int outcome = (call);               \
        if (outcome < 0) {                  \
            *step = SCRIPTRON_CONFINE_##name; \
            return outcome;                 \
        }                                   \
    } while (0)

/// Closes all but `keep`, `first` and `second` (-1: none).
static int close_all_but(const int *keep, size_t count, int first, int second) {
    int sorted[MOST_KEPT + 2];
    size_t length = 0;
    if (count > MOST_KEPT)
        return -E2BIG;
    for (size_t index = 0; index < count + 2; index++) {
        int number = index < count ? keep[index] : index == count ? first : second;
        size_t place = length;
        while (place > 0 && sorted[place - 1] > number)
            place--;
        if (number < 0 || (place > 0 && sorted[place - 1] == number))
            continue;
        for (size_t moved = length; moved > place; moved--)
            sorted[moved] = sorted[moved - 1];
        sorted[place] = number;
        length++;
    }
    return scriptron_close_all_but(sorted, length);
}

/// setrlimit(2), never above what is allowed now.
static int limit(int resource, uint64_t soft, uint64_t hard) {
    struct rlimit now;
    if (getrlimit(resource, &now) < 0)
        return -errno;
    struct rlimit next = {
        .rlim_cur = soft < now.rlim_max ? soft : now.rlim_max,
        .rlim_max = hard < now.rlim_max ? hard : now.rlim_max,
    };
    return result_of(setrlimit(resource, &next));
}

static int set_limits(const struct scriptron_confinement *confinement) {
    int result = limit(RLIMIT_CORE, 0, 0);
    if (result == 0)
        result = limit(RLIMIT_NOFILE, confinement->open_files_soft, confinement->open_files_hard);
    if (result == 0 && confinement->address_space > 0)
        result = limit(
            RLIMIT_AS, confinement->address_space,
            confinement->programs_are_free ? RLIM_INFINITY : confinement->address_space);
    if (result == 0 && confinement->file_size > 0) {
        result = limit(RLIMIT_FSIZE, confinement->file_size, confinement->file_size);
        signal(SIGXFSZ, SIG_IGN);
    }
    return result;
}

/// Mounts a /proc with the processes of its own PID namespace alone, in a mount namespace of its own. What was there
/// before is left under it: taking it away would wait for the kernel's other processors.
static int mount_own_processes(void) {
    int result = scriptron_unshare_mount_namespace();
    if (result < 0)
        return result;
    int mounted = scriptron_mount_new(
        "proc", "subset", "pid", SCRIPTRON_MOUNT_NOSUID | SCRIPTRON_MOUNT_NODEV | SCRIPTRON_MOUNT_NOEXEC);
    if (mounted < 0)
        return mounted;
    result = scriptron_mount_attach(mounted, "/proc");
    close(mounted);
    return result;
}

int scriptron_confine_process(
    const struct scriptron_confinement *confinement, const int *keep, size_t count, int *step) {
    // Fails where the process leads a session already, which is as good.
    setsid();
    STEP(DESCRIPTORS, close_all_but(keep, count, confinement->mount_namespace, confinement->ruleset));
    STEP(LIMITS, set_limits(confinement));
    if (confinement->processes > 0 && getpid() == 1)
        STEP(COUNT, scriptron_limit_own_processes(confinement->processes));
    if (confinement->takes_orphans)
        STEP(ORPHANS, scriptron_set_subreaper());
    if (confinement->mount_namespace >= 0) {
        STEP(MOUNTS, scriptron_enter_mount_namespace(confinement->mount_namespace));
        if (confinement->own_processes && (getpid() == 1 || confinement->joins))
            STEP(PROCESSES, mount_own_processes());
    }
    if (confinement->gives_up_privileges && confinement->drops_bounding_set)
        STEP(BOUNDING_SET, scriptron_drop_bounding_set(confinement->keeps));
    if (confinement->becomes_user)
        STEP(USER, scriptron_become_user(
                       confinement->uid, confinement->gid, confinement->groups, confinement->group_count));
    if (confinement->gives_up_privileges)
        STEP(CAPABILITIES, scriptron_keep_capabilities(confinement->keeps));
    // Changing the user clears it.
    STEP(PARENT_DEATH, scriptron_set_parent_death_signal(SIGKILL));
    if (confinement->gives_up_privileges) {
        STEP(NEW_PRIVILEGES, scriptron_no_new_privileges());
        if (!confinement->stays_dumpable)
            STEP(DUMPABLE, scriptron_not_dumpable());
    }
    return 0;
}

int scriptron_confine_calls(
    int ruleset, const int *keep, size_t count, const uint64_t *filter, uint16_t filter_count, int listens, int *step) {
    if (ruleset >= 0)
        STEP(LANDLOCK, scriptron_landlock_restrict(ruleset));
    STEP(DESCRIPTORS, close_all_but(keep, count, -1, -1));
    if (filter_count == 0)
        return 0;
    int loaded = scriptron_filter_load(filter, filter_count, listens);
    STEP(FILTER, loaded);
    return loaded;
}
