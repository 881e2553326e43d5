#include "wire/scene.h"

#include "base/arena.h"

#include <criterion/criterion.h>
#include <string.h>

enum trusting {
	TRUST_CA,
	TRUST_BOTH_CAS,
	TRUST_STRANGE_CA,
	TRUST_PIN,
	TRUST_WRONG_PIN,
	TRUST_ANYBODY,
	TRUST_NOBODY
};

static struct trust trust_of(struct papers *papers, enum trusting trusting)
{
	switch (trusting) {
	case TRUST_CA:
		return (struct trust){ .ca = papers->ca.cert };
	case TRUST_BOTH_CAS:
		return (struct trust){ .ca = arena_printf(papers->arena, "%s%s",
							  papers->strange_ca.cert,
							  papers->ca.cert) };
	case TRUST_STRANGE_CA:
		return (struct trust){ .ca = papers->strange_ca.cert };
	case TRUST_PIN:
		return (struct trust){ .fingerprint = papers->node_pin };
	case TRUST_WRONG_PIN:
		return (struct trust){
			.fingerprint = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
		};
	case TRUST_ANYBODY:
		return (struct trust){ .insecure = true };
	case TRUST_NOBODY:
		break;
	}
	return (struct trust){ 0 };
}

static const struct meeting {
	const char *name;
	int node, client;
	enum trusting trusting;
	bool maintenance;	 /* the node asks for no certificate */
	const char *caller_says; /* part of the caller's error; NULL: all is well */
	const char *node_says;
} meetings[] = {
	{ "mutual", CERT_GOOD, CERT_GOOD, TRUST_CA, false, NULL, NULL },
	{ "two authorities", CERT_GOOD, CERT_GOOD, TRUST_BOTH_CAS, false, NULL, NULL },
	{ "pinned", CERT_GOOD, CERT_NONE, TRUST_PIN, true, NULL, NULL },
	{ "pinned and old", CERT_GOOD, CERT_GOOD, TRUST_PIN, false, NULL, NULL },
	{ "maintenance", CERT_STRANGE, CERT_NONE, TRUST_ANYBODY, true, NULL, NULL },
	{ "no certificate", CERT_GOOD, CERT_NONE, TRUST_CA, false,
	  "the node refused us: certificate required", "peer did not return a certificate" },
	{ "client of another authority", CERT_GOOD, CERT_STRANGE, TRUST_CA, false,
	  "the node refused our certificate: unknown certificate authority",
	  "verify the client: the certificate is signed by an unknown authority" },
	{ "expired client", CERT_GOOD, CERT_EXPIRED, TRUST_CA, false,
	  "the node refused our certificate: expired certificate",
	  "verify the client: the certificate expired on " },
	{ "future client", CERT_GOOD, CERT_FUTURE, TRUST_CA, false,
	  "the node refused our certificate: expired certificate",
	  "verify the client: the certificate is not valid before " },
	{ "client with a server's certificate", CERT_GOOD, CERT_USAGE, TRUST_CA, false,
	  "the node refused our certificate: bad certificate", "verify the client: " },
	{ "node of another authority", CERT_STRANGE, CERT_GOOD, TRUST_CA, false,
	  "verify the node: the certificate is signed by an unknown authority",
	  "the client refused our certificate: unknown certificate authority" },
	{ "wrong authority trusted", CERT_GOOD, CERT_GOOD, TRUST_STRANGE_CA, false,
	  "verify the node: the certificate is signed by an unknown authority",
	  "the client refused our certificate: unknown certificate authority" },
	{ "expired node", CERT_EXPIRED, CERT_GOOD, TRUST_CA, false,
	  "verify the node: the certificate expired on ",
	  "the client refused our certificate: expired certificate" },
	{ "future node", CERT_FUTURE, CERT_GOOD, TRUST_CA, false,
	  "verify the node: the certificate is not valid before ",
	  "the client refused our certificate: expired certificate" },
	{ "node with a client's certificate", CERT_USAGE, CERT_GOOD, TRUST_CA, false,
	  "verify the node: ", "the client refused our certificate: bad certificate" },
	{ "another host", CERT_HOST, CERT_GOOD, TRUST_CA, false,
	  "verify the node: the certificate is not for 127.0.0.1",
	  "the client refused our certificate: bad certificate" },
	{ "another pin", CERT_GOOD, CERT_NONE, TRUST_WRONG_PIN, true,
	  "verify the node: the certificate has the fingerprint ",
	  "the client refused our certificate: " },
	{ "nobody is trusted", CERT_GOOD, CERT_GOOD, TRUST_NOBODY, false, "verify the node: ",
	  "the client refused our certificate: " },
};

