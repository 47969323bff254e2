// Coroutines under the deadline. The functions follow lcorolib.c of Lua 5.4.
#include "internal.h"

// Closing starts a new count of C calls in Lua 5.4.4, so that a chain of closes overflows the C stack.
#define MAX_CLOSING 8

static lua_State *thread_at(lua_State *L) {
    lua_State *thread = lua_tothread(L, 1);
    luaL_argexpected(L, thread, 1, "coroutine");
    return thread;
}

// Moves the arguments over, resumes, moves the results back; -1 with the error on top.
static int resume(lua_State *L, lua_State *thread, int arguments) {
    // Each coroutine counts its instructions afresh: many of them could stay below the hook's count.
    clua_check_deadline(L);
    if (!lua_checkstack(thread, arguments)) {
        lua_pushstring(L, "too many arguments to resume");
        return -1;
    }
    lua_xmove(L, thread, arguments);
    int results;
    int status = lua_resume(thread, L, arguments, &results);
    if (status == LUA_OK || status == LUA_YIELD) {
        if (!lua_checkstack(L, results + 1)) {
            lua_pop(thread, results);
            lua_pushstring(L, "too many results to resume");
            return -1;
        }
        lua_xmove(thread, L, results);
        clua_check_deadline(L);
        return results;
    }
    clua_host *host = clua_host_of(L);
    if (status == LUA_ERRMEM) host->memory_hit = true;
    lua_xmove(thread, L, 1);
    if (host->expired) lua_error(L);
    return -1;
}

int clua_current_task(lua_State *L) {
    clua_host *host = clua_host_of(L);
    lua_pushinteger(L, host->task ? host->task_id : 0);
    return 1;
}

int clua_resume_task(lua_State *L) {
    clua_host *host = clua_host_of(L);
    lua_State *thread = thread_at(L);
    lua_State *outer = host->task;
    int64_t outer_id = host->task_id;
    clua_check_deadline(L);
    int arguments = lua_gettop(L) - 2;
    if (!lua_checkstack(thread, arguments)) return luaL_error(L, "parallel: too many arguments");
    host->task_id = lua_tointeger(L, 2);
    host->task_waits = false;
    lua_xmove(L, thread, arguments);
    host->task = thread;
    int results;
    int status = lua_resume(thread, L, arguments, &results);
    bool waits = host->task_waits;
    host->task = outer;
    host->task_id = outer_id;
    host->task_waits = false;
    clua_check_deadline(L);
    if (status == LUA_YIELD && waits) {
        lua_pushstring(L, "waits");
        return 1;
    }
    bool done = status == LUA_OK;
    lua_pushstring(L, done ? "done" : "failed");
    if (status == LUA_YIELD) {
        lua_pop(thread, results);
        lua_pushstring(L, "parallel: the function yields: make it a coroutine of its own, or return what it has");
        return 2;
    }
    if (status == LUA_ERRMEM) host->memory_hit = true;
    if (done && results == 0) {
        lua_pushnil(L);
        return 2;
    }
    if (done) lua_pop(thread, results - 1);
    lua_xmove(thread, L, 1);
    return 2;
}

static int close_thread(lua_State *L, lua_State *thread) {
    clua_host *host = clua_host_of(L);
    if (host->closing >= MAX_CLOSING) luaL_error(L, "coroutine.close: nested too deeply");
    host->closing++;
    // Runs protected, so that the count is always taken back.
    int status = lua_resetthread(thread);
    host->closing--;
    clua_check_deadline(L);
    return status;
}

static int coroutine_create(lua_State *L) {
    luaL_checktype(L, 1, LUA_TFUNCTION);
    clua_check_deadline(L);
    lua_State *thread = lua_newthread(L);
    lua_pushvalue(L, 1);
    lua_xmove(L, thread, 1);
    return 1;
}

static int coroutine_resume(lua_State *L) {
    lua_State *thread = thread_at(L);
    int results = resume(L, thread, lua_gettop(L) - 1);
    lua_pushboolean(L, results >= 0);
    lua_insert(L, results < 0 ? -2 : -(results + 1));
    return results < 0 ? 2 : results + 1;
}

static int wrapped(lua_State *L) {
    lua_State *thread = lua_tothread(L, lua_upvalueindex(1));
    int results = resume(L, thread, lua_gettop(L));
    if (results >= 0) return results;
    int status = lua_status(thread);
    if (status != LUA_OK && status != LUA_YIELD) {
        // The error that closing ends with takes the place of the first.
        close_thread(L, thread);
        lua_xmove(thread, L, 1);
    }
    if (status != LUA_ERRMEM && lua_type(L, -1) == LUA_TSTRING) {
        luaL_where(L, 1);
        lua_insert(L, -2);
        lua_concat(L, 2);
    }
    return lua_error(L);
}

static int coroutine_wrap(lua_State *L) {
    coroutine_create(L);
    lua_pushcclosure(L, wrapped, 1);
    return 1;
}

static int coroutine_close(lua_State *L) {
    lua_State *thread = thread_at(L);
    lua_Debug level;
    int status = lua_status(thread);
    // Suspended: yielded, or not started. Dead: ended, or ended by an error. Else it runs, or waits for another.
    bool idle = status == LUA_YIELD || (status == LUA_OK && thread != L && !lua_getstack(thread, 0, &level));
    if (!idle && (status == LUA_OK || thread == L)) {
        return luaL_error(L, "cannot close a %s coroutine", thread == L ? "running" : "normal");
    }
    if (close_thread(L, thread) == LUA_OK) {
        lua_pushboolean(L, 1);
        return 1;
    }
    lua_pushboolean(L, 0);
    lua_xmove(thread, L, 1);
    return 2;
}

const luaL_Reg clua_coroutine[] = {
    {"create", coroutine_create},
    {"resume", coroutine_resume},
    {"wrap", coroutine_wrap},
    {"close", coroutine_close},
    {NULL, NULL},
};
