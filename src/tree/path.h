/*
 * Paths into a value: `cluster.network.podSubnets[1]`; keys with odd characters are quoted, as in
 * `labels["a.b/c"]`.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "tree/value.h"

#include <stddef.h>

struct path_part {
	const char *key; /* NULL: an index */
	size_t index;
};
struct path {
	struct path_part *at;
	size_t len;
};

int path_parse(struct arena *arena, const char *text, struct path *out,
	       struct err *err); /* ERR_USAGE */
/* NULL: absent */
const struct value *path_get(const struct value *value, const struct path *path);
/* The texts for findings: path_key(a, "nodes[0]", "name") is "nodes[0].name", and with an empty
 * parent "name". */
const char *path_key(struct arena *arena, const char *parent, const char *key);
const char *path_index(struct arena *arena, const char *parent, size_t index);

typedef void path_each_fn(void *context, const char *path, const struct value *leaf);
/* Every scalar, null and empty list or map below `value`, depth first, in order. */
void path_each(struct arena *arena, const struct value *value, const char *prefix,
	       path_each_fn *each, void *context);
