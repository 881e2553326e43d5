/*
 * Texts of files that SOPS may have encrypted, and texts that become such files.
 */
#pragma once

#include "base/err.h"
#include "convert/talhelper_source.h"
#include "crypto/random.h"

#include <stdint.h>

/* Decrypts in place and marks it as secret; a text that is in clear stays as it is. The first
 * encrypted one that was opened tells whom the source encrypts for. */
int sealed_text_open(struct talhelper_source *source, struct source_text *text, struct err *err);

struct sealed_moment_of {
	const char *file; /* what it becomes */
	uint64_t now;
	struct random_source *random;
};
/* Encrypts for those whom the source encrypts for. >0 when that is not known, or it is no YAML map
 * that could be encrypted. */
int sealed_text_make(const struct talhelper_source *source, const struct sealed_moment_of *moment,
		     const struct source_text *text, struct str *out);
