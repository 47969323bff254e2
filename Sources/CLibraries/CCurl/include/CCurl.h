// What is used of libcurl, in typed forms: Swift cannot call variadic functions. The library is loaded by the first
// transfer: it brings thirty others along, and each one mapped makes every fork of the zygote dearer.
#ifndef SCRIPTRON_CCURL_H
#define SCRIPTRON_CCURL_H
#include <curl/curl.h>
#include <stdbool.h>

/// Loads and initialises the library, once; false where it is not there.
bool scriptron_curl_load(void);

/// A new transfer (curl_easy_init); NULL where the library is not there or has no memory.
CURL *scriptron_curl_open(void);

// The others take an open transfer, or what one handed out.
void scriptron_curl_close(CURL *handle);
void scriptron_curl_reset(CURL *handle);
CURLcode scriptron_curl_perform(CURL *handle);
const char *scriptron_curl_error(CURLcode code);
CURLcode scriptron_curl_set_text(CURL *handle, CURLoption option, const char *value);
CURLcode scriptron_curl_set_long(CURL *handle, CURLoption option, long value);
CURLcode scriptron_curl_set_offset(CURL *handle, CURLoption option, curl_off_t value);
CURLcode scriptron_curl_set_list(CURL *handle, CURLoption option, struct curl_slist *value);

/// Takes or gives a piece: `size` × `count` bytes.
typedef size_t (*scriptron_curl_piece)(char *bytes, size_t size, size_t count, void *context);
/// Moves to an offset from the start (`origin` 0); CURL_SEEKFUNC_OK where it did.
typedef int (*scriptron_curl_seek)(void *context, curl_off_t offset, int origin);

/// Asked about once a second, with how much came and went of how much; other than 0 ends the transfer.
typedef int (*scriptron_curl_progress)(void *context, curl_off_t to_come, curl_off_t came, curl_off_t to_go,
                                       curl_off_t went);

/// Who hears of headers and bodies, and who gives the body that is sent; each with the same context.
CURLcode scriptron_curl_set_functions(CURL *handle, scriptron_curl_piece header, scriptron_curl_piece write,
                                      scriptron_curl_piece read, scriptron_curl_seek seek,
                                      scriptron_curl_progress progress, void *context);
/// Where the words of an error go: CURL_ERROR_SIZE bytes that outlive the transfer.
CURLcode scriptron_curl_set_error_text(CURL *handle, char *buffer);

CURLcode scriptron_curl_get_long(CURL *handle, CURLINFO info, long *value);
CURLcode scriptron_curl_get_offset(CURL *handle, CURLINFO info, curl_off_t *value);
/// A text that lives until the next transfer; NULL where there is none.
const char *scriptron_curl_get_text(CURL *handle, CURLINFO info);
/// How many certificates the server showed, its own first.
int scriptron_curl_certificates(CURL *handle);
/// A line `name:value` that curl knows of one of these; NULL where there is none.
const char *scriptron_curl_certificate(CURL *handle, int number, const char *name);
/// A date as certificates have it, in epoch seconds; -1 where it is none.
time_t scriptron_curl_date(const char *text);

/// The list with one more text; NULL where there is no memory, and the old list is untouched.
struct curl_slist *scriptron_curl_append(struct curl_slist *list, const char *text);
void scriptron_curl_free_list(struct curl_slist *list);

/// A new address (curl_url); NULL where there is no memory.
CURLU *scriptron_curl_url(void);
void scriptron_curl_url_close(CURLU *url);
CURLUcode scriptron_curl_url_set(CURLU *url, CURLUPart part, const char *text, unsigned flags);
/// A part that `scriptron_curl_free` frees; NULL where there is none.
char *scriptron_curl_url_get(CURLU *url, CURLUPart part, unsigned flags);
const char *scriptron_curl_url_error(CURLUcode code);
void scriptron_curl_free(void *text);

#endif
