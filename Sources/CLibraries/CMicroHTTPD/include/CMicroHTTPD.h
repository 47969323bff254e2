// What is used of libmicrohttpd, in forms that Swift can call. The library is loaded by the first start of a server:
// it brings a dozen others along, and each one mapped makes every fork of the zygote, which never serves, dearer.
#ifndef SCRIPTRON_CMICROHTTPD_H
#define SCRIPTRON_CMICROHTTPD_H
#include <microhttpd.h>

/// Serves `socket` (which it closes in the end) with a thread a connection, and at most `connections` of them.
/// NULL where it cannot start, or the library is not there.
struct MHD_Daemon *scriptron_http_start(int socket, unsigned connections, unsigned timeout_seconds,
                                        size_t header_bytes, MHD_AccessHandlerCallback handler,
                                        MHD_RequestCompletedCallback completed, void *context);

/// Waits for the requests under way, and ends.
void scriptron_http_stop(struct MHD_Daemon *daemon);

/// The connection's socket, or -1.
int scriptron_http_socket(struct MHD_Connection *connection);

/// Calls `each` for every argument of the request's address.
void scriptron_http_arguments(struct MHD_Connection *connection, MHD_KeyValueIterator each, void *context);

/// Answers the request; the bytes are copied.
enum MHD_Result scriptron_http_answer(struct MHD_Connection *connection, unsigned status, const char *type,
                                      const void *bytes, size_t length);

#endif
