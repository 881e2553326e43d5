/*
 * talosconfig files: client identities and endpoints, as talosctl reads and writes them.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "crypto/x509.h"

#include <stddef.h>

struct talosconfig_context {
	const char *name;
	const char *const *endpoint;
	size_t endpoints;
	const char *const *node;
	size_t nodes;
	const char *ca; /* PEM */
	struct identity identity;
};
void talosconfig_write(struct str *out, const struct talosconfig_context *context);

struct talosconfig_text {
	const char *file; /* what errors name */
	const char *text;
	size_t len;
	const char *context; /* the one wanted; NULL: the current one */
};
/* ERR_INPUT when it is no talosconfig, ERR_NOT_FOUND when it has no such context. */
int talosconfig_read(struct arena *arena, const struct talosconfig_text *from,
		     struct talosconfig_context *out, struct err *err);
