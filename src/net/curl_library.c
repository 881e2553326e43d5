#include "net/curl_library.h"

#include "base/own.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

/* Of its binary interface, which is the same since 2006. */
#define FILE_NAME "libcurl.so.4"

#define FUNCTION(name)                                             \
	{                                                          \
		"curl_" #name, offsetof(struct curl_library, name) \
	}

static const struct {
	const char *name;
	size_t offset;
} functions[] = {
	FUNCTION(easy_init),
	FUNCTION(easy_cleanup),
	FUNCTION(easy_setopt),
	FUNCTION(easy_getinfo),
	FUNCTION(easy_strerror),
	FUNCTION(slist_append),
	FUNCTION(slist_free_all),
	FUNCTION(multi_init),
	FUNCTION(multi_cleanup),
	FUNCTION(multi_setopt),
	FUNCTION(multi_add_handle),
	FUNCTION(multi_remove_handle),
	FUNCTION(multi_info_read),
	FUNCTION(multi_timeout),
	FUNCTION(multi_socket_action),
	FUNCTION(multi_assign),
};
_Static_assert(ARRAY_LEN(functions) * sizeof(void *) == sizeof(struct curl_library),
	       "a row per function");

const struct curl_library *curl_library_open(struct err *err)
{
	static struct curl_library library;
	static bool open;

	if (open)
		return &library;

	void *handle = dlopen(FILE_NAME, RTLD_LAZY | RTLD_LOCAL);
	if (!handle) {
		err_set(err, ERR_SYSTEM, FILE_NAME " cannot be loaded: %s", dlerror());
		return NULL;
	}
	for (size_t i = 0; i < ARRAY_LEN(functions); i++) {
		void *function = dlsym(handle, functions[i].name);

		if (!function) {
			err_set(err, ERR_SYSTEM, FILE_NAME " has no %s", functions[i].name);
			dlclose(handle);
			return NULL;
		}
		memcpy((char *)&library + functions[i].offset, &function, sizeof(function));
	}
	open = true;
	return &library;
}
