#include "CCurl.h"
#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>

// The header's macros check the types of these two; here they are members.
#undef curl_easy_setopt
#undef curl_easy_getinfo

static struct {
    bool loaded;
    __typeof__(&curl_easy_init) easy_init;
    __typeof__(&curl_easy_cleanup) easy_cleanup;
    __typeof__(&curl_easy_perform) easy_perform;
    __typeof__(&curl_easy_strerror) easy_strerror;
    __typeof__(&curl_easy_setopt) easy_setopt;
    __typeof__(&curl_easy_getinfo) easy_getinfo;
} library;

static void load(void) {
    void *handle = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
    if (!handle)
        return;
#define FIND(name) (library.name = (__typeof__(library.name))dlsym(handle, "curl_" #name))
    library.loaded = FIND(easy_init) && FIND(easy_cleanup) && FIND(easy_perform) && FIND(easy_strerror) &&
                     FIND(easy_setopt) && FIND(easy_getinfo);
#undef FIND
}

CURL *scriptron_curl_open(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    return library.loaded ? library.easy_init() : NULL;
}

void scriptron_curl_close(CURL *handle) {
    library.easy_cleanup(handle);
}

CURLcode scriptron_curl_perform(CURL *handle) {
    return library.easy_perform(handle);
}

const char *scriptron_curl_error(CURLcode code) {
    return library.easy_strerror(code);
}

CURLcode scriptron_curl_set_text(CURL *handle, CURLoption option, const char *value) {
    return library.easy_setopt(handle, option, value);
}

CURLcode scriptron_curl_set_long(CURL *handle, CURLoption option, long value) {
    return library.easy_setopt(handle, option, value);
}

CURLcode scriptron_curl_set_pointer(CURL *handle, CURLoption option, void *value) {
    return library.easy_setopt(handle, option, value);
}

CURLcode scriptron_curl_set_write(CURL *handle, size_t (*function)(char *, size_t, size_t, void *), void *context) {
    CURLcode code = library.easy_setopt(handle, CURLOPT_WRITEFUNCTION, function);
    return code != CURLE_OK ? code : library.easy_setopt(handle, CURLOPT_WRITEDATA, context);
}

CURLcode scriptron_curl_get_long(CURL *handle, CURLINFO info, long *value) {
    return library.easy_getinfo(handle, info, value);
}
