#define _GNU_SOURCE
#include "CLinux.h"
#include <errno.h>
#include <time.h>

int scriptron_semaphore_wait(sem_t *semaphore, double seconds) {
    struct timespec until = {.tv_sec = (time_t)seconds};
    until.tv_nsec = (long)((seconds - (double)until.tv_sec) * 1e9);
    while (sem_clockwait(semaphore, CLOCK_MONOTONIC, &until) != 0)
        if (errno != EINTR) return -errno;
    return 0;
}
