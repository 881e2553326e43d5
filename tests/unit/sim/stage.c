#include "stage.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/str.h"
#include "machine.pb-c.h"
#include "render/generate.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must(int r, const struct err *err)
{
	if (r >= 0)
		return;
	fprintf(stderr, "stage: %s\n", err->text);
	abort();
}

static const struct identity *client(struct stage *stage, const char *role)
{
	struct identity *identity = arena_alloc(stage->arena, sizeof(*identity));
	const char *const roles[] = { role, NULL };
	struct err err = ERR_INIT;

	must(bundle_client(stage->bundle, stage->arena,
			   &(struct client_request){
				   .roles = roles, .now = STAGE_WALL - DAY, .lifetime = 30 * DAY },
			   identity, &err),
	     &err);
	return identity;
}

static void read_bundle(struct stage *stage)
{
	struct err err = ERR_INIT;
	size_t len;
	char *text;

	must(fs_read(stage->arena, STAGE_BUNDLE, FS_FILE_MAX, &text, &len, &err), &err);
	must(bundle_read("secrets.yaml", text, len, &stage->bundle, &err), &err);
}

void stage_init_in(struct stage *stage, size_t controls, size_t workers, const char *folder)
{
	struct world_node *nodes;
	struct err err = ERR_INIT;

	memset(stage, 0, sizeof(*stage));
	stage->arena = arena_new("stage");
	stage->loop = loop_new_virtual(STAGE_WALL);
	stage->controls = controls;
	random_seeded_init(&stage->random, 7);
	read_bundle(stage);
	stage->admin = client(stage, "os:admin");
	stage->reader = client(stage, "os:reader");
	nodes = arena_calloc(stage->arena, controls + workers, sizeof(*nodes));
	for (size_t i = 0; i < controls + workers; i++) {
		bool control = i < controls;
		size_t number = control ? i + 1 : i - controls + 1;

		nodes[i] = (struct world_node){
			.name = arena_printf(stage->arena, "%s%zu", control ? "cp" : "w", number),
			.address = arena_printf(stage->arena, "10.0.0.%zu",
						control ? number : number + 10),
			.role = control ? ROLE_CONTROL : ROLE_WORKER,
			.disk = { .form = DISK_PATH, .text = "/dev/sda" },
		};
	}
	stage->options = (struct world_options){
		.loop = stage->loop,
		.random = &stage->random.source,
		.pace = &world_pace_real,
		.node = nodes,
		.nodes = controls + workers,
		.talos = "v1.13.9",
		.start = WORLD_MAINTENANCE,
		.folder = folder,
	};
	must(world_new(&stage->options, &stage->world, &err), &err);
}

void stage_init(struct stage *stage, size_t controls, size_t workers)
{
	stage_init_in(stage, controls, workers, NULL);
}

void stage_done(struct stage *stage)
{
	world_free(stage->world);
	bundle_free(stage->bundle);
	loop_free(stage->loop);
	arena_free(stage->arena);
}

/* ---- calls ----------------------------------------------------------------------------------- */

#define MESSAGES_MAX 2000

static void on_message(struct call *call, const void *data, size_t len)
{
	struct reply *reply = container_of(call, struct reply, call);

	assert(reply->messages < MESSAGES_MAX);
	reply->message[reply->messages] = arena_dup(reply->stage->arena, data, len);
	reply->len[reply->messages++] = len;
	if (reply->on_message)
		reply->on_message(reply);
}

static void on_end(struct call *call, const struct err *err)
{
	struct reply *reply = container_of(call, struct reply, call);

	reply->err = *err;
	reply->ended = true;
	loop_stop(reply->stage->loop);
}

static const struct call_ops reply_ops = { on_message, on_end };

static void begin(struct stage *stage, const struct stage_call *call, struct channel **channel,
		  struct reply *reply)
{
	static const struct trust anybody = { .insecure = true };
	struct trust *ours = arena_alloc(stage->arena, sizeof(*ours));
	struct dial_target target = { call->address, 50000, call->identity, &anybody };
	const struct call_request request = {
		.method = arena_printf(stage->arena, "/%s", call->method),
		.message = call->message,
		.len = call->len,
		.timeout = call->timeout ? call->timeout : 10 * SECOND,
		.streaming = call->streaming,
		.metadata = call->metadata,
		.ops = &reply_ops,
	};

	ours->ca = stage->bundle->talos.cert;
	if (call->identity && !call->trusting)
		target.trust = ours;
	reply->stage = stage;
	reply->message = arena_calloc(stage->arena, MESSAGES_MAX, sizeof(void *));
	reply->len = arena_calloc(stage->arena, MESSAGES_MAX, sizeof(size_t));
	*channel = channel_new(stage->loop, world_dialer(stage->world), &target);
	call_start(&reply->call, *channel, &request);
}

struct reply *stage_run(struct stage *stage, const struct stage_call *call)
{
	struct reply *reply = arena_alloc(stage->arena, sizeof(*reply));
	struct channel *channel OWNED(channel_free) = NULL;
	struct err err = ERR_INIT;

