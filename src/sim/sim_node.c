#include "sim/sim_node.h"

#include "sim/service.h"
#include "sim/sim_api.h"
#include "sim/sim_sequence.h"
#include "sim/sim_vip.h"
#include "sim/world_impl.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define RESTART_COMMAND "19088743" /* LINUX_REBOOT_CMD_RESTART */

#define BIT(state) (1u << (state))

static const struct state_row {
	const char *name;
	unsigned next; /* states that may follow; every one may lose its power */
	enum sim_stage stage;
} states[SIM_STATE_COUNT] = {
	[SIM_OFF] = { "off", BIT(SIM_DOWN), SIM_STAGE_UNKNOWN },
	[SIM_DOWN] = { "down", BIT(SIM_MAINTENANCE) | BIT(SIM_BOOTING) | BIT(SIM_INSTALLING),
		       SIM_STAGE_UNKNOWN },
	[SIM_MAINTENANCE] = { "maintenance", BIT(SIM_INSTALLING) | BIT(SIM_BOOTING),
			      SIM_STAGE_MAINTENANCE },
	[SIM_INSTALLING] = { "installing", BIT(SIM_STOPPING), SIM_STAGE_INSTALLING },
	[SIM_BOOTING] = { "booting", BIT(SIM_RUNNING) | BIT(SIM_STOPPING), SIM_STAGE_BOOTING },
	[SIM_RUNNING] = { "running", BIT(SIM_STOPPING), SIM_STAGE_RUNNING },
	[SIM_STOPPING] = { "rebooting", BIT(SIM_STOPPING) | BIT(SIM_LEAVING), SIM_STAGE_REBOOTING },
	[SIM_LEAVING] = { "leaving", BIT(SIM_DOWN), SIM_STAGE_REBOOTING },
};

const char *state_name(enum sim_state state)
{
	return states[state].name;
}

enum sim_stage node_stage(const struct sim_node *node)
{
	return node->state == SIM_STOPPING ? end_stage(&node->end) : states[node->state].stage;
}

bool node_is_up(const struct sim_node *node)
{
	return node->state == SIM_BOOTING || node->state == SIM_RUNNING;
}

const char *node_address(const struct sim_node *node)
{
	return node->hardware->address;
}

const struct sim_config *node_persistent(const struct sim_node *node)
{
	if (node->staged)
		return node->staged;
	return node->kept ? node->kept : node->config;
}

/* ---- the log --------------------------------------------------------------------------------- */

void node_log(struct sim_node *node, const struct sim_event *event)
{
	struct sim_event with_actor = *event;

	if (!with_actor.actor)
		with_actor.actor = "";
	log_add(&node->log, node->boot, world_wall(node->world), &with_actor);
}

void node_announce(struct sim_node *node)
{
	struct arena *arena OWNED(arena_free) = arena_new("machine status");
	struct sim_status now = { .stage = node_stage(node) };

	if (node_is_up(node)) {
		now.unmet[CONDITION_SERVICES] = services_unmet(node, arena);
		now.unmet[CONDITION_STATIC_PODS] = kube_unmet_pods(node, arena);
		now.unmet[CONDITION_NODE_READY] = kube_unmet_node(node, arena);
	}
	if (sim_status_equal(&now, &node->status))
		return;
	node->status = now;
	for (size_t i = 0; i < CONDITION_COUNT; i++)
		node->status.unmet[i] = arena_str(node->boot, now.unmet[i]);
	node->changed = true;
	node_log(node, &(struct sim_event){ .kind = SIM_EVENT_STATUS, .status = node->status });
}

/* ---- the state machine ----------------------------------------------------------------------- */

static void node_enter(struct sim_node *node, enum sim_state state)
{
	const struct world_pace *pace = &node->world->pace;
	const uint64_t lasts[SIM_STATE_COUNT] = {
		[SIM_INSTALLING] = pace->install,
		[SIM_STOPPING] = pace->stop,
		[SIM_LEAVING] = pace->stop / 4,
	};

	assert(state == SIM_OFF || (states[node->state].next & BIT(state)));
	node->state = state;
	node->since = world_wall(node->world);
	node->due = lasts[state] ? node->since + lasts[state] : 0;
	node->unsaved = node->urgent = true;
	node_announce(node);
	node_changed(node);
}

