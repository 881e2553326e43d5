#include "net/curl_library.h"

#include "base/own.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

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

int curl_library_open(const char *file, struct curl_library *out, struct err *err)
{
	struct curl_library library;
	void *handle = dlopen(file, RTLD_LAZY | RTLD_LOCAL);

	if (!handle)
		return err_set(err, ERR_SYSTEM, "%s cannot be loaded: %s", file, dlerror());
	for (size_t i = 0; i < ARRAY_LEN(functions); i++) {
		void *function = dlsym(handle, functions[i].name);

		if (!function) {
			err_set(err, ERR_SYSTEM, "%s has no %s", file, functions[i].name);
			dlclose(handle);
			return -1;
		}
		memcpy((char *)&library + functions[i].offset, &function, sizeof(function));
	}
	*out = library;
	return 0;
}
