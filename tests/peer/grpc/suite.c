/*
 * Our client against a server of grpc-go with the official messages:
 *
 *	peer_grpc DIR PORT MAINTENANCE_PORT
 *
 * DIR holds ca.crt, client.crt and client.key. What each path of the server does is in server.go.
 */
#include "base/clock.h"
#include "base/fs.h"
#include "base/own.h"
#include "talos/talos.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_LIMIT ((size_t)1 << 20)
#define UPLOAD ((size_t)9 << 20)

struct test {
	struct arena *arena;
	struct loop *loop;
	struct dialer_tcp dialer;
	struct identity identity;
	struct trust trust;
	struct dial_target target;
	unsigned port, maintenance_port;
	struct channel *channel;
	const char *wrong; /* the check that failed */
	char said[500];	   /* the last error */
};

struct ask {
	struct talos_call call;
	struct test *test;
	size_t replies, bytes, limit; /* limit: replies after which it stops the loop, 0 none */
	bool over;
	struct err err;
};

#define CHECK(test, condition)                      \
	do {                                        \
		if (!(condition)) {                 \
			(test)->wrong = #condition; \
			return;                     \
		}                                   \
	} while (0)

static void on_reply(struct talos_call *call, const void *reply)
{
	struct ask *ask = container_of(call, struct ask, call);

	ask->replies++;
	if (call->method == &talos_read)
		ask->bytes += ((const struct talos_bytes *)reply)->len;
	if (ask->limit && ask->replies == ask->limit)
		loop_stop(ask->test->loop);
}

static void on_end(struct talos_call *call, const struct err *err)
{
	struct ask *ask = container_of(call, struct ask, call);

	ask->err = *err;
	if (err_is_set(err))
		snprintf(ask->test->said, sizeof(ask->test->said), "%s", err->text);
	ask->over = true;
	loop_stop(ask->test->loop);
}

static void ask_done(struct ask *ask)
{
	talos_call_done(&ask->call);
}

static void ask_start(struct ask *ask, struct test *test, const struct talos_method *method,
		      const void *request)
{
	static const struct talos_call_ops ops = { on_reply, on_end };

	ask->test = test;
	talos_start(&ask->call, test->channel, method, request, &ops);
}

static void ask_wait(struct ask *ask)
{
	while (!ask->over)
		loop_run(ask->test->loop, NULL);
}

static void ask_read(struct ask *ask, struct test *test, const char *path)
{
	ask_start(ask, test, &talos_read, &(struct talos_read_request){ path });
}

#define ASK(name) struct ask name SCOPED(ask_done) = { 0 }

/* The text that a path holds. */
static const char *text_at(struct test *test, const char *path)
{
	ASK(ask);

	ask_read(&ask, test, path);
	ask_wait(&ask);
	if (err_is_set(&ask.err) || !ask.call.reply)
		return "";

	const struct talos_bytes *bytes = ask.call.reply;

	return arena_strn(test->arena, bytes->data, bytes->len);
}

static void case_mutual(struct test *test)
{
	ASK(ask);
	const struct talos_version *version;

	ask_start(&ask, test, &talos_version, NULL);
	ask_wait(&ask);
	CHECK(test, !err_is_set(&ask.err));
	version = ask.call.reply;
	CHECK(test, !strcmp(version->tag, "v1.13.9") && version->rbac);
}

static void case_no_certificate(struct test *test)
{
	ASK(ask);

	test->target.identity = NULL;
	talos_disconnect(test->channel);
	test->channel = talos_connect(test->loop, &test->dialer.dialer, &test->target);
	ask_start(&ask, test, &talos_version, NULL);
	ask_wait(&ask);
	CHECK(test, ask.err.kind == ERR_AUTH);
}

static void case_maintenance(struct test *test)
{
	ASK(ask);
	struct trust anybody = { .insecure = true };

	test->target.identity = NULL;
	test->target.trust = &anybody;
	test->target.port = test->maintenance_port;
	talos_disconnect(test->channel);
	test->channel = talos_connect(test->loop, &test->dialer.dialer, &test->target);
	ask_start(&ask, test, &talos_version, NULL);
	ask_wait(&ask);
	CHECK(test, !err_is_set(&ask.err));
}

