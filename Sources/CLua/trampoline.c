// The one way from Lua into Swift: Swift computes and returns, and only then, its frames gone, an error is raised.
#include "internal.h"

static int finish(lua_State *L, int results) {
    if (results >= 0) {
        clua_check_deadline(L);
        return results;
    }
    if (results == CLUA_OVERFLOW) return luaL_error(L, "stack overflow");
    char place[96];
    // The table is new and the host's, so that no metamethod is met here.
    if (lua_istable(L, -1) && clua_place(L, 1, place, sizeof place)) {
        lua_pushstring(L, place);
        lua_setfield(L, -2, "where");
    }
    return lua_error(L);
}

static int collected(lua_State *L, int status, lua_KContext context) {
    (void)status;
    (void)context;
    clua_host *host = clua_host_of(L);
    return finish(L, host->collect(host->context, L));
}

static int trampoline(lua_State *L) {
    clua_host *host = clua_host_of(L);
    int function = (int)lua_tointeger(L, lua_upvalueindex(1));
    int results = host->dispatch(host->context, L, function);
    if (results != CLUA_WAITS) return finish(L, results);
    host->task_waits = true;
    return lua_yieldk(L, 0, 0, collected);
}

static int closer(lua_State *L) {
    lua_settop(L, 1);
    clua_host *host = clua_host_of(L);
    // What is being closed does not wait: Lua 5.4.4 has no safe way out of it.
    lua_State *task = host->task;
    host->task = NULL;
    int results = host->dispatch(host->context, L, (int)lua_tointeger(L, lua_upvalueindex(1)));
    host->task = task;
    return finish(L, results);
}

void clua_push_function(lua_State *L, int function) {
    lua_pushinteger(L, function);
    lua_pushcclosure(L, trampoline, 1);
}

void clua_push_closer(lua_State *L, int function) {
    lua_pushinteger(L, function);
    lua_pushcclosure(L, closer, 1);
}

void clua_push_handle(lua_State *L, int kind, int64_t id) {
    clua_handle *handle = lua_newuserdatauv(L, sizeof *handle, 0);
    handle->kind = kind;
    handle->id = id;
}

const clua_handle *clua_to_handle(lua_State *L, int index) {
    // No opened library makes userdata: all of it is the host's.
    return lua_type(L, index) == LUA_TUSERDATA ? lua_touserdata(L, index) : NULL;
}
