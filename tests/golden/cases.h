/*
 * Golden cases: a folder each below tests/data/golden/<group>, with args.json, inputs and
 * expected files.
 *
 *	struct golden golden = { .group = "gen", .run = run_case, .pending = pending };
 *	golden_run(&golden);
 *
 * Every case is tried and every failure is named. A case of `pending` must fail: the list can
 * only shrink.
 */
#pragma once

#include "base/arena.h"
#include "base/str.h"
#include "tree/value.h"

#include <stdbool.h>

struct golden_case {
	struct arena *arena; /* of this case alone */
	const char *name, *folder;
	const struct value *args; /* args.json */
	struct str *why;	  /* what is different, when it fails */
};

struct golden {
	const char *group;
	bool (*run)(struct golden_case *c);
	const char *const *pending; /* NULL-ended */
};

void golden_run(const struct golden *golden);

/* The file of a case, NULL when it does not exist. */
const char *golden_file(struct golden_case *c, const char *name, size_t *len);
/* Whether the case must fail with an error. */
bool golden_wants_error(const struct golden_case *c);
/* By bytes, or by meaning where args.json says so. */
bool golden_equal(struct golden_case *c, const char *what, const char *made, const char *expected);
