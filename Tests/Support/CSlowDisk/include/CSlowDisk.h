#ifndef C_SLOW_DISK_H
#define C_SLOW_DISK_H

/// Has every sync of SQLite's files in this process take so many microseconds longer (0: no longer): SQLite's own VFS
/// with a slower sync before it. To be called before the first database is opened.
void slow_disk_set(unsigned microseconds);

/// How many syncs there were since the last call.
unsigned long slow_disk_syncs(void);

#endif