	begin(stage, call, &channel, reply);
	while (!reply->ended)
		must(loop_run(stage->loop, &err), &err);
	return reply;
}

struct reply *stage_ask(struct stage *stage, const char *address, const struct identity *identity,
			const char *method)
{
	return stage_run(stage, &(struct stage_call){ .address = address,
						      .identity = identity,
						      .method = method,
						      .streaming = true });
}

void stage_start(struct stage *stage, const struct stage_call *call, struct stage_stream *stream)
{
	memset(stream, 0, sizeof(*stream));
	begin(stage, call, &stream->channel, &stream->reply);
}

void stage_stop(struct stage_stream *stream)
{
	call_cancel(&stream->reply.call);
	channel_free(stream->channel);
}

struct alarm {
	struct timer timer;
	struct stage *stage;
	bool rang;
};

static void alarm_rings(struct timer *timer)
{
	struct alarm *alarm = container_of(timer, struct alarm, timer);

	alarm->rang = true;
	loop_stop(alarm->stage->loop);
}

void stage_wait(struct stage *stage, uint64_t duration)
{
	struct alarm alarm = { .stage = stage };
	struct err err = ERR_INIT;

	timer_init(&alarm.timer, stage->loop, alarm_rings);
	timer_set(&alarm.timer, loop_now(stage->loop) + duration);
	while (!alarm.rang)
		must(loop_run(stage->loop, &err), &err);
}

/* ---- configs --------------------------------------------------------------------------------- */

static const char *with_documents(struct stage *stage, const struct stage_config *config,
				  const char *text)
{
	const char *vip =
		config->vip ? "---\napiVersion: v1alpha1\nkind: Layer2VIPConfig\nname: " STAGE_VIP
			      "\nlink: eth0\n"
			    : "";

	return arena_printf(stage->arena,
			    "%s---\napiVersion: v1alpha1\nkind: HostnameConfig\nhostname: %s\n%s%s",
			    text, config->hostname, vip, config->more ? config->more : "");
}

const char *stage_config(struct stage *stage, const struct stage_config *config)
{
	const struct generate_input input = {
		.cluster_name = "stage",
		.endpoint = "https://" STAGE_VIP ":6443",
		.contract = "v1.13",
		.kubernetes_version = "1.36.3",
		.install_disk = config->disk ? config->disk : "/dev/sda",
		.install_image = "ghcr.io/siderolabs/installer:v1.13.9",
		.bundle = stage->bundle,
		.release = RELEASE_1_13,
	};
	struct str text SCOPED(str_done) = STR_INIT(1 << 20);
	struct config made;
	struct config one;
	struct err err = ERR_INIT;

	must(generate_config(stage->arena, &input, config->role, &made, &err), &err);
	one = (struct config){ .at = made.at, .len = 1, .release = made.release };
	config_write(&text, &one);
	return with_documents(stage, config, str_text(&text));
}

int stage_apply(struct stage *stage, const char *address, const struct identity *identity,
		const char *text)
{
	Machine__ApplyConfigurationRequest request = MACHINE__APPLY_CONFIGURATION_REQUEST__INIT;
	uint8_t *data;

	request.mode = MACHINE__APPLY_CONFIGURATION_REQUEST__MODE__AUTO;
	request.data.data = (uint8_t *)text;
	request.data.len = strlen(text);

	size_t len = machine__apply_configuration_request__get_packed_size(&request);

	data = arena_alloc(stage->arena, len);
	machine__apply_configuration_request__pack(&request, data);

	const struct reply *reply = stage_run(
		stage, &(struct stage_call){ .address = address,
					     .identity = identity,
					     .method = "machine.MachineService/ApplyConfiguration",
					     .message = data,
					     .len = len });

	return err_is_set(&reply->err) ? reply->err.remote : 0;
}

int stage_bootstrap(struct stage *stage, const char *address)
{
	const struct reply *reply =
		stage_ask(stage, address, stage->admin, "machine.MachineService/Bootstrap");

	return err_is_set(&reply->err) ? reply->err.remote : 0;
}

void stage_install(struct stage *stage)
{
	for (size_t i = 0; i < stage->options.nodes; i++) {
		const struct world_node *node = &stage->options.node[i];
		const struct stage_config config = { .role = node->role,
						     .hostname = node->name,
						     .vip = node->role == ROLE_CONTROL };
		int code = stage_apply(stage, node->address, NULL, stage_config(stage, &config));

		assert(code == 0);
	}
	stage_wait(stage, 3 * MINUTE);
}

const struct world_fact *stage_fact(struct stage *stage, const char *name)
{
	size_t count;
	const struct world_fact *facts = world_facts(stage->world, stage->arena, &count);

	for (size_t i = 0; i < count; i++) {
		if (!strcmp(facts[i].name, name))
			return &facts[i];
	}
	abort();
}
