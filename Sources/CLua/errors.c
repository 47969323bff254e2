// Calls in protected mode, and what can be said of an error.
#include "internal.h"
#include <stdio.h>
#include <string.h>

// The host's own Lua text is named `=[name]`; `load` lets no script take such a name.
static bool is_host(const lua_Debug *level) { return strncmp(level->source, "=[", 2) == 0; }

bool clua_place(lua_State *L, int level, char *text, size_t size) {
    lua_Debug info;
    while (lua_getstack(L, level++, &info)) {
        lua_getinfo(L, "Sl", &info);
        if (info.currentline <= 0 || is_host(&info)) continue;
        snprintf(text, size, "%s:%d", info.short_src, info.currentline);
        return true;
    }
    return false;
}

int clua_trace(lua_State *L) {
    clua_host *host = clua_host_of(L);
    lua_Debug info;
    host->trace_length = 0;
    for (int level = 1, shown = 0; shown < 20 && lua_getstack(L, level, &info); level++) {
        lua_getinfo(L, "Sln", &info);
        if (info.currentline <= 0 || is_host(&info)) continue;
        char function[96];
        if (*info.what == 'm') snprintf(function, sizeof function, "main chunk");
        else if (info.name) snprintf(function, sizeof function, "%s '%.60s'", *info.namewhat ? info.namewhat : "function", info.name);
        else snprintf(function, sizeof function, "function at line %d", info.linedefined);
        size_t left = sizeof host->trace - host->trace_length;
        int written = snprintf(
            host->trace + host->trace_length, left, "%s:%d: in %s\n", info.short_src, info.currentline, function);
        if (written < 0 || (size_t)written >= left) break;
        host->trace_length += (size_t)written;
        shown++;
    }
    return 1;
}

int clua_call(lua_State *L, int arguments) {
    clua_host *host = clua_host_of(L);
    host->trace_length = 0;
    lua_pushcfunction(L, clua_trace);
    int handler = lua_gettop(L) - arguments - 1;
    lua_insert(L, handler);
    int status = lua_pcall(L, arguments, 1, handler);
    if (status == LUA_ERRMEM) host->memory_hit = true;
    lua_remove(L, handler);
    return status;
}

static int describe(lua_State *L) {
    if (lua_type(L, 1) == LUA_TNUMBER) {
        lua_pushfstring(L, "an error value without a message (the number %s)", luaL_tolstring(L, 1, NULL));
    } else if (luaL_getmetafield(L, 1, "__tostring") == LUA_TNIL) {
        lua_pushfstring(L, "an error value without a message (a %s)", luaL_typename(L, 1));
    } else {
        clua_push_text(L, 1);
    }
    return 1;
}

bool clua_describe(lua_State *L) {
    lua_pushcfunction(L, describe);
    lua_insert(L, -2);
    if (lua_pcall(L, 1, 1, 0) == LUA_OK) return true;
    lua_pop(L, 1);
    clua_host *host = clua_host_of(L);
    clua_lift(host);
    lua_pushstring(L, "an error value whose __tostring failed");
    clua_lower(host);
    return false;
}

void clua_skip_mark(const char **text, size_t *size) {
    if (*size < 3 || memcmp(*text, "\xEF\xBB\xBF", 3) != 0) return;
    *text += 3;
    *size -= 3;
}

int clua_load(lua_State *L, const char *bytes, size_t count, const char *name) {
    clua_skip_mark(&bytes, &count);
    int status = luaL_loadbufferx(L, bytes, count, name, "t");
    if (status == LUA_ERRMEM) clua_host_of(L)->memory_hit = true;
    return status;
}
