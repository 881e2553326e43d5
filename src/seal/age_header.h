/*
 * The header of an age file: who can open it, and the proof that nobody changed that. Internal to
 * src/seal.
 */
#pragma once

#include "seal/age.h"

#define AGE_INTRO "age-encryption.org/v1\n"
#define AGE_FILE_KEY_SIZE 16

struct age_stanza {
	const char *const *words; /* its kind, then its arguments */
	size_t words_len;
	const unsigned char *body;
	size_t body_len;
};

struct age_header {
	struct age_stanza *stanza;
	size_t stanzas, cap;
	const unsigned char *proved; /* what its MAC is of */
	size_t proved_len;
	unsigned char mac[SHA256_SIZE];
	const unsigned char *payload;
	size_t payload_len;
};

/* Points into `data`. ERR_INPUT. */
int age_header_read(struct arena *arena, const unsigned char *data, size_t len,
		    struct age_header *out, struct err *err);
/* ERR_AUTH when no identity fits, ERR_INPUT when it was changed. */
int age_header_open(const struct age_header *header, const struct age_identities *identities,
		    unsigned char file_key[static AGE_FILE_KEY_SIZE], struct err *err);
int age_header_write(const struct age_seal *seal, unsigned work,
		     const unsigned char file_key[static AGE_FILE_KEY_SIZE], struct str *out,
		     struct err *err);
