// A program to be granted: it connects as its arguments say, by tricks too, and prints a line for each answer.
//
// connect-attack MODE TARGET…, a target being ADDRESS:PORT, [ADDRESS]:PORT, a path, or @NAME.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct target {
    struct sockaddr_storage address;
    socklen_t length;
};

static struct target target_of(const char *text) {
    struct target target = {0};
    char host[128];
    const char *colon = strrchr(text, ':');
    if (!colon || text[0] == '/' || text[0] == '@') {
        struct sockaddr_un *address = (void *)&target.address;
        address->sun_family = AF_UNIX;
        strncpy(address->sun_path, text, sizeof address->sun_path - 1);
        if (text[0] == '@')
            address->sun_path[0] = 0;
        target.length = offsetof(struct sockaddr_un, sun_path) + strlen(text) + (text[0] != '@');
    } else if (text[0] == '[') {
        struct sockaddr_in6 *address = (void *)&target.address;
        snprintf(host, sizeof host, "%.*s", (int)(colon - text - 2), text + 1);
        address->sin6_family = AF_INET6;
        address->sin6_port = htons((uint16_t)atoi(colon + 1));
        inet_pton(AF_INET6, host, &address->sin6_addr);
        target.length = sizeof *address;
    } else {
        struct sockaddr_in *address = (void *)&target.address;
        snprintf(host, sizeof host, "%.*s", (int)(colon - text), text);
        address->sin_family = AF_INET;
        address->sin_port = htons((uint16_t)atoi(colon + 1));
        inet_pton(AF_INET, host, &address->sin_addr);
        target.length = sizeof *address;
    }
    return target;
}

static void say(const char *what, int failed) {
    dprintf(1, "%s%s%s\n", what, what[0] ? " " : "", failed ? strerrorname_np(errno) : "ok");
}

static int made(const struct target *target, int type) {
    int socket_number = socket(target->address.ss_family, type, 0);
    if (socket_number < 0)
        say("socket", 1);
    return socket_number;
}

