#define _GNU_SOURCE
#include "CLinux.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int result_of(long result) {
    return result < 0 ? -errno : (int)result;
}

pid_t scriptron_fork(void) {
    return result_of(fork());
}

int scriptron_processors(void) {
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : -errno;
}

int scriptron_pidfd_open(pid_t pid) {
    return result_of(syscall(SYS_pidfd_open, pid, 0));
}

int scriptron_pidfd_signal(int pidfd, int signal) {
    return result_of(syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0));
}

int scriptron_sealed_memfd(const char *name, const void *bytes, size_t length) {
    int descriptor = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (descriptor < 0)
        return -errno;
    size_t done = 0;
    while (done < length) {
        ssize_t wrote = write(descriptor, (const char *)bytes + done, length - done);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote < 0)
            goto failed;
        done += (size_t)wrote;
    }
    if (fcntl(descriptor, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) < 0)
        goto failed;
    return descriptor;
failed:;
    int error = errno;
    close(descriptor);
    return -error;
}

int scriptron_set_subreaper(void) {
    return result_of(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0));
}

int scriptron_set_parent_death_signal(int signal) {
    return result_of(prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0));
}

int scriptron_set_process_name(const char *name) {
    return result_of(prctl(PR_SET_NAME, name, 0, 0, 0));
}

static void set_usage(struct scriptron_exit *result, const struct rusage *usage) {
    result->cpu_microseconds = (usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * INT64_C(1000000) +
                               usage->ru_utime.tv_usec + usage->ru_stime.tv_usec;
    result->max_rss_bytes = usage->ru_maxrss * INT64_C(1024);
}

int scriptron_peek(pid_t pid, struct scriptron_exit *result) {
    siginfo_t info = {0};
    struct rusage usage;
    // The raw call: glibc's leaves out the fifth argument.
    if (syscall(SYS_waitid, P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT, &usage) < 0)
        return -errno;
    if (info.si_pid != pid)
        return 0;
    result->pid = pid;
    result->exited = info.si_code == CLD_EXITED;
    result->code = info.si_status;
    set_usage(result, &usage);
    return 1;
}

int scriptron_reap(pid_t pid, int wait, struct scriptron_exit *result) {
    int status;
    struct rusage usage;
    pid_t ended;
    do {
        ended = wait4(pid > 0 ? pid : -1, &status, wait ? 0 : WNOHANG, &usage);
    } while (ended < 0 && errno == EINTR);
    if (ended < 0)
        return -errno;
    if (ended == 0)
        return 0;
    result->pid = ended;
    result->exited = WIFEXITED(status);
    result->code = WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);
    set_usage(result, &usage);
    return 1;
}

int scriptron_child_signalfd(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
        return -errno;
    return result_of(signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
}

int scriptron_signalfd(const sigset_t *set) {
    return result_of(signalfd(-1, set, SFD_NONBLOCK | SFD_CLOEXEC));
}

void scriptron_reset_signals(void) {
    struct sigaction plain = {.sa_handler = SIG_DFL};
    for (int signal = 1; signal < NSIG; signal++)
        sigaction(signal, &plain, NULL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

void scriptron_exit_now(int code) {
    _exit(code);
}
