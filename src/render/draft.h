/*
 * A document while it is being put together: values by path, in any order.
 *
 *	struct draft draft = { .arena = arena };
 *	draft_text(&draft, "machine.install.disk", "/dev/sda");
 *	draft_flag(&draft, "machine.install.wipe", false);
 *	... draft.root
 *
 * Keys in paths hold no dots; a map with odd keys is put as a value.
 */
#pragma once

#include "base/arena.h"
#include "tree/value.h"

#include <stdbool.h>
#include <stddef.h>

struct draft {
	struct arena *arena;
	const struct value *root;
	struct src src; /* what is put from now on was asked for here */
};

void draft_put(struct draft *draft, const char *path, const struct value *value);
/* A document of that kind begins: its header, and its name (NULL: the kind has none). */
void draft_start(struct draft *draft, struct arena *arena, const char *kind, const char *name);
void draft_text(struct draft *draft, const char *path, const char *text);
void draft_flag(struct draft *draft, const char *path, bool flag);
void draft_number(struct draft *draft, const char *path, int64_t number);
void draft_texts(struct draft *draft, const char *path, const char *const *texts, size_t count);
void draft_section(struct draft *draft, const char *path); /* an empty map, unless one is there */

struct draft_row {
	const char *path, *text; /* ends with a row without a path */
};
void draft_rows(struct draft *draft, const struct draft_row *rows);
