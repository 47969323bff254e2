// A file system whose server never answers a read: what waits for it, no signal can end (fuse(4)).
//
//     dead-mount DIRECTORY PIDFILE PROGRAM ARGUMENT…
//
// In a mount namespace of its own it mounts a file system at DIRECTORY, with one file, `stuck`, starts a server for it,
// whose pid goes into PIDFILE, and becomes PROGRAM. Reads of `stuck` are taken and never answered. When the server is
// killed, or the program ends, the kernel gives up all requests.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STUCK = 2 };

static int device;

static void answer(uint64_t unique, int error, const void *body, size_t length) {
    char buffer[4096];
    struct fuse_out_header header = {
        .len = (uint32_t)(sizeof header + length), .error = -error, .unique = unique};
    memcpy(buffer, &header, sizeof header);
    if (length > 0)
        memcpy(buffer + sizeof header, body, length);
    if (write(device, buffer, header.len) < 0 && errno != ENOENT)
        _exit(1);
}

static struct fuse_attr attributes(uint64_t node) {
    return (struct fuse_attr){
        .ino = node, .size = node == STUCK ? 4096 : 0, .blocks = 8, .nlink = 1, .blksize = 4096,
        .mode = node == STUCK ? S_IFREG | 0644 : S_IFDIR | 0755};
}

static void serve(void) {
    static char request[1 << 20];
    for (;;) {
        ssize_t count = read(device, request, sizeof request);
        if (count < 0 && (errno == EINTR || errno == ENOENT))
            continue;
        if (count <= 0)
            _exit(0);
        const struct fuse_in_header *in = (const void *)request;
        const char *body = request + sizeof *in;
        switch (in->opcode) {
        case FUSE_INIT: {
            struct fuse_init_out out = {.major = 7, .minor = 31, .max_write = 4096, .max_background = 8};
            answer(in->unique, 0, &out, sizeof out);
            break;
        }
        case FUSE_GETATTR: {
            struct fuse_attr_out out = {.attr_valid = 1, .attr = attributes(in->nodeid)};
            answer(in->unique, 0, &out, sizeof out);
            break;
        }
        case FUSE_LOOKUP: {
            if (strcmp(body, "stuck") != 0) {
                answer(in->unique, ENOENT, NULL, 0);
                break;
            }
            struct fuse_entry_out out = {.nodeid = STUCK, .attr_valid = 1, .entry_valid = 1, .attr = attributes(STUCK)};
            answer(in->unique, 0, &out, sizeof out);
            break;
        }
        case FUSE_OPEN:
        case FUSE_OPENDIR: {
            // Without a cache: each read asks.
            struct fuse_open_out out = {.open_flags = FOPEN_DIRECT_IO};
            answer(in->unique, 0, &out, sizeof out);
            break;
        }
        case FUSE_STATFS: {
            struct fuse_statfs_out out = {.st = {.bsize = 4096, .namelen = 255}};
            answer(in->unique, 0, &out, sizeof out);
            break;
        }
        case FUSE_RELEASE:
        case FUSE_RELEASEDIR:
        case FUSE_FLUSH: answer(in->unique, 0, NULL, 0); break;
        case FUSE_FORGET:
        case FUSE_BATCH_FORGET:
        case FUSE_INTERRUPT:
        // Taken, and never answered: from now on the reader cannot even be killed.
        case FUSE_READ: break;
        default: answer(in->unique, ENOSYS, NULL, 0);
        }
    }
}

static int fail(const char *what) {
    fprintf(stderr, "dead-mount: %s: %s\n", what, strerror(errno));
    return 1;
}

int main(int count, char **words) {
    if (count < 4)
        return 2;
    device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
    if (device < 0)
        return fail("/dev/fuse");
    if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        return fail("unshare");
    char options[200];
    snprintf(options, sizeof options, "fd=%d,rootmode=40755,user_id=0,group_id=0,allow_other", device);
    if (mount("dead", words[1], "fuse", MS_NOSUID | MS_NODEV, options) < 0)
        return fail("mount");
    pid_t parent = getpid();
    pid_t server = fork();
    if (server < 0)
        return fail("fork");
    if (server == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(1);
        setsid();
        serve();
    }
    // The server holds the only descriptor: its end is the end of the connection.
    close(device);
    FILE *file = fopen(words[2], "w");
    if (file == NULL || fprintf(file, "%d\n", server) < 0 || fclose(file) != 0)
        return fail(words[2]);
    execv(words[3], words + 3);
    return fail(words[3]);
}
