// Functions of string, table, math and os with bounds. Where one ends in `lua_call` of its upvalue, that is Lua's own.
#include "internal.h"
#include <string.h>
#include <sys/random.h>

static int call_original(lua_State *L) {
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return lua_gettop(L);
}

static int string_rep(lua_State *L) {
    size_t length, between;
    const char *text = luaL_checklstring(L, 1, &length);
    lua_Integer count = luaL_checkinteger(L, 2);
    const char *separator = luaL_optlstring(L, 3, "", &between);
    if (count <= 0 || length + between == 0) {
        lua_pushstring(L, "");
        return 1;
    }
    size_t limit = clua_host_of(L)->limit;
    if (limit > (size_t)1 << 40) limit = (size_t)1 << 40;
    if ((lua_Unsigned)count > limit / (length + between)) return luaL_error(L, "string.rep: the result is too large");
    size_t total = (size_t)count * length + (size_t)(count - 1) * between;
    luaL_Buffer buffer;
    char *next = luaL_buffinitsize(L, &buffer, total);
    for (lua_Integer index = 0; index < count; index++) {
        memcpy(next, text, length);
        next += length;
        if (index + 1 < count) {
            memcpy(next, separator, between);
            next += between;
        }
    }
    luaL_pushresultsize(&buffer, total);
    return 1;
}

// Lua's own would print addresses for `%p`, and for `%s` of what has no __tostring.
static int string_format(lua_State *L) {
    size_t length;
    const char *format = luaL_checklstring(L, 1, &length);
    const char *end = format + length;
    int argument = 1, count = lua_gettop(L);
    while (format < end) {
        if (*format++ != '%') continue;
        if (format < end && *format == '%') {
            format++;
            continue;
        }
        while (format < end && strchr("-+ #0.123456789", *format) && *format) format++;
        if (format >= end || ++argument > count) break;
        if (*format == 'p') return luaL_error(L, "string.format: '%%p' is not available");
        int type = lua_type(L, argument);
        bool shows_address = type == LUA_TTABLE || type == LUA_TFUNCTION || type == LUA_TTHREAD || type == LUA_TUSERDATA;
        if (*format == 's' && shows_address) {
            clua_push_text(L, argument);
            lua_replace(L, argument);
        }
    }
    return call_original(L);
}

// Refuses what would make a table function loop in C beyond any table's real size.
static void check_sequence(lua_State *L) {
    if (lua_type(L, 1) != LUA_TTABLE) return;
    if (luaL_getmetafield(L, 1, "__len") != LUA_TNIL) luaL_error(L, "a table with __len cannot be used here");
    if (lua_rawlen(L, 1) > (lua_Unsigned)CLUA_MAX_ELEMENTS) luaL_error(L, "the table has too many elements");
}

static int table_sequence(lua_State *L) {
    check_sequence(L);
    return call_original(L);
}

static void check_range(lua_State *L, lua_Integer from, lua_Integer to) {
    if (to >= from && (lua_Unsigned)to - (lua_Unsigned)from >= (lua_Unsigned)CLUA_MAX_ELEMENTS) {
        luaL_error(L, "the range has too many elements");
    }
}

static int table_concat(lua_State *L) {
    check_sequence(L);
    if (!lua_isnoneornil(L, 4)) check_range(L, luaL_optinteger(L, 3, 1), luaL_checkinteger(L, 4));
    else if (lua_istable(L, 1)) check_range(L, luaL_optinteger(L, 3, 1), (lua_Integer)lua_rawlen(L, 1));
    return call_original(L);
}

static int table_move(lua_State *L) {
    check_range(L, luaL_checkinteger(L, 2), luaL_checkinteger(L, 3));
    return call_original(L);
}

// Without arguments Lua's own seeds with an address, and returns it.
static int math_randomseed(lua_State *L) {
    if (lua_isnone(L, 1)) {
        lua_Integer seeds[2] = {0, 0};
        if (!clua_host_of(L)->evaluating && getrandom(seeds, sizeof seeds, 0) != sizeof seeds) {
            return luaL_error(L, "math.randomseed: the system has no random numbers");
        }
        lua_pushinteger(L, seeds[0]);
        lua_pushinteger(L, seeds[1]);
    }
    return call_original(L);
}

static int os_clocked(lua_State *L) {
    if (clua_host_of(L)->evaluating) {
        return luaL_error(L, "there is no clock while a header is evaluated; ask for the time in run");
    }
    return call_original(L);
}

void clua_seed(lua_State *L, int64_t first, int64_t second) {
    lua_getfield(L, LUA_REGISTRYINDEX, "scriptron.base");
    lua_getfield(L, -1, "math");
    lua_getfield(L, -1, "randomseed");
    lua_pushinteger(L, first);
    lua_pushinteger(L, second);
    lua_call(L, 2, 0);
    lua_pop(L, 2);
}

const luaL_Reg clua_string[] = {{"rep", string_rep}, {NULL, NULL}};
const luaL_Reg clua_string_wrapped[] = {{"format", string_format}, {NULL, NULL}};
const luaL_Reg clua_table_wrapped[] = {
    {"insert", table_sequence}, {"remove", table_sequence}, {"sort", table_sequence},
    {"concat", table_concat}, {"move", table_move}, {NULL, NULL},
};
const luaL_Reg clua_math_wrapped[] = {{"randomseed", math_randomseed}, {NULL, NULL}};
const luaL_Reg clua_os_wrapped[] = {
    {"clock", os_clocked}, {"date", os_clocked}, {"time", os_clocked}, {NULL, NULL},
};
