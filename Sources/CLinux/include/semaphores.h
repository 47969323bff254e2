#ifndef SCRIPTRON_CLINUX_SEMAPHORES_H
#define SCRIPTRON_CLINUX_SEMAPHORES_H
#include <semaphore.h>

/// sem_clockwait(3) on CLOCK_MONOTONIC until that clock shows `seconds`. 0, or -errno (-ETIMEDOUT).
int scriptron_semaphore_wait(sem_t *semaphore, double seconds);
#endif
