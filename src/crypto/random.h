/*
 * Randomness as a parameter: the system's for real use, a seeded one where runs must repeat.
 *
 * The seeded source is for identifiers and jitter in rehearsals and tests. Keys are always made by
 * OpenSSL from the system's randomness (crypto/keys.h).
 */
#pragma once

#include "base/arena.h"

#include <stddef.h>
#include <stdint.h>

struct random_source {
	void (*fill)(struct random_source *random, void *data, size_t len);
};

struct random_source *random_system(void); /* a static object */

struct random_seeded {
	struct random_source source; /* use this */
	uint64_t state[4];
};
void random_seeded_init(struct random_seeded *random, uint64_t seed);

void random_fill(struct random_source *random, void *data, size_t len);
uint64_t random_below(struct random_source *random, uint64_t bound); /* uniform; bound > 0 */
/* `len` letters of `alphabet` (at most 256), each uniform. */
char *random_letters(struct random_source *random, struct arena *arena, const char *alphabet,
		     size_t len);
