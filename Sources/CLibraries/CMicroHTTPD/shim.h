// libmicrohttpd, with typed forms of its two variadic functions that Swift cannot call.
#include <microhttpd.h>

/// Serves `socket` (which it closes in the end) with a thread a connection, and at most `connections` of them.
/// NULL where it cannot start.
static inline struct MHD_Daemon *scriptron_http_start(int socket, unsigned connections, unsigned timeout_seconds,
                                                      size_t header_bytes, MHD_AccessHandlerCallback handler,
                                                      MHD_RequestCompletedCallback completed, void *context) {
    return MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL, 0, NULL,
                            NULL, handler, context, MHD_OPTION_LISTEN_SOCKET, (MHD_socket)socket,
                            MHD_OPTION_CONNECTION_LIMIT, connections, MHD_OPTION_CONNECTION_TIMEOUT, timeout_seconds,
                            MHD_OPTION_CONNECTION_MEMORY_LIMIT, header_bytes, MHD_OPTION_THREAD_STACK_SIZE,
                            (size_t)1 << 20, MHD_OPTION_NOTIFY_COMPLETED, completed, context, MHD_OPTION_END);
}

/// The connection's socket, or -1.
static inline int scriptron_http_socket(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info ? info->connect_fd : -1;
}
