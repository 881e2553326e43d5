/*
 * One value of a SOPS file: its kind, the bytes that are proved of it, and its sealed form
 * ENC[AES256_GCM,data:...,iv:...,tag:...,type:...]. Internal to src/seal.
 *
 * Nothing here puts a value into an error.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "crypto/random.h"
#include "tree/value.h"

#include <stdbool.h>
#include <stddef.h>

#define SOPS_KEY_SIZE 32

struct sops_plain {
	const char *type; /* "str", "int", "float", "bool", "time", "comment", "bytes" */
	const char *at;
	size_t len;
};

/* Of a scalar. ERR_INPUT with its place when it is a number that the format cannot hold. */
int sops_plain_of(struct arena *arena, const struct value *leaf, struct sops_plain *out,
		  struct err *err);
/* Back again, as other programs of the format print it; NULL when the text is not of the type. */
const struct value *sops_plain_value(struct arena *arena, const struct sops_plain *plain);

struct sops_sealer {
	unsigned char key[SOPS_KEY_SIZE];
	struct random_source *random; /* for sealing only */
};
bool sops_is_sealed_value(const char *text);
/* `where` is what is proved besides: the path of a value. What is empty stays empty. */
const char *sops_value_seal(struct arena *arena, const struct sops_sealer *sealer,
			    const struct sops_plain *plain, const char *where);
/* >0: not for this key and place, or changed; <0: it has no such form. */
int sops_value_open(struct arena *arena, const struct sops_sealer *sealer, const char *text,
		    const char *where, struct sops_plain *out);
