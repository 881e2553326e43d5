/*
 * SOPS files: values that are encrypted one by one, so that a file in git shows what changed.
 *
 *	struct str plain SCOPED(str_done) = STR_INIT(FS_FILE_MAX);
 *	const struct sops_input input = { .file = path, .text = text, .len = len };
 *	if (sops_is_sealed(&input) && sops_open(&input, identities, &plain, err) < 0)
 *		return -1;
 *
 * Read and written are YAML files of any number of documents, with comments and values of every
 * type, and JSON files, which are called x.json; for age recipients: one group of them, or several
 * of which a number is needed. What comes out is laid out as the sops program lays it out. A file
 * is proved as a whole before anything of it comes out, and its clear text is never on disk here.
 *
 * ERR_AUTH: no key opens it. ERR_INPUT, with a place where there is one: it was changed, is cut
 * short or is no such file. Values and keys never enter an error.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "crypto/random.h"
#include "seal/age.h"
#include "tree/value.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sops_input { /* borrowed */
	const char *file;
	const char *text;
	size_t len;
};

/* Whether it has the section that such a file ends with, or encrypted values and no section: that
 * was one before it was cut, and is for sops_open() to refuse. So are files of the sops program's
 * other stores: dotenv, INI and binary. */
bool sops_is_sealed(const struct sops_input *input);
/* A kind of key that is not ours to use, "pgp", which opens the file; `only`: there are no others.
 * NULL: there is none, or it is no such file. */
const char *sops_foreign_key(struct arena *arena, const struct sops_input *input, bool *only);

/* Adds the clear text to `out`. */
int sops_open(const struct sops_input *input, const struct age_identities *identities,
	      struct str *out, struct err *err);

struct sops_recipients {
	const char *const *at; /* "age1..."; NULL-ended */
};
struct sops_how {
	const struct sops_recipients *group; /* one as a rule */
	size_t groups;
	unsigned threshold; /* of several: how many are needed; 0: all */
	/* a map with one of encrypted_regex and its like and mac_only_encrypted; NULL: none */
	const struct value *rule;
	unsigned indent; /* 0: 4 */
	uint64_t wall;
	struct random_source *random;
};
/* The file encrypted, added to `out`. ERR_CONFLICT when it is encrypted already. */
int sops_seal(const struct sops_input *input, const struct sops_how *how, struct str *out,
	      struct err *err);
/* The same for the recipients of `model`, an encrypted file; those of `how` are not looked at.
 * ERR_INPUT when it is for keys that are not age's, too. */
int sops_seal_as(const struct sops_input *input, const struct sops_input *model,
		 const struct sops_how *how, struct str *out, struct err *err);
/* An encrypted file with a new data key and every value sealed anew, for the recipients of `how`,
 * or for those it has when there are none. Which values are encrypted stays as it is. */
int sops_reseal(const struct sops_input *input, const struct age_identities *identities,
		const struct sops_how *how, struct str *out, struct err *err);
