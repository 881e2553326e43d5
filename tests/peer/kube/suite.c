/*
 * The Kubernetes client against an API server that somebody else runs:
 *
 *	peer_kube HOST PORT CA CERT KEY [CASE]...
 *
 * with PEM files of an administrator. Each case cleans up what it made. The cases ask only for what
 * a cluster's API offers, not for controllers: pods that are going are taken away by a stand-in for
 * the kubelet below.
 */
#include "peer/kube/suite.h"

#include "base/fs.h"
#include "net/http.h"
#include "tree/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CASE_LIMIT (60 * SECOND)
#define FILE_LIMIT ((size_t)1 << 20)

void test_fail(struct test *test, const char *what, int line)
{
	printf("  line %d: %s%s\n  last error: %s\n", line, what,
	       test->late ? " (time is up)" : "", test->err.text);
	longjmp(test->failed, 1);
}

static void limit_due(struct timer *timer)
{
	struct test *test = container_of(timer, struct test, limit);

	test->late = true;
	loop_stop(test->loop);
}

/* Runs the loop until somebody stops it. */
void test_run(struct test *test)
{
	struct err err = ERR_INIT;

	CHECK(test, loop_run(test->loop, &err) == 0);
	CHECK(test, !test->late);
}

static void answered(struct kube_call *call, const struct err *err)
{
	struct test *test = container_of(call, struct test, call);

	test->err = *err;
	loop_stop(test->loop);
}

/* One call; its reply, NULL when it failed (then test->err). */
const struct value *test_ask(struct test *test, const struct kube_request *request)
{
	static const struct kube_call_ops ops = { answered };

	kube_start(&test->call, test->kube, request, &ops);
	test_run(test);
	return test->call.reply;
}

const struct value *test_json(struct test *test, const char *text)
{
	const struct value *value = NULL;

	CHECK(test, json_read(test->arena, "text", text, strlen(text), &value, &test->err) == 0);
	return value;
}

void test_must(struct test *test, const struct kube_request *request)
{
	CHECK(test, test_ask(test, request));
}

void test_remove(struct test *test, const struct kube_kind *kind, const char *name)
{
	static const int64_t now = 0;

	test_ask(test, &(struct kube_request){
			       .verb = KUBE_DELETE,
			       .kind = kind,
			       .ns = NS,
			       .name = name,
			       .grace = &now });
	CHECK(test, !err_is_set(&test->err) || test->err.kind == ERR_NOT_FOUND);
}

const struct value *test_config_map(struct test *test, const char *name, const char *value)
{
	return JSON(test,
		    "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"%s\","
		    "\"namespace\":\"" NS "\",\"labels\":{\"suite\":\"talforge\"}},"
		    "\"data\":{\"key\":\"%s\"}}",
		    name, value);
}

struct kube *test_kube(struct test *test, const struct kube_options *with)
{
	struct kube_options options = *with;

	options.loop = test->loop;
	options.door = http_curl_door(test->http);
	options.host = test->place->host;
	options.port = test->place->port;
	return kube_new(&options);
}

static const struct suite_case {
	const char *name;
	void (*run)(struct test *test);
} cases[] = {
	{ "version", case_version },
	{ "objects", case_objects },
	{ "patches", case_patches },
	{ "apply", case_apply },
	{ "pages", case_pages },
	{ "refusals", case_refusals },
	{ "identity", case_identity },
	{ "discovery", case_discovery },
	{ "preconditions", case_preconditions },
	{ "watch", case_watch },
	{ "watch-resumes", case_watch_resumes },
	{ "watch-refused", case_watch_refused },
	{ "lease", case_lease },
	{ "lease-expires", case_lease_expires },
	{ "lease-lost", case_lease_lost },
	{ "cordon", case_cordon },
	{ "drain", case_drain },
	{ "budget", case_budget },
};

static void test_open(struct test *test, const struct place *place)
{
	test->place = place;
	test->loop = loop_new_epoll(NULL);
	test->http = http_curl_new(test->loop, NULL, 0);
	test->arena = arena_new("case");
	test->kube = test_kube(test, &(struct kube_options){
					     .ca = place->ca,
					     .identity = { place->cert, place->key } });
	timer_init(&test->limit, test->loop, limit_due);
	timer_set(&test->limit, loop_now(test->loop) + CASE_LIMIT);
}

/* A case that failed leaves watches and calls behind: the program ends then, and they with it. */
static bool run_case(const struct suite_case *what, const struct place *place)
{
	struct test *test = mem_new(sizeof(*test));

	test_open(test, place);
	if (setjmp(test->failed) != 0) {
		printf("FAILED %s\n", what->name);
		return false;
	}
	what->run(test);
	kube_call_done(&test->call);
	kube_free(test->kube);
	http_curl_free(test->http);
	timer_cancel(&test->limit);
	arena_free(test->arena);
	loop_free(test->loop);
	mem_free(test, sizeof(*test));
	printf("ok %s\n", what->name);
	return true;
}

static bool is_wanted(const char *name, char *const *wanted)
{
	if (!*wanted)
		return true;
	while (*wanted && strcmp(*wanted, name) != 0)
		wanted++;
	return *wanted;
}

static void ready_again(struct timer *timer)
{
	loop_stop(timer->loop);
}

/* A server that was only just started: until it answers and says that it is well. */
static bool wait_ready(const struct place *place)
{
	struct test *test = mem_new(sizeof(*test));
	struct timer pause;
	bool is_ready = false;

	test_open(test, place);
	timer_init(&pause, test->loop, ready_again);
	if (setjmp(test->failed) == 0) {
		const struct kube_request ready = { .verb = KUBE_PATH, .name = "/readyz" };

		while (!test_ask(test, &ready)) {
			timer_set(&pause, loop_now(test->loop) + 200 * MILLISECOND);
			test_run(test);
		}
		is_ready = true;
	}
	kube_call_done(&test->call);
	kube_free(test->kube);
	http_curl_free(test->http);
	timer_cancel(&test->limit);
	timer_cancel(&pause);
	arena_free(test->arena);
	loop_free(test->loop);
	mem_free(test, sizeof(*test));
	return is_ready;
}

static const char *file_text(struct arena *arena, const char *path)
{
	struct err err = ERR_INIT;
	size_t len;
	char *text;

	if (fs_read(arena, path, FILE_LIMIT, &text, &len, &err) == 0)
		return text;
	fprintf(stderr, "%s\n", err.text);
	return NULL;
}

int main(int argc, char **argv)
{
	struct arena *arena OWNED(arena_free) = arena_new("suite");
	struct place place;
	unsigned count = 0;

	if (argc < 6) {
		fprintf(stderr, "usage: peer_kube HOST PORT CA CERT KEY [CASE]...\n");
		return 2;
	}
	place.host = argv[1];
	place.port = (unsigned)strtoul(argv[2], NULL, 10);
	place.ca = file_text(arena, argv[3]);
	place.cert = file_text(arena, argv[4]);
	place.key = file_text(arena, argv[5]);
	if (!place.ca || !place.cert || !place.key || !wait_ready(&place))
		return 2;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		if (!is_wanted(cases[i].name, argv + 6))
			continue;
		if (!run_case(&cases[i], &place)) {
			fflush(stdout);
			_exit(1);
		}
		count++;
	}
	printf("%u cases\n", count);
	return count > 0 ? 0 : 2;
}