static void check_side(const struct side *side, const char *says, const char *name, bool is_caller)
{
	const char *who = is_caller ? "caller" : "node";

	if (!says) {
		cr_assert_eq(side->end, 0, "%s, %s: %s", name, who, side->err.text);
		cr_assert_eq(side->received, side->to_receive, "%s, %s", name, who);
		cr_assert_not(side->corrupt, "%s, %s", name, who);
		return;
	}
	cr_assert_lt(side->end, 0, "%s, %s", name, who);
	cr_assert(strstr(side->err.text, says), "%s, %s: %s", name, who, side->err.text);
	if (is_caller)
		cr_assert_eq(side->err.kind, ERR_AUTH, "%s: %s", name, side->err.text);
}

/* `talks`: what the caller sends before it listens, as HTTP/2 does; 0: it only listens. */
static void meet(const struct meeting *meeting, size_t talks)
{
	struct scene *scene OWNED(scene_free) = scene_new();
	struct papers *papers = &scene->papers;
	struct trust trust = trust_of(papers, meeting->trusting);
	struct dial_target target = { "127.0.0.1", scene->listener.port, NULL, &trust };

	scene->node = &papers->node[meeting->node];
	if (meeting->maintenance)
		scene->client_ca = NULL;
	if (meeting->client != CERT_NONE)
		target.identity = &papers->client[meeting->client];
	scene->callers[0].to_send = scene->answerers[0].to_receive = talks;
	scene->callers[0].to_receive = scene->answerers[0].to_send = 100;
	scene->left = 2;
	scene_dial(scene, 0, &target);
	scene_run(scene);

	check_side(&scene->callers[0], meeting->caller_says, meeting->name, true);
	check_side(&scene->answerers[0], meeting->node_says, meeting->name, false);
	if (meeting->caller_says)
		return;
	cr_assert(strstr(scene->callers[0].stream->peer_cert, "BEGIN CERTIFICATE"));
	cr_assert_eq(scene->answerers[0].stream->peer_cert == NULL, meeting->maintenance);
}

Test(tls, accepts_and_refuses_when_the_caller_only_listens)
{
	for (size_t i = 0; i < ARRAY_LEN(meetings); i++)
		meet(&meetings[i], 0);
}

Test(tls, accepts_and_refuses_when_the_caller_talks_first)
{
	for (size_t i = 0; i < ARRAY_LEN(meetings); i++)
		meet(&meetings[i], 1000);
}

/* So much that it cannot be sent before the refusal comes back: the writes fail first. */
Test(tls, a_refusal_is_told_when_a_write_fails)
{
	for (size_t i = 0; i < ARRAY_LEN(meetings); i++) {
		if (meetings[i].caller_says)
			meet(&meetings[i], 30000000);
	}
}

Test(tls, the_name_is_checked_when_dialled_by_name)
{
	struct scene *scene OWNED(scene_free) = scene_new();
	struct trust trust = trust_of(&scene->papers, TRUST_CA);
	struct dial_target target = { "localhost", scene->listener.port,
				      &scene->papers.client[CERT_GOOD], &trust };

	scene->callers[0].to_send = scene->answerers[0].to_receive = 10;
	scene->left = 2;
	scene_dial(scene, 0, &target);
	scene_run(scene);
	cr_assert_eq(scene->callers[0].end, 0, "%s", scene->callers[0].err.text);
}

