/*
 * What the cases of the suite have in common: one connection to the server under test, calls that
 * wait for their end, and checks that end the case.
 */
#pragma once

#include "kube/kube.h"

#include <setjmp.h>

#define NS "default"

struct place {
	const char *host, *ca, *cert, *key;
	unsigned port;
};

struct test {
	const struct place *place;
	struct loop *loop;
	struct http_curl *http;
	struct kube *kube;
	struct arena *arena;
	struct kube_call call;
	struct err err;
	struct timer limit;
	bool late;
	jmp_buf failed;
};

void test_fail(struct test *test, const char *what, int line) __attribute__((noreturn));

#define CHECK(test, condition)                                   \
	do {                                                     \
		if (!(condition))                                \
			test_fail((test), #condition, __LINE__); \
	} while (0)

/* Runs the loop until somebody stops it; a case that takes a minute has failed. */
void test_run(struct test *test);
/* One call; its reply, NULL when it failed (then test->err). */
const struct value *test_ask(struct test *test, const struct kube_request *request);
void test_must(struct test *test, const struct kube_request *request);
/* Whether it is there or not. */
void test_remove(struct test *test, const struct kube_kind *kind, const char *name);
const struct value *test_json(struct test *test, const char *text);
#define JSON(test, ...) test_json((test), arena_printf((test)->arena, __VA_ARGS__))
const struct value *test_config_map(struct test *test, const char *name, const char *value);
/* Another client of that server; loop, door and place are filled in. */
struct kube *test_kube(struct test *test, const struct kube_options *with);

void case_version(struct test *test);
void case_objects(struct test *test);
void case_patches(struct test *test);
void case_apply(struct test *test);
void case_pages(struct test *test);
void case_refusals(struct test *test);
void case_identity(struct test *test);
void case_discovery(struct test *test);
void case_preconditions(struct test *test);
void case_watch(struct test *test);
void case_watch_resumes(struct test *test);
void case_watch_refused(struct test *test);
void case_lease(struct test *test);
void case_lease_expires(struct test *test);
void case_lease_lost(struct test *test);
void case_cordon(struct test *test);
void case_drain(struct test *test);
void case_budget(struct test *test);
