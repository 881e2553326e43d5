#include "wire/scene.h"

#include "base/arena.h"
#include "net/tls.h"

#include <criterion/criterion.h>

static const char *const node_names[] = { "127.0.0.1", "::1", "localhost", NULL };
static const char *const other_names[] = { "10.9.9.9", "cp-1.example", NULL };
static const char *const admin_roles[] = { "os:admin", NULL };

static void papers_issue(struct papers *papers, int kind, enum x509_usage usage,
			 struct identity *out)
{
	const struct identity *ca = kind == CERT_STRANGE ? &papers->strange_ca : &papers->ca;
	struct x509_request request = {
		.common_name = "test",
		.organizations = admin_roles,
		.names = kind == CERT_HOST ? other_names : node_names,
		.usage = usage,
		.now = papers->now - HOUR,
		.lifetime = DAY,
	};

	if (kind == CERT_USAGE)
		request.usage = usage == X509_CLIENT ? X509_SERVER : X509_CLIENT;
	if (kind == CERT_EXPIRED)
		request.now = papers->now - 3 * DAY;
	if (kind == CERT_FUTURE)
		request.now = papers->now + DAY;
	cr_assert_eq(x509_issue(papers->arena, ca, &request, out, NULL), 0);
}

static void papers_init(struct papers *papers, uint64_t now)
{
	struct x509_ca ca = { "talos", KEY_ED25519, now - 10 * DAY, 3650 * DAY };
	struct x509_info info;

	*papers = (struct papers){ .arena = arena_new("papers"), .now = now };
	cr_assert_eq(x509_make_ca(papers->arena, &ca, &papers->ca, NULL), 0);
	cr_assert_eq(x509_make_ca(papers->arena, &ca, &papers->strange_ca, NULL), 0);
	for (int kind = CERT_GOOD; kind < CERT_COUNT; kind++) {
		papers_issue(papers, kind, X509_SERVER, &papers->node[kind]);
		papers_issue(papers, kind, X509_CLIENT, &papers->client[kind]);
	}
	cr_assert_eq(x509_read(papers->arena, papers->node[CERT_GOOD].cert, &info, NULL), 0);
	papers->node_pin = info.fingerprint;
}

static void papers_done(struct papers *papers)
{
	arena_free(papers->arena);
}

static char byte_at(size_t place)
{
	return (char)(place * 31 + place / 251);
}

static void side_end(struct side *side, int end)
{
	side->done = true;
	side->end = end;
	/* a failed side goes at once, as a node does; a good one stays until the test is over */
	if (end < 0)
		stream_close(take(side->stream));
	if (--*side->left == 0)
		loop_stop(side->loop);
}

static int side_send(struct side *side)
{
	char chunk[50000];
	size_t count;
	int r = IO_DONE;

	while (r == IO_DONE && side->sent < side->to_send) {
		size_t len = side->to_send - side->sent;

		if (len > sizeof(chunk))
			len = sizeof(chunk);
		for (size_t i = 0; i < len; i++)
			chunk[i] = byte_at(side->sent + i);
		r = stream_send(side->stream, chunk, len, &count, &side->err);
		if (r == IO_DONE)
			side->sent += count;
	}
	return r;
}

static int side_receive(struct side *side)
{
	char chunk[30000];
	size_t count;
	int r;

	while ((r = stream_recv(side->stream, chunk, sizeof(chunk), &count, &side->err)) ==
	       IO_DONE) {
		for (size_t i = 0; i < count; i++)
			side->corrupt |= chunk[i] != byte_at(side->received + i);
		side->received += count;
	}
	return r;
}

static void side_ready(struct stream_user *user)
{
	struct side *side = container_of(user, struct side, user);
	int r;

	if (side->done)
		return;
	if (!side->open) {
		r = stream_open(side->stream, &side->err);
		if (r < 0)
			side_end(side, r);
		if (r != IO_DONE)
			return;
		side->open = true;
	}
	r = side_send(side);
	if (r >= 0)
		r = side_receive(side);
	if (r < 0 || r == IO_EOF)
		side_end(side, r);
	else if (side->sent == side->to_send && side->received >= side->to_receive)
		side_end(side, 0);
}

void side_start(struct side *side, struct stream *stream)
{
	side->user.on_ready = side_ready;
	side->stream = stream;
	stream_attach(stream, &side->user);
	side_ready(&side->user);
}

static void scene_late(struct timer *timer)
{
	container_of(timer, struct scene, deadline)->late = true;
	loop_stop(timer->loop);
}

static void scene_accept(struct tcp_listener *listener, struct stream *tcp)
{
	struct scene *scene = container_of(listener, struct scene, listener);
	struct tls_server options = { scene->loop, scene->node, scene->client_ca };
	struct side *side = &scene->answerers[scene->accepted++];
	struct stream *stream;

	cr_assert_leq(scene->accepted, CALLERS_MAX);
	cr_assert_eq(tls_server_new(&options, tcp, &stream, NULL), 0);
	side_start(side, stream);
}

struct scene *scene_new(void)
{
	struct scene *scene = mem_new(sizeof(*scene));

	scene->loop = loop_new_epoll(NULL);
	papers_init(&scene->papers, loop_wall(scene->loop));
	scene->node = &scene->papers.node[CERT_GOOD];
	scene->client_ca = scene->papers.ca.cert;
	for (size_t i = 0; i < CALLERS_MAX; i++) {
		scene->callers[i].loop = scene->answerers[i].loop = scene->loop;
		scene->callers[i].left = scene->answerers[i].left = &scene->left;
	}
	timer_init(&scene->deadline, scene->loop, scene_late);
	timer_set(&scene->deadline, loop_now(scene->loop) + 60 * SECOND);
	cr_assert_eq(tcp_listen(&scene->listener, scene->loop, "127.0.0.1", 0, scene_accept, NULL),
		     0);
	return scene;
}

void scene_free(struct scene *scene)
{
	for (size_t i = 0; i < CALLERS_MAX; i++) {
		stream_close(scene->callers[i].stream);
		stream_close(scene->answerers[i].stream);
	}
	timer_cancel(&scene->deadline);
	tcp_listener_done(&scene->listener);
	loop_free(scene->loop);
	papers_done(&scene->papers);
	mem_free(scene, sizeof(*scene));
}
void scene_dial(struct scene *scene, size_t caller, const struct dial_target *target)
{
	struct dialer_tcp dialer;
	struct stream *stream;

	dialer_tcp_init(&dialer, scene->loop, NULL, 0);
	cr_assert_eq(dial(&dialer.dialer, target, &stream, NULL), 0);
	side_start(&scene->callers[caller], stream);
}

void scene_run(struct scene *scene)
{
	cr_assert_eq(loop_run(scene->loop, NULL), 0);
	cr_assert_not(scene->late, "nothing happens any more");
}
