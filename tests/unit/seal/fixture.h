/*
 * What the tests of seal share: files of tests/data/seal, and the throw-away keys in it. Each stops
 * the test when it cannot give what it was asked for.
 */
#pragma once

#include "base/arena.h"
#include "seal/age.h"
#include "seal/sops.h"

#include <criterion/criterion.h>

struct age_text sealed_file(struct arena *arena, const char *name);
struct age_identities sealed_keys(struct arena *arena, const char *name); /* "key.txt" */
struct sops_input sops_file(struct arena *arena, const char *name);
/* A text with one part of it replaced, which must be there. */
const char *text_with(struct arena *arena, const char *text, const char *old, const char *new);
