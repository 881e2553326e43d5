#include "crypto/random.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static void system_fill(struct random_source *random, void *data, size_t len)
{
	unsigned char *at = data;

	(void)random;
	while (len > 0) {
		ssize_t got = getrandom(at, len, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			abort(); /* going on with guessable secrets would be worse */
		at += got;
		len -= (size_t)got;
	}
}

struct random_source *random_system(void)
{
	static struct random_source source = { .fill = system_fill };

	return &source;
}

static uint64_t rotate_left(uint64_t value, unsigned bits)
{
	return value << bits | value >> (64 - bits);
}

/* xoshiro256**, the generator by Blackman and Vigna */
static uint64_t seeded_next(uint64_t state[static 4])
{
	uint64_t result = rotate_left(state[1] * 5, 7) * 9;
	uint64_t shifted = state[1] << 17;

	state[2] ^= state[0];
	state[3] ^= state[1];
	state[1] ^= state[2];
	state[0] ^= state[3];
	state[2] ^= shifted;
	state[3] = rotate_left(state[3], 45);
	return result;
}

static void seeded_fill(struct random_source *random, void *data, size_t len)
{
	struct random_seeded *seeded = container_of(random, struct random_seeded, source);
	unsigned char *at = data;

	while (len > 0) {
		uint64_t word = seeded_next(seeded->state);
		/* byte by byte, so that a run repeats on a machine of the other byte order */
		for (unsigned i = 0; i < 8 && len > 0; i++, len--)
			*at++ = (unsigned char)(word >> (8 * i));
	}
}

/* splitmix64: spreads a seed such as 1 over the whole state, which must not be all zero */
static uint64_t seed_next(uint64_t *seed)
{
	uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

void random_seeded_init(struct random_seeded *random, uint64_t seed)
{
	random->source.fill = seeded_fill;
	for (size_t i = 0; i < ARRAY_LEN(random->state); i++)
		random->state[i] = seed_next(&seed);
}

void random_fill(struct random_source *random, void *data, size_t len)
{
	random->fill(random, data, len);
}

static uint64_t random_word(struct random_source *random)
{
	unsigned char bytes[8];
	uint64_t word = 0;

	random_fill(random, bytes, sizeof(bytes));
	for (unsigned i = 0; i < 8; i++)
		word |= (uint64_t)bytes[i] << (8 * i);
	explicit_bzero(bytes, sizeof(bytes));
	return word;
}

uint64_t random_below(struct random_source *random, uint64_t bound)
{
	assert(bound > 0);

	/* Words past the last whole multiple of the bound would favour small results. A sound
	 * source never gives 128 of them in a row; a broken one must not hang us. */
	uint64_t excess = (UINT64_MAX % bound + 1) % bound;
	uint64_t word = random_word(random);
	for (unsigned tries = 0; word > UINT64_MAX - excess && tries < 128; tries++)
		word = random_word(random);
	return word % bound;
}

char *random_letters(struct random_source *random, struct arena *arena, const char *alphabet,
		     size_t len)
{
	size_t letters = strlen(alphabet);
	char *text = arena_alloc(arena, len + 1);

	assert(letters > 0 && letters <= 256);
	for (size_t i = 0; i < len; i++)
		text[i] = alphabet[random_below(random, letters)];
	return text;
}
