#include "sim/sim_services.h"

#include "sim/world_impl.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum service_when {
	WHEN_EARLY,   /* from the image, in maintenance mode too */
	WHEN_BOOT,    /* of every configured node */
	WHEN_CONTROL, /* of a control plane */
};

#define NOBODY SERVICE_COUNT

static const struct service_row {
	const char *name;
	enum service_when when;
	enum sim_service_id after; /* must be healthy first */
	const char *waiting;	   /* NULL: does not wait */
	const char *running;	   /* %u: its process */
	bool required;		   /* for readiness; those of control planes only there */
} rows[SERVICE_COUNT] = {
	[SERVICE_APID] = { "apid", WHEN_EARLY, NOBODY,
			   "Waiting for service \"containerd\" to be \"up\", api certificates, "
			   "config to be ready",
			   "Started task apid (PID %u) for container apid", true },
	[SERVICE_AUDITD] = { "auditd", WHEN_EARLY, NOBODY, NULL, "Service started as goroutine",
			     false },
	[SERVICE_CONTAINERD] = { "containerd", WHEN_EARLY, NOBODY, NULL,
				 "Process Process([\"/bin/containerd\" \"--address\" "
				 "\"/system/run/containerd/containerd.sock\" \"--state\" "
				 "\"/system/run/containerd\" \"--root\" "
				 "\"/system/var/lib/containerd\"]) started with PID %u",
				 false },
	[SERVICE_CRI] = { "cri", WHEN_BOOT, NOBODY,
			  "Waiting for volumes /var/lib, /var/lib/cni, /var/lib/containerd, "
			  "/var/run, /var/run/lock, /etc/cni, /etc/kubernetes, "
			  "/usr/libexec/kubernetes, /opt to be mounted, network",
			  "Process Process([\"/bin/containerd\" \"--address\" "
			  "\"/run/containerd/containerd.sock\" \"--config\" "
			  "\"/etc/cri/containerd.toml\"]) started with PID %u",
			  false },
	[SERVICE_ETCD] = { "etcd", WHEN_CONTROL, SERVICE_CRI,
			   "Waiting for volumes /var/lib, ETCD to be mounted, service \"cri\" to "
			   "be "
			   "\"up\", time sync, network, etcd spec",
			   "Started task etcd (PID %u) for container etcd", true },
	[SERVICE_KUBELET] = { "kubelet", WHEN_BOOT, SERVICE_CRI,
			      "Waiting for volumes /var/lib, /var/lib/kubelet, /var/log, "
			      "/var/log/audit, /var/log/containers, /var/log/pods, "
			      "/var/lib/kubelet/seccomp, /var/lib/kubelet/seccomp/profiles, "
			      "/var/log/audit/kube, /var/mnt to be mounted, service \"cri\" to be "
			      "\"up\", time sync, network",
			      "Started task kubelet (PID %u) for container kubelet", true },
	[SERVICE_MACHINED] = { "machined", WHEN_EARLY, NOBODY, NULL, "Service started as goroutine",
			       true },
	[SERVICE_SYSLOGD] = { "syslogd", WHEN_EARLY, NOBODY,
			      "Waiting for service \"machined\" to be \"up\"",
			      "Service started as goroutine", false },
	[SERVICE_TRUSTD] = { "trustd", WHEN_CONTROL, NOBODY,
			     "Waiting for service \"containerd\" to be \"up\", time sync, network",
			     "Started task trustd (PID %u) for container trustd", true },
	[SERVICE_UDEVD] = { "udevd", WHEN_EARLY, NOBODY, NULL,
			    "Process Process([\"/sbin/systemd-udevd\" \"--resolve-names=never\"]) "
			    "started with PID %u",
			    false },
};

/* Readiness lists what is not running in this order. */
static const enum sim_service_id required_order[] = {
	SERVICE_APID,
	SERVICE_MACHINED,
	SERVICE_KUBELET,
	SERVICE_ETCD,
	SERVICE_TRUSTD,
};

static const struct state_row {
	const char *text;   /* as the API names it */
	unsigned action;    /* number of ServiceStateEvent */
	const char *reason; /* NULL: the row of the service has it */
} states[SERVICE_STATE_COUNT] = {
	[SERVICE_ABSENT] = { "Initialized", 0, "" },
	[SERVICE_STARTING] = { "Starting", 8, "Starting service" },
	[SERVICE_WAITING] = { "Waiting", 2, NULL },
	[SERVICE_PRE] = { "Preparing", 1, "Running pre state" },
	[SERVICE_RUNNER] = { "Preparing", 1, "Creating service runner" },
	[SERVICE_UP] = { "Running", 3, NULL },
	[SERVICE_HEALTHY] = { "Running", 3, "Health check successful" },
	[SERVICE_STOPPING] = { "Stopping", 4, "Service stopping" },
	[SERVICE_FINISHED] = { "Finished", 5, "Service finished successfully" },
};

