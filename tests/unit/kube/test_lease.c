#include "script.h"

#include "kube/lease.h"

#include <criterion/criterion.h>
#include <string.h>

struct taker {
	struct kube_lease lease;
	char what[20]; /* "held", "refused", "lost" */
	struct err err;
};

static void note(struct kube_lease *lease, const char *what, const struct err *err)
{
	struct taker *taker = container_of(lease, struct taker, lease);

	strncat(taker->what, what, sizeof(taker->what) - strlen(taker->what) - 1);
	if (err)
		taker->err = *err;
	else
		loop_stop(kube_loop(lease->kube));
}

static void held(struct kube_lease *lease)
{
	note(lease, "held ", NULL);
}

static void refused(struct kube_lease *lease, const struct err *err)
{
	note(lease, "refused ", err);
}

static void lost(struct kube_lease *lease, const struct err *err)
{
	note(lease, "lost ", err);
}

static const struct kube_lease_ops ops = { held, refused, lost, NULL };

/* The wall clock of the script says 08:00:00. */
#define LEASE(holder, renewed, version)                                  \
	"{\"metadata\":{\"resourceVersion\":\"" version "\"},\"spec\":{" \
	"\"holderIdentity\":\"" holder "\",\"leaseDurationSeconds\":30," \
	"\"acquireTime\":\"2027-01-15T07:00:00.000000Z\","               \
	"\"renewTime\":\"2027-01-15T" renewed ".000000Z\"}}"
#define BOBS "bob is at work since 2027-01-15T07:00:00Z"
#define YES                     \
	{                       \
		200, "{}", 0, 0 \
	}

static const struct {
	const char *name;
	struct script_row rows[4];
	const char *what, *text;
	uint64_t patience, took;
} taking[] = {
	{ "nobody has it",
	  { { 404, "{}", 0, 0 }, { 201, "{}", 0, 0 } },
	  "held ",
	  "",
	  0,
	  0 },
	{ "given back",
	  { { 200, LEASE("", "07:59:59", "1"), 0, 0 }, YES },
	  "held ",
	  "",
	  0,
	  0 },
	{ "ours",
	  { { 200, LEASE("me", "07:59:59", "1"), 0, 0 }, YES },
	  "held ",
	  "",
	  0,
	  0 },
	{ "another's",
	  { { 200, LEASE("bob", "07:59:59", "1"), 0, 0 } },
	  "refused ",
	  BOBS,
	  0,
	  0 },
	{ "expired, and stays so",
	  { { 200, LEASE("bob", "07:59:20", "1"), 0, 0 },
	    { 200, LEASE("bob", "07:59:20", "1"), 0, 0 },
	    YES },
	  "held ",
	  "",
	  0,
	  10 * SECOND },
	{ "its holder's clock is slow",
	  { { 200, LEASE("bob", "07:59:20", "1"), 0, 0 },
	    { 200, LEASE("bob", "07:59:50", "2"), 0, 0 } },
	  "refused ",
	  BOBS,
	  0,
	  10 * SECOND },
	{ "somebody was faster",
	  { { 404, "{}", 0, 0 },
	    { 409, "{}", 0, 0 },
	    { 200, LEASE("bob", "08:00:00", "1"), 0, 0 } },
	  "refused ",
	  BOBS,
	  0,
	  0 },
	{ "no permission",
	  { { 403, "{\"message\":\"no\"}", 0, 0 } },
	  "refused ",
	  "read Lease kube-system/talforge: no",
	  0,
	  0 },
	{ "worth waiting for",
	  { { 200, LEASE("bob", "07:59:59", "1"), 0, 0 },
	    { 200, LEASE("", "08:00:05", "2"), 0, 0 },
	    YES },
	  "held ",
	  "",
	  60 * SECOND,
	  10 * SECOND },
};

Test(kube_lease, is_taken_when_it_may_be)
{
	for (size_t i = 0; i < ARRAY_LEN(taking); i++) {
		const struct kube_lease_options options = { .holder = "me",
							    .patience = taking[i].patience };
		struct taker taker = { 0 };
		struct script script;

		script_init(&script, taking[i].rows, ARRAY_LEN(taking[i].rows));
		kube_lease_take(&taker.lease, script.kube, &options, &ops);
		cr_assert_eq(loop_run(script.loop, NULL), 0);
		cr_assert_str_eq(taker.what, taking[i].what, "%s: %s", taking[i].name,
				 taker.err.text);
		cr_assert_str_eq(taker.err.text, taking[i].text, "%s", taking[i].name);
		cr_assert_eq(loop_now(script.loop), taking[i].took, "%s", taking[i].name);
		kube_lease_done(&taker.lease);
		script_done(&script);
	}
}

Test(kube_lease, is_lost_before_others_may_take_it)
{
	struct script_row rows[SCRIPT_MAX] = { { 404, "{}", 0, 0 }, { 201, "{}", 0, 0 } };
	struct taker taker = { 0 };
	struct script script;

	for (size_t i = 2; i < ARRAY_LEN(rows); i++)
		rows[i] = (struct script_row){ .ends = ERR_NET };
	script_init(&script, rows, ARRAY_LEN(rows));
	kube_lease_take(&taker.lease, script.kube, &(struct kube_lease_options){ .holder = "me" },
			&ops);
	cr_assert_eq(loop_run(script.loop, NULL), 0);
	cr_assert(kube_lease_is_held(&taker.lease));
	cr_assert_eq(loop_run(script.loop, NULL), 0);
	cr_assert_str_eq(taker.what, "held lost ");
	cr_assert_leq(loop_now(script.loop), 30 * SECOND);
	cr_assert_geq(script.asked, 4);
	kube_lease_done(&taker.lease);
	script_done(&script);
}