static int connected(int number, const struct target *target) {
    return connect(number, (const void *)&target->address, target->length);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static struct target swapped, good, bad;

static void *swap(void *stop) {
    while (!*(volatile int *)stop) {
        memcpy(&swapped, &good, sizeof swapped);
        memcpy(&swapped, &bad, sizeof swapped);
    }
    return NULL;
}

/// Connects again and again while another thread swaps the address between two; says where it got.
static void race(double seconds) {
    int stop = 0, to_good = 0, refused = 0, to_bad = 0;
    pthread_t thread;
    swapped = good;
    pthread_create(&thread, NULL, swap, &stop);
    for (double end = now() + seconds; now() < end;) {
        int number = socket(AF_INET, SOCK_STREAM, 0);
        struct sockaddr_in peer;
        socklen_t length = sizeof peer;
        if (connect(number, (void *)&swapped.address, sizeof(struct sockaddr_in)) < 0)
            refused++;
        else if (getpeername(number, (void *)&peer, &length) == 0) {
            if (peer.sin_port == ((struct sockaddr_in *)&good.address)->sin_port)
                to_good++;
            else
                to_bad++;
        }
        // A name in the file's place: the number is taken for another socket.
        close(number);
    }
    stop = 1;
    pthread_join(thread, NULL);
    dprintf(1, "good %s refused %s bad %d\n", to_good ? "some" : "none", refused ? "some" : "none", to_bad);
}

static void *one(void *target) {
    int number = made(target, SOCK_STREAM);
    long failed = connected(number, target) < 0 ? errno : 0;
    close(number);
    return (void *)failed;
}

static void parallel(int count, struct target target) {
    pthread_t threads[1000];
    int good_ones = 0;
    for (int index = 0; index < count; index++)
        pthread_create(&threads[index], NULL, one, &target);
    for (int index = 0; index < count; index++) {
        void *failed;
        pthread_join(threads[index], &failed);
        good_ones += failed == NULL;
    }
    dprintf(1, "%d\n", good_ones);
}

static void without_waiting(struct target target) {
    int number = made(&target, SOCK_STREAM | SOCK_NONBLOCK);
    say("connect", connected(number, &target) < 0);
    struct pollfd polled = {.fd = number, .events = POLLOUT};
    poll(&polled, 1, 5000);
    int problem = -1;
    socklen_t length = sizeof problem;
    getsockopt(number, SOL_SOCKET, SO_ERROR, &problem, &length);
    errno = problem;
    say("then", problem != 0);
    dprintf(1, "flags %s\n", fcntl(number, F_GETFL) & O_NONBLOCK ? "nonblocking" : "blocking");
    say("again", connected(number, &target) < 0);
}

static void handle(int signal) {
    (void)signal;
}

static void with_alarm(struct target target, int flags) {
    struct sigaction action = {.sa_handler = handle, .sa_flags = flags};
    sigaction(SIGALRM, &action, NULL);
    struct itimerval timer = {.it_value = {.tv_usec = 200000}, .it_interval = {.tv_usec = flags ? 50000 : 0}};
    int number = made(&target, SOCK_STREAM);
    double start = now();
    setitimer(ITIMER_REAL, &timer, NULL);
    say("connect", connected(number, &target) < 0);
    dprintf(1, "%s\n", now() - start < 5 ? "soon" : "late");
    dprintf(1, "flags %s\n", fcntl(number, F_GETFL) & O_NONBLOCK ? "nonblocking" : "blocking");
}

static void with_patience(struct target target) {
    int number = made(&target, SOCK_STREAM);
    struct timeval patience = {.tv_usec = 200000};
    setsockopt(number, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    say("connect", connected(number, &target) < 0);
}

/// A child that is killed while it connects.
static void killed(struct target target) {
    pid_t child = fork();
    if (child == 0) {
        connected(made(&target, SOCK_STREAM), &target);
        _exit(0);
    }
    usleep(200000);
    kill(child, SIGKILL);
    int status;
    waitpid(child, &status, 0);
    dprintf(1, "%s\n", WIFSIGNALED(status) ? "killed" : "ended");
}

static void datagrams(struct target server, struct target other) {
    char answer[64];
    struct iovec piece = {.iov_base = "hello", .iov_len = 5};
    struct mmsghdr many[2] = {{.msg_hdr = {.msg_iov = &piece, .msg_iovlen = 1}},
                              {.msg_hdr = {.msg_iov = &piece, .msg_iovlen = 1}}};
    struct msghdr named = {
        .msg_iov = &piece, .msg_iovlen = 1, .msg_name = &other.address, .msg_namelen = other.length};
    int number = made(&server, SOCK_DGRAM);
    if (number < 0)
        return;
    say("other", connected(number, &other) < 0);
    say("sendto other", sendto(number, "x", 1, 0, (void *)&other.address, other.length) < 0);
    say("sendmsg other", sendmsg(number, &named, 0) < 0);
    many[1].msg_hdr.msg_name = &other.address;
    many[1].msg_hdr.msg_namelen = other.length;
    say("unconnected", send(number, "x", 1, 0) < 0);
    say("connect", connected(number, &server) < 0);
    say("send", send(number, "hello", 5, 0) != 5 || recv(number, answer, sizeof answer, 0) != 5);
    dprintf(1, "sendmmsg %d of 2, %u bytes\n", sendmmsg(number, many, 2, 0), many[0].msg_len);
    recv(number, answer, sizeof answer, 0);
    say("still sendto other", sendto(number, "x", 1, 0, (void *)&other.address, other.length) < 0);
    many[1].msg_hdr.msg_name = NULL;
    many[1].msg_hdr.msg_namelen = 0;
    dprintf(1, "sendmmsg %d of 2\n", sendmmsg(number, many, 2, 0));
    int bare = made(&server, SOCK_DGRAM);
    say("sendto server", sendto(bare, "hello", 5, 0, (void *)&server.address, server.length) != 5 ||
                             recv(bare, answer, sizeof answer, 0) != 5);
    say("bind", bind(bare, (void *)&server.address, server.length) < 0);
}

static void kind(const char *what, int family, int type, int protocol) {
    int number = socket(family, type, protocol);
    say(what, number < 0);
    close(number);
}

/// Everything else that could carry bytes away.
static void detours(struct target granted, struct target other) {
    int on = 1, pair[2];
    char route[] = {0x83, 7, 4, 127, 0, 0, 1, 0};
    struct iovec piece = {.iov_base = "x", .iov_len = 1};
    struct msghdr named = {
        .msg_iov = &piece, .msg_iovlen = 1, .msg_name = &other.address, .msg_namelen = other.length};
    struct mmsghdr many = {.msg_hdr = named};
    kind("mptcp", AF_INET, SOCK_STREAM, 262);
    kind("sctp", AF_INET, SOCK_STREAM, 132);
    kind("udp", AF_INET, SOCK_DGRAM, 0);
    kind("udp6", AF_INET6, SOCK_DGRAM, 0);
    kind("udplite", AF_INET, SOCK_DGRAM, 136);
    kind("ping", AF_INET, SOCK_DGRAM, 1);
    kind("icmp", AF_INET, SOCK_RAW, 1);
    kind("netlink", AF_NETLINK, SOCK_RAW, 0);
    kind("packet", AF_PACKET, SOCK_RAW, 0);
    kind("vsock", 40, SOCK_STREAM, 0);
    kind("alg", 38, SOCK_SEQPACKET, 0);
    kind("unix", AF_UNIX, SOCK_STREAM, 0);
    kind("unix datagrams", AF_UNIX, SOCK_DGRAM, 0);
    kind("unix packets", AF_UNIX, SOCK_SEQPACKET, 0);
    say("pair of datagrams", socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) < 0);
    int number = socket(AF_INET, SOCK_STREAM, 0);
    say("fastopen by sendto", sendto(number, "x", 1, MSG_FASTOPEN, (void *)&other.address, other.length) < 0);
    say("fastopen by sendmsg", sendmsg(number, &named, MSG_FASTOPEN) < 0);
    say("fastopen by sendmmsg", sendmmsg(number, &many, 1, MSG_FASTOPEN) < 0);
    say("fastopen by connect", setsockopt(number, IPPROTO_TCP, 30, &on, sizeof on) < 0);
    say("source route", setsockopt(number, IPPROTO_IP, 4, route, sizeof route) < 0);
    say("bind", bind(number, (void *)&other.address, other.length) < 0);
    say("listen", listen(number, 1) < 0);
    say("other", connected(number, &other) < 0);
    say("granted", connected(number, &granted) < 0);
    say("other again", connected(number, &other) < 0);
    struct sockaddr none = {.sa_family = AF_UNSPEC};
    say("give up", connect(number, &none, sizeof none) < 0);
    say("other at last", connected(number, &other) < 0);
    // Addresses that are none.
    say("short", connect(number, (void *)&granted.address, 8) < 0);
    say("long", connect(number, (void *)&granted.address, 4096) < 0);
    say("nowhere", connect(number, (void *)8, 16) < 0);
    say("no socket", connect(1, (void *)&granted.address, granted.length) < 0);
    say("no descriptor", connect(77, (void *)&granted.address, granted.length) < 0);
}

/// Much by sendmsg(2) over a stream whose other end reads slowly.
static void stream(void) {
    int pair[2];
    enum { SIZE = 3 << 20 };
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
        return say("socketpair", 1);
    if (fork() == 0) {
        static char bytes[SIZE];
        for (int index = 0; index < SIZE; index++)
            bytes[index] = (char)(index % 251);
        for (size_t done = 0; done < SIZE;) {
            struct iovec piece = {.iov_base = bytes + done, .iov_len = SIZE - done};
            struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
            ssize_t sent = sendmsg(pair[1], &message, 0);
            if (sent < 0)
                _exit(1);
            done += (size_t)sent;
        }
        _exit(0);
    }
    close(pair[1]);
    size_t total = 0, wrong = 0;
    char buffer[4096];
    ssize_t got;
    while ((got = read(pair[0], buffer, sizeof buffer)) > 0)
        for (ssize_t index = 0; index < got; index++)
            wrong += buffer[index] != (char)(total++ % 251);
    dprintf(1, "%zu bytes, %zu wrong\n", total, wrong);
}

/// The microseconds of one connection, the median of many.
static int ascending(const void *left, const void *right) {
    double difference = *(const double *)left - *(const double *)right;
    return difference < 0 ? -1 : difference > 0;
}

static void timed(struct target target) {
    enum { COUNT = 2000 };
    static double all[COUNT];
    for (int index = 0; index < COUNT; index++) {
        int number = made(&target, SOCK_STREAM);
        double start = now();
        connected(number, &target);
        all[index] = now() - start;
        struct linger gone = {.l_onoff = 1};
        setsockopt(number, SOL_SOCKET, SO_LINGER, &gone, sizeof gone);
        close(number);
    }
    qsort(all, COUNT, sizeof all[0], ascending);
    dprintf(1, "%.1f\n", all[COUNT / 2] * 1e6);
}

int main(int count, char **words) {
    const char *mode = count > 1 ? words[1] : "";
    struct target first = count > 2 ? target_of(words[2]) : (struct target){0};
    struct target second = count > 3 ? target_of(words[3]) : (struct target){0};
    if (strcmp(mode, "connect") == 0) {
        for (int index = 2; index < count; index++) {
            struct target target = target_of(words[index]);
            int number = made(&target, SOCK_STREAM);
            if (number >= 0)
                say("", connected(number, &target) < 0);
        }
    } else if (strcmp(mode, "race") == 0) {
        good = first;
        bad = second;
        race(1.5);
    } else if (strcmp(mode, "parallel") == 0)
        parallel(200, first);
    else if (strcmp(mode, "nonblocking") == 0)
        without_waiting(first);
    else if (strcmp(mode, "alarm") == 0)
        with_alarm(first, 0);
    else if (strcmp(mode, "restart") == 0)
        with_alarm(first, SA_RESTART);
    else if (strcmp(mode, "patience") == 0)
        with_patience(first);
    else if (strcmp(mode, "killed") == 0)
        killed(first);
    else if (strcmp(mode, "datagrams") == 0)
        datagrams(first, second);
    else if (strcmp(mode, "detours") == 0)
        detours(first, second);
    else if (strcmp(mode, "stream") == 0)
        stream();
    else if (strcmp(mode, "timed") == 0)
        timed(first);
    else if (strcmp(mode, "user") == 0) {
        // Whom the server sees: it writes the user's number.
        char answer[64] = {0};
        int number = made(&first, SOCK_STREAM);
        say("connect", connected(number, &first) < 0);
        if (read(number, answer, sizeof answer - 1) > 0)
            dprintf(1, "%s\n", answer);
    } else
        return 2;
    return 0;
}
