#pragma once

/// Gives what the allocator keeps unused back to the kernel (malloc_trim(3)).
void scriptron_give_back_memory(void);

/// Has all threads allocate from one heap (mallopt(3), M_ARENA_MAX): in several, what is kept lies between what is gone.
/// To be called before threads are.
void scriptron_use_one_heap(void);