const char *service_name(enum sim_service_id id)
{
	return rows[id].name;
}

const char *service_state_text(enum sim_service_state state)
{
	return states[state].text;
}

bool service_is_running(const struct sim_service *service)
{
	return service->state == SERVICE_UP || service->state == SERVICE_HEALTHY;
}

bool service_is_healthy(const struct sim_service *service)
{
	return service->state == SERVICE_HEALTHY;
}

/* ---- states ---------------------------------------------------------------------------------- */

static const char *reason_for(struct sim_node *node, enum sim_service_id id,
			      enum sim_service_state state)
{
	const char *pid = strstr(rows[id].running, "%u");

	if (state == SERVICE_WAITING)
		return rows[id].waiting;
	if (state != SERVICE_UP)
		return states[state].reason;
	if (!pid)
		return rows[id].running;
	return arena_printf(node->boot, "%.*s%u%s", (int)(pid - rows[id].running),
			    rows[id].running, 70 + 37 * (unsigned)id, pid + 2);
}

static void remember(struct sim_service *service, enum sim_service_state state, const char *text,
		     uint64_t wall)
{
	if (service->entries == SERVICE_HISTORY) {
		memmove(service->history, service->history + 1,
			(SERVICE_HISTORY - 1) * sizeof(service->history[0]));
		service->entries--;
	}
	service->history[service->entries++] =
		(struct sim_service_entry){ states[state].text, text, wall };
}

static void service_step(struct sim_node *node, enum sim_service_id id,
			 enum sim_service_state state, const char *text)
{
	struct sim_service *service = &node->service[id];
	uint64_t wall = world_wall(node->world);

	assert(state == service->state + 1 || state == SERVICE_STARTING ||
	       state == SERVICE_STOPPING || state == SERVICE_FINISHED ||
	       (state == SERVICE_PRE && service->state == SERVICE_STARTING));
	service->state = state;
	service->since = wall;
	service->due = 0;
	if (!text)
		text = reason_for(node, id, state);
	remember(service, state, text, wall);
	node_log(node, &(struct sim_event){
			       .kind = SIM_EVENT_SERVICE,
			       .name = rows[id].name,
			       .action = states[state].action,
			       .text = text,
			       .healthy = state == SERVICE_HEALTHY,
		       });
	node->unsaved = true;
	node->changed = true;
}

/* Whether nothing but time is between this state and the next. */
static bool may_go_on(const struct sim_node *node, enum sim_service_id id)
{
	const struct sim_service *service = &node->service[id];
	enum sim_service_id after = rows[id].after;

	switch (service->state) {
	case SERVICE_STARTING:
	case SERVICE_RUNNER:
		return true;
	case SERVICE_UP:
		return id != SERVICE_KUBELET || node->boot_from.now.fate != UPGRADE_UNHEALTHY;
	case SERVICE_WAITING:
		return after == NOBODY || service_is_healthy(&node->service[after]);
	case SERVICE_PRE:
		return id != SERVICE_ETCD || node->etcd.state >= ETCD_LEARNER;
	default:
		return false;
	}
}

static void service_advance(struct sim_node *node, enum sim_service_id id)
{
	enum sim_service_state next = node->service[id].state + 1;

	if (next == SERVICE_WAITING && !rows[id].waiting)
		next = SERVICE_PRE;
	service_step(node, id, next, NULL);
}

void services_settle(struct sim_node *node)
{
	if (!node_is_up(node))
		return;
	for (enum sim_service_id id = 0; id < SERVICE_COUNT; id++) {
		struct sim_service *service = &node->service[id];

		if (!service->due && may_go_on(node, id))
			service->due = world_after(node->world, node->world->pace.service);
	}
}

void services_tick(struct sim_node *node, uint64_t wall)
{
	for (enum sim_service_id id = 0; id < SERVICE_COUNT; id++) {
		struct sim_service *service = &node->service[id];

		if (!service->due || service->due > wall)
			continue;
		service->due = 0;
		if (may_go_on(node, id))
			service_advance(node, id);
	}
}

uint64_t services_due(const struct sim_node *node)
{
	uint64_t due = UINT64_MAX;

	for (enum sim_service_id id = 0; id < SERVICE_COUNT; id++) {
		if (node->service[id].due && node->service[id].due < due)
			due = node->service[id].due;
	}
	return due;
}

/* ---- beginnings and ends --------------------------------------------------------------------- */

