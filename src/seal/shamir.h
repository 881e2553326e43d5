/*
 * One secret in several parts, a number of which is enough: Shamir's scheme over the field of 256
 * elements, byte by byte, as key groups of SOPS files use it.
 *
 * A part is as long as the secret and one byte, its number. Any parts put together give something:
 * whether it is the secret shows only when it is used.
 */
#pragma once

#include "base/arena.h"
#include "crypto/random.h"

#include <stdbool.h>
#include <stddef.h>

struct shamir {
	unsigned parts, threshold; /* 2 <= threshold <= parts <= 255 */
	size_t len;		   /* of the secret */
};
/* `parts` rows of len + 1 bytes each, in the arena. */
unsigned char *shamir_split(struct arena *arena, const struct shamir *shamir,
			    const unsigned char *secret, struct random_source *random);
/* From shamir->parts rows; false when two of them have one number, or one has none. */
bool shamir_combine(const struct shamir *shamir, const unsigned char *rows, unsigned char *secret);
