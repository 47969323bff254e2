// What the files of CLua share.
#ifndef SCRIPTRON_CLUA_INTERNAL_H
#define SCRIPTRON_CLUA_INTERNAL_H
#include "CLua.h"

// The most elements that one call of a table function touches, and the largest text that `load` takes.
#define CLUA_MAX_ELEMENTS ((lua_Integer)1 << 26)
#define CLUA_MAX_CHUNK ((size_t)1 << 20)

// Every instruction count at which the deadline is looked at.
#define CLUA_HOOK_COUNT 1000

// Raises the deadline's error.
int clua_raise_expired(lua_State *L);
// Raises where the deadline has passed.
void clua_check_deadline(lua_State *L);
// Pushes the value at `index` as text, without addresses.
void clua_push_text(lua_State *L, int index);

/// Passes over a UTF-8 byte order mark at the start of a text, as Lua's own loader of files does.
void clua_skip_mark(const char **text, size_t *size);
// Whether the table at `index` is a locked view.
bool clua_is_locked(lua_State *L, int index);
// `file:line` of the innermost level, from `level` on, that belongs to a script; false where there is none.
bool clua_place(lua_State *L, int level, char *text, size_t size);
// The message handler of clua_call: writes host->trace.
int clua_trace(lua_State *L);

// Replacements of library functions. Those that end in `Wrapped` have the original as their upvalue.
/// For the prelude of `parallel`: resumes (coroutine, number, arguments…), whose calls may wait; "done" and the first
/// result, "waits", or "failed" and the error.
int clua_resume_task(lua_State *L);
/// For other preludes: the number of the item of `parallel` that is under way; 0 outside.
int clua_current_task(lua_State *L);

extern const luaL_Reg clua_base[];
extern const luaL_Reg clua_coroutine[];
extern const luaL_Reg clua_string[];
extern const luaL_Reg clua_string_wrapped[];
extern const luaL_Reg clua_table_wrapped[];
extern const luaL_Reg clua_math_wrapped[];
extern const luaL_Reg clua_os_wrapped[];
#endif
