#include "peer/kube/suite.h"

#include "kube/lease.h"

#include <string.h>

struct contender {
	struct kube_lease lease;
	struct test *test;
	unsigned held, lost, released;
	struct err refused;
};

static struct contender *contender_of(struct kube_lease *lease)
{
	return container_of(lease, struct contender, lease);
}

static void is_held(struct kube_lease *lease)
{
	contender_of(lease)->held++;
	loop_stop(contender_of(lease)->test->loop);
}

static void is_refused(struct kube_lease *lease, const struct err *err)
{
	contender_of(lease)->refused = *err;
	loop_stop(contender_of(lease)->test->loop);
}

static void is_lost(struct kube_lease *lease, const struct err *err)
{
	(void)err;
	contender_of(lease)->lost++;
	loop_stop(contender_of(lease)->test->loop);
}

static void is_released(struct kube_lease *lease, const struct err *err)
{
	(void)err;
	contender_of(lease)->released++;
	loop_stop(contender_of(lease)->test->loop);
}

static struct contender *take_lease(struct test *test, const struct kube_lease_options *options)
{
	static const struct kube_lease_ops ops = { is_held, is_refused, is_lost, is_released };
	struct contender *contender = arena_alloc(test->arena, sizeof(*contender));

	contender->test = test;
	kube_lease_take(&contender->lease, test->kube, options, &ops);
	test_run(test);
	return contender;
}

static void remove_lease(struct test *test)
{
	test_ask(test, &(struct kube_request){ .verb = KUBE_DELETE,
					       .kind = &kube_leases,
					       .ns = KUBE_LEASE_NAMESPACE,
					       .name = "suite" });
}

void case_lease(struct test *test)
{
	const struct kube_lease_options first = { .name = "suite", .holder = "alice@desk" };
	const struct kube_lease_options second = { .name = "suite", .holder = "bob@lab" };

	remove_lease(test);
	struct contender *alice = take_lease(test, &first);
	CHECK(test, alice->held == 1 && kube_lease_is_held(&alice->lease));
	struct contender *bob = take_lease(test, &second);
	CHECK(test, bob->held == 0 && bob->refused.kind == ERR_REFUSED);
	CHECK(test, strstr(bob->refused.text, "alice@desk is at work since 2"));
	kube_lease_release(&alice->lease);
	test_run(test);
	CHECK(test, alice->released == 1 && !kube_lease_is_held(&alice->lease));
	kube_lease_take(&bob->lease, test->kube, &second, bob->lease.ops);
	test_run(test);
	CHECK(test, bob->held == 1);
	kube_lease_done(&bob->lease);
	kube_lease_done(&alice->lease);
	remove_lease(test);
}

void case_lease_expires(struct test *test)
{
	struct kube_lease_options options = {
		.name = "suite", .holder = "alice@desk", .seconds = 2, .patience = 20 * SECOND
	};

	remove_lease(test);
	struct contender *alice = take_lease(test, &options);
	CHECK(test, alice->held == 1);
	kube_lease_done(&alice->lease); /* dies without a word */
	options.holder = "bob@lab";
	struct contender *bob = take_lease(test, &options);
	CHECK(test, bob->held == 1);
	CHECK(test, strcmp(value_get_text(value_get(bob->lease.record, "spec"),
					  "leaseTransitions"),
			   "1") == 0);
	kube_lease_done(&bob->lease);
	remove_lease(test);
}

void case_lease_lost(struct test *test)
{
	const struct kube_lease_options options = { .name = "suite",
						    .holder = "alice@desk",
						    .seconds = 2 };

	remove_lease(test);
	struct contender *alice = take_lease(test, &options);
	CHECK(test, alice->held == 1);
	test_must(test, &(struct kube_request){
				.verb = KUBE_MERGE,
				.kind = &kube_leases,
				.ns = KUBE_LEASE_NAMESPACE,
				.name = "suite",
				.body = JSON(test,
					     "{\"spec\":{\"holderIdentity\":\"carol@home\"}}") });
	if (!alice->lost)
		test_run(test);
	CHECK(test, alice->lost == 1);
	kube_lease_done(&alice->lease);
	remove_lease(test);
}
