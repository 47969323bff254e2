// Not `spawn.h`: Glibc's module would find this one in place of the system's <spawn.h>.
#ifndef SCRIPTRON_CLINUX_PROGRAMS_H
#define SCRIPTRON_CLINUX_PROGRAMS_H
#include <stdint.h>
#include <sys/types.h>

/// A program to start.
struct scriptron_program {
    /// Absolute.
    const char *path;
    /// Both end with NULL.
    char *const *arguments;
    char *const *environment;
    /// Where it starts.
    const char *directory;
    /// What become its descriptors 0, 1 and 2; it gets no others.
    int descriptors[3];
    /// The most memory that it may map, in bytes (RLIMIT_AS); 0: as much as the caller may allow.
    uint64_t address_space;
};

/// What of a start failed.
enum scriptron_spawn_step {
    SCRIPTRON_SPAWN_FORK = 0,
    SCRIPTRON_SPAWN_DESCRIPTORS = 1,
    SCRIPTRON_SPAWN_DIRECTORY = 2,
    SCRIPTRON_SPAWN_EXECUTE = 3,
};

/// Starts a program (vfork(2), execve(2)) in a process group of its own, with an empty signal mask and default
/// dispositions; it is killed when the calling thread ends. Its pid, or -errno and `*step`.
/// Only for a process of one thread.
pid_t scriptron_spawn(const struct scriptron_program *program, int *step);

/// Whether this process can make another one now, found out by one that ends at once: 0, or -errno (-EAGAIN at a limit).
int scriptron_can_fork(void);

/// The most descriptors that are placed at once.
#define SCRIPTRON_MOST_PLACED 8

/// Makes copies of `numbers` the descriptors 0 and up; all but the standard ones are close-on-exec. 0 or -errno.
int scriptron_place_descriptors(const int *numbers, int count);

/// Becomes the program, with the descriptors that are open: chdir(2), execve(2), with an empty signal mask and default
/// dispositions. Only for a process of one thread. It returns only where that fails: -errno, and `*step`.
int scriptron_execute(const struct scriptron_program *program, int *step);

/// The pid of a child that has ended, which is not reaped; 0 where none has, -ECHILD where there is no child.
pid_t scriptron_ended_child(void);

/// Whether this child has ended; it is not reaped. 1, 0, or -errno.
int scriptron_has_ended(pid_t pid);
#endif
