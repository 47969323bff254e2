#define _GNU_SOURCE
#include "CAttack.h"
#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MOST_STEPS = 512 };
static long results[MOST_STEPS];

static long bytes_of(const char *digits) {
    size_t count = strlen(digits) / 2;
    unsigned char *bytes = malloc(count + 1);
    for (size_t index = 0; index < count; index++) {
        unsigned value = 0;
        sscanf(digits + 2 * index, "%2x", &value);
        bytes[index] = (unsigned char)value;
    }
    return (long)bytes;
}

static long argument_of(const char *word) {
    if (strncmp(word, "s:", 2) == 0)
        return (long)(word + 2);
    if (strncmp(word, "x:", 2) == 0)
        return bytes_of(word + 2);
    if (word[0] == '$')
        return results[atoi(word + 1)];
    return (long)strtoull(word, NULL, 0);
}

/// getpid(2) by the 32-bit ABI, where there is one.
static void foreign_call(void) {
#if defined(__x86_64__)
    long result = 20;
    __asm__ volatile("int $0x80" : "+a"(result) : : "memory");
#endif
}

static long step(int count, char **words) {
    long arguments[6] = {0};
    if (strcmp(words[0], "foreign") == 0)
        foreign_call();
    for (int index = 1; index < count && index < 7; index++)
        arguments[index - 1] = argument_of(words[index]);
    char *end = NULL;
    long number = strtol(words[0], &end, 10);
    if (*end != 0)
        number = seccomp_syscall_resolve_name(words[0]);
    long result = syscall(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5]);
    // A process made by a step is not to make the next ones too.
    if (result == 0 && (number == SYS_clone || number == SYS_clone3))
        _exit(0);
    if (result < 0)
        dprintf(1, "%s\n", strerrorname_np(errno));
    else if (result == 0)
        dprintf(1, "ok\n");
    else
        dprintf(1, "ok %ld\n", result);
    return result;
}

int attack(int count, char **words) {
    int start = 0, done = 0, failed = 0;
    for (int index = 0; index <= count; index++) {
        if (index < count && strcmp(words[index], "then") != 0)
            continue;
        if (index > start && done < MOST_STEPS) {
            results[done] = step(index - start, words + start);
            failed |= results[done] < 0;
            done++;
        }
        start = index + 1;
    }
    return failed;
}

int attack_fork(void) {
    return fork();
}
