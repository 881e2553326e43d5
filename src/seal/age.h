/*
 * age files, version 1: sealed for X25519 keys or for a passphrase.
 *
 *	struct age_identities keys = { 0 };
 *	if (age_identities_read(arena, &keys, &(struct age_text){ name, text, len }, err) < 0)
 *		return -1;
 *	int r = age_open(&(struct age_text){ file, data, size }, &keys, &plain, err);
 *
 * A file is opened whole, in memory: what comes out was proved to the last byte, or nothing comes
 * out. Stanzas of kinds that are not known are ignored, as the format wants it; a file may have up
 * to 1024 of them and a header of 2 MiB. Passphrases take as much work as crypto/derive.h allows.
 *
 * ERR_AUTH: none of the keys opens it. ERR_INPUT: it is no such file, is damaged, cut short or
 * changed. Keys and what is sealed never enter an error.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "crypto/derive.h"
#include "crypto/random.h"

#include <stdbool.h>
#include <stddef.h>

struct age_text {	  /* borrowed */
	const char *name; /* what errors call it */
	const char *at;
	size_t len;
};

struct age_identity {
	const char *passphrase; /* NULL: a key */
	unsigned char secret[X25519_SIZE], share[X25519_SIZE];
};
struct age_identities { /* in the arena that they were read into */
	struct age_identity *at;
	size_t len, cap;
	size_t foreign; /* of kinds that others have: plugins, post-quantum keys */
};

/* Adds the keys of a file as age-keygen writes it: one or several on a line, comments and blank
 * lines between them. A line that is no key is ERR_INPUT with its place. */
int age_identities_read(struct arena *arena, struct age_identities *identities,
			const struct age_text *text, struct err *err);
void age_identities_add_passphrase(struct arena *arena, struct age_identities *identities,
				   const char *passphrase);
/* "age1...", who to seal for so that it can be opened; NULL of a passphrase. */
const char *age_identity_recipient(struct arena *arena, const struct age_identity *identity);

struct age_recipient {
	unsigned char share[X25519_SIZE];
};
/* From "age1...". ERR_INPUT when it is none; another kind of key is named. */
int age_recipient_read(const char *text, struct age_recipient *out, struct err *err);

struct age_seal { /* borrowed */
	const struct age_recipient *recipients;
	size_t count;
	const char *passphrase; /* instead of them; NULL */
	unsigned work;		/* of the passphrase; 0: 18 */
	bool armor;
	struct random_source *random;
};
int age_seal(const struct age_seal *seal, const void *plain, size_t len, struct str *out,
	     struct err *err);

bool age_is(const char *text, size_t len); /* whether it begins like one, armored or not */
/* Adds to `out`, which is left alone unless it succeeds. */
int age_open(const struct age_text *text, const struct age_identities *identities, struct str *out,
	     struct err *err);
