#include "sim/world_impl.h"

#include "base/fs.h"
#include "base/str.h"
#include "base/text.h"
#include "tree/decode.h"
#include "tree/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * One file per node: nodes/<name>.json. A node's change is one rename, so a world is whole whenever
 * the program is killed. What lives in a node's memory only (its log, its connections) is not kept.
 */

#define FORMAT 1
#define FILE_MAX ((size_t)128 << 20)

struct kept_service {
	const char *id, *state;
	uint64_t since;
};

struct kept_etcd {
	const char *state, *cluster, *member;
	uint64_t bootstrapped, since, due;
};

struct kept_node {
	uint64_t format, due, applies, installs, bootstraps, trial_over;
	const struct value *hardware;
	const char *state, *boot_id, *actor, *installed, *config, *staged, *kept;
	enum tristate locked, vip, pods, registered;
	struct kept_etcd etcd;
	struct structs services;
};

static const struct field service_rows[] = {
	{ "id", FIELD_STR, offsetof(struct kept_service, id), .required = true },
	{ "state", FIELD_STR, offsetof(struct kept_service, state), .required = true },
	{ "since", FIELD_UINT, offsetof(struct kept_service, since), .required = true },
	{ .name = NULL },
};

static const struct field etcd_rows[] = {
	{ "state", FIELD_STR, offsetof(struct kept_etcd, state), .required = true },
	{ "cluster", FIELD_STR, offsetof(struct kept_etcd, cluster), .required = true },
	{ "member", FIELD_STR, offsetof(struct kept_etcd, member), .required = true },
	{ "bootstrapped", FIELD_UINT, offsetof(struct kept_etcd, bootstrapped), .required = false },
	{ "since", FIELD_UINT, offsetof(struct kept_etcd, since), .required = false },
	{ "due", FIELD_UINT, offsetof(struct kept_etcd, due), .required = false },
	{ .name = NULL },
};

static const struct field node_rows[] = {
	{ "format", FIELD_UINT, offsetof(struct kept_node, format), .required = true },
	{ "hardware", FIELD_MAP, offsetof(struct kept_node, hardware), .required = true },
	{ "state", FIELD_STR, offsetof(struct kept_node, state), .required = true },
	{ "due", FIELD_UINT, offsetof(struct kept_node, due), .required = false },
	{ "boot_id", FIELD_STR, offsetof(struct kept_node, boot_id), .required = true },
	{ "actor", FIELD_STR, offsetof(struct kept_node, actor), .required = true },
	{ "installed", FIELD_STR, offsetof(struct kept_node, installed), .required = true },
	{ "config", FIELD_STR, offsetof(struct kept_node, config), .required = false },
	{ "staged", FIELD_STR, offsetof(struct kept_node, staged), .required = false },
	{ "kept", FIELD_STR, offsetof(struct kept_node, kept), .required = false },
	{ "trial_over", FIELD_UINT, offsetof(struct kept_node, trial_over), .required = false },
	{ "locked", FIELD_BOOL, offsetof(struct kept_node, locked), .required = false },
	{ "vip", FIELD_BOOL, offsetof(struct kept_node, vip), .required = false },
	{ "pods", FIELD_BOOL, offsetof(struct kept_node, pods), .required = false },
	{ "registered", FIELD_BOOL, offsetof(struct kept_node, registered), .required = false },
	{ "applies", FIELD_UINT, offsetof(struct kept_node, applies), .required = false },
	{ "installs", FIELD_UINT, offsetof(struct kept_node, installs), .required = false },
	{ "bootstraps", FIELD_UINT, offsetof(struct kept_node, bootstraps), .required = false },
	{ "etcd", FIELD_STRUCT, offsetof(struct kept_node, etcd), .required = true,
	  .inner = etcd_rows, .inner_size = sizeof(struct kept_etcd) },
	{ "services", FIELD_STRUCTS, offsetof(struct kept_node, services), .required = true,
	  .inner = service_rows, .inner_size = sizeof(struct kept_service) },
	{ .name = NULL },
};

/* ---- writing --------------------------------------------------------------------------------- */

static const char *const service_states[SERVICE_STATE_COUNT] = {
	"absent",
	"starting",
	"waiting",
	"pre",
	"runner",
	"up",
	"healthy",
	"stopping",
	"finished",
};

static const struct value *services_value(struct arena *arena, const struct sim_node *node)
{
	struct list_builder *list = list_begin(arena);

	for (enum sim_service_id id = 0; id < SERVICE_COUNT; id++) {
		const struct sim_service *service = &node->service[id];
		struct map_builder *map = map_begin(arena);

		if (service->state == SERVICE_ABSENT)
			continue;
		map_add(map, "id", value_str(arena, service_name(id)));
		map_add(map, "state", value_str(arena, service_states[service->state]));
		map_add(map, "since", value_of_u64(arena, service->since));
		list_add(list, map_end(map));
	}
	return list_end(list);
}

