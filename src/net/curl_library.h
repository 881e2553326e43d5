/*
 * libcurl's functions, for net/http.c alone. The library is opened when the first request is made:
 * with the two dozen it needs itself (Kerberos, LDAP, another TLS), loading it takes longer than
 * most of what runs without a network.
 *
 *	struct curl_library library;
 *
 *	if (curl_library_open(CURL_LIBRARY_FILE, &library, err) == 0)
 *		easy = library.easy_init();
 *
 * What is opened stays open until the program ends; to open it again costs next to nothing.
 */
#pragma once

#include "base/err.h"

#include <curl/curl.h>

/* Of its binary interface, which is the same since 2006. */
#define CURL_LIBRARY_FILE "libcurl.so.4"

struct curl_library {
	__typeof__(&curl_easy_init) easy_init;
	__typeof__(&curl_easy_cleanup) easy_cleanup;
	__typeof__(&(curl_easy_setopt)) easy_setopt;
	__typeof__(&(curl_easy_getinfo)) easy_getinfo;
	__typeof__(&curl_easy_strerror) easy_strerror;
	__typeof__(&curl_slist_append) slist_append;
	__typeof__(&curl_slist_free_all) slist_free_all;
	__typeof__(&curl_multi_init) multi_init;
	__typeof__(&curl_multi_cleanup) multi_cleanup;
	__typeof__(&(curl_multi_setopt)) multi_setopt;
	__typeof__(&curl_multi_add_handle) multi_add_handle;
	__typeof__(&curl_multi_remove_handle) multi_remove_handle;
	__typeof__(&curl_multi_info_read) multi_info_read;
	__typeof__(&curl_multi_timeout) multi_timeout;
	__typeof__(&curl_multi_socket_action) multi_socket_action;
	__typeof__(&curl_multi_assign) multi_assign;
};

/* ERR_SYSTEM where it is not installed, or older than what the program was made with. */
int curl_library_open(const char *file, struct curl_library *out, struct err *err);
