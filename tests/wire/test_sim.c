#include "base/arena.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/str.h"
#include "cluster/secrets.h"
#include "crypto/x509.h"
#include "loop/loop.h"
#include "net/dial.h"
#include "render/generate.h"
#include "rpc/channel.h"
#include "sim/world.h"

#include <criterion/criterion.h>
#include <string.h>

/*
 * Simulated nodes on loopback sockets, with real TLS: from maintenance mode to a node that asks for
 * certificates.
 */

#define BUNDLE TEST_DATA_DIR "/golden/gen/c113-defaults/secrets.yaml"
#define NODE "10.0.0.1"
#define VERSION "/machine.MachineService/Version"
#define APPLY "/machine.MachineService/ApplyConfiguration"

struct served {
	struct arena *arena;
	struct loop *loop;
	struct world *world;
	struct bundle *bundle;
	struct dialer_tcp dialer;
	struct detour detour;
	uint64_t wall;
};

static void served_init(struct served *served)
{
	static const struct world_node node = { .name = "cp1",
						.address = NODE,
						.role = ROLE_CONTROL,
						.disk = { .form = DISK_PATH, .text = "/dev/sda" } };
	struct err err = ERR_INIT;
	size_t len, count;
	char *text;

	memset(served, 0, sizeof(*served));
	served->arena = arena_new("served");
	served->loop = loop_new_epoll(&err);
	cr_assert(served->loop, "%s", err.text);
	served->wall = loop_wall(served->loop);

	const struct world_options options = { .loop = served->loop,
					       .random = random_system(),
					       .pace = &world_pace_fast,
					       .node = &node,
					       .nodes = 1,
					       .talos = "v1.13.9" };

	cr_assert_eq(fs_read(served->arena, BUNDLE, FS_FILE_MAX, &text, &len, &err), 0);
	cr_assert_eq(bundle_read("secrets.yaml", text, len, &served->bundle, &err), 0, "%s",
		     err.text);
	cr_assert_eq(world_new(&options, &served->world, &err), 0, "%s", err.text);
	cr_assert_eq(world_serve(served->world, "127.0.0.1", &err), 0, "%s", err.text);

	const struct world_listen *listen = world_listening(served->world, &count);

	cr_assert_eq(count, 1);
	cr_assert_neq(listen->port, 0);
	cr_assert_str_eq(listen->name, "cp1");
	served->detour = (struct detour){ NODE, 50000, listen->host, listen->port };
	dialer_tcp_init(&served->dialer, served->loop, &served->detour, 1);
}

static void served_done(struct served *served)
{
	world_free(served->world);
	bundle_free(served->bundle);
	loop_free(served->loop);
	arena_free(served->arena);
}

struct asked {
	struct call call;
	struct served *served;
	struct err err;
	bool ended;
};

static void asked_message(struct call *call, const void *data, size_t len)
{
	(void)call, (void)data, (void)len;
}

static void asked_end(struct call *call, const struct err *err)
{
	struct asked *asked = container_of(call, struct asked, call);

	asked->err = *err;
	asked->ended = true;
	loop_stop(asked->served->loop);
}

static struct err ask(struct served *served, const struct identity *identity, const char *method,
		      const struct str *message)
{
	static const struct call_ops ops = { asked_message, asked_end };
	const struct trust ca = { .ca = served->bundle->talos.cert };
	const struct trust anybody = { .insecure = true };
	const struct dial_target target = { NODE, 50000, identity, identity ? &ca : &anybody };
	const struct call_request request = { .method = method,
					      .message = message ? message->at : NULL,
					      .len = message ? message->len : 0,
					      .timeout = 5 * SECOND,
					      .ops = &ops };
	struct channel *channel OWNED(channel_free) =
		channel_new(served->loop, &served->dialer.dialer, &target);
	struct asked asked = { .served = served };

	call_start(&asked.call, channel, &request);
	while (!asked.ended)
		cr_assert_eq(loop_run(served->loop, NULL), 0);
	return asked.err;
}

struct pause {
	struct timer timer;
	struct loop *loop;
	bool over;
};

static void pause_over(struct timer *timer)
{
	struct pause *pause = container_of(timer, struct pause, timer);

	pause->over = true;
	loop_stop(pause->loop);
}