static const struct value *etcd_value(struct arena *arena, const struct sim_etcd *etcd)
{
	struct map_builder *map = map_begin(arena);

	map_add(map, "state", value_str(arena, etcd_state_text(etcd->state)));
	map_add(map, "cluster", value_str(arena, etcd->cluster));
	map_add(map, "member",
		value_strf(arena, "%016llx", (unsigned long long)etcd->member));
	map_add(map, "bootstrapped", value_of_u64(arena, etcd->bootstrapped));
	map_add(map, "since", value_of_u64(arena, etcd->since));
	map_add(map, "due", value_of_u64(arena, etcd->due));
	return map_end(map);
}

static void add_config(struct arena *arena, struct map_builder *map, const char *key,
		       const struct sim_config *config)
{
	if (config)
		map_add(map, key, value_strn(arena, config->text, config->len));
}

static const struct value *node_value(struct arena *arena, const struct sim_node *node)
{
	struct map_builder *map = map_begin(arena);

	map_add(map, "format", value_of_u64(arena, FORMAT));
	map_add(map, "hardware", hardware_value(arena, node->hardware));
	map_add(map, "state", value_str(arena, state_name(node->state)));
	map_add(map, "due", value_of_u64(arena, node->due));
	map_add(map, "boot_id", value_str(arena, node->boot_id));
	map_add(map, "actor", value_str(arena, node->actor));
	map_add(map, "installed", value_str(arena, node->installed));
	add_config(arena, map, "config", node->config);
	add_config(arena, map, "staged", node->staged);
	add_config(arena, map, "kept", node->kept);
	map_add(map, "trial_over", value_of_u64(arena, node->trial_over));
	map_add(map, "locked", value_of_bool(arena, node->locked));
	map_add(map, "vip", value_of_bool(arena, node->vip));
	map_add(map, "pods", value_of_bool(arena, node->kube.pods));
	map_add(map, "registered", value_of_bool(arena, node->kube.registered));
	map_add(map, "applies", value_of_u64(arena, node->applies));
	map_add(map, "installs", value_of_u64(arena, node->installs));
	map_add(map, "bootstraps", value_of_u64(arena, node->bootstraps));
	map_add(map, "etcd", etcd_value(arena, &node->etcd));
	map_add(map, "services", services_value(arena, node));
	return map_end(map);
}

static const char *nodes_folder(struct arena *arena, const struct world *world)
{
	return fs_join(arena, world->folder, "nodes");
}

static int save_node(struct sim_node *node, struct err *err)
{
	struct arena *arena OWNED(arena_free) = arena_new("saved node");
	struct str text SCOPED(str_done) = STR_INIT(FILE_MAX);
	const struct json_style style = { JSON_INDENTED, true };
	const char *folder = nodes_folder(arena, node->world);
	const char *name = arena_printf(arena, "%s.json", node->hardware->name);

	json_write(&text, node_value(arena, node), &style);
	str_addc(&text, '\n');
	if (fs_mkdir(folder, 0700, err) < 0)
		return -1;
	return fs_write(fs_join(arena, folder, name), text.at, text.len, 0600, NULL, err);
}

int store_save(struct world *world, struct err *err)
{
	for (size_t i = 0; i < world->nodes; i++) {
		struct sim_node *node = world->node[i];

		if (!world->folder || !node->unsaved)
			continue;
		if (save_node(node, err) < 0)
			return err_wrap(err, "keep the simulated node %s", node->hardware->name);
		node->unsaved = false;
	}
	return 0;
}

/* ---- reading --------------------------------------------------------------------------------- */

static bool index_of(const char *text, const char *const *names, size_t count, size_t *out)
{
	for (size_t i = 0; i < count; i++) {
		if (names[i] && !strcmp(names[i], text)) {
			*out = i;
			return true;
		}
	}
	return false;
}

static int restore_config(struct sim_node *node, const char *text, struct sim_config **out,
			  struct err *err)
{
	if (!text)
		return 0;
	return sim_config_read(text, strlen(text), node->world->release, out, err);
}

