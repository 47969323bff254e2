#include "CLinux.h"
#include <malloc.h>

void scriptron_give_back_memory(void) { malloc_trim(0); }

void scriptron_keep_little_memory(void) {
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_MMAP_THRESHOLD, 256 << 10);
}
