#ifndef SCRIPTRON_CLINUX_DESCRIPTORS_H
#define SCRIPTRON_CLINUX_DESCRIPTORS_H
#include <stddef.h>

/// Closes every descriptor but those of `keep`, which is sorted and without doubles (close_range(2)).
int scriptron_close_all_but(const int *keep, size_t count);
#endif