/* What lives in memory only. */
static void forget_boot(struct sim_node *node)
{
	service_break_calls(node);
	api_cut(node);
	cosi_reset(node);
	log_reset(&node->log, node->world->random);
	memset(&node->status, 0, sizeof(node->status));
	services_forget(node);
	kube_forget(node);
	node->vip = false;
	node->locked = false;
	node->actor[0] = '\0';
	node->boot_id[0] = '\0';
	node->hostname[0] = '\0';
	node->api_due = 0;
	node->wake = 0;
	images_end_boot(&node->images);
	memset(&node->boot_from.now, 0, sizeof(node->boot_from.now));
	arena_free(node->boot);
	node->boot = arena_new("simulated boot");
}

static void replace_config(struct sim_config **slot, struct sim_config *take_config)
{
	sim_config_free(*slot);
	*slot = take_config;
}

/* A config on trial never reached the disk, and without a disk none did. */
static void configs_after_power(struct sim_node *node)
{
	if (node->kept)
		replace_config(&node->config, take(node->kept));
	node->trial_over = 0;
	if (!node->installed[0]) {
		replace_config(&node->config, NULL);
		replace_config(&node->staged, NULL);
	}
	if (node->staged)
		replace_config(&node->config, take(node->staged));
}

static void enter_down(struct sim_node *node)
{
	node_enter(node, SIM_DOWN);
	node->due = node->since + boot_takes(node);
}

static void go_down(struct sim_node *node)
{
	struct sim_end end = node->end;

	forget_boot(node);
	memset(&node->end, 0, sizeof(node->end));
	end_wipe(node, &end);
	configs_after_power(node);
	if (end.off)
		node_enter(node, SIM_OFF);
	else
		enter_down(node);
}

void node_power(struct sim_node *node, bool on)
{
	if (on == (node->state != SIM_OFF))
		return;
	if (on) {
		enter_down(node);
		return;
	}
	forget_boot(node);
	memset(&node->end, 0, sizeof(node->end));
	configs_after_power(node);
	node_enter(node, SIM_OFF);
}

static void set_hostname(struct sim_node *node)
{
	const char *name = node->config ? node->config->hostname : "";
	unsigned sum = 0;

	for (const char *c = node->hardware->mac; *c; c++)
		sum = sum * 31 + (unsigned char)*c;
	if (*name)
		snprintf(node->hostname, sizeof(node->hostname), "%s", name);
	else
		snprintf(node->hostname, sizeof(node->hostname), "talos-%03x-%03x",
			 sum >> 12 & 0xfff, sum & 0xfff);
}

static void announce_address(struct sim_node *node)
{
	node_log(node, &(struct sim_event){ .kind = SIM_EVENT_ADDRESS,
					    .name = node->hostname,
					    .text = node_address(node) });
}

static bool has_config(const struct sim_node *node)
{
	return node->config && node->config->complete;
}

static void begin_boot_sequence(struct sim_node *node)
{
	announce_address(node);
	sequence_log_step(node, SIM_EVENT_SEQUENCE, "install", SEQUENCE_START);
	sequence_log_step(node, SIM_EVENT_SEQUENCE, "install", SEQUENCE_STOP);
	sequence_log(node, "boot", NULL, "startEverything");
	sequence_log_step(node, SIM_EVENT_TASK, "startAllServices", PHASE_START);
	services_begin(node);
	etcd_begin(node);
	node->api_due = world_after(node->world, node->world->pace.service);
}

static void begin_install(struct sim_node *node)
{
	sequence_log(node, "install", NULL, "install");
	sequence_log_step(node, SIM_EVENT_TASK, "install", PHASE_START);
	node_enter(node, SIM_INSTALLING);
	node->api_due = world_after(node->world, node->world->pace.service);
}

static void come_up(struct sim_node *node)
{
	world_uuid(node->world, node->boot_id);
	node->boots++;
	boot_begin(node);
	set_hostname(node);
	sequence_log(node, "initialize", NULL, "config");
	sequence_log_step(node, SIM_EVENT_TASK, "loadConfig", PHASE_START);
	services_early(node);
	if (!has_config(node)) {
		sequence_log_step(node, SIM_EVENT_TASK, "runningMaintenance", PHASE_START);
		announce_address(node);
		node_enter(node, SIM_MAINTENANCE);
		node->api_due = world_wall(node->world);
		return;
	}
	sequence_log_step(node, SIM_EVENT_TASK, "loadConfig", PHASE_STOP);
	sequence_log(node, "initialize", "config", NULL);
	if (node->boot_from.staged[0] && node->installed[0]) {
		begin_install(node);
		return;
	}
	node_enter(node, SIM_BOOTING);
	begin_boot_sequence(node);
}

