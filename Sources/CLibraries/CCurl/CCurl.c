#include "CCurl.h"
#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

// The header's macros check the types of these two; here they are members.
#undef curl_easy_setopt
#undef curl_easy_getinfo

static struct {
    bool loaded;
    __typeof__(&curl_global_init) global_init;
    __typeof__(&curl_easy_init) easy_init;
    __typeof__(&curl_easy_cleanup) easy_cleanup;
    __typeof__(&curl_easy_reset) easy_reset;
    __typeof__(&curl_easy_perform) easy_perform;
    __typeof__(&curl_easy_strerror) easy_strerror;
    __typeof__(&curl_easy_setopt) easy_setopt;
    __typeof__(&curl_easy_getinfo) easy_getinfo;
    __typeof__(&curl_slist_append) slist_append;
    __typeof__(&curl_slist_free_all) slist_free_all;
    __typeof__(&curl_getdate) getdate;
    __typeof__(&curl_url) url;
    __typeof__(&curl_url_cleanup) url_cleanup;
    __typeof__(&curl_url_set) url_set;
    __typeof__(&curl_url_get) url_get;
    __typeof__(&curl_url_strerror) url_strerror;
    __typeof__(&curl_free) free;
} library;

static void load(void) {
    void *handle = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
    if (!handle)
        return;
#define FIND(name) (library.name = (__typeof__(library.name))dlsym(handle, "curl_" #name))
    library.loaded = FIND(global_init) && FIND(easy_init) && FIND(easy_cleanup) && FIND(easy_reset) &&
                     FIND(easy_perform) && FIND(easy_strerror) && FIND(easy_setopt) && FIND(easy_getinfo) &&
                     FIND(slist_append) && FIND(slist_free_all) && FIND(getdate) && FIND(url) && FIND(url_cleanup) &&
                     FIND(url_set) && FIND(url_get) && FIND(url_strerror) && FIND(free) &&
                     library.global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
#undef FIND
}

bool scriptron_curl_load(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    return library.loaded;
}

CURL *scriptron_curl_open(void) {
    return scriptron_curl_load() ? library.easy_init() : NULL;
}

void scriptron_curl_close(CURL *handle) {
    library.easy_cleanup(handle);
}

void scriptron_curl_reset(CURL *handle) {
    library.easy_reset(handle);
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

CURLcode scriptron_curl_set_offset(CURL *handle, CURLoption option, curl_off_t value) {
    return library.easy_setopt(handle, option, value);
}

CURLcode scriptron_curl_set_list(CURL *handle, CURLoption option, struct curl_slist *value) {
    return library.easy_setopt(handle, option, value);
}

CURLcode scriptron_curl_set_functions(CURL *handle, scriptron_curl_piece header, scriptron_curl_piece write,
                                      scriptron_curl_piece read, scriptron_curl_seek seek,
                                      scriptron_curl_progress progress, void *context) {
    CURLcode code = library.easy_setopt(handle, CURLOPT_HEADERFUNCTION, header);
#define SET(option, value)                                                                                             \
    if (code == CURLE_OK)                                                                                              \
    code = library.easy_setopt(handle, option, value)
    SET(CURLOPT_HEADERDATA, context);
    SET(CURLOPT_WRITEFUNCTION, write);
    SET(CURLOPT_WRITEDATA, context);
    SET(CURLOPT_READFUNCTION, read);
    SET(CURLOPT_READDATA, context);
    SET(CURLOPT_SEEKFUNCTION, seek);
    SET(CURLOPT_SEEKDATA, context);
    SET(CURLOPT_XFERINFOFUNCTION, progress);
    SET(CURLOPT_XFERINFODATA, context);
    SET(CURLOPT_NOPROGRESS, 0L);
#undef SET
    return code;
}

CURLcode scriptron_curl_set_error_text(CURL *handle, char *buffer) {
    return library.easy_setopt(handle, CURLOPT_ERRORBUFFER, buffer);
}

CURLcode scriptron_curl_get_long(CURL *handle, CURLINFO info, long *value) {
    return library.easy_getinfo(handle, info, value);
}

CURLcode scriptron_curl_get_offset(CURL *handle, CURLINFO info, curl_off_t *value) {
    return library.easy_getinfo(handle, info, value);
}

const char *scriptron_curl_get_text(CURL *handle, CURLINFO info) {
    const char *text = NULL;
    return library.easy_getinfo(handle, info, &text) == CURLE_OK ? text : NULL;
}

int scriptron_curl_certificates(CURL *handle) {
    struct curl_certinfo *chain = NULL;
    if (library.easy_getinfo(handle, CURLINFO_CERTINFO, &chain) != CURLE_OK || !chain) return 0;
    return chain->num_of_certs;
}

const char *scriptron_curl_certificate(CURL *handle, int number, const char *name) {
    struct curl_certinfo *chain = NULL;
    if (library.easy_getinfo(handle, CURLINFO_CERTINFO, &chain) != CURLE_OK || !chain || number < 0 ||
        number >= chain->num_of_certs)
        return NULL;
    size_t length = strlen(name);
    for (const struct curl_slist *line = chain->certinfo[number]; line; line = line->next)
        if (strncmp(line->data, name, length) == 0 && line->data[length] == ':')
            return line->data + length + 1;
    return NULL;
}

time_t scriptron_curl_date(const char *text) {
    return library.getdate(text, NULL);
}

struct curl_slist *scriptron_curl_append(struct curl_slist *list, const char *text) {
    return library.slist_append(list, text);
}

void scriptron_curl_free_list(struct curl_slist *list) {
    library.slist_free_all(list);
}

CURLU *scriptron_curl_url(void) {
    return scriptron_curl_load() ? library.url() : NULL;
}

void scriptron_curl_url_close(CURLU *url) {
    library.url_cleanup(url);
}

CURLUcode scriptron_curl_url_set(CURLU *url, CURLUPart part, const char *text, unsigned flags) {
    return library.url_set(url, part, text, flags);
}

char *scriptron_curl_url_get(CURLU *url, CURLUPart part, unsigned flags) {
    char *text = NULL;
    return library.url_get(url, part, &text, flags) == CURLUE_OK ? text : NULL;
}

const char *scriptron_curl_url_error(CURLUcode code) {
    return library.url_strerror(code);
}

void scriptron_curl_free(void *text) {
    library.free(text);
}
