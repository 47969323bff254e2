// What is used of libcurl, in typed forms: Swift cannot call variadic functions. The library is loaded by the first
// transfer: it brings thirty others along, and each one mapped makes every fork of the zygote dearer.
#ifndef SCRIPTRON_CCURL_H
#define SCRIPTRON_CCURL_H
#include <curl/curl.h>

/// A new transfer (curl_easy_init); NULL where the library is not there or has no memory.
CURL *scriptron_curl_open(void);

// The others take an open transfer.
void scriptron_curl_close(CURL *handle);
CURLcode scriptron_curl_perform(CURL *handle);
const char *scriptron_curl_error(CURLcode code);
CURLcode scriptron_curl_set_text(CURL *handle, CURLoption option, const char *value);
CURLcode scriptron_curl_set_long(CURL *handle, CURLoption option, long value);
CURLcode scriptron_curl_set_pointer(CURL *handle, CURLoption option, void *value);
CURLcode scriptron_curl_set_write(CURL *handle, size_t (*function)(char *, size_t, size_t, void *), void *context);
CURLcode scriptron_curl_get_long(CURL *handle, CURLINFO info, long *value);

#endif
