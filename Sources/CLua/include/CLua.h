// Lua 5.4 as Scriptron uses it: one stripped and locked state with a memory limit and a soft deadline, and one
// trampoline for every function of the host.
//
// Lua raises with longjmp, which must never cross a Swift frame. What is declared here either cannot raise, or is
// called by Lua itself. Swift may call those functions of lua.h that raise for want of memory only, between
// clua_lift and clua_lower: there an allocation succeeds or ends the process.
#ifndef SCRIPTRON_CLUA_H
#define SCRIPTRON_CLUA_H
#include <stdbool.h>
#include <stdint.h>
#include <lua5.4/lua.h>
#include <lua5.4/lauxlib.h>
#include <lua5.4/lualib.h>

/// A call of the host function `function`: the arguments are the stack of `L`. Returns the number of results on top
/// of the stack, CLUA_RAISE with an error value on top, or CLUA_OVERFLOW where the stack could not grow.
typedef int (*clua_dispatch)(void *context, lua_State *L, int function);

/// What a call came to for which `dispatch` returned CLUA_WAITS, when its task goes on; returns what `dispatch` would.
typedef int (*clua_collect)(void *context, lua_State *L);

enum {
    CLUA_RAISE = -1,
    CLUA_OVERFLOW = -2,
    /// Only for the coroutine `task`: the call goes on elsewhere, and the coroutine waits for it.
    CLUA_WAITS = -3,
    CLUA_REGISTRY = LUA_REGISTRYINDEX,
    CLUA_TRACE_BYTES = 4096,
};

/// What the host keeps beside a Lua state; its coroutines share it.
typedef struct clua_host {
    /// Bytes that Lua holds, the most it ever held, and the most the script may bring it to.
    size_t used, peak, limit;
    /// While above 0 the host itself pushes: the limit does not apply.
    int lifted;
    /// The script met the memory limit at least once.
    bool memory_hit;
    /// CLOCK_MONOTONIC in nanoseconds; 0: none.
    uint64_t deadline;
    /// The deadline was seen to have passed; never taken back by a script.
    bool expired;
    /// A header or a configuration is evaluated: no clock, no API.
    bool evaluating;
    /// How many coroutine.close are in one another.
    int closing;
    /// The coroutine of `parallel` that runs now, with its number; NULL: none does.
    lua_State *task;
    int64_t task_id;
    /// It waits for a call.
    bool task_waits;
    clua_dispatch dispatch;
    clua_collect collect;
    void *context;
    /// The traceback of the last error that reached the host: a line a level, with a line feed behind each.
    char trace[CLUA_TRACE_BYTES];
    size_t trace_length;
} clua_host;

/// A live object of the host in the script's hands.
typedef struct clua_handle {
    int64_t id;
    int kind;
} clua_handle;

/// Opens the state over a zeroed `host`, which must outlive it: the chosen libraries, stripped and locked. The
/// registry's `scriptron.base` holds the real functions and library tables, for preludes. NULL without memory.
lua_State *clua_open(clua_host *host);

/// The release of Lua's headers: `Lua 5.4.4`.
const char *clua_release(void);

/// The host of a state or coroutine.
clua_host *clua_host_of(lua_State *L);

void clua_lift(clua_host *host);
void clua_lower(clua_host *host);

/// Sets the soft deadline (0: none) and forgets that an earlier one had passed.
void clua_set_deadline(lua_State *L, uint64_t nanoseconds);
/// CLOCK_MONOTONIC now, in nanoseconds.
uint64_t clua_now(void);
/// Whether the deadline has passed, looking at the clock.
bool clua_is_expired(clua_host *host);

// Between clua_lift and clua_lower only.

/// Pushes the host function `function`.
void clua_push_function(lua_State *L, int function);
/// Pushes a metamethod that calls the host function `function` with its first argument only (for __close).
void clua_push_closer(lua_State *L, int function);
/// Pushes a handle, without a metatable.
void clua_push_handle(lua_State *L, int kind, int64_t id);
/// Replaces the table on top by a locked view of it, called `name` in messages.
void clua_lock(lua_State *L, const char *name);
/// The lua_CFunction of `require`: compiles a text under a chunk's name; a function, or nil and a message.
int clua_load_library(lua_State *L);
/// The handle at `index`, or NULL.
const clua_handle *clua_to_handle(lua_State *L, int index);
/// Seeds math.random.
void clua_seed(lua_State *L, int64_t first, int64_t second);

// These run what they call in protected mode.

/// Calls the function under its `arguments` on top of the stack. Returns Lua's status, with one result, or the error
/// value, on top; after an error host->trace says where.
int clua_call(lua_State *L, int arguments);
/// Replaces the error value on top by a text: what its __tostring says, or what is known of it. Runs under the
/// deadline. False where that failed too; then the text says so.
bool clua_describe(lua_State *L);
/// Compiles text (never bytecode). Returns Lua's status, with the function or the message on top.
int clua_load(lua_State *L, const char *bytes, size_t count, const char *name);
#endif
