#include "ops/quorum.h"

#include "base/own.h"

#include <criterion/criterion.h>
#include <string.h>

#define MEMBERS_MAX 7

/* One letter a member: h healthy, i ill, l learner; capital: it goes. */
static const struct {
	const char *members;
	enum quorum_change change;
	const char *says; /* NULL: allowed */
} rows[] = {
	{ "hhh", QUORUM_REMOVE, NULL },
	{ "Hhh", QUORUM_REMOVE, NULL },
	{ "HHh", QUORUM_REMOVE,
	  "resetting cp-1 and cp-2 would leave 1 of 3 etcd members; 2 are needed" },
	{ "HHH", QUORUM_REMOVE,
	  "resetting cp-1, cp-2 and cp-3 would leave 0 of 3 etcd members; 2 are needed" },
	{ "Hih", QUORUM_REMOVE,
	  "resetting cp-1 would leave 1 healthy ones of 3 etcd members (cp-2 not healthy); "
	  "2 are needed" },
	{ "hIh", QUORUM_REMOVE, NULL }, /* the ill one is what goes */
	{ "iIh", QUORUM_REMOVE,
	  "resetting cp-2: only 1 of 3 etcd members are healthy; 2 are needed" },
	{ "iih", QUORUM_REMOVE, NULL }, /* nobody goes */
	{ "Hh", QUORUM_REMOVE, "resetting cp-1 would leave 1 of 2 etcd members; 2 are needed" },
	{ "Hh", QUORUM_DOWN, "resetting cp-1 would leave 1 of 2 etcd members; 2 are needed" },
	{ "H", QUORUM_DOWN, NULL },
	{ "H", QUORUM_REMOVE, "resetting cp-1 would leave 0 of 1 etcd members; 1 are needed" },
	{ "Hhhh", QUORUM_DOWN, NULL },
	{ "HHhh", QUORUM_DOWN,
	  "resetting cp-1 and cp-2 would leave 2 of 4 etcd members; 3 are needed" },
	{ "HHhhh", QUORUM_DOWN, NULL },
	{ "HHihh", QUORUM_DOWN,
	  "resetting cp-1 and cp-2 would leave 2 healthy ones of 5 etcd members (cp-3 not "
	  "healthy); 3 are needed" },
	{ "hhL", QUORUM_REMOVE, NULL }, /* a learner has no vote */
	{ "Hhl", QUORUM_REMOVE, "resetting cp-1 would leave 1 of 2 etcd members; 2 are needed" },
	{ "Hhhl", QUORUM_REMOVE, NULL },
	{ "iiL", QUORUM_REMOVE,
	  "resetting cp-3: only 0 of 2 etcd members are healthy; 2 are needed" },
	{ "", QUORUM_REMOVE, NULL },
};

Test(quorum, allowed_or_refused)
{
	static const char *const names[] = { "cp-1", "cp-2", "cp-3", "cp-4", "cp-5" };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct quorum_member members[MEMBERS_MAX] = { 0 };
		size_t count = strlen(rows[i].members);
		struct err err = ERR_INIT;

		for (size_t k = 0; k < count; k++) {
			char c = rows[i].members[k];

			members[k] = (struct quorum_member){ .name = names[k],
							     .learner = strchr("lL", c) != NULL,
							     .healthy = strchr("iI", c) == NULL,
							     .goes = c < 'a' };
		}
		int r = quorum_check(members, count, rows[i].change, "resetting", &err);

		cr_assert_eq(r < 0, rows[i].says != NULL, "%s: %s", rows[i].members, err.text);
		cr_assert_str_eq(err.text, rows[i].says ? rows[i].says : "");
		if (rows[i].says)
			cr_assert_eq(err_exit_code(err.kind), 4);
	}
}

Test(quorum, a_majority)
{
	static const size_t needed[] = { 1, 1, 2, 2, 3, 3, 4, 4 };

	for (size_t i = 0; i < ARRAY_LEN(needed); i++)
		cr_assert_eq(quorum_needed(i), needed[i], "%zu", i);
}
