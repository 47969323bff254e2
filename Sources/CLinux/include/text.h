#pragma once

/// Puts this program's text into huge pages, as a copy in memory of its own at the same place (madvise(2),
/// MADV_HUGEPAGE): a fork then shares a handful of entries of the page tables, where each child had to map its text
/// again page by page, and to unmap it at its end. Only whole huge pages of it are moved.
///
/// For a process of one thread. Returns how many bytes lie there, 0 where the text is smaller, or -errno, where
/// everything stays as it was.
long scriptron_text_in_huge_pages(void);
