/*
 * CEL, the Common Expression Language, as Talos selects disks with it and health checks judge
 * Kubernetes objects: compiled once, evaluated many times. docs/cel.md says what is left out.
 *
 *	static const struct cel_variable variables[] = { { "status", &cel_dyn } };
 *	static const struct cel_env env = { .variable = variables, .variables = 1 };
 *	const struct cel_program *program;
 *
 *	if (cel_compile(arena, "status.phase == 'Ready'", &env, &program, err) < 0)
 *		return -1;
 *	struct cel_value status = cel_of(scratch, tree);
 *	if (cel_holds(program, &status, scratch, &ready, err) < 0)
 *		return err_wrap(err, "judge %s", name);
 *
 * A program lives in the arena it was compiled in and is never changed; it borrows the environment,
 * whose tables are static as a rule. Values point into the arena of the evaluation and into what
 * the variables were made of.
 *
 * Everything ends: an expression has at most CEL_TEXT_MAX bytes and CEL_DEPTH_MAX levels, and an
 * evaluation takes at most CEL_STEPS_MAX steps. Error texts begin with the place in the expression,
 * "1:7: a disk has no field \"colour\"". What cannot be compiled is ERR_INPUT, a key or index that
 *is not there ERR_NOT_FOUND, too many steps ERR_REFUSED, other faults of an evaluation ERR_INPUT.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "tree/value.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CEL_TEXT_MAX 16384
#define CEL_DEPTH_MAX 200
#define CEL_STEPS_MAX 1000000

enum cel_kind {
	CEL_DYN, /* of types only: known when it is evaluated */
	CEL_NULL,
	CEL_BOOL,
	CEL_INT,
	CEL_UINT,
	CEL_DOUBLE,
	CEL_STRING,
	CEL_BYTES,
	CEL_LIST,
	CEL_MAP,
	CEL_DURATION,
	CEL_TIMESTAMP,
	CEL_TYPE,
	CEL_STRUCT,
	CEL_OPTIONAL, /* of types only: an `item` or nothing; not evaluated */
	CEL_OPEN,     /* of types only, while they are found out */
	CEL_KIND_COUNT
};

struct cel_slot;
struct cel_type {
	enum cel_kind kind;
	const struct cel_type *key, *item; /* of maps, lists, optionals; NULL is cel_dyn */
	const struct cel_struct *of;	   /* of structs */
	struct cel_slot *slot;		   /* of open types (cel/types.h) */
};
extern const struct cel_type cel_dyn, cel_bool, cel_int, cel_uint, cel_double, cel_string,
	cel_bytes, cel_strings, cel_duration, cel_timestamp;

/* A C struct seen from CEL. The C forms: bool, int64_t, uint64_t, double, const char * (NULL is
 * ""), and for cel_strings a NULL-ended const char *const * (or NULL). */
struct cel_field {
	const char *name;
	const struct cel_type *type;
	size_t offset;
};
struct cel_struct {
	const char *name; /* as in "a disk has no field" */
	const struct cel_field *field;
	size_t fields;
};

struct cel_text {
	const char *at; /* ends in NUL, too */
	size_t len;
};
struct cel_list {
	const struct cel_value *at; /* of a map: key, value, key, value, ... */
	size_t len;		    /* of a map: pairs */
};
struct cel_time {
	int64_t seconds; /* since 1970 */
	uint32_t nanos;
};
struct cel_object {
	const struct cel_struct *of;
	const void *at;		  /* a C struct, or NULL: */
	const struct value *tree; /* a map, or NULL: nothing is set */
};
struct cel_value {
	enum cel_kind kind;
	union {
		bool flag;
		int64_t number; /* int; nanoseconds of a duration */
		uint64_t natural;
		double real;
		struct cel_text text; /* string, bytes */
		struct cel_list list; /* list, map */
		struct cel_time time;
		struct cel_object object;
		enum cel_kind type; /* the value of type(x) */
	};
};

/* Maps with text keys, lists, and scalars: integers are int, other numbers double. */
struct cel_value cel_of(struct arena *arena, const struct value *tree);
struct cel_value cel_of_text(const char *text);
struct cel_value cel_of_bool(bool flag);
struct cel_value cel_of_int(int64_t number);
struct cel_value cel_of_uint(uint64_t number);
struct cel_value cel_of_double(double number);
struct cel_value cel_of_struct(const struct cel_struct *of, const void *at);
/* A struct whose fields are those of a map: what is not there is zero, bytes are in base64,
 * durations in nanoseconds, and `offset` does not matter. */
struct cel_value cel_of_record(const struct cel_struct *of, const struct value *map);
struct cel_value cel_of_wall(uint64_t wall); /* a timestamp; nanoseconds since 1970 */

/* As CEL compares: 1 == 1.0, maps in any order, values of different kinds differ. */
bool cel_equal(const struct cel_value *a, const struct cel_value *b);

/* What an evaluation may still spend. Functions whose work grows with their arguments charge it. */
struct cel_work {
	struct arena *arena;
	uint64_t steps;
};
int cel_charge(struct cel_work *work, uint64_t steps, struct err *err);

typedef int cel_function_fn(struct cel_work *work, const struct cel_value *arg,
			    struct cel_value *out, struct err *err);
enum cel_form {
	CEL_GLOBAL = 1, /* size(x) */
	CEL_METHOD = 2, /* x.size() */
	CEL_BOTH = 3
};
#define CEL_ARGS_MAX 2
struct cel_function {
	const char *name;
	enum cel_form form;
	unsigned args;
	enum cel_kind arg[CEL_ARGS_MAX]; /* CEL_DYN takes everything */
	enum cel_kind result;
	cel_function_fn *call;
	const struct cel_type *takes; /* of every argument, in full; NULL: `arg` says all */
};

struct cel_variable {
	const char *name;
	const struct cel_type *type;
};
struct cel_constant {
	const char *name;
	struct cel_value value;
};
struct cel_env {
	const struct cel_variable *variable;
	size_t variables;
	const struct cel_constant *constant;
	size_t constants;
	const struct cel_function *function; /* besides those of the language */
	size_t functions;
	const struct cel_type *result; /* NULL: any */
	bool exact;		       /* the result must be known to have that type */
	bool optionals;		       /* expressions may ask for what is not there: a[?k] */
};

struct cel_program;

int cel_compile(struct arena *arena, const char *text, const struct cel_env *env,
		const struct cel_program **out, struct err *err);
/* `values`: one per variable of the environment, in its order. */
int cel_eval(const struct cel_program *program, const struct cel_value *values, struct arena *arena,
	     struct cel_value *out, struct err *err);
/* Of an expression that answers yes or no; another result is an error. */
int cel_holds(const struct cel_program *program, const struct cel_value *values,
	      struct arena *arena, bool *out, struct err *err);

/* A text as a literal, in double quotes and with escapes, as CEL prints its own. */
const char *cel_quote(struct arena *arena, const char *text);
