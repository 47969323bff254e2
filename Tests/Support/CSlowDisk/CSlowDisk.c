#include "CSlowDisk.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <unistd.h>

static atomic_uint delay;
static atomic_ulong syncs;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static sqlite3_vfs *real;
static sqlite3_vfs slow;
// The methods of SQLite's own files, and the same with our sync. Its files of one kind share one table.
static const sqlite3_io_methods *real_methods;
static sqlite3_io_methods slow_methods;

static int slow_sync(sqlite3_file *file, int flags) {
    unsigned wait = atomic_load(&delay);
    atomic_fetch_add(&syncs, 1);
    if (wait) usleep(wait);
    return real_methods->xSync(file, flags);
}

static int slow_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *file, int flags, int *out) {
    (void)vfs;
    int code = real->xOpen(real, name, file, flags, out);
    if (code != SQLITE_OK || !file->pMethods) return code;
    pthread_mutex_lock(&lock);
    if (!real_methods) {
        real_methods = file->pMethods;
        slow_methods = *real_methods;
        slow_methods.xSync = slow_sync;
    }
    if (file->pMethods == real_methods) file->pMethods = &slow_methods;
    pthread_mutex_unlock(&lock);
    return code;
}

void slow_disk_set(unsigned microseconds) {
    atomic_store(&delay, microseconds);
    pthread_mutex_lock(&lock);
    if (!real) {
        real = sqlite3_vfs_find(NULL);
        slow = *real;
        slow.zName = "slow";
        slow.pNext = NULL;
        slow.xOpen = slow_open;
        sqlite3_vfs_register(&slow, 1);
    }
    pthread_mutex_unlock(&lock);
}

unsigned long slow_disk_syncs(void) { return atomic_exchange(&syncs, 0); }