void node_configure(struct sim_node *node, struct sim_config *take_config)
{
	assert(node->state == SIM_MAINTENANCE);
	replace_config(&node->config, take_config);
	node->applies++;
	node->unsaved = true;
	if (!node->config->complete) {
		node_changed(node);
		return;
	}
	set_hostname(node);
	sequence_log_step(node, SIM_EVENT_TASK, "runningMaintenance", PHASE_STOP);
	sequence_log_step(node, SIM_EVENT_TASK, "loadConfig", PHASE_STOP);
	sequence_log(node, "initialize", "config", NULL);
	/* connections from maintenance mode live until their calls end, ten seconds at most */
	api_close(node, 10 * SECOND);
	if (node->installed[0]) {
		node_enter(node, SIM_BOOTING);
		begin_boot_sequence(node);
		return;
	}
	begin_install(node);
}

/* False with *err when nothing could be written. */
static bool write_disk(struct sim_node *node, struct err *err)
{
	struct sim_boot *boot = &node->boot_from;
	const struct sim_disk *disk;

	if (node->installed[0]) {
		bool written = boot_write(node, boot->staged);

		boot->staged[0] = '\0';
		if (!written)
			err_set(err, ERR_CONFLICT, "no space left on device");
		return written;
	}
	if (hardware_choose(node->hardware, node->config->install_disk,
			    node->config->install_selector, &disk, err) < 0)
		return false;
	snprintf(node->installed, sizeof(node->installed), "%s", disk->id);
	boot_install(node);
	node->installs++;
	return true;
}

static void end_install(struct sim_node *node)
{
	struct err err = ERR_INIT;

	if (!write_disk(node, &err)) {
		sequence_log_error(node, "install", SIM_ERROR_FATAL, err.text);
		node_enter(node, SIM_STOPPING);
		return;
	}
	sequence_log_step(node, SIM_EVENT_TASK, "install", PHASE_STOP);
	sequence_log(node, "install", "install", "reboot");
	node_log(node, &(struct sim_event){ .kind = SIM_EVENT_RESTART, .name = RESTART_COMMAND });
	node_enter(node, SIM_STOPPING);
}

void node_stop(struct sim_node *node, uint64_t due)
{
	node_enter(node, SIM_STOPPING);
	node->due = due;
}

bool node_reboot(struct sim_node *node)
{
	const struct sim_end end = { .kind = END_REBOOT, .takes_over = true };
	char actor[37];

	if (!node_is_up(node))
		return false;
	node_end(node, &end, actor);
	return true;
}

static void leave(struct sim_node *node)
{
	end_finish(node);
	service_end_events(node);
	api_close(node, node->world->pace.stop);
	node_enter(node, SIM_LEAVING);
}

/* The boot sequence waits for what it started: on a control plane for etcd to have data. */
void node_settle(struct sim_node *node)
{
	if (node->state != SIM_BOOTING)
		return;
	if (node->config->control && node->etcd.state < ETCD_LEARNER)
		return;
	if (!service_is_running(&node->service[SERVICE_KUBELET]))
		return;
	sequence_log_step(node, SIM_EVENT_TASK, "startAllServices", PHASE_STOP);
	sequence_log(node, "boot", "startEverything", NULL);
	node_enter(node, SIM_RUNNING);
}

/* ---- configs of a configured node ------------------------------------------------------------ */

static void config_changed(struct sim_node *node)
{
	if (node->config->hostname[0])
		set_hostname(node);
	node->applies++;
	node->unsaved = true;
	node_changed(node);
}

void node_reconfigure(struct sim_node *node, struct sim_config *take_config)
{
	replace_config(&node->kept, NULL);
	node->trial_over = 0;
	replace_config(&node->staged, NULL);
	replace_config(&node->config, take_config);
	config_changed(node);
}

void node_stage_config(struct sim_node *node, struct sim_config *take_config)
{
	/* what is on trial stays until the boot that brings the staged one */
	replace_config(&node->kept, NULL);
	node->trial_over = 0;
	replace_config(&node->staged, take_config);
	node->applies++;
	node->unsaved = true;
	node_changed(node);
}

