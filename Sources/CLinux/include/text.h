#pragma once

/// Puts this program's text into huge pages, as a copy in memory of its own at the same place (madvise(2),
/// MADV_HUGEPAGE): a fork then shares a handful of entries of the page tables, where each child had to map its text
/// again page by page, and to unmap it at its end. Only whole huge pages of it are moved.
///
/// For a process of one thread. Returns how many bytes lie there, 0 where the text is smaller, or -errno, where
/// everything stays as it was.
long scriptron_text_in_huge_pages(void);

/// Has this process hold no page of its program's text any more but those that it goes on to use: they are read from
/// the file, as nothing writes to them, and come back from the page cache at their next use (madvise(2), MADV_DONTNEED).
/// Without effect where the text lies in huge pages, which have no file.
void scriptron_give_back_text(void);
