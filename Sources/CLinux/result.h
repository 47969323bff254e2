// Of this target alone: what a system call returned, as its number or -errno.
#ifndef SCRIPTRON_CLINUX_RESULT_H
#define SCRIPTRON_CLINUX_RESULT_H
#include <errno.h>

static inline int result_of(long result) {
    return result < 0 ? -errno : (int)result;
}
#endif
