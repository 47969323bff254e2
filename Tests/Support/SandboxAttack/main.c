// A program to be granted: it makes the system calls that its arguments name, or takes more than it may.
//
//     sandbox-attack CALL ARGUMENT… [then CALL ARGUMENT…]…
//     sandbox-attack bomb MARK    each process makes others, for ever
//     sandbox-attack racer MARK   each makes its successor in a session of its own, and ends
//     sandbox-attack eat          it takes 300 MiB of memory
//     sandbox-attack threads      it makes threads until it gets no more, and says how many it got and why
//     sandbox-attack where        it says where its code, its stack and the C library lie
//     sandbox-attack by-loader PROGRAM ARGUMENT…   the loader loads the program, which may not be executed
//     sandbox-attack by-memory PROGRAM ARGUMENT…   a copy of it in memory is executed
#define _GNU_SOURCE
#include "CAttack.h"
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

static void bomb(void) {
    for (;;)
        if (fork() < 0)
            usleep(20000);  // Hundreds that try for ever would starve the tests beside this one.
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

static void *rest(void *nothing) {
    for (;;)
        pause();
    return nothing;
}

static int threads(void) {
    int count = 1, error = 0;
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 64 << 10);
    for (pthread_t thread; count < 20000; count++) {
        error = pthread_create(&thread, &small, rest, NULL);
        if (error)
            break;
    }
    dprintf(1, "%d threads, then %s\n", count, error ? strerrorname_np(error) : "no end");
    return 0;
}

static int where(void) {
    int here = 0;
    dprintf(1, "%p\n%p\n%p\n", (void *)where, (void *)&here, (void *)getpid);
    return 0;
}

/// The loader's path, as this program itself names it.
static int find_loader(struct dl_phdr_info *info, size_t size, void *found) {
    (void)size;
    for (int index = 0; index < info->dlpi_phnum; index++)
        if (info->dlpi_phdr[index].p_type == PT_INTERP)
            *(const char **)found = (const char *)(info->dlpi_addr + info->dlpi_phdr[index].p_vaddr);
    return 1;
}

static int by_loader(char **words) {
    const char *loader = NULL;
    dl_iterate_phdr(find_loader, &loader);
    words[-1] = (char *)"loader";
    execv(loader, words - 1);
    dprintf(1, "%s\n", strerrorname_np(errno));
    return 1;
}

static int by_memory(char **words) {
    struct stat status;
    int file = open(words[0], O_RDONLY), memory = memfd_create("copy", 0);
    if (file < 0 || memory < 0 || fstat(file, &status) < 0)
        return 1;
    for (off_t left = status.st_size; left > 0;) {
        ssize_t sent = sendfile(memory, file, NULL, (size_t)left);
        if (sent <= 0)
            return 1;
        left -= sent;
    }
    fexecve(memory, words, environ);
    dprintf(1, "%s\n", strerrorname_np(errno));
    return 1;
}

int main(int count, char **words) {
    if (count > 1 && strcmp(words[1], "threads") == 0)
        return threads();
    if (count > 1 && strcmp(words[1], "where") == 0)
        return where();
    if (count > 2 && strcmp(words[1], "by-loader") == 0)
        return by_loader(words + 2);
    if (count > 2 && strcmp(words[1], "by-memory") == 0)
        return by_memory(words + 2);
    if (count > 1 && strcmp(words[1], "bomb") == 0)
        bomb();
    if (count > 1 && strcmp(words[1], "racer") == 0)
        racer();
    if (count > 1 && strcmp(words[1], "eat") == 0)
        return eat();
    return attack(count - 1, words + 1);
}
