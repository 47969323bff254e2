#define _GNU_SOURCE
#include "CLinux.h"
#include <errno.h>
#include <link.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { HUGE_PAGE = 2 << 20 };

/// Whether the text lies in memory of its own, and would be lost where it is given back.
static int is_copied;

struct text {
    uintptr_t start;
    uintptr_t end;
};

/// The first object is the program itself.
static int find_program(struct dl_phdr_info *info, size_t size, void *context) {
    (void)size;
    struct text *text = context;
    for (int index = 0; index < info->dlpi_phnum; index++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[index];
        if (header->p_type != PT_LOAD || !(header->p_flags & PF_X) || (header->p_flags & PF_W))
            continue;
        text->start = info->dlpi_addr + header->p_vaddr;
        text->end = text->start + header->p_memsz;
        break;
    }
    return 1;
}

long scriptron_text_in_huge_pages(void) {
    struct text text = {0};
    dl_iterate_phdr(find_program, &text);
    uintptr_t start = (text.start + HUGE_PAGE - 1) & ~(uintptr_t)(HUGE_PAGE - 1);
    uintptr_t end = text.end & ~(uintptr_t)(HUGE_PAGE - 1);
    if (end <= start)
        return 0;
    size_t size = end - start;
    void *space = mmap(NULL, size + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (space == MAP_FAILED)
        return -errno;
    uintptr_t copy = ((uintptr_t)space + HUGE_PAGE - 1) & ~(uintptr_t)(HUGE_PAGE - 1);
    int error = 0;
    if (madvise((void *)copy, size, MADV_HUGEPAGE) < 0) {
        error = errno;
    } else {
        memcpy((void *)copy, (const void *)start, size);
        // The same bytes at the same place, all at once: what runs meanwhile, this function too, does not notice.
        if (mprotect((void *)copy, size, PROT_READ | PROT_EXEC) < 0 ||
            mremap((void *)copy, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, (void *)start) == MAP_FAILED)
            error = errno;
        else
            is_copied = 1;
    }
    // What was moved away is a hole by now.
    munmap(space, size + HUGE_PAGE);
    return error ? -error : (long)size;
}

void scriptron_give_back_text(void) {
    struct text text = {0};
    dl_iterate_phdr(find_program, &text);
    if (is_copied || text.end <= text.start)
        return;
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t start = (text.start + page - 1) & ~(page - 1);
    uintptr_t end = text.end & ~(page - 1);
    if (end > start)
        madvise((void *)start, end - start, MADV_DONTNEED);
}