static void let_pass(struct served *served, uint64_t duration)
{
	struct pause pause = { .loop = served->loop };

	timer_init(&pause.timer, served->loop, pause_over);
	timer_set(&pause.timer, loop_now(served->loop) + duration);
	while (!pause.over)
		cr_assert_eq(loop_run(served->loop, NULL), 0);
}

static struct identity client(struct served *served, const struct identity *ca, uint64_t from)
{
	const char *const roles[] = { "os:admin", NULL };
	const struct x509_request request = {
		.organizations = roles, .usage = X509_CLIENT, .now = from, .lifetime = DAY
	};
	struct identity identity;
	struct err err = ERR_INIT;

	cr_assert_eq(x509_issue(served->arena, ca, &request, &identity, &err), 0, "%s", err.text);
	return identity;
}

static void add_config(struct served *served, struct str *out)
{
	const struct generate_input input = { .cluster_name = "served",
					      .endpoint = "https://" NODE ":6443",
					      .contract = "v1.13",
					      .kubernetes_version = "1.36.3",
					      .install_disk = "/dev/sda",
					      .install_image =
						      "ghcr.io/siderolabs/installer:v1.13.9",
					      .bundle = served->bundle,
					      .release = RELEASE_1_13 };
	struct config config;
	struct err err = ERR_INIT;

	cr_assert_eq(generate_config(served->arena, &input, ROLE_CONTROL, &config, &err), 0, "%s",
		     err.text);
	config_write(out, &config);
}

/* ApplyConfigurationRequest: the config as field 1, AUTO as field 4. */
static void add_request(struct str *out, const struct str *config)
{
	size_t len = config->len;

	str_addc(out, 0x0a);
	for (; len > 127; len >>= 7)
		str_addc(out, (char)(len | 128));
	str_addc(out, (char)len);
	str_addn(out, config->at, config->len);
	str_addn(out, "\x20\x01", 2);
}

static void configure(struct served *served)
{
	struct str config SCOPED(str_done) = STR_INIT(1 << 20);
	struct str request SCOPED(str_done) = STR_INIT(1 << 20);
	struct err err;

	add_config(served, &config);
	add_request(&request, &config);
	err = ask(served, NULL, APPLY, &request);
	cr_assert_eq(err.kind, ERR_NONE, "%s", err.text);
}

Test(sim, maintenance_is_open_to_everybody)
{
	struct served served;
	struct identity admin;
	struct err err;

	served_init(&served);
	admin = client(&served, &served.bundle->talos, served.wall - HOUR);
	err = ask(&served, NULL, VERSION, NULL);
	cr_assert_eq(err.kind, ERR_NONE, "%s", err.text);
	err = ask(&served, &admin, VERSION, NULL);
	cr_assert_eq(err.kind, ERR_AUTH);
	cr_assert(strstr(err.text, "unknown authority"), "%s", err.text);
	served_done(&served);
}

Test(sim, a_configured_node_checks_its_callers)
{
	struct served served;
	struct identity admin, expired, stranger, other_ca;
	struct err err;

	served_init(&served);
	admin = client(&served, &served.bundle->talos, served.wall - HOUR);
	expired = client(&served, &served.bundle->talos, served.wall - 3 * DAY);
	cr_assert_eq(
		x509_make_ca(served.arena,
			     &(struct x509_ca){ "talos", KEY_ED25519, served.wall - HOUR, DAY },
			     &other_ca, NULL),
		0);
	stranger = client(&served, &other_ca, served.wall - HOUR);
	configure(&served);
	cr_assert_eq(ask(&served, &admin, VERSION, NULL).kind, ERR_NET);
	let_pass(&served, 300 * MILLISECOND);

	err = ask(&served, &admin, VERSION, NULL);
	cr_assert_eq(err.kind, ERR_NONE, "%s", err.text);
	err = ask(&served, &stranger, VERSION, NULL);
	cr_assert_eq(err.kind, ERR_AUTH);
	cr_assert(strstr(err.text, "unknown certificate authority"), "%s", err.text);
	err = ask(&served, &expired, VERSION, NULL);
	cr_assert_eq(err.kind, ERR_AUTH);
	cr_assert(strstr(err.text, "expired certificate"), "%s", err.text);
	err = ask(&served, NULL, VERSION, NULL);
	cr_assert_eq(err.kind, ERR_AUTH);
	cr_assert(strstr(err.text, "certificate required"), "%s", err.text);
	served_done(&served);
}