static bool belongs(const struct sim_node *node, enum sim_service_id id)
{
	switch (rows[id].when) {
	case WHEN_EARLY:
		return true;
	case WHEN_BOOT:
		return node->config != NULL;
	default:
		return node->config && node->config->control;
	}
}

static void bring_up(struct sim_node *node, enum sim_service_id id)
{
	service_step(node, id, SERVICE_STARTING, NULL);
	while (node->service[id].state != SERVICE_HEALTHY)
		service_advance(node, id);
}

void services_early(struct sim_node *node)
{
	for (enum sim_service_id id = 0; id < SERVICE_COUNT; id++) {
		if (rows[id].when == WHEN_EARLY)
			bring_up(node, id);
	}
}

void services_begin(struct sim_node *node)
{
	for (enum sim_service_id id = 0; id < SERVICE_COUNT; id++) {
		if (rows[id].when != WHEN_EARLY && belongs(node, id))
			service_step(node, id, SERVICE_STARTING, NULL);
	}
}

void services_all_up(struct sim_node *node)
{
	for (enum sim_service_id id = 0; id < SERVICE_COUNT; id++) {
		if (!belongs(node, id))
			continue;
		if (node->service[id].state == SERVICE_ABSENT)
			service_step(node, id, SERVICE_STARTING, NULL);
		while (node->service[id].state != SERVICE_HEALTHY &&
		       (node->service[id].state != SERVICE_PRE || may_go_on(node, id)))
			service_advance(node, id);
	}
}

void services_stop(struct sim_node *node)
{
	static const enum sim_service_id order[] = { SERVICE_KUBELET, SERVICE_ETCD, SERVICE_CRI,
						     SERVICE_TRUSTD };

	for (size_t i = 0; i < ARRAY_LEN(order); i++) {
		if (node->service[order[i]].state == SERVICE_ABSENT)
			continue;
		if (service_is_running(&node->service[order[i]]))
			service_step(node, order[i], SERVICE_STOPPING, NULL);
		service_step(node, order[i], SERVICE_FINISHED, NULL);
	}
}

void services_forget(struct sim_node *node)
{
	memset(node->service, 0, sizeof(node->service));
}

void services_restart_etcd(struct sim_node *node)
{
	if (service_is_running(&node->service[SERVICE_ETCD]))
		service_step(node, SERVICE_ETCD, SERVICE_STOPPING, NULL);
	service_step(node, SERVICE_ETCD, SERVICE_FINISHED, NULL);
	service_step(node, SERVICE_ETCD, SERVICE_FINISHED, "Bootstrap requested");
	service_step(node, SERVICE_ETCD, SERVICE_STARTING, NULL);
}

bool services_restart(struct sim_node *node, enum sim_service_id id)
{
	if (!service_is_running(&node->service[id]))
		return false;
	service_step(node, id, SERVICE_STOPPING, NULL);
	service_step(node, id, SERVICE_FINISHED, NULL);
	service_step(node, id, SERVICE_STARTING, NULL);
	node_changed(node);
	return true;
}

void services_stop_etcd(struct sim_node *node, const char *text)
{
	const struct sim_service *service = &node->service[SERVICE_ETCD];

	if (service->state == SERVICE_ABSENT || service->state == SERVICE_FINISHED)
		return;
	if (service_is_running(service))
		service_step(node, SERVICE_ETCD, SERVICE_STOPPING, NULL);
	service_step(node, SERVICE_ETCD, SERVICE_FINISHED, text);
}

void service_restore(struct sim_node *node, enum sim_service_id id, enum sim_service_state state,
		     uint64_t since)
{
	struct sim_service *service = &node->service[id];

	service->state = state;
	service->since = since;
	for (enum sim_service_state past = SERVICE_STARTING; past <= state; past++) {
		if (past == SERVICE_WAITING && !rows[id].waiting)
			continue;
		remember(service, past, reason_for(node, id, past), since);
	}
}

/* ---- readiness ------------------------------------------------------------------------------- */

const char *services_unmet(const struct sim_node *node, struct arena *arena)
{
	struct str text SCOPED(str_done) = STR_INIT(1000);

	for (enum sim_service_id id = 0; id < SERVICE_COUNT; id++) {
		/* not known yet counts as healthy */
		if (node->service[id].state == SERVICE_STOPPING)
			str_addf(&text, "%s%s not healthy", text.len ? ", " : "", rows[id].name);
	}
	for (size_t i = 0; i < ARRAY_LEN(required_order); i++) {
		enum sim_service_id id = required_order[i];

		if (belongs(node, id) && !service_is_running(&node->service[id]))
			str_addf(&text, "%s%s not running", text.len ? ", " : "", rows[id].name);
	}
	return text.len ? arena_str(arena, str_text(&text)) : NULL;
}
