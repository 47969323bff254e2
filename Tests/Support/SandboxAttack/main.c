// A program to be granted: it makes the system calls that its arguments name, or takes more than it may.
//
//     sandbox-attack CALL ARGUMENT… [then CALL ARGUMENT…]…
//     sandbox-attack bomb MARK    each process makes others, for ever
//     sandbox-attack racer MARK   each makes its successor in a session of its own, and ends
//     sandbox-attack eat          it takes 300 MiB of memory
#include "CAttack.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void bomb(void) {
    for (;;)
        if (fork() < 0)
            usleep(1000);
}

static void racer(void) {
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    for (;;) {
        if (fork() > 0)
            _exit(0);
        setsid();
    }
}

/// Takes 300 MiB of memory.
static int eat(void) {
    size_t size = (size_t)300 << 20;
    char *memory = malloc(size);
    if (memory == NULL) {
        dprintf(2, "memory exhausted\n");
        return 1;
    }
    memset(memory, 1, size);
    return memory[size / 2] - 1;
}

int main(int count, char **words) {
    if (count > 1 && strcmp(words[1], "bomb") == 0)
        bomb();
    if (count > 1 && strcmp(words[1], "racer") == 0)
        racer();
    if (count > 1 && strcmp(words[1], "eat") == 0)
        return eat();
    return attack(count - 1, words + 1);
}
