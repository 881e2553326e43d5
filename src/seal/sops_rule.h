/*
 * Which values of a SOPS file are encrypted. Internal to src/seal.
 *
 * By the keys above a value or by the comments above it. Of the six ways one is chosen; without any
 * of them everything is encrypted but what stands below a key that ends in "_unencrypted".
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "cel/regex.h"
#include "tree/value.h"

#include <stdbool.h>
#include <stddef.h>

enum sops_choice {
	SOPS_UNENCRYPTED_SUFFIX,
	SOPS_ENCRYPTED_SUFFIX,
	SOPS_UNENCRYPTED_REGEX,
	SOPS_ENCRYPTED_REGEX,
	SOPS_UNENCRYPTED_COMMENT_REGEX,
	SOPS_ENCRYPTED_COMMENT_REGEX,
	SOPS_CHOICE_COUNT
};

struct sops_rule {
	enum sops_choice choice;
	const char *text;
	const struct regex *regex; /* of those that are one */
	bool mac_only_encrypted;
};
extern const char *const sops_choice_names[SOPS_CHOICE_COUNT]; /* "encrypted_regex" */

/* From a map that may have one of the keys, and mac_only_encrypted. ERR_INPUT with its place when
 * there are two or a regular expression is none. */
int sops_rule_read(struct arena *arena, const struct value *map, struct sops_rule *out,
		   struct err *err);

struct sops_above { /* what stands above a value: one for each map and list */
	const struct sops_above *outer;
	const char *key;	    /* of the item in it that the value is in; NULL: a list */
	const char *const *comment; /* in front of that item */
	size_t comments;
};
/* `is_comment`: it is the last comment of the innermost one that is asked about. */
int sops_rule_encrypts(const struct sops_rule *rule, const struct sops_above *above,
		       bool is_comment, bool *out, struct err *err);
