// Opens a state that holds the named functions and nothing else: they are copied into new tables, so that what is
// not named here is out of reach.
#include "internal.h"
#include <stddef.h>

lua_State *clua_new_state(clua_host *host);

static const char *const base_names[] = {
    "_VERSION", "assert", "error", "getmetatable", "ipairs", "next", "pairs", "rawequal", "rawget", "rawlen", "select",
    "tonumber", "type", NULL,
};
static const char *const string_names[] = {
    "byte", "char", "find", "gmatch", "gsub", "len", "lower", "match", "pack", "packsize", "reverse", "sub", "unpack",
    "upper", NULL,
};
static const char *const table_names[] = {"pack", "unpack", NULL};
static const char *const math_names[] = {
    "abs", "acos", "asin", "atan", "ceil", "cos", "deg", "exp", "floor", "fmod", "huge", "log", "max", "maxinteger",
    "min", "mininteger", "modf", "pi", "rad", "random", "sin", "sqrt", "tan", "tointeger", "type", "ult", NULL,
};
static const char *const utf8_names[] = {"char", "charpattern", "codepoint", "codes", "len", "offset", NULL};
static const char *const coroutine_names[] = {"isyieldable", "running", "status", "yield", NULL};
static const char *const os_names[] = {"difftime", NULL};

static const struct library {
    const char *name;
    lua_CFunction open;
    const char *const *kept;
    const luaL_Reg *replaced;
    const luaL_Reg *wrapped;
} libraries[] = {
    {"string", luaopen_string, string_names, clua_string, clua_string_wrapped},
    {"table", luaopen_table, table_names, NULL, clua_table_wrapped},
    {"math", luaopen_math, math_names, NULL, clua_math_wrapped},
    {"utf8", luaopen_utf8, utf8_names, NULL, NULL},
    {"coroutine", luaopen_coroutine, coroutine_names, clua_coroutine, NULL},
    {"os", luaopen_os, os_names, NULL, clua_os_wrapped},
};

static const char lock_key;

bool clua_is_locked(lua_State *L, int index) {
    if (!lua_getmetatable(L, index)) return false;
    bool locked = lua_rawgetp(L, -1, &lock_key) != LUA_TNIL;
    lua_pop(L, 2);
    return locked;
}

static int refuse_change(lua_State *L) {
    const char *key = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : luaL_typename(L, 2);
    return luaL_error(L, "%s.%s cannot be set: the table is locked", lua_tostring(L, lua_upvalueindex(1)), key);
}

// The real table stays an upvalue: handing it to the loop would unlock it.
static int next_locked(lua_State *L) {
    lua_settop(L, 2);
    return lua_next(L, lua_upvalueindex(1)) ? 2 : 0;
}

static int pairs_locked(lua_State *L) {
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_pushcclosure(L, next_locked, 1);
    return 1;
}

void clua_lock(lua_State *L, const char *name) {
    lua_newtable(L);
    lua_createtable(L, 0, 5);
    lua_pushvalue(L, -3);
    lua_setfield(L, -2, "__index");
    lua_pushstring(L, name);
    lua_pushcclosure(L, refuse_change, 1);
    lua_setfield(L, -2, "__newindex");
    lua_pushvalue(L, -3);
    lua_pushcclosure(L, pairs_locked, 1);
    lua_setfield(L, -2, "__pairs");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_pushboolean(L, 1);
    lua_rawsetp(L, -2, &lock_key);
    lua_setmetatable(L, -2);
    lua_remove(L, -2);
}

// Copies the named fields from the table under the top into the one on top.
static void keep(lua_State *L, const char *const *names) {
    for (; *names; names++) {
        lua_getfield(L, -2, *names);
        lua_setfield(L, -2, *names);
    }
}

static void wrap(lua_State *L, const luaL_Reg *functions) {
    for (; functions->name; functions++) {
        lua_getfield(L, -2, functions->name);
        lua_pushcclosure(L, functions->func, 1);
        lua_setfield(L, -2, functions->name);
    }
}

static void open_library(lua_State *L, const struct library *library) {
    lua_pushcfunction(L, library->open);
    lua_call(L, 0, 1);
    lua_newtable(L);
    keep(L, library->kept);
    if (library->replaced) luaL_setfuncs(L, library->replaced, 0);
    if (library->wrapped) wrap(L, library->wrapped);
    lua_remove(L, -2);
}

// The methods of strings are those of the stripped table, and nobody gets at the metatable.
static void lock_strings(lua_State *L) {
    lua_pushstring(L, "");
    lua_getmetatable(L, -1);
    lua_getfield(L, 2, "string");
    lua_setfield(L, -2, "__index");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 2);
}

static int open_state(lua_State *L) {
    lua_pushcfunction(L, luaopen_base);
    lua_call(L, 0, 0);
    lua_newtable(L);
    lua_newtable(L);
    const int globals = 1, base = 2;
    lua_pushglobaltable(L);
    for (const char *const *name = base_names; *name; name++) {
        lua_getfield(L, -1, *name);
        lua_pushvalue(L, -1);
        lua_setfield(L, globals, *name);
        lua_setfield(L, base, *name);
    }
    lua_settop(L, base);
    luaL_setfuncs(L, clua_base, 0);
    lua_pushvalue(L, globals);
    luaL_setfuncs(L, clua_base, 0);
    lua_settop(L, base);
    for (size_t index = 0; index < sizeof libraries / sizeof *libraries; index++) {
        open_library(L, &libraries[index]);
        lua_pushvalue(L, -1);
        lua_setfield(L, base, libraries[index].name);
        clua_lock(L, libraries[index].name);
        lua_setfield(L, globals, libraries[index].name);
    }
    lock_strings(L);
    lua_pushcfunction(L, clua_resume_task);
    lua_setfield(L, base, "resume_task");
    lua_pushcfunction(L, clua_current_task);
    lua_setfield(L, base, "current_task");
    lua_setfield(L, LUA_REGISTRYINDEX, "scriptron.base");
    lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
    // The libraries' own record of what is loaded.
    lua_pushnil(L);
    lua_setfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    clua_seed(L, 0, 0);
    return 0;
}

lua_State *clua_open(clua_host *host) {
    host->limit = SIZE_MAX;
    lua_State *L = clua_new_state(host);
    if (!L) return NULL;
    lua_pushcfunction(L, open_state);
    if (lua_pcall(L, 0, 0, 0) == LUA_OK) return L;
    lua_close(L);
    return NULL;
}

const char *clua_release(void) { return LUA_RELEASE; }
