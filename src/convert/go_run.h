/*
 * A run of a Go template: its values, its limits and its errors, as the parts of the interpreter
 * share them. Internal to the module.
 *
 * Values are small and passed by copy; what they point to lives in the run's arena. NONE is what
 * the original calls an invalid value (a key that is not there), NIL a nil that has a place (a null
 * in a list, an argument). Lists are never changed once made; maps are, by `set` and `merge`.
 */
#pragma once

#include "base/own.h"
#include "convert/go_template.h"

#include <stdint.h>

struct go_text {
	const char *at;
	size_t len;
};

enum go_sort {
	SORT_NONE,
	SORT_NIL,
	SORT_BOOL,
	SORT_INT,
	SORT_FLOAT,
	SORT_TEXT,
	SORT_LIST,
	SORT_MAP,
	SORT_STRUCT,
	SORT_COUNT
};

struct go_list;
struct go_map;
struct go_value {
	enum go_sort sort;
	bool pointer; /* of Go; a nil one is SORT_NIL */
	/* Go's type where it is not the usual one: "int64"; else NULL */
	const char *named;
	const struct go_type *type; /* of structs */
	union {
		bool flag;
		int64_t number;
		double real;
		struct go_text text;
		const struct go_list *list; /* NULL: a nil list */
		struct go_map *map;
		const struct value *tree; /* of structs; may be NULL */
	};
};
struct go_list {
	struct go_value *at;
	size_t len, cap;
};
struct go_pair {
	struct go_text key;
	struct go_value value;
};
/* In the order of its keys. */
struct go_map {
	struct go_pair *at;
	size_t len, cap;
	const struct go_type *item; /* of a map of Go with typed values; NULL: anything */
	bool nil;		    /* only to be read */
};

#define GO_STEPS_MAX 1000000U
#define GO_BYTES_MAX (64U << 20)
#define GO_DEPTH_MAX 100

enum go_flow {
	FLOW_ON,
	FLOW_BREAK,
	FLOW_CONTINUE
};

struct go_variable {
	struct go_text name;
	struct go_value value;
};
struct go_node;
struct go_run {
	struct arena *arena;
	const struct go_template *template;
	struct str *out;
	struct err *err;
	struct go_node *defined; /* templates by name */
	struct go_value dot;
	struct go_variable *variable;
	size_t variables, variables_cap, base; /* base: where those of this template begin */
	unsigned depth;
	unsigned inside; /* lists and maps around what is printed */
	uint64_t steps, bytes;
	size_t place; /* in the text: of what is being done, for errors */
	enum go_flow flow;
};

/* An error at the run's place; returns -1. */
int go_fail(struct go_run *run, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Counts a step and the bytes it makes against the limits. */
int go_charge(struct go_run *run, size_t bytes);

/* Values. */
struct go_value go_of_bool(bool flag);
struct go_value go_of_int(int64_t number);
struct go_value go_of_int64(int64_t number);
struct go_value go_of_float(double real);
struct go_value go_of_text(struct go_text text);
struct go_value go_of_list(const struct go_list *list);
struct go_value go_of_strings(const struct go_list *list);
struct go_value go_of_map(struct go_map *map);
struct go_value go_nil(void);
/* A tree, deep where it has no type. */
struct go_value go_of_tree(struct go_run *run, const struct value *tree,
			   const struct go_type *type);
struct go_value go_zero(struct go_run *run, const struct go_type *type);

struct go_text go_text_copy(struct go_run *run, const char *at, size_t len);
/* What was built, in the arena; refused when it did not fit. */
int go_text_take(struct go_run *run, struct str *built, struct go_value *out);
int go_text_compare(struct go_text a, struct go_text b);
bool go_text_is(struct go_text text, const char *word);
const char *go_text_c(struct go_run *run, struct go_text text);

struct go_list *go_list_new(struct go_run *run);
void go_list_add(struct go_run *run, struct go_list *list, struct go_value value);
size_t go_list_len(const struct go_value *value);
struct go_map *go_map_new(struct go_run *run);
void go_map_put(struct go_run *run, struct go_map *map, struct go_text key, struct go_value value);
const struct go_value *go_map_get(const struct go_map *map, struct go_text key); /* or NULL */
void go_map_drop(struct go_map *map, struct go_text key);

/* A whole number in any notation of Go: 10, 0x1F, 0o17, 0b11, 1_000, with a sign. */
bool go_whole(const char *text, int64_t *out);
/* Numbers as sprig takes them: of a text, of true; else 0. */
int64_t go_to_int(struct go_run *run, const struct go_value *value);
double go_to_float(struct go_run *run, const struct go_value *value);
bool go_truth(const struct go_value *value);
bool go_is_empty(const struct go_value *value); /* as sprig's empty() */
bool go_deep_equal(const struct go_value *a, const struct go_value *b);
const char *go_kind_word(const struct go_value *value); /* "slice" */
const char *go_type_word(const struct go_value *value); /* "[]interface {}" */

/* Texts of values, as Go's fmt makes them. */
int go_print(struct go_run *run, struct str *to, const struct go_value *value);
int go_print_all(struct go_run *run, struct str *to, const struct go_value *arg, size_t args);
int go_printf(struct go_run *run, struct str *to, const struct go_value *arg, size_t args);
void go_quote(struct str *to, struct go_text text);
/* The text of a value: itself, or as it prints. */
int go_strval(struct go_run *run, const struct go_value *value, struct go_text *out);

/* Functions. Parameters by letter: a anything, r anything and nothing as well, s string, i int,
 * f float, b bool, m map of anything; `*` behind the last says it may come any number of times. */
typedef int go_call_fn(struct go_run *run, const struct go_value *arg, size_t args,
		       struct go_value *out);
struct go_function {
	const char *name;
	const char *takes;
	go_call_fn *call; /* NULL: and, or */
};
struct go_functions {
	const struct go_function *at;
	size_t len;
};
extern const struct go_functions go_text_functions, go_list_functions, go_dict_functions,
	go_number_functions, go_json_functions, go_regex_functions, go_case_functions,
	go_path_functions, go_version_functions, go_float_functions;

/* NULL when there is none; *why (may be NULL) is then the reason, if there is one. */
const struct go_function *go_function_find(const struct go_run *run, struct go_text name,
					   const char **why);
