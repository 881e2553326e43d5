#include "crypto/random.h"

#include "fixture.h"

#include <string.h>

/* A source that always says the same byte, as a broken one may. */
static void constant_fill(struct random_source *random, void *data, size_t len)
{
	(void)random;
	memset(data, 0xff, len);
}

Test(random, a_seed_repeats_its_run)
{
	struct random_seeded a, b, c;
	unsigned char from_a[100], from_b[100], from_c[100];

	random_seeded_init(&a, 1);
	random_seeded_init(&b, 1);
	random_seeded_init(&c, 2);
	random_fill(&a.source, from_a, sizeof(from_a));
	random_fill(&b.source, from_b, sizeof(from_b));
	random_fill(&c.source, from_c, sizeof(from_c));
	cr_assert_arr_eq(from_a, from_b, sizeof(from_a));
	cr_assert_arr_neq(from_a, from_c, sizeof(from_a));
	random_fill(&a.source, from_a, sizeof(from_a));
	cr_assert_arr_neq(from_a, from_b, sizeof(from_a));
}

Test(random, the_seeded_generator_is_xoshiro256)
{
	/* state 1 2 3 4 gives 11520, 0, 1509978240 in every published implementation */
	struct random_seeded seeded;
	static const uint64_t expected[] = { 11520, 0, 1509978240, UINT64_C(1215971899390074240) };

	random_seeded_init(&seeded, 0);
	for (uint64_t i = 0; i < 4; i++)
		seeded.state[i] = i + 1;
	for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
		unsigned char bytes[8];
		uint64_t word = 0;
		random_fill(&seeded.source, bytes, sizeof(bytes));
		for (unsigned k = 0; k < 8; k++)
			word |= (uint64_t)bytes[k] << (8 * k);
		cr_assert_eq(word, expected[i], "word %zu is %lu", i, (unsigned long)word);
	}
}

Test(random, the_system_fills_every_byte)
{
	unsigned char seen[64] = { 0 };
	unsigned char bytes[64];

	for (int round = 0; round < 20; round++) {
		random_fill(random_system(), bytes, sizeof(bytes));
		for (size_t i = 0; i < sizeof(bytes); i++)
			seen[i] |= bytes[i];
	}
	for (size_t i = 0; i < sizeof(seen); i++)
		cr_assert_neq(seen[i], 0, "byte %zu is never set", i);
}

Test(random, below_stays_below_and_reaches_all)
{
	struct random_seeded seeded;
	unsigned seen[7] = { 0 };

	random_seeded_init(&seeded, 3);
	for (int i = 0; i < 7000; i++) {
		uint64_t n = random_below(&seeded.source, 7);
		cr_assert_lt(n, 7);
		seen[n]++;
	}
	for (size_t i = 0; i < ARRAY_LEN(seen); i++) {
		cr_assert_gt(seen[i], 800, "%zu came %u times", i, seen[i]);
		cr_assert_lt(seen[i], 1200, "%zu came %u times", i, seen[i]);
	}
	cr_assert_eq(random_below(&seeded.source, 1), 0);
	/* a bound that rejects nearly half of all words */
	uint64_t bound = UINT64_C(1) << 63 | 1;
	for (int i = 0; i < 100; i++)
		cr_assert_lt(random_below(&seeded.source, bound), bound);
}

Test(random, a_constant_source_does_not_hang)
{
	struct random_source constant = { constant_fill };

	cr_assert_lt(random_below(&constant, 36), 36);
}

Test(random, letters_come_from_the_alphabet)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const char *alphabet = "0123456789abcdefghijklmnopqrstuvwxyz";
	const char *text = random_letters(random_system(), arena, alphabet, 2000);

	cr_assert_eq(strlen(text), 2000);
	cr_assert_eq(strspn(text, alphabet), 2000);
	for (const char *letter = alphabet; *letter; letter++)
		cr_assert_not_null(strchr(text, *letter), "no %c in 2000 letters", *letter);
	cr_assert_str_eq(random_letters(random_system(), arena, "x", 3), "xxx");
	cr_assert_str_eq(random_letters(random_system(), arena, "x", 0), "");
}
