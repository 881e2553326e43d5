/*
 * A case of tests/data/template/cases.json, which both the unit test and the peer run.
 *
 *	{ kind: template | plain | substitute | dotenv, text, data: what the template sees or the
 *	  variables, result: the text, or of a dotenv file its map; "ERROR" where there is none }
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "tree/value.h"

/* What the case's text becomes; NULL when it is refused, with *err filled. */
const char *text_case_run(struct arena *arena, const struct value *from, struct err *err);
