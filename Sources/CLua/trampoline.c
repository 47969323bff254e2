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

static int trampoline(lua_State *L) {
    clua_host *host = clua_host_of(L);
    int function = (int)lua_tointeger(L, lua_upvalueindex(1));
    return finish(L, host->dispatch(host->context, L, function));
}

static int closer(lua_State *L) {
    lua_settop(L, 1);
    return trampoline(L);
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
