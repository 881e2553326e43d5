/*
 * Tables: rows of text under headings, aligned by two spaces.
 *
 *	struct table *table = table_new(arena, columns);
 *	table_add(table, list_of_maps);
 *	table_write(&out, table);
 *
 * A cell is the value of its column's key: text as it is, a list joined with commas, booleans as
 *yes and no, nothing as "-"; a long text is cut. What a terminal could take for an order is
 *replaced. Columns that are empty in all rows stay.
 */
#pragma once

#include "base/arena.h"
#include "base/str.h"
#include "tree/value.h"

#include <stdbool.h>

struct column {
	const char *key;   /* of the row's map; NULL ends the list */
	const char *title; /* "NAME" */
};

/* The table of a list of maps; nothing for an empty list. What is sensitive is starred unless
 * `show_secrets`. */
void table_write(struct str *out, const struct value *rows, const struct column *columns,
		 bool show_secrets);
/* One cell as text, in the arena. */
const char *cell_text(struct arena *arena, const struct value *value, bool show_secrets);
