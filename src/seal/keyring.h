/*
 * The secret keys of the person at the keyboard, from where the sops program looks for them.
 *
 *	const struct keyring_sources sources = { .age_key_file = env("SOPS_AGE_KEY_FILE") };
 *	struct keyring *keyring OWNED(keyring_free) = keyring_new(&sources);
 *	const struct age_identities *keys = keyring_age(keyring, err);
 *
 * Nothing is read before it is asked for, and everything once. Keys live in the keyring's arena,
 * which is erased.
 */
#pragma once

#include "base/err.h"
#include "base/own.h"
#include "seal/age.h"

struct keyring_sources {	     /* copied; each may be NULL or "" */
	const char *age_key;	     /* SOPS_AGE_KEY: keys with white space between them */
	const char *age_key_file;    /* SOPS_AGE_KEY_FILE */
	const char *age_key_command; /* SOPS_AGE_KEY_CMD: prints them; for /bin/sh */
	const char *config_folder;   /* sops/age/keys.txt below it, where that exists */
};

struct keyring;
struct keyring *keyring_new(const struct keyring_sources *sources); /* NULL: no keys at all */
void keyring_free(struct keyring *keyring);
OWN_DEFINE(struct keyring, keyring_free)

/* All that is found. NULL with ERR_AUTH when nothing is, saying where nothing was, or when what a
 * source holds is no key and there is no other. A keyring that is NULL has none. */
const struct age_identities *keyring_age(struct keyring *keyring, struct err *err);
