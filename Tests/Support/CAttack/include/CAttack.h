#ifndef CATTACK_H
#define CATTACK_H

/// Makes system calls as the words say, and prints a line for each: its result, or the name of its errno.
///
/// A step is a call's name and its arguments; `then` starts the next step. An argument is a number, `s:text`,
/// `x:hexadecimal bytes`, or `$n`, the result of step n (from 0). A call may also be named by its number; `foreign` is one of
/// the 32-bit ABI.
int attack(int count, char **words);

/// fork(2), for a process of one thread.
int attack_fork(void);
#endif
