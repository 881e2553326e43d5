/*
 * Values: the one form of everything that is text outside (YAML, JSON) and a tree inside.
 *
 *	struct map_builder *map = map_begin(arena);
 *	map_add(map, "name", value_str(arena, "cp-1"));
 *	const struct value *node = map_end(map);
 *	const char *name = value_text(value_get(node, "name"));
 *
 * A value is immutable once built, lives in an arena and may be shared by many trees of that arena
 * or of arenas that die earlier. It remembers where it was written (value_src), whether it is
 * sensitive, and for scalars how they were written, because "1" and 1 differ. Accessors take
 * NULL and values of another kind and answer with NULL, 0 or false, so a look-up chain needs no
 * checks in between.
 */
#pragma once

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum value_kind {
	VALUE_NULL,
	VALUE_SCALAR,
	VALUE_LIST,
	VALUE_MAP
};

enum scalar_type {
	SCALAR_STR,
	SCALAR_BOOL,
	SCALAR_INT,   /* any integer notation; the text is kept as written */
	SCALAR_FLOAT, /* likewise */
};

struct value;

/* Where a value was written. Plain data; `file` lives at least as long as the value. */
struct src {
	const char *file;      /* NULL: made by the program */
	unsigned line, column; /* from 1; 0 when unknown */
};

enum value_kind value_kind(const struct value *value);	/* NULL is VALUE_NULL */
enum scalar_type value_type(const struct value *value); /* of a scalar */
bool value_is_null(const struct value *value);
bool value_is_map(const struct value *value);
bool value_is_list(const struct value *value);
bool value_is_str(const struct value *value);	  /* a scalar of type SCALAR_STR */
bool value_was_quoted(const struct value *value); /* a scalar written in quotes or as a block */
struct src value_src(const struct value *value);
struct src value_key_src(const struct value *map, const char *key); /* of the key, not its value */
struct src value_key_src_at(const struct value *map, size_t index);
/* Printers show *** unless told otherwise. */
bool value_is_sensitive(const struct value *value);

const char *value_text(const struct value *value); /* of a scalar of any type; else NULL */
size_t value_text_len(const struct value *value);  /* a text may hold NUL bytes */
bool value_bool(const struct value *value, bool otherwise);
/* A boolean as typed fields of Talos take it: true and false, and the words yes, no, on, off, y, n
 * in quotes or without. */
bool value_truth(const struct value *value, bool *out);
bool value_u64(const struct value *value, uint64_t *out); /* a SCALAR_INT that fits */
bool value_i64(const struct value *value, int64_t *out);
bool value_double(const struct value *value, double *out); /* SCALAR_INT or SCALAR_FLOAT */

/* Entries of a list or map, else 0. */
size_t value_len(const struct value *value);
const struct value *value_at(const struct value *value, size_t index); /* list or map, in order */
const char *value_key_at(const struct value *map, size_t index);
const struct value *value_get(const struct value *map, const char *key); /* NULL when absent */
const char *value_get_text(const struct value *map, const char *key);
bool value_has(const struct value *map, const char *key); /* also when it is null */

/* Whether a merge key `<<` was expanded into this map; *where (may be NULL) is its place. */
bool value_has_merge_key(const struct value *map, struct src *where);

/* Same kind, type and text; maps compare without order. Places and quoting do not count. */
bool value_equal(const struct value *a, const struct value *b);

const struct value *value_null(struct arena *arena);
/* NULL text gives value_null. */
const struct value *value_str(struct arena *arena, const char *text);
const struct value *value_strn(struct arena *arena, const char *text, size_t len);
const struct value *value_strf(struct arena *arena, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
const struct value *value_of_bool(struct arena *arena, bool flag);
const struct value *value_of_int(struct arena *arena, int64_t number);
const struct value *value_of_u64(struct arena *arena, uint64_t number);
const struct value *value_of_double(struct arena *arena, double number); /* shortest exact form */
/* A scalar as a reader found it. */
const struct value *value_scalar(struct arena *arena, enum scalar_type type, const char *text,
				 bool quoted);
struct scalar_form {
	enum scalar_type type;
	bool quoted, sensitive;
	struct src src;
};
const struct value *value_scalar_form(struct arena *arena, const char *text, size_t len,
				      const struct scalar_form *form);

/* Copies of the top node with something changed; children are shared. */
const struct value *value_with_src(struct arena *arena, const struct value *value, struct src src);
const struct value *value_with_sensitive(struct arena *arena, const struct value *value);
/* A string that yaml_write() leaves without quotes where only YAML 1.1 would need them: yes, off,
 * 1:30. */
const struct value *value_with_bare(struct arena *arena, const struct value *value);
bool value_is_bare(const struct value *value);
/* A number or boolean in its shortest notation, as talosctl prints free-form values: 0xFF as 255,
 * 2.50 as 2.5, TRUE as true. Anything else as it is. */
const struct value *value_normal(struct arena *arena, const struct value *value);
/* A deep copy into another arena: places kept, file names copied too. */
const struct value *value_copy(struct arena *arena, const struct value *value);

/* Builders live in the arena, like what they build; after x_end() they must not be used again. */
struct list_builder;
struct list_builder *list_begin(struct arena *arena);
void list_add(struct list_builder *list, const struct value *value);
void list_src(struct list_builder *list, struct src src);
const struct value *list_end(struct list_builder *list);

struct map_builder;
struct map_builder *map_begin(struct arena *arena);
/* A key that is there already keeps its place and gets the new value. */
void map_add(struct map_builder *map, const char *key, const struct value *value);
void map_add_at(struct map_builder *map, const char *key, struct src key_src,
		const struct value *value);
/* Says that what follows from a merge key at `src` was added (value_has_merge_key()). */
void map_merge_key(struct map_builder *map, struct src src);
bool map_holds(const struct map_builder *map, const char *key);
struct src map_key_src(const struct map_builder *map, const char *key);
/* The same for a key that lives as long as the map and is not in it yet: nothing is copied and
 * nothing is looked for. */
void map_add_new(struct map_builder *map, const char *key, struct src key_src,
		 const struct value *value);
void map_src(struct map_builder *map, struct src src);
const struct value *map_end(struct map_builder *map);

/*
 * A mark says what a list or map is known to be, so that a pass over a tree can leave out the parts
 * that it has seen before; it is no part of the value. Its meaning is that of whoever sets it: an
 * address of theirs. Copies with something changed have none.
 */
void value_set_mark(const struct value *value, const void *mark);
const void *value_mark(const struct value *value); /* NULL: none */
/* Two lists or maps that hold the same values (not equal ones), under the same keys, in the same
 * order. */
bool value_holds_same(const struct value *a, const struct value *b);

/* `map` with one key set or (value NULL) removed, as a new map. */
const struct value *value_set(struct arena *arena, const struct value *map, const char *key,
			      const struct value *value);

/* Maps merge key by key, everything else is replaced; places are those of the winner. */
const struct value *value_merge(struct arena *arena, const struct value *base,
				const struct value *over);
