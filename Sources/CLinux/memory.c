#include "CLinux.h"
#include <malloc.h>

void scriptron_give_back_memory(void) { malloc_trim(0); }

void scriptron_use_one_heap(void) { mallopt(M_ARENA_MAX, 1); }
