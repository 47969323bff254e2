// The soft deadline: a count hook that turns it into a Lua error. It cannot reach loops inside C functions; the
// deadline itself is the kill from outside.
#include "internal.h"
#include <time.h>

uint64_t clua_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

bool clua_is_expired(clua_host *host) {
    if (!host->expired && host->deadline && clua_now() >= host->deadline) host->expired = true;
    return host->expired;
}

int clua_raise_expired(lua_State *L) { return luaL_error(L, "the deadline has passed"); }

void clua_check_deadline(lua_State *L) {
    if (clua_is_expired(clua_host_of(L))) clua_raise_expired(L);
}

static void on_count(lua_State *L, lua_Debug *event) {
    (void)event;
    if (!clua_is_expired(clua_host_of(L))) return;
    // From now on at every instruction, so that a script that catches the error does not get far.
    if (lua_gethookcount(L) != 1) lua_sethook(L, on_count, LUA_MASKCOUNT, 1);
    clua_raise_expired(L);
}

void clua_set_deadline(lua_State *L, uint64_t nanoseconds) {
    clua_host *host = clua_host_of(L);
    host->deadline = nanoseconds;
    host->expired = false;
    // Coroutines inherit the hook from the one that creates them.
    if (nanoseconds) lua_sethook(L, on_count, LUA_MASKCOUNT, CLUA_HOOK_COUNT);
    else lua_sethook(L, NULL, 0, 0);
}
