#define _GNU_SOURCE
#include "CLinux.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// The caller's own limit is that of Lua's worker.
static void set_memory(const struct scriptron_program *program) {
    struct rlimit memory;
    if (getrlimit(RLIMIT_AS, &memory) < 0)
        return;
    if (program->address_space > 0 && program->address_space < memory.rlim_max)
        memory.rlim_max = program->address_space;
    memory.rlim_cur = memory.rlim_max;
    setrlimit(RLIMIT_AS, &memory);
}

// Runs in the child, which shares the parent's memory until execve: it returns the failed step and leaves errno.
static int start(const struct scriptron_program *program) {
    for (int signal = 1; signal < NSIG; signal++) {
        struct sigaction plain = {.sa_handler = SIG_DFL};
        sigaction(signal, &plain, NULL);
    }
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    int copies[3];
    for (int number = 0; number < 3; number++) {
        // Above the standard ones first, so that no dup2 below closes one that is still to come.
        copies[number] = fcntl(program->descriptors[number], F_DUPFD_CLOEXEC, 3);
        if (copies[number] < 0)
            return SCRIPTRON_SPAWN_DESCRIPTORS;
    }
    for (int number = 0; number < 3; number++)
        if (dup2(copies[number], number) < 0)
            return SCRIPTRON_SPAWN_DESCRIPTORS;
    syscall(SYS_close_range, 3U, ~0U, 0U);
    set_memory(program);
    if (chdir(program->directory) < 0)
        return SCRIPTRON_SPAWN_DIRECTORY;
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execve(program->path, program->arguments, program->environment);
    return SCRIPTRON_SPAWN_EXECUTE;
}

pid_t scriptron_spawn(const struct scriptron_program *program, int *step) {
    volatile int failed_step = SCRIPTRON_SPAWN_FORK;
    volatile int error = 0;
    sigset_t all, before;
    sigfillset(&all);
    // No handler may run in the child while it shares our memory.
    sigprocmask(SIG_SETMASK, &all, &before);
    pid_t pid = vfork();
    if (pid == 0) {
        failed_step = start(program);
        error = errno;
        _exit(127);
    }
    if (pid < 0)
        error = errno;
    else if (error)
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
            ;
    sigprocmask(SIG_SETMASK, &before, NULL);
    *step = failed_step;
    return error ? -error : pid;
}

int scriptron_can_fork(void) {
    pid_t pid = vfork();
    if (pid == 0)
        _exit(0);
    if (pid < 0)
        return -errno;
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    return 0;
}

int scriptron_place_descriptors(const int *numbers, int count) {
    int copies[SCRIPTRON_MOST_PLACED];
    if (count > SCRIPTRON_MOST_PLACED)
        return -EINVAL;
    for (int place = 0; place < count; place++) {
        // Above all places first, so that no dup3 below closes one that is still to come.
        copies[place] = fcntl(numbers[place], F_DUPFD_CLOEXEC, SCRIPTRON_MOST_PLACED);
        if (copies[place] < 0)
            return -errno;
    }
    for (int place = 0; place < count; place++)
        if (dup3(copies[place], place, place < 3 ? 0 : O_CLOEXEC) < 0)
            return -errno;
    return 0;
}

int scriptron_execute(const struct scriptron_program *program, int *step) {
    *step = SCRIPTRON_SPAWN_DIRECTORY;
    if (chdir(program->directory) < 0)
        return -errno;
    *step = SCRIPTRON_SPAWN_EXECUTE;
    scriptron_reset_signals();
    set_memory(program);
    execve(program->path, program->arguments, program->environment);
    return -errno;
}

pid_t scriptron_ended_child(void) {
    siginfo_t info = {0};
    if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
        return -errno;
    return info.si_pid;
}

int scriptron_has_ended(pid_t pid) {
    siginfo_t info = {0};
    if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
        return -errno;
    return info.si_pid == pid;
}
