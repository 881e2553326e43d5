#include "sim/sim_log.h"

#include "base/clock.h"

#include <criterion/criterion.h>
#include <string.h>

Test(log, ids_are_sortable_by_time)
{
	struct random_seeded random;
	struct sim_log log = { 0 };
	char a[21], b[21], c[21];

	random_seeded_init(&random, 1);
	log_reset(&log, &random.source);
	log_new_id(&log, UINT64_C(1795218503) * SECOND, a);
	log_new_id(&log, UINT64_C(1795218504) * SECOND, b);
	log_new_id(&log, UINT64_C(1795218504) * SECOND, c);
	cr_assert_eq(strlen(a), 20);
	cr_assert_eq(strspn(a, "0123456789abcdefghijklmnopqrstuv"), 20);
	cr_assert_lt(strcmp(a, b), 0);
	cr_assert_str_neq(b, c);
	/* the first 32 bits are the seconds: 0x6b00dc47 in groups of five */
	cr_assert_eq(strncmp(a, "dc0doh", 6), 0, "%s", a);
	log_done(&log);
}

Test(log, keeps_the_newest)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct random_seeded random;
	struct sim_log log = { 0 };
	const struct sim_event event = { .kind = SIM_EVENT_PHASE, .name = "boot", .actor = "" };

	random_seeded_init(&random, 1);
	log_reset(&log, &random.source);
	cr_assert_null(log_at(&log, 1));
	for (size_t i = 0; i < LOG_EVENTS + 3; i++)
		log_add(&log, arena, SECOND * (i + 1), &event);
	cr_assert_eq(log_first(&log), 4);
	cr_assert_null(log_at(&log, 3));
	cr_assert_eq(log_at(&log, 4)->wall, 4 * SECOND);
	cr_assert_eq(log_at(&log, LOG_EVENTS + 3)->number, LOG_EVENTS + 3);
	cr_assert_null(log_at(&log, LOG_EVENTS + 4));
	log_done(&log);
}
