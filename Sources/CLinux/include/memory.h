#pragma once

/// Gives what the allocator keeps unused back to the kernel (malloc_trim(3)).
void scriptron_give_back_memory(void);

/// Has all threads allocate from one heap (mallopt(3), M_ARENA_MAX): in several, what is kept lies between what is gone.
/// And what is large is mapped by itself, always (M_MMAP_THRESHOLD): by itself glibc takes such pieces from the heap once
/// one was freed, where they leave holes. To be called before there are threads.
void scriptron_keep_little_memory(void);
