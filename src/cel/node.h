/*
 * An expression as a tree: made by the parser, annotated by the checker, walked by the evaluation.
 * Everything lives in the program's arena. Internal to the module.
 */
#pragma once

#include "cel/cel.h"

enum node_kind {
	NODE_CONST,
	NODE_NAME,
	NODE_FIELD, /* arg[0].name */
	NODE_HAS,   /* has(arg[0].name) */
	NODE_CALL,  /* name(arg...), arg[0].name(arg...), and operators by their sign: "[]", "[?]"
		     * and ".?", whose field is `variable` */
	NODE_LIST,
	NODE_MAP, /* arg: key, value, key, value, ... */
	NODE_AND,
	NODE_OR,
	NODE_IF,   /* arg[0] ? arg[1] : arg[2] */
	NODE_LOOP, /* arg[0].name(variable, arg[1], arg[2]) */
};

enum loop_kind {
	LOOP_ALL,
	LOOP_EXISTS,
	LOOP_ONE,
	LOOP_FILTER,
	LOOP_MAP,
};

/* What a name stands for. */
enum name_kind {
	NAME_UNKNOWN,
	NAME_VARIABLE, /* of the environment; slot is its index */
	NAME_VALUE,    /* a constant or the name of a type: in `value` */
	NAME_LOCAL,    /* of the loop `binder` */
};

struct cel_node {
	enum node_kind kind;
	unsigned place; /* byte in the text */
	unsigned depth; /* levels below and including this one */
	bool method;	/* of NODE_CALL */
	enum loop_kind loop;
	enum name_kind stands_for;
	const char *name;
	const char *variable; /* of NODE_LOOP and the like */
	struct cel_value value;
	struct cel_node **arg;
	size_t args;
	size_t slot;
	const struct cel_node *binder;
};

struct cel_program {
	const char *text;
	const struct cel_env *env;
	const struct cel_node *root;
};

/* The whole text as one tree. */
int cel_parse(struct arena *arena, const char *text, struct cel_node **out, struct err *err);

/* Resolves names and judges types; the type of the whole is *out. */
int cel_check(struct arena *arena, const char *text, const struct cel_env *env,
	      struct cel_node *root, const struct cel_type **out, struct err *err);

/* Puts "line:column: " before a text that is set already. */
int cel_place(struct err *err, const char *text, unsigned place);

/* The functions of the language, operators among them; ends with a row without a name. */
extern const struct cel_function cel_standard_functions[];

const char *cel_kind_name(enum cel_kind kind); /* "int", as CEL spells types */
bool cel_kind_named(const char *name, enum cel_kind *out);

enum order {
	ORDER_LESS = -1,
	ORDER_SAME = 0,
	ORDER_MORE = 1,
	ORDER_NONE = 2, /* a NaN, or kinds that have no order between them */
};
enum order cel_compare(const struct cel_value *a, const struct cel_value *b);
/* False when the kinds have no order between them. */
bool cel_comparable(const struct cel_value *a, const struct cel_value *b);
/* The field of a struct, and whether it is set as protobuf says of it; false: there is no such
 * field. */
bool cel_record_field(struct arena *arena, const struct cel_object *object, const char *name,
		      struct cel_value *out, bool *is_set);

/* NULL when the map has no such key. */
const struct cel_value *cel_map_find(const struct cel_value *map, const struct cel_value *key);
