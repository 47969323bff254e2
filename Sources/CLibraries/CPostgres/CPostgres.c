#include "CPostgres.h"
#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <time.h>

static struct {
    bool loaded;
#define MEMBERS(X)                                                                                                     \
    X(conninfoParse) X(conninfoFree) X(freemem) X(connectStartParams) X(connectPoll) X(socket) X(status) X(finish)     \
    X(errorMessage) X(setnonblocking) X(setNoticeProcessor) X(sendQuery) X(sendQueryParams) X(setSingleRowMode)        \
    X(consumeInput) X(flush) X(isBusy) X(getResult) X(getCancel) X(cancel) X(freeCancel) X(resultStatus)               \
    X(resultErrorField) X(cmdTuples) X(ntuples) X(nfields) X(fname) X(ftype) X(getisnull) X(getvalue) X(getlength)     \
    X(unescapeBytea) X(clear)
#define DECLARE(name) __typeof__(&PQ##name) name;
    MEMBERS(DECLARE)
} library;

static void load(void) {
    void *handle = dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL);
    if (!handle)
        return;
    bool all = true;
#define FIND(name) all = (library.name = (__typeof__(library.name))dlsym(handle, "PQ" #name)) && all;
    MEMBERS(FIND)
    library.loaded = all;
}

bool scriptron_pq_load(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    return library.loaded;
}

PQconninfoOption *scriptron_pq_parse(const char *text, char **message) {
    return library.conninfoParse(text, message);
}

void scriptron_pq_free_parts(PQconninfoOption *parts) {
    library.conninfoFree(parts);
}

void scriptron_pq_free(void *memory) {
    library.freemem(memory);
}

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/// Waits for the connection's socket; false at the end of the time.
static bool wait_socket(PGconn *connection, short events, int64_t until) {
    while (true) {
        int64_t left = until - now();
        if (left <= 0)
            return false;
        struct pollfd polled = {.fd = library.socket(connection), .events = events};
        int count = poll(&polled, 1, left > 1000000 ? 1000000 : (int)left);
        if (count > 0 || (count < 0 && errno != EINTR))
            return true;
    }
}

static void ignore(void *context, const char *text) {
    (void)context;
    (void)text;
}

PGconn *scriptron_pq_connect(const char *const *names, const char *const *values, int64_t milliseconds, int *state) {
    int64_t until = now() + milliseconds;
    *state = 0;
    PGconn *connection = library.connectStartParams(names, values, 0);
    if (!connection || library.status(connection) == CONNECTION_BAD)
        return connection;
    library.setNoticeProcessor(connection, ignore, NULL);
    PostgresPollingStatusType next = PGRES_POLLING_WRITING;
    while (next == PGRES_POLLING_WRITING || next == PGRES_POLLING_READING) {
        if (!wait_socket(connection, next == PGRES_POLLING_READING ? POLLIN : POLLOUT, until)) {
            *state = -1;
            return connection;
        }
        next = library.connectPoll(connection);
    }
    if (next == PGRES_POLLING_OK && library.setnonblocking(connection, 1) == 0)
        *state = 1;
    return connection;
}

void scriptron_pq_close(PGconn *connection) {
    library.finish(connection);
}

const char *scriptron_pq_error(const PGconn *connection) {
    return library.errorMessage(connection);
}

bool scriptron_pq_send(PGconn *connection, const char *text, int count, const Oid *types, const char *const *values,
                       const int *lengths, const int *formats) {
    int sent = count < 0 ? library.sendQuery(connection, text)
                         : library.sendQueryParams(connection, text, count, types, values, lengths, formats, 0);
    return sent && library.setSingleRowMode(connection);
}

int scriptron_pq_wait(PGconn *connection, int64_t milliseconds) {
    int64_t until = now() + milliseconds;
    while (true) {
        int unsent = library.flush(connection);
        if (unsent < 0)
            return 0;
        if (!unsent && !library.isBusy(connection))
            return 1;
        if (!wait_socket(connection, unsent ? POLLIN | POLLOUT : POLLIN, until))
            return -1;
        if (!library.consumeInput(connection))
            return 0;
    }
}

PGresult *scriptron_pq_result(PGconn *connection) {
    return library.getResult(connection);
}

void scriptron_pq_cancel(PGconn *connection) {
    PGcancel *cancel = library.getCancel(connection);
    if (!cancel)
        return;
    char words[256];
    library.cancel(cancel, words, sizeof words);
    library.freeCancel(cancel);
}

ExecStatusType scriptron_pq_status(const PGresult *result) {
    return library.resultStatus(result);
}

const char *scriptron_pq_error_field(const PGresult *result, int field) {
    return library.resultErrorField(result, field);
}

const char *scriptron_pq_changed(PGresult *result) {
    return library.cmdTuples(result);
}

int scriptron_pq_rows(const PGresult *result) {
    return library.ntuples(result);
}

int scriptron_pq_columns(const PGresult *result) {
    return library.nfields(result);
}

const char *scriptron_pq_column(const PGresult *result, int column) {
    return library.fname(result, column);
}

Oid scriptron_pq_type(const PGresult *result, int column) {
    return library.ftype(result, column);
}

bool scriptron_pq_is_null(const PGresult *result, int column) {
    return library.getisnull(result, 0, column);
}

const char *scriptron_pq_value(const PGresult *result, int column, int *length) {
    *length = library.getlength(result, 0, column);
    return library.getvalue(result, 0, column);
}

unsigned char *scriptron_pq_bytes(const char *text, size_t *length) {
    return library.unescapeBytea((const unsigned char *)text, length);
}

void scriptron_pq_clear(PGresult *result) {
    library.clear(result);
}
