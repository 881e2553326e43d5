/*
 * The data key of a SOPS file, sealed for those who may open it: one group of recipients, or
 * several of which a number is needed. Internal to src/seal.
 */
#pragma once

#include "seal/age.h"
#include "seal/sops.h"
#include "seal/sops_value.h"

/* Kinds of keys have the names of their lists in a file, but for these. */
#define SOPS_FOREIGN_AGE "age plugin or SSH key"

struct sops_sealed_key {
	const char *recipient;
	const char *text; /* an age file with its armor; NULL: not sealed yet */
	struct src src;
};

struct sops_group {
	struct sops_sealed_key *key;
	size_t len;
	const char *foreign; /* a kind of key in it that is none of age: "pgp"; NULL */
};

struct sops_keys {
	struct sops_group *group;
	size_t groups;
	unsigned threshold; /* 0: all of them */
	const char *foreign;
};

/* From the `sops` section of a file. */
int sops_keys_read(struct arena *arena, const struct value *section, struct sops_keys *out,
		   struct err *err);
/* ERR_AUTH when the identities do not open enough of them. */
int sops_keys_open(const struct sops_keys *keys, const struct age_identities *identities,
		   unsigned char out[static SOPS_KEY_SIZE], struct err *err);
/* Seals the data key for all of them. */
int sops_keys_seal(struct arena *arena, struct sops_keys *keys, const struct sops_sealer *sealer,
		   struct err *err);
/* Entries of a section: age, or key_groups and shamir_threshold. */
const struct value *sops_keys_age(struct arena *arena, const struct sops_keys *keys);
const struct value *sops_keys_groups(struct arena *arena, const struct sops_keys *keys);
