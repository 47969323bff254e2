#define _GNU_SOURCE
#include "CLinux.h"
#include "result.h"
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

// For a C library whose headers are older than the calls; the numbers are the same on every architecture.
#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif

struct ruleset {
    uint64_t files;
    uint64_t ports;
    uint64_t scopes;
};

struct path_beneath {
    uint64_t rights;
    int32_t parent;
} __attribute__((packed));

struct net_port {
    uint64_t rights;
    uint64_t port;
};

enum { QUERY_VERSION = 1, QUERY_ERRATA = 2, RULE_PATH_BENEATH = 1, RULE_NET_PORT = 2 };

int scriptron_landlock_abi(void) {
    return result_of(syscall(SYS_landlock_create_ruleset, NULL, 0, QUERY_VERSION));
}

int scriptron_landlock_errata(void) {
    long errata = syscall(SYS_landlock_create_ruleset, NULL, 0, QUERY_ERRATA);
    return errata < 0 ? 0 : (int)errata;
}

int scriptron_landlock_create(int abi, uint64_t files, uint64_t ports, uint64_t scopes) {
    struct ruleset rules = {.files = files, .ports = ports, .scopes = scopes};
    // A longer structure than the kernel knows is refused (E2BIG) where its tail is not zero.
    size_t size = abi >= 6 ? 24 : abi >= 4 ? 16 : 8;
    return result_of(syscall(SYS_landlock_create_ruleset, &rules, size, 0));
}

int scriptron_landlock_allow_path(int ruleset, int descriptor, uint64_t rights) {
    struct path_beneath rule = {.rights = rights, .parent = descriptor};
    return result_of(syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule, 0));
}

int scriptron_landlock_allow_port(int ruleset, uint16_t port, uint64_t rights) {
    struct net_port rule = {.rights = rights, .port = port};
    return result_of(syscall(SYS_landlock_add_rule, ruleset, RULE_NET_PORT, &rule, 0));
}

int scriptron_landlock_restrict(int ruleset) {
    return result_of(syscall(SYS_landlock_restrict_self, ruleset, 0));
}