void node_try_config(struct sim_node *node, struct sim_config *take_config, uint64_t duration)
{
	if (!node->kept)
		node->kept = take(node->config);
	replace_config(&node->config, take_config);
	node->trial_over = world_after(node->world, duration);
	config_changed(node);
}

static void end_trial(struct sim_node *node)
{
	node->trial_over = 0;
	replace_config(&node->config, take(node->kept));
	set_hostname(node);
	node->unsaved = true;
	node_changed(node);
}

/* ---- time ------------------------------------------------------------------------------------ */

static uint64_t sooner(uint64_t a, uint64_t b)
{
	return b && b < a ? b : a;
}

void node_schedule(struct sim_node *node)
{
	uint64_t due = services_due(node);
	uint64_t wall = world_wall(node->world);

	due = sooner(due, node->due);
	due = sooner(due, node->api_due);
	due = sooner(due, node->trial_over);
	due = sooner(due, node->wake);
	due = sooner(due, node->etcd.due);
	due = sooner(due, node->kube.pods_due);
	due = sooner(due, node->kube.node_due);
	if (due == UINT64_MAX) {
		timer_cancel(&node->timer);
		return;
	}
	timer_set(&node->timer, loop_now(node->world->loop) + (due > wall ? due - wall : 0));
}

static void state_over(struct sim_node *node)
{
	switch (node->state) {
	case SIM_DOWN:
		come_up(node);
		break;
	case SIM_INSTALLING:
		end_install(node);
		break;
	case SIM_STOPPING:
		leave(node);
		break;
	case SIM_LEAVING:
		go_down(node);
		break;
	default:
		break;
	}
}

void node_tick(struct sim_node *node)
{
	uint64_t wall = world_wall(node->world);

	if (node->trial_over && node->trial_over <= wall)
		end_trial(node);
	if (node->wake && node->wake <= wall)
		node->wake = 0;
	if (node->due && node->due <= wall) {
		node->due = 0;
		state_over(node);
	}
	services_tick(node, wall);
	etcd_tick(node, wall);
	kube_tick(node, wall);
	node_changed(node);
}

void node_wake(struct sim_node *node, uint64_t wall)
{
	if (node->wake && node->wake <= wall)
		return;
	node->wake = wall;
	node_schedule(node);
}

static void timer_due(struct timer *timer)
{
	node_tick(container_of(timer, struct sim_node, timer));
}

void node_changed(struct sim_node *node)
{
	node->changed = true;
	if (!node->world->closing)
		task_post(&node->world->settle);
}

/* ---- life ------------------------------------------------------------------------------------ */

struct sim_node *node_new(struct world *world, const struct sim_hardware *hardware)
{
	struct sim_node *node = mem_new(sizeof(*node));

	node->world = world;
	node->hardware = hardware;
	node->boot = arena_new("simulated boot");
	node->unsaved = true;
	log_reset(&node->log, world->random);
	timer_init(&node->timer, world->loop, timer_due);
	return node;
}

void node_free(struct sim_node *node)
{
	if (!node)
		return;
	timer_cancel(&node->timer);
	service_break_calls(node);
	api_cut(node);
	cosi_reset(node);
	log_done(&node->log);
	sim_config_free(node->config);
	sim_config_free(node->staged);
	sim_config_free(node->kept);
	images_wipe(&node->images);
	arena_free(node->boot);
	mem_free(node, sizeof(*node));
}

void node_resume(struct sim_node *node, enum sim_state state, uint64_t due)
{
	const struct world_pace *pace = &node->world->pace;
	uint64_t wall = world_wall(node->world);
	uint64_t longest = boot_takes(node) + pace->install + pace->stop;

	node->state = state;
	node->since = wall;
	/* a clock that was set back must not make anybody wait longer than the thing lasts */
	node->due = due > wall + longest ? wall + longest : due;
	if (state != SIM_OFF && state != SIM_DOWN && !node->boot_id[0])
		world_uuid(node->world, node->boot_id);
	set_hostname(node);
	if (state == SIM_MAINTENANCE || state == SIM_INSTALLING || node_is_up(node))
		node->api_due = wall;
	node_announce(node);
	node_changed(node);
}