Test(tls, a_detour_changes_the_socket_and_not_the_name)
{
	struct scene *scene OWNED(scene_free) = scene_new();
	struct papers *papers = &scene->papers;
	struct trust trust = trust_of(papers, TRUST_CA);
	struct detour detours[] = { { "10.9.9.9", 1, "127.0.0.1", 1 },
				    { "10.9.9.9", 50000, "127.0.0.1", scene->listener.port } };
	struct dial_target target = { "10.9.9.9", 50000, &papers->client[CERT_GOOD], &trust };
	struct dialer_tcp dialer;
	struct stream *stream;

	scene->node = &papers->node[CERT_HOST];
	scene->callers[0].to_send = scene->answerers[0].to_receive = 10;
	scene->left = 2;
	dialer_tcp_init(&dialer, scene->loop, detours, ARRAY_LEN(detours));
	cr_assert_eq(dial(&dialer.dialer, &target, &stream, NULL), 0);
	side_start(&scene->callers[0], stream);
	scene_run(scene);
	cr_assert_eq(scene->callers[0].end, 0, "%s", scene->callers[0].err.text);
}

Test(tls, much_both_ways_at_once)
{
	struct scene *scene OWNED(scene_free) = scene_new();
	struct trust trust = trust_of(&scene->papers, TRUST_CA);
	struct dial_target target = { "127.0.0.1", scene->listener.port,
				      &scene->papers.client[CERT_GOOD], &trust };

	scene->callers[0].to_send = scene->answerers[0].to_receive = 20000000;
	scene->callers[0].to_receive = scene->answerers[0].to_send = 20000001;
	scene->left = 2;
	scene_dial(scene, 0, &target);
	scene_run(scene);
	check_side(&scene->callers[0], NULL, "much", true);
	check_side(&scene->answerers[0], NULL, "much", false);
}

Test(tls, a_hundred_connections_at_once)
{
	struct scene *scene OWNED(scene_free) = scene_new();
	struct trust trust = trust_of(&scene->papers, TRUST_CA);
	struct dial_target target = { "127.0.0.1", scene->listener.port,
				      &scene->papers.client[CERT_GOOD], &trust };

	scene->left = 2 * (size_t)CALLERS_MAX;
	for (size_t i = 0; i < CALLERS_MAX; i++) {
		scene->callers[i].to_send = scene->answerers[i].to_receive = 20000;
		scene->callers[i].to_receive = scene->answerers[i].to_send = 30000;
	}
	for (size_t i = 0; i < CALLERS_MAX; i++)
		scene_dial(scene, i, &target);
	scene_run(scene);
	for (size_t i = 0; i < CALLERS_MAX; i++) {
		check_side(&scene->callers[i], NULL, "hundred", true);
		check_side(&scene->answerers[i], NULL, "hundred", false);
	}
}

Test(tls, a_farewell_is_a_clean_end)
{
	struct scene *scene OWNED(scene_free) = scene_new();
	struct trust trust = trust_of(&scene->papers, TRUST_CA);
	struct dial_target target = { "127.0.0.1", scene->listener.port,
				      &scene->papers.client[CERT_GOOD], &trust };
	struct side *caller = &scene->callers[0], *node = &scene->answerers[0];
	char buffer[16];
	size_t count;

	caller->to_send = node->to_receive = 10;
	caller->to_receive = 1; /* which never comes */
	scene->left = 1;
	scene_dial(scene, 0, &target);
	scene_run(scene);
	cr_assert_eq(node->end, 0, "%s", node->err.text);

	stream_close(take(node->stream));
	scene->left = 1;
	scene_run(scene);
	cr_assert_eq(caller->end, IO_EOF, "%s", caller->err.text);
	cr_assert_eq(stream_recv(caller->stream, buffer, sizeof(buffer), &count, NULL), IO_EOF);
}
