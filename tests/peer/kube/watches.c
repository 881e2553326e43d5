#include "peer/kube/suite.h"

#include "kube/watch.h"

struct seen {
	struct kube_watch watch;
	struct test *test;
	unsigned added, modified, deleted, synced, wanted;
	struct err err;
};

static struct seen *seen_of(struct kube_watch *watch)
{
	return container_of(watch, struct seen, watch);
}

static void count(struct seen *seen, unsigned *what)
{
	(*what)++;
	if (seen->added + seen->modified + seen->deleted + (seen->synced > 0) == seen->wanted)
		loop_stop(seen->test->loop);
}

static void seen_added(struct kube_watch *watch, const struct value *object)
{
	(void)object;
	count(seen_of(watch), &seen_of(watch)->added);
}

static void seen_modified(struct kube_watch *watch, const struct value *object)
{
	(void)object;
	count(seen_of(watch), &seen_of(watch)->modified);
}

static void seen_deleted(struct kube_watch *watch, const struct value *object)
{
	(void)object;
	count(seen_of(watch), &seen_of(watch)->deleted);
}

static void seen_synced(struct kube_watch *watch)
{
	count(seen_of(watch), &seen_of(watch)->synced);
}

static void seen_end(struct kube_watch *watch, const struct err *err)
{
	seen_of(watch)->err = *err;
	loop_stop(seen_of(watch)->test->loop);
}

static const struct kube_watch_ops seen_ops = {
	.on_added = seen_added,
	.on_modified = seen_modified,
	.on_deleted = seen_deleted,
	.on_synced = seen_synced,
	.on_end = seen_end,
};

static void wait_seen(struct seen *seen, unsigned wanted)
{
	seen->wanted = wanted;
	if (seen->added + seen->modified + seen->deleted + (seen->synced > 0) < wanted)
		test_run(seen->test);
}

static void watch_changes(struct test *test, uint64_t silence)
{
	struct seen *seen = arena_alloc(test->arena, sizeof(*seen));

	seen->test = test;
	test_remove(test, &kube_configmaps, "watched");
	test_remove(test, &kube_configmaps, "before");
	test_must(test, &(struct kube_request){ .verb = KUBE_CREATE,
						.body = test_config_map(test, "before", "x") });
	kube_watch_start(&seen->watch, test->kube,
			 &(struct kube_watch_options){ .kind = &kube_configmaps,
						       .ns = NS,
						       .labels = "suite=talforge",
						       .silence = silence },
			 &seen_ops);
	wait_seen(seen, 2);
	CHECK(test, seen->added == 1 && seen->synced == 1);
	test_must(test, &(struct kube_request){ .verb = KUBE_CREATE,
						.body = test_config_map(test, "watched", "x") });
	wait_seen(seen, 3);
	for (unsigned i = 0; i < 3; i++) {
		const char *text = i % 2 ? "y" : "z";
		const struct value *map = test_config_map(test, "watched", text);
		const struct kube_request apply = { .verb = KUBE_APPLY,
						    .force = true,
						    .body = map };

		test_must(test, &apply);
		wait_seen(seen, 4 + i);
	}
	test_remove(test, &kube_configmaps, "watched");
	wait_seen(seen, 7);
	CHECK(test, seen->added == 2 && seen->modified == 3 && seen->deleted == 1);
	CHECK(test, !err_is_set(&seen->err));
	kube_watch_stop(&seen->watch);
	test_remove(test, &kube_configmaps, "before");
}

void case_watch(struct test *test)
{
	watch_changes(test, 0);
}

/* Given up after a few milliseconds of silence each time, and taken up from the last version. */
void case_watch_resumes(struct test *test)
{
	watch_changes(test, 5 * MILLISECOND);
}

void case_watch_refused(struct test *test)
{
	struct seen *seen = arena_alloc(test->arena, sizeof(*seen));

	seen->test = test;
	kube_watch_start(&seen->watch, test->kube,
			 &(struct kube_watch_options){ .api_version = "nowhere.example/v1",
						       .kind_name = "Nothing" },
			 &seen_ops);
	seen->wanted = 1;
	test_run(test);
	CHECK(test, seen->err.kind == ERR_NOT_FOUND && !seen->added);
}
