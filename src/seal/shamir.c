#include "seal/shamir.h"

#include <assert.h>
#include <string.h>

/* Without tables and branches on the bytes, so that time and cache tell nothing of them. */
static unsigned char multiply(unsigned char a, unsigned char b)
{
	unsigned product = 0, left = a;

	for (unsigned i = 0; i < 8; i++) {
		product ^= left & -(unsigned)(b >> i & 1);
		left = left << 1 ^ (0x11bu & -(left >> 7 & 1));
	}
	return (unsigned char)product;
}

/* The inverse: a to the 254th. */
static unsigned char invert(unsigned char a)
{
	unsigned char result = 1;

	for (unsigned i = 0; i < 7; i++) {
		a = multiply(a, a);
		result = multiply(result, a);
	}
	return result;
}

unsigned char *shamir_split(struct arena *arena, const struct shamir *shamir,
			    const unsigned char *secret, struct random_source *random)
{
	size_t size = shamir->len + 1;
	unsigned char *rows = arena_calloc(arena, shamir->parts, size);
	unsigned char factor[256];

	assert(shamir->threshold >= 2 && shamir->threshold <= shamir->parts);
	assert(shamir->parts <= 255);
	for (unsigned part = 0; part < shamir->parts; part++)
		rows[part * size + shamir->len] = (unsigned char)(part + 1);
	for (size_t at = 0; at < shamir->len; at++) {
		random_fill(random, factor, shamir->threshold - 1);
		for (unsigned part = 0; part < shamir->parts; part++) {
			unsigned char x = (unsigned char)(part + 1), y = 0;

			for (unsigned i = shamir->threshold - 1; i > 0; i--)
				y = multiply((unsigned char)(y ^ factor[i - 1]), x);
			rows[part * size + at] = (unsigned char)(y ^ secret[at]);
		}
	}
	explicit_bzero(factor, sizeof(factor));
	return rows;
}

/* How much a part counts at zero. */
static unsigned char weight(const struct shamir *shamir, const unsigned char *rows, unsigned part)
{
	size_t size = shamir->len + 1;
	unsigned char x = rows[part * size + shamir->len], result = 1;

	for (unsigned i = 0; i < shamir->parts; i++) {
		unsigned char other = rows[i * size + shamir->len];

		if (i != part)
			result = multiply(
				result, multiply(other, invert((unsigned char)(other ^ x))));
	}
	return result;
}

static bool numbers_differ(const struct shamir *shamir, const unsigned char *rows)
{
	bool used[256] = { [0] = true };

	for (unsigned i = 0; i < shamir->parts; i++) {
		unsigned char number = rows[i * (shamir->len + 1) + shamir->len];

		if (used[number])
			return false;
		used[number] = true;
	}
	return true;
}

bool shamir_combine(const struct shamir *shamir, const unsigned char *rows, unsigned char *secret)
{
	if (!numbers_differ(shamir, rows))
		return false;
	memset(secret, 0, shamir->len);
	for (unsigned part = 0; part < shamir->parts; part++) {
		unsigned char counts = weight(shamir, rows, part);

		for (size_t at = 0; at < shamir->len; at++)
			secret[at] ^= multiply(rows[part * (shamir->len + 1) + at], counts);
	}
	return true;
}