static int restore_etcd(struct sim_node *node, const struct kept_etcd *kept, struct err *err)
{
	const char *const names[] = { etcd_state_text(ETCD_NONE), etcd_state_text(ETCD_WAITING),
				      etcd_state_text(ETCD_LEARNER), etcd_state_text(ETCD_MEMBER) };
	struct sim_etcd *etcd = &node->etcd;
	char *end;
	unsigned long long member = strtoull(kept->member, &end, 16);
	size_t state;

	if (!index_of(kept->state, names, ARRAY_LEN(names), &state) ||
	    strlen(kept->cluster) >= sizeof(etcd->cluster) ||
	    end == kept->member || *end)
		return err_set(err, ERR_INPUT, "etcd: not as it was written");
	etcd->state = (enum sim_etcd_state)state;
	snprintf(etcd->cluster, sizeof(etcd->cluster), "%s", kept->cluster);
	etcd->member = member;
	etcd->bootstrapped = kept->bootstrapped;
	etcd->since = kept->since;
	etcd->due = kept->due;
	return 0;
}

static int restore_services(struct sim_node *node, const struct structs *kept, struct err *err)
{
	const struct kept_service *service = kept->at;

	for (size_t i = 0; i < kept->len; i++) {
		const char *names[SERVICE_COUNT];
		size_t id, state;

		for (enum sim_service_id k = 0; k < SERVICE_COUNT; k++)
			names[k] = service_name(k);
		if (!index_of(service[i].id, names, SERVICE_COUNT, &id) ||
		    !index_of(service[i].state, service_states, SERVICE_STATE_COUNT, &state))
			return err_set(err, ERR_INPUT, "services[%zu]: not as it was written", i);
		service_restore(node, (enum sim_service_id)id, (enum sim_service_state)state,
				service[i].since);
	}
	return 0;
}

static int restore_state(struct sim_node *node, const struct kept_node *kept, struct err *err)
{
	const char *names[SIM_STATE_COUNT];
	size_t state;

	for (enum sim_state i = 0; i < SIM_STATE_COUNT; i++)
		names[i] = state_name(i);
	if (!index_of(kept->state, names, SIM_STATE_COUNT, &state))
		return err_set(err, ERR_INPUT, "state: \"%.40s\" is none", kept->state);

	bool configured = state == SIM_INSTALLING || state == SIM_BOOTING || state == SIM_RUNNING;

	if (configured && !node->config)
		return err_set(err, ERR_INPUT, "config: missing in the state %s", kept->state);
	node_resume(node, (enum sim_state)state, kept->due);
	return 0;
}

static int restore_node(struct sim_node *node, const struct kept_node *kept, struct err *err)
{
	snprintf(node->boot_id, sizeof(node->boot_id), "%s", kept->boot_id);
	snprintf(node->actor, sizeof(node->actor), "%s", kept->actor);
	snprintf(node->installed, sizeof(node->installed), "%s", kept->installed);
	node->trial_over = kept->trial_over;
	node->locked = kept->locked == TRI_TRUE;
	node->vip = kept->vip == TRI_TRUE;
	node->kube.pods = kept->pods == TRI_TRUE;
	node->kube.registered = kept->registered == TRI_TRUE;
	node->applies = (unsigned)kept->applies;
	node->installs = (unsigned)kept->installs;
	node->bootstraps = (unsigned)kept->bootstraps;
	if (restore_config(node, kept->config, &node->config, err) < 0 ||
	    restore_config(node, kept->staged, &node->staged, err) < 0 ||
	    restore_config(node, kept->kept, &node->kept, err) < 0)
		return -1;
	if (restore_etcd(node, &kept->etcd, err) < 0 ||
	    restore_services(node, &kept->services, err) < 0)
		return -1;
	return restore_state(node, kept, err);
}

static int load_node(struct world *world, const char *path, struct err *err)
{
	struct arena *arena OWNED(arena_free) = arena_new("loaded node");
	struct kept_node kept = { 0 };
	struct sim_hardware *hardware;
	struct findings findings;
	const struct value *value;
	char *text;
	size_t len;

	findings_init(&findings, arena);
	if (fs_read(arena, path, FILE_MAX, &text, &len, err) < 0 ||
	    json_read(arena, path, text, len, &value, err) < 0)
		return -1;
	if (value_decode(value, node_rows, "", &kept, &findings) < 0)
		return findings_err(&findings, err);
	if (kept.format != FORMAT)
		return err_set(err, ERR_INPUT, "%s: of another version of this program", path);
	if (hardware_read(world->arena, kept.hardware, &hardware, err) < 0)
		return -1;
	world_add(world, hardware);
	return restore_node(world->node[world->nodes - 1], &kept, err);
}

int store_load(struct world *world, struct err *err)
{
	struct arena *arena OWNED(arena_free) = arena_new("loaded world");
	const char *folder = nodes_folder(arena, world);
	struct fs_names names;

	if (fs_list(arena, folder, ".json", &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.len; i++) {
		const char *path = fs_join(arena, folder, names.at[i]);

		if (load_node(world, path, err) < 0)
			return err_wrap(err, "read %s", path);
	}
	return 0;
}
