// What is used of libpq, loaded by the first use of it. Waits have their end, but
// for `scriptron_pq_cancel`, which libpq bounds by the network alone: the end of the run ends it.
// No call writes to standard error.
#ifndef SCRIPTRON_CPOSTGRES_H
#define SCRIPTRON_CPOSTGRES_H

#include <postgresql/libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

/// Loads libpq; false where there is none. Any thread may call it, as often as it likes.
bool scriptron_pq_load(void);

/// The parts of an address, which `scriptron_pq_free_parts` frees; NULL with a message, which `scriptron_pq_free` frees.
PQconninfoOption *scriptron_pq_parse(const char *text, char **message);
void scriptron_pq_free_parts(PQconninfoOption *parts);
void scriptron_pq_free(void *memory);

/// Connects, for at most so long: `*state` is 1 where it did, 0 where it failed, -1 where the time was over. NULL without
/// memory.
PGconn *scriptron_pq_connect(const char *const *names, const char *const *values, int64_t milliseconds, int *state);
void scriptron_pq_close(PGconn *connection);
/// The words of the last failure; they live until the next call.
const char *scriptron_pq_error(const PGconn *connection);

/// Sends one statement with its parameters (`count` below 0: several statements without any), whose rows are to come one
/// by one; false where it could not.
bool scriptron_pq_send(PGconn *connection, const char *text, int count, const Oid *types, const char *const *values,
                       const int *lengths, const int *formats);
/// Waits until the next result can be had without waiting: 1, 0 where the connection failed, -1 where the time was over.
int scriptron_pq_wait(PGconn *connection, int64_t milliseconds);
/// The next result; NULL where the statement is over. After `scriptron_pq_wait` it does not block.
PGresult *scriptron_pq_result(PGconn *connection);
/// Has the server end what it does for this connection.
void scriptron_pq_cancel(PGconn *connection);

ExecStatusType scriptron_pq_status(const PGresult *result);
/// A field of the error, such as PG_DIAG_SQLSTATE; NULL where it has none.
const char *scriptron_pq_error_field(const PGresult *result, int field);
/// How many rows the command changed, as text.
const char *scriptron_pq_changed(PGresult *result);
int scriptron_pq_rows(const PGresult *result);
int scriptron_pq_columns(const PGresult *result);
const char *scriptron_pq_column(const PGresult *result, int column);
Oid scriptron_pq_type(const PGresult *result, int column);
bool scriptron_pq_is_null(const PGresult *result, int column);
/// A value of the first row.
const char *scriptron_pq_value(const PGresult *result, int column, int *length);
/// The bytes of a `bytea`, which `scriptron_pq_free` frees.
unsigned char *scriptron_pq_bytes(const char *text, size_t *length);
void scriptron_pq_clear(PGresult *result);

#endif