static void case_strange_authority(struct test *test)
{
	ASK(ask);
	struct trust none = { .fingerprint = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=" };

	test->target.trust = &none;
	talos_disconnect(test->channel);
	test->channel = talos_connect(test->loop, &test->dialer.dialer, &test->target);
	ask_start(&ask, test, &talos_version, NULL);
	ask_wait(&ask);
	CHECK(test, ask.err.kind == ERR_AUTH);
}

static void case_large_reply(struct test *test)
{
	ASK(ask);
	const struct talos_services *services;

	ask_start(&ask, test, &talos_services, NULL);
	ask_wait(&ask);
	CHECK(test, !err_is_set(&ask.err));
	services = ask.call.reply;
	CHECK(test, services->len == 6 && strlen(services->at[5].message) == (size_t)1 << 20);
}

static void case_large_request(struct test *test)
{
	ASK(ask);
	size_t len = (size_t)5 << 20;
	struct talos_apply_request request = { .config = arena_alloc(test->arena, len),
					       .len = len,
					       .mode = APPLY_STAGED };
	const struct talos_applied *applied;

	ask_start(&ask, test, &talos_apply, &request);
	ask_wait(&ask);
	CHECK(test, !err_is_set(&ask.err));
	applied = ask.call.reply;
	CHECK(test, applied->mode == APPLY_STAGED && applied->warnings[0]);
	CHECK(test, !strcmp(applied->warnings[0], "5242880"));
}

static void case_large_stream(struct test *test)
{
	ASK(ask);

	ask_read(&ask, test, "/big");
	ask_wait(&ask);
	CHECK(test, !err_is_set(&ask.err) && ask.replies == 2);
	CHECK(test, ask.bytes == (size_t)10 << 20);
}

static void case_many_messages(struct test *test)
{
	ASK(ask);

	ask_read(&ask, test, "/many");
	ask_wait(&ask);
	CHECK(test, !err_is_set(&ask.err) && ask.replies == 5000);
}

static void case_upload(struct test *test)
{
	ASK(ask);
	struct talos_bytes upload = { arena_alloc(test->arena, UPLOAD), UPLOAD };

	ask_start(&ask, test, &talos_etcd_recover, &upload);
	ask_wait(&ask);
	CHECK(test, !err_is_set(&ask.err));
	CHECK(test, !strcmp(text_at(test, "/uploaded"), "9437184 bytes, many pieces: true"));
}

static void case_trailers(struct test *test)
{
	ASK(ask);

	ask_read(&ask, test, "/late-error");
	ask_wait(&ask);
	CHECK(test, ask.replies == 3 && ask.err.remote == 15);
	CHECK(test, strstr(ask.err.text, "the rest is gone"));
}

static void case_trailers_only(struct test *test)
{
	ASK(ask);

	ask_read(&ask, test, "/nothing");
	ask_wait(&ask);
	CHECK(test, ask.replies == 0 && ask.err.kind == ERR_NOT_FOUND);
	CHECK(test, strstr(ask.err.text, "/nothing is not there"));
}

static void case_details(struct test *test)
{
	ASK(ask);

	ask_start(&ask, test, &talos_load, NULL);
	ask_wait(&ask);
	CHECK(test, talos_says_not_yet(&ask.err));
	CHECK(test, strstr(ask.err.text, "100% no: sp\xc3\xa4ter"));
}

static void case_unimplemented(struct test *test)
{
	ASK(ask);

	ask_start(&ask, test, &talos_rollback, NULL);
	ask_wait(&ask);
	CHECK(test, talos_says_unimplemented(&ask.err));
}

static void case_deadline(struct test *test)
{
	ASK(ask);

	ask.call.timeout = 200 * MILLISECOND;
	ask_start(&ask, test, &talos_memory, NULL);
	ask_wait(&ask);
	CHECK(test, ask.err.kind == ERR_TIMEOUT);
}

/* The server learns that nobody listens any more. */
static void case_cancelled(struct test *test)
{
	ASK(ask);
	const char *before = text_at(test, "/cancelled");

	ask.limit = 1;
	ask_read(&ask, test, "/forever");
	loop_run(test->loop, NULL);
	CHECK(test, ask.replies == 1 && !ask.over);
	talos_call_done(&ask.call);
	bool told = false;
	for (unsigned i = 0; i < 1000 && !told; i++)
		told = strcmp(text_at(test, "/cancelled"), before) != 0;
	CHECK(test, told);
}

/* What runs goes on to its end, what comes finds another connection. */
static void case_goaway(struct test *test)
{
	ASK(ask);
	ASK(next);

	ask.limit = 2;
	ask_read(&ask, test, "/leave");
	loop_run(test->loop, NULL);
	CHECK(test, ask.replies == 2 && !ask.over);
	ask_start(&next, test, &talos_version, NULL);
	ask_wait(&next);
	CHECK(test, !err_is_set(&next.err));
	ask_wait(&ask);
	CHECK(test, !err_is_set(&ask.err) && ask.replies == 10);
}

static void case_many_at_once(struct test *test)
{
	enum {
		MANY = 200
	};
	struct ask *asks = arena_calloc(test->arena, MANY, sizeof(*asks));
	size_t good = 0;

	for (size_t i = 0; i < MANY; i++)
		ask_start(&asks[i], test, &talos_version, NULL);
	for (size_t i = 0; i < MANY; i++) {
		ask_wait(&asks[i]);
		good += !err_is_set(&asks[i].err);
		ask_done(&asks[i]);
	}
	CHECK(test, good == MANY);
}

static const struct grpc_case {
	const char *name;
	void (*run)(struct test *test);
} cases[] = {
	{ "certificates on both sides", case_mutual },
	{ "no client certificate", case_no_certificate },
	{ "maintenance", case_maintenance },
	{ "another fingerprint", case_strange_authority },
	{ "a large reply", case_large_reply },
	{ "a large request", case_large_request },
	{ "a stream of large messages", case_large_stream },
	{ "a stream of many messages", case_many_messages },
	{ "an upload", case_upload },
	{ "an error after messages", case_trailers },
	{ "an error without messages", case_trailers_only },
	{ "an error with details", case_details },
	{ "a method that is not there", case_unimplemented },
	{ "a deadline", case_deadline },
	{ "a cancelled stream", case_cancelled },
	{ "a server that leaves", case_goaway },
	{ "many calls at once", case_many_at_once },
};

static bool run_case(const struct grpc_case *what, const struct test *template)
{
	struct test test = *template;

	test.arena = arena_new("case");
	test.loop = loop_new_epoll(NULL);
	dialer_tcp_init(&test.dialer, test.loop, NULL, 0);
	test.target = (struct dial_target){ "127.0.0.1", test.port, &test.identity, &test.trust };
	test.channel = talos_connect(test.loop, &test.dialer.dialer, &test.target);
	what->run(&test);
	talos_disconnect(test.channel);
	loop_free(test.loop);
	arena_free(test.arena);
	if (test.wrong)
		printf("FAILED %s: %s (%s)\n", what->name, test.wrong, test.said);
	else
		printf("ok %s\n", what->name);
	return !test.wrong;
}

static const char *file_text(struct arena *arena, const char *folder, const char *name)
{
	struct err err = ERR_INIT;
	size_t len;
	char *text;

	if (fs_read(arena, fs_join(arena, folder, name), FILE_LIMIT, &text, &len, &err) == 0)
		return text;
	fprintf(stderr, "%s\n", err.text);
	return "";
}

int main(int argc, char **argv)
{
	struct arena *arena OWNED(arena_free) = arena_new("suite");
	struct test test = { 0 };
	bool good = true;

	if (argc != 4) {
		fprintf(stderr, "usage: peer_grpc DIR PORT MAINTENANCE_PORT\n");
		return 2;
	}
	test.identity.cert = file_text(arena, argv[1], "client.crt");
	test.identity.key = file_text(arena, argv[1], "client.key");
	test.trust.ca = file_text(arena, argv[1], "ca.crt");
	test.port = (unsigned)strtoul(argv[2], NULL, 10);
	test.maintenance_port = (unsigned)strtoul(argv[3], NULL, 10);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		good = run_case(&cases[i], &test) && good;
	return good ? 0 : 1;
}
