#include "seal/shamir.h"

#include <criterion/criterion.h>
#include <string.h>

#define LEN 32

static const struct {
	unsigned parts, threshold;
} schemes[] = { { 2, 2 }, { 3, 2 }, { 5, 3 }, { 10, 10 }, { 255, 2 } };

Test(shamir, any_enough_parts_give_the_secret)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	unsigned char secret[LEN], again[LEN], chosen[256 * (LEN + 1)];

	random_fill(random_system(), secret, sizeof(secret));
	for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
		const struct shamir all = { schemes[i].parts, schemes[i].threshold, LEN };
		const struct shamir some = { all.threshold, all.threshold, LEN };
		const unsigned char *rows = shamir_split(arena, &all, secret, random_system());

		for (unsigned from = 0; from + some.parts <= all.parts; from++) {
			cr_assert(shamir_combine(&some, rows + from * (LEN + 1), again));
			cr_assert_eq(memcmp(again, secret, LEN), 0, "%u of %u from %u", some.parts,
				     all.parts, from);
		}
		/* backwards, and more than needed */
		for (unsigned part = 0; part < all.parts; part++)
			memcpy(chosen + part * (LEN + 1),
			       rows + (all.parts - 1 - part) * (LEN + 1), LEN + 1);
		cr_assert(shamir_combine(&all, chosen, again));
		cr_assert_eq(memcmp(again, secret, LEN), 0);
	}
}

Test(shamir, too_few_parts_give_something_else)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const struct shamir all = { 5, 3, LEN }, two = { 2, 2, LEN };
	unsigned char secret[LEN], again[LEN];
	const unsigned char *rows;

	random_fill(random_system(), secret, sizeof(secret));
	rows = shamir_split(arena, &all, secret, random_system());
	cr_assert(shamir_combine(&two, rows, again));
	cr_assert_neq(memcmp(again, secret, LEN), 0);
}

Test(shamir, refuses_parts_with_one_number)
{
	const struct shamir two = { 2, 2, 1 };
	unsigned char out[1];

	cr_assert_not(shamir_combine(&two, (const unsigned char[]){ 7, 1, 8, 1 }, out));
	cr_assert_not(shamir_combine(&two, (const unsigned char[]){ 7, 0, 8, 1 }, out));
	cr_assert(shamir_combine(&two, (const unsigned char[]){ 7, 2, 8, 1 }, out));
}
