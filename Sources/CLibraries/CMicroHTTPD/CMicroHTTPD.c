#include "CMicroHTTPD.h"
#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>

static struct {
    bool loaded;
    __typeof__(&MHD_start_daemon) start_daemon;
    __typeof__(&MHD_stop_daemon) stop_daemon;
    __typeof__(&MHD_get_connection_info) get_connection_info;
    __typeof__(&MHD_get_connection_values) get_connection_values;
    __typeof__(&MHD_create_response_from_buffer) create_response_from_buffer;
    __typeof__(&MHD_add_response_header) add_response_header;
    __typeof__(&MHD_queue_response) queue_response;
    __typeof__(&MHD_destroy_response) destroy_response;
} library;

static void load(void) {
    void *handle = dlopen("libmicrohttpd.so.12", RTLD_NOW | RTLD_LOCAL);
    if (!handle)
        return;
#define FIND(name) (library.name = (__typeof__(library.name))dlsym(handle, "MHD_" #name))
    library.loaded = FIND(start_daemon) && FIND(stop_daemon) && FIND(get_connection_info) &&
                     FIND(get_connection_values) && FIND(create_response_from_buffer) && FIND(add_response_header) &&
                     FIND(queue_response) && FIND(destroy_response);
#undef FIND
}

// The other functions take what only a started server hands out: by then the library is loaded.

struct MHD_Daemon *scriptron_http_start(int socket, unsigned connections, unsigned timeout_seconds,
                                        size_t header_bytes, MHD_AccessHandlerCallback handler,
                                        MHD_RequestCompletedCallback completed, void *context) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    if (!library.loaded)
        return NULL;
    return library.start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL, 0, NULL, NULL, handler, context,
        MHD_OPTION_LISTEN_SOCKET, (MHD_socket)socket, MHD_OPTION_CONNECTION_LIMIT, connections,
        MHD_OPTION_CONNECTION_TIMEOUT, timeout_seconds, MHD_OPTION_CONNECTION_MEMORY_LIMIT, header_bytes,
        MHD_OPTION_THREAD_STACK_SIZE, (size_t)1 << 20, MHD_OPTION_NOTIFY_COMPLETED, completed, context, MHD_OPTION_END);
}

void scriptron_http_stop(struct MHD_Daemon *daemon) {
    library.stop_daemon(daemon);
}

int scriptron_http_socket(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = library.get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info ? info->connect_fd : -1;
}

void scriptron_http_arguments(struct MHD_Connection *connection, MHD_KeyValueIterator each, void *context) {
    library.get_connection_values(connection, MHD_GET_ARGUMENT_KIND, each, context);
}

enum MHD_Result scriptron_http_answer(struct MHD_Connection *connection, unsigned status, const char *type,
                                      const void *bytes, size_t length) {
    struct MHD_Response *response =
        library.create_response_from_buffer(length, (void *)bytes, MHD_RESPMEM_MUST_COPY);
    if (!response)
        return MHD_NO;
    library.add_response_header(response, "Content-Type", type);
    enum MHD_Result result = library.queue_response(connection, status, response);
    library.destroy_response(response);
    return result;
}
