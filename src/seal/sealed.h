/*
 * Files that are kept encrypted, whoever keeps the key: age keys are ours to use, all others are
 * the sops program's, which is then run.
 *
 *	if (sops_is_sealed(&input) && sealed_open(&input, keyring, &plain, err) < 0)
 *		return -1;
 *
 * The sops program is given the file on its stdin and answers on its stdout; it is run without a
 * shell, without a terminal and for at most a minute, and nothing in clear is written to disk.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"
#include "seal/creation_rules.h"
#include "seal/keyring.h"
#include "seal/sops.h"

#include <stdint.h>

/* Adds the clear text to `out`. ERR_AUTH: no key opens it; ERR_INPUT: it was changed or cut. */
int sealed_open(const struct sops_input *input, struct keyring *keyring, struct str *out,
		struct err *err);

struct sealed_moment {
	uint64_t wall;
	struct random_source *random;
};
/* The encrypted form of a file in clear, by its rule. input->file names the file it becomes. */
int sealed_make(const struct sops_input *input, const struct creation_rule *rule,
		const struct sealed_moment *moment, struct str *out, struct err *err);
/* As a whole, for the recipients of `model`, an encrypted file. */
int sealed_make_as(const struct sops_input *input, const struct sops_input *model,
		   const struct sealed_moment *moment, struct str *out, struct err *err);
/* The same file with a new key, for those that the rule names; NULL: for those that it is for. */
int sealed_renew(const struct sops_input *input, struct keyring *keyring,
		 const struct creation_rule *rule, const struct sealed_moment *moment,
		 struct str *out, struct err *err);
