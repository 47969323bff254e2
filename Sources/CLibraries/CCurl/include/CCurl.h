// curl_easy_setopt and curl_easy_getinfo are variadic, which Swift cannot call: typed forms of them.
#ifndef SCRIPTRON_CCURL_H
#define SCRIPTRON_CCURL_H
#include <curl/curl.h>

CURLcode scriptron_curl_set_text(CURL *handle, CURLoption option, const char *value);
CURLcode scriptron_curl_set_long(CURL *handle, CURLoption option, long value);
CURLcode scriptron_curl_set_pointer(CURL *handle, CURLoption option, void *value);
CURLcode scriptron_curl_set_write(CURL *handle, size_t (*function)(char *, size_t, size_t, void *), void *context);
CURLcode scriptron_curl_get_long(CURL *handle, CURLINFO info, long *value);

#endif
