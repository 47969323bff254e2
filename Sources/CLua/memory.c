// The allocator: it holds the script to its limit, and lets the host push beyond it.
#include "internal.h"
#include <stdio.h>
#include <stdlib.h>

static void *allocate(void *context, void *block, size_t old_size, size_t size) {
    clua_host *host = context;
    // Without a block, Lua passes a type tag in the place of the old size.
    size_t old = block ? old_size : 0;
    if (size == 0) {
        free(block);
        host->used -= old;
        return NULL;
    }
    if (size > old && host->lifted == 0) {
        size_t free_bytes = host->used < host->limit ? host->limit - host->used : 0;
        if (size - old > free_bytes) return NULL;
    }
    void *moved = realloc(block, size);
    if (!moved) {
        if (size <= old) return block;
        if (host->lifted == 0) return NULL;
        // Here a Lua error would jump over Swift frames. The process is one attempt: it ends.
        fputs("scriptron: out of memory\n", stderr);
        abort();
    }
    host->used = host->used - old + size;
    if (host->used > host->peak) host->peak = host->used;
    return moved;
}

static int panic(lua_State *L) {
    (void)L;
    fputs("scriptron: a Lua error outside of a protected call\n", stderr);
    abort();
}

lua_State *clua_new_state(clua_host *host) {
    lua_State *L = lua_newstate(allocate, host);
    if (!L) return NULL;
    lua_atpanic(L, panic);
    // New threads copy the main thread's extra space.
    *(clua_host **)lua_getextraspace(L) = host;
    return L;
}

clua_host *clua_host_of(lua_State *L) { return *(clua_host **)lua_getextraspace(L); }

void clua_lift(clua_host *host) { host->lifted++; }

void clua_lower(clua_host *host) { host->lifted--; }
