// The base library's functions that are not left as they are.
#include "internal.h"
#include <string.h>

static int finish_pcall(lua_State *L, int status, lua_KContext below) {
    if (status == LUA_OK || status == LUA_YIELD) return lua_gettop(L) - (int)below;
    clua_host *host = clua_host_of(L);
    if (status == LUA_ERRMEM) host->memory_hit = true;
    // The deadline's error is not for catching.
    if (host->expired) return lua_error(L);
    lua_pushboolean(L, 0);
    lua_pushvalue(L, -2);
    return 2;
}

static int base_pcall(lua_State *L) {
    luaL_checkany(L, 1);
    lua_pushboolean(L, 1);
    lua_insert(L, 1);
    return finish_pcall(L, lua_pcallk(L, lua_gettop(L) - 2, LUA_MULTRET, 0, 0, finish_pcall), 0);
}

// A message handler runs without hooks when the hook raised, so that a loop in it would never be reached.
static int guarded_handler(lua_State *L) {
    if (clua_is_expired(clua_host_of(L))) return 1;
    lua_settop(L, 1);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, 1, 1);
    return 1;
}

static int base_xpcall(lua_State *L) {
    int count = lua_gettop(L);
    luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_pushvalue(L, 2);
    lua_pushcclosure(L, guarded_handler, 1);
    lua_replace(L, 2);
    lua_pushboolean(L, 1);
    lua_pushvalue(L, 1);
    lua_rotate(L, 3, 2);
    return finish_pcall(L, lua_pcallk(L, count - 2, LUA_MULTRET, 2, 2, finish_pcall), 2);
}

typedef struct {
    size_t total;
} pieces;

static const char *read_piece(lua_State *L, void *context, size_t *size) {
    pieces *read = context;
    luaL_checkstack(L, 2, "too many nested functions");
    lua_pushvalue(L, 1);
    lua_call(L, 0, 1);
    *size = 0;
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        return NULL;
    }
    if (lua_type(L, -1) != LUA_TSTRING) luaL_error(L, "load: the reader must return strings");
    lua_replace(L, 5);
    const char *piece = lua_tolstring(L, 5, size);
    read->total += *size;
    if (read->total > CLUA_MAX_CHUNK) luaL_error(L, "load: a text of more than %d bytes", (int)CLUA_MAX_CHUNK);
    return piece;
}

static int base_load(lua_State *L) {
    bool has_environment = !lua_isnone(L, 4);
    const char *mode = luaL_optstring(L, 3, "t");
    const char *given = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : NULL;
    char name[56] = "=(load)";
    if (given) {
        // A name that cannot be taken for a file or for the host's own text.
        size_t length = 7;
        memcpy(name, "=(load ", length);
        for (; *given && length < sizeof name - 2; given++) {
            if ((unsigned char)*given >= 0x20 && *given != 0x7F) name[length++] = *given;
        }
        memcpy(name + length, ")", 2);
    }
    int status;
    size_t size;
    if (!strchr(mode, 't')) {
        lua_pushnil(L);
        lua_pushstring(L, "load: only text can be loaded");
        return 2;
    }
    if (lua_type(L, 1) == LUA_TSTRING) {
        const char *text = lua_tolstring(L, 1, &size);
        if (size > CLUA_MAX_CHUNK) return luaL_error(L, "load: a text of more than %d bytes", (int)CLUA_MAX_CHUNK);
        status = luaL_loadbufferx(L, text, size, name, "t");
    } else {
        luaL_checktype(L, 1, LUA_TFUNCTION);
        pieces read = {0};
        lua_settop(L, 5);
        status = lua_load(L, read_piece, &read, name, "t");
    }
    if (status == LUA_OK) {
        if (has_environment) {
            lua_pushvalue(L, 4);
            if (!lua_setupvalue(L, -2, 1)) lua_pop(L, 1);
        }
        return 1;
    }
    if (clua_host_of(L)->expired) return lua_error(L);
    lua_pushnil(L);
    lua_insert(L, -2);
    return 2;
}

void clua_push_text(lua_State *L, int index) {
    index = lua_absindex(L, index);
    if (luaL_callmeta(L, index, "__tostring")) {
        if (!lua_isstring(L, -1)) luaL_error(L, "'__tostring' must return a string");
        return;
    }
    switch (lua_type(L, index)) {
    case LUA_TNIL: case LUA_TBOOLEAN: case LUA_TNUMBER: case LUA_TSTRING:
        luaL_tolstring(L, index, NULL);
        return;
    default:
        // Lua would add the address, and all workers share one layout.
        if (luaL_getmetafield(L, index, "__name") == LUA_TSTRING) return;
        lua_pushstring(L, luaL_typename(L, index));
    }
}

int clua_load_library(lua_State *L) {
    size_t size;
    const char *text = luaL_checklstring(L, 1, &size);
    clua_skip_mark(&text, &size);
    if (luaL_loadbufferx(L, text, size, luaL_checkstring(L, 2), "t") == LUA_OK) return 1;
    lua_pushnil(L);
    lua_insert(L, -2);
    return 2;
}

static int base_tostring(lua_State *L) {
    luaL_checkany(L, 1);
    clua_push_text(L, 1);
    return 1;
}

static int base_setmetatable(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_argexpected(L, lua_isnil(L, 2) || lua_istable(L, 2), 2, "nil or table");
    if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL) return luaL_error(L, "cannot change a protected metatable");
    lua_settop(L, 2);
    if (lua_istable(L, 2)) {
        // Lua looks for a finalizer at this moment only.
        lua_pushstring(L, "__gc");
        if (lua_rawget(L, 2) != LUA_TNIL) return luaL_error(L, "setmetatable: __gc is not available; use __close");
        lua_pop(L, 1);
    }
    lua_setmetatable(L, 1);
    return 1;
}

static int base_rawset(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_checkany(L, 2);
    luaL_checkany(L, 3);
    if (clua_is_locked(L, 1)) return luaL_error(L, "rawset: the table is locked");
    lua_settop(L, 3);
    lua_rawset(L, 1);
    return 1;
}

static int base_collectgarbage(lua_State *L) {
    const char *option = luaL_optstring(L, 1, "collect");
    if (strcmp(option, "count") != 0) return luaL_error(L, "collectgarbage: only \"count\" is available");
    lua_pushnumber(L, (lua_Number)clua_host_of(L)->used / 1024);
    return 1;
}

const luaL_Reg clua_base[] = {
    {"pcall", base_pcall},
    {"xpcall", base_xpcall},
    {"load", base_load},
    {"tostring", base_tostring},
    {"setmetatable", base_setmetatable},
    {"rawset", base_rawset},
    {"collectgarbage", base_collectgarbage},
    {NULL, NULL},
};
