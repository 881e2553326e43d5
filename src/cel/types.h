/*
 * Types of expressions while they are found out. What is not known yet, the elements of [] say, is
 * an open type; it stands for another as soon as one is asked for in its place.
 *
 *	struct cel_types types = { .arena = arena };
 *	const struct cel_type *list = cel_type_new(&types, CEL_LIST, NULL, cel_type_open(&types));
 *
 *	cel_type_agree(&types, list, &cel_strings);	true; from now on a list of strings
 *
 * Types live in the arena. Work is limited: when there is too much of it, types do not agree, and
 * cel_types_spent() says so.
 * Internal to the module.
 */
#pragma once

#include "cel/cel.h"

struct cel_bound;
struct cel_types {
	struct arena *arena;
	struct cel_bound *bound; /* newest first: what to take back when types do not agree */
	unsigned steps;
	bool looped; /* a loop was met */
};

bool cel_types_spent(const struct cel_types *types);

/* Stand in a pattern for what is to be found out; the same one for the same type. */
extern const struct cel_type cel_param_a, cel_param_b;
struct cel_params {
	const struct cel_type *a, *b;
};

const struct cel_type *cel_type_new(struct cel_types *types, enum cel_kind kind,
				    const struct cel_type *key, const struct cel_type *item);
const struct cel_type *cel_type_open(struct cel_types *types);
/* Of a kind whose parts do not matter. */
const struct cel_type *cel_type_plain(enum cel_kind kind);
const struct cel_type *cel_type_part(const struct cel_type *type); /* NULL is dyn */
bool cel_type_has_parts(const struct cel_type *type);

/* What an open type stands for, as far as that is known. */
const struct cel_type *cel_type_now(const struct cel_type *type);
/* The same of all its parts. */
const struct cel_type *cel_type_settled(struct cel_types *types, const struct cel_type *type);
/* A pattern with open types for its parameters. */
const struct cel_type *cel_type_instance(struct cel_types *types, const struct cel_type *pattern,
					 struct cel_params *params);

/* Whether values of the types may stand where the others are; if so, open ones are bound. */
bool cel_type_agree_all(struct cel_types *types, const struct cel_type *const *have,
			const struct cel_type *const *want, size_t count);
bool cel_type_agree(struct cel_types *types, const struct cel_type *have,
		    const struct cel_type *want);
bool cel_type_same(struct cel_types *types, const struct cel_type *a, const struct cel_type *b);
/* Of two that agree. */
const struct cel_type *cel_type_general(struct cel_types *types, const struct cel_type *a,
					const struct cel_type *b);
