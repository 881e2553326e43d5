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
	const char *state, *cluster, *member, *name;
	uint64_t bootstrapped, since, due;
	uint64_t term, founded, start, defragged, lag, alarms, upload;
	enum tristate upload_whole;
};

struct kept_slot {
	const char *ref, *version, *schematic, *fate;
};

struct kept_boot {
	struct structs slots;
	uint64_t next;
	const char *now, *staged, *outcome;
};

struct kept_end {
	const char *kind, *image;
	enum tristate graceful, off, forced, failed;
	uint64_t wipe;
};

struct kept_image {
	const char *store, *ref;
};

struct kept_node {
	struct kept_boot boot;
	struct kept_end end;
	struct structs images;
	uint64_t upgrades, boots, wipes, volume_wipes;
	uint64_t format, due, applies, installs, bootstraps, trial_over;
	const struct value *hardware;
	const char *state, *boot_id, *actor, *installed, *config, *staged, *kept;
	enum tristate locked, vip, pods, registered, network;
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
	{ "name", FIELD_STR, offsetof(struct kept_etcd, name), .required = false },
	{ "bootstrapped", FIELD_UINT, offsetof(struct kept_etcd, bootstrapped), .required = false },
	{ "since", FIELD_UINT, offsetof(struct kept_etcd, since), .required = false },
	{ "due", FIELD_UINT, offsetof(struct kept_etcd, due), .required = false },
	{ "term", FIELD_UINT, offsetof(struct kept_etcd, term), .required = false },
	{ "founded", FIELD_UINT, offsetof(struct kept_etcd, founded), .required = false },
	{ "start", FIELD_UINT, offsetof(struct kept_etcd, start), .required = false },
	{ "defragged", FIELD_UINT, offsetof(struct kept_etcd, defragged), .required = false },
	{ "lag", FIELD_UINT, offsetof(struct kept_etcd, lag), .required = false },
	{ "alarms", FIELD_UINT, offsetof(struct kept_etcd, alarms), .required = false },
	{ "upload", FIELD_UINT, offsetof(struct kept_etcd, upload), .required = false },
	{ "upload_whole", FIELD_BOOL, offsetof(struct kept_etcd, upload_whole), .required = false },
	{ .name = NULL },
};

static const struct field slot_rows[] = {
	{ "ref", FIELD_STR, offsetof(struct kept_slot, ref), .required = true },
	{ "version", FIELD_STR, offsetof(struct kept_slot, version), .required = true },
	{ "schematic", FIELD_STR, offsetof(struct kept_slot, schematic), .required = true },
	{ "fate", FIELD_STR, offsetof(struct kept_slot, fate), .required = true },
	{ .name = NULL },
};

static const struct field boot_rows[] = {
	{ "slots", FIELD_STRUCTS, offsetof(struct kept_boot, slots), .required = true,
	  .inner = slot_rows, .inner_size = sizeof(struct kept_slot) },
	{ "next", FIELD_UINT, offsetof(struct kept_boot, next), .required = true },
	{ "now", FIELD_STR, offsetof(struct kept_boot, now), .required = true },
	{ "staged", FIELD_STR, offsetof(struct kept_boot, staged), .required = true },
	{ "outcome", FIELD_STR, offsetof(struct kept_boot, outcome), .required = true },
	{ .name = NULL },
};

static const struct field end_rows[] = {
	{ "kind", FIELD_STR, offsetof(struct kept_end, kind), .required = true },
	{ "image", FIELD_STR, offsetof(struct kept_end, image), .required = true },
	{ "graceful", FIELD_BOOL, offsetof(struct kept_end, graceful), .required = true },
	{ "off", FIELD_BOOL, offsetof(struct kept_end, off), .required = true },
	{ "forced", FIELD_BOOL, offsetof(struct kept_end, forced), .required = true },
	{ "failed", FIELD_BOOL, offsetof(struct kept_end, failed), .required = true },
	{ "wipe", FIELD_UINT, offsetof(struct kept_end, wipe), .required = true },
	{ .name = NULL },
};

static const struct field image_rows[] = {
	{ "store", FIELD_STR, offsetof(struct kept_image, store), .required = true },
	{ "ref", FIELD_STR, offsetof(struct kept_image, ref), .required = true },
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
	{ "network", FIELD_BOOL, offsetof(struct kept_node, network), .required = false },
	{ "applies", FIELD_UINT, offsetof(struct kept_node, applies), .required = false },
	{ "installs", FIELD_UINT, offsetof(struct kept_node, installs), .required = false },
	{ "bootstraps", FIELD_UINT, offsetof(struct kept_node, bootstraps), .required = false },
	{ "upgrades", FIELD_UINT, offsetof(struct kept_node, upgrades), .required = false },
	{ "boots", FIELD_UINT, offsetof(struct kept_node, boots), .required = false },
	{ "wipes", FIELD_UINT, offsetof(struct kept_node, wipes), .required = false },
	{ "volumeWipes", FIELD_UINT, offsetof(struct kept_node, volume_wipes), .required = false },
	{ "boot", FIELD_STRUCT, offsetof(struct kept_node, boot), .required = false,
	  .inner = boot_rows, .inner_size = sizeof(struct kept_boot) },
	{ "end", FIELD_STRUCT, offsetof(struct kept_node, end), .required = false,
	  .inner = end_rows, .inner_size = sizeof(struct kept_end) },
	{ "images", FIELD_STRUCTS, offsetof(struct kept_node, images), .required = false,
	  .inner = image_rows, .inner_size = sizeof(struct kept_image) },
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
	map_add(map, "name", value_str(arena, etcd->name));
	map_add(map, "bootstrapped", value_of_u64(arena, etcd->bootstrapped));
	map_add(map, "since", value_of_u64(arena, etcd->since));
	map_add(map, "due", value_of_u64(arena, etcd->due));
	map_add(map, "term", value_of_u64(arena, etcd->term));
	map_add(map, "founded", value_of_u64(arena, etcd->founded));
	map_add(map, "start", value_of_u64(arena, etcd->start));
	map_add(map, "defragged", value_of_u64(arena, etcd->defragged));
	map_add(map, "lag", value_of_u64(arena, etcd->lag));
	map_add(map, "alarms", value_of_u64(arena, etcd->alarms));
	map_add(map, "upload", value_of_u64(arena, etcd->upload));
	map_add(map, "upload_whole", value_of_bool(arena, etcd->upload_whole));
	return map_end(map);
}

static const struct value *boot_value(struct arena *arena, const struct sim_boot *boot)
{
	struct map_builder *map = map_begin(arena);
	struct list_builder *slots = list_begin(arena);

	for (size_t i = 0; i < ARRAY_LEN(boot->slot); i++) {
		const struct sim_image *image = &boot->slot[i];
		struct map_builder *slot = map_begin(arena);

		map_add(slot, "ref", value_str(arena, image->ref));
		map_add(slot, "version", value_str(arena, image->version));
		map_add(slot, "schematic", value_str(arena, image->schematic));
		map_add(slot, "fate", value_str(arena, upgrade_text(image->fate)));
		list_add(slots, map_end(slot));
	}
	map_add(map, "slots", list_end(slots));
	map_add(map, "next", value_of_u64(arena, boot->next));
	map_add(map, "now", value_str(arena, boot->now.ref));
	map_add(map, "staged", value_str(arena, boot->staged));
	map_add(map, "outcome", value_str(arena, upgrade_text(boot->outcome)));
	return map_end(map);
}

static const struct value *end_value(struct arena *arena, const struct sim_end *end)
{
	struct map_builder *map = map_begin(arena);

	map_add(map, "kind", value_str(arena, end_name(end)));
	map_add(map, "image", value_str(arena, end->image));
	map_add(map, "graceful", value_of_bool(arena, end->graceful));
	map_add(map, "off", value_of_bool(arena, end->off));
	map_add(map, "forced", value_of_bool(arena, end->forced));
	map_add(map, "failed", value_of_bool(arena, end->failed));
	map_add(map, "wipe", value_of_u64(arena, end->wipe));
	return map_end(map);
}

static const struct value *images_value(struct arena *arena, const struct sim_images *images)
{
	struct list_builder *list = list_begin(arena);

	for (size_t i = 0; i < images->len; i++) {
		struct map_builder *map = map_begin(arena);

		map_add(map, "store", value_str(arena, store_text(images->at[i].store)));
		map_add(map, "ref", value_str(arena, images->at[i].ref));
		list_add(list, map_end(map));
	}
	return list_end(list);
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
	map_add(map, "network", value_of_bool(arena, node->kube.network));
	map_add(map, "applies", value_of_u64(arena, node->applies));
	map_add(map, "installs", value_of_u64(arena, node->installs));
	map_add(map, "bootstraps", value_of_u64(arena, node->bootstraps));
	map_add(map, "upgrades", value_of_u64(arena, node->upgrades));
	map_add(map, "boots", value_of_u64(arena, node->boots));
	map_add(map, "wipes", value_of_u64(arena, node->wipes));
	map_add(map, "volumeWipes", value_of_u64(arena, node->volume_wipes));
	map_add(map, "boot", boot_value(arena, &node->boot_from));
	map_add(map, "end", end_value(arena, &node->end));
	map_add(map, "images", images_value(arena, &node->images));
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
	return sim_config_read(text, strlen(text), node_release(node), out, err);
}

static int restore_etcd(struct sim_node *node, const struct kept_etcd *kept, struct err *err)
{
	const char *names[ETCD_STATE_COUNT];
	struct sim_etcd *etcd = &node->etcd;
	char *end;
	unsigned long long member = strtoull(kept->member, &end, 16);
	size_t state;

	for (enum sim_etcd_state k = 0; k < ETCD_STATE_COUNT; k++)
		names[k] = etcd_state_text(k);
	if (!index_of(kept->state, names, ARRAY_LEN(names), &state) ||
	    strlen(kept->cluster) >= sizeof(etcd->cluster) ||
	    end == kept->member || *end)
		return err_set(err, ERR_INPUT, "etcd: not as it was written");
	etcd->state = (enum sim_etcd_state)state;
	snprintf(etcd->cluster, sizeof(etcd->cluster), "%s", kept->cluster);
	snprintf(etcd->name, sizeof(etcd->name), "%s", kept->name ? kept->name : "");
	etcd->member = member;
	etcd->bootstrapped = kept->bootstrapped;
	etcd->since = kept->since;
	etcd->due = kept->due;
	etcd->term = kept->term;
	etcd->founded = kept->founded ? kept->founded : kept->since;
	etcd->start = kept->start;
	etcd->defragged = kept->defragged;
	etcd->lag = kept->lag;
	etcd->alarms = (unsigned)kept->alarms;
	etcd->upload = kept->upload;
	etcd->upload_whole = kept->upload_whole == TRI_TRUE;
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

static int restore_slot(struct sim_image *image, const struct kept_slot *kept, struct err *err)
{
	if (!upgrade_read(kept->fate, &image->fate))
		return err_set(err, ERR_INPUT, "boot: not as it was written");
	snprintf(image->ref, sizeof(image->ref), "%s", kept->ref);
	snprintf(image->version, sizeof(image->version), "%s", kept->version);
	snprintf(image->schematic, sizeof(image->schematic), "%s", kept->schematic);
	return 0;
}

/* Files of before have none: such a node boots what its world does. */
static int restore_boot(struct sim_node *node, const struct kept_boot *kept, struct err *err)
{
	struct sim_boot *boot = &node->boot_from;
	const struct kept_slot *slot = kept->slots.at;

	if (!kept->now)
		return 0;
	if (kept->slots.len != ARRAY_LEN(boot->slot) || kept->next >= ARRAY_LEN(boot->slot) ||
	    !upgrade_read(kept->outcome, &boot->outcome))
		return err_set(err, ERR_INPUT, "boot: not as it was written");
	for (size_t i = 0; i < ARRAY_LEN(boot->slot); i++) {
		if (restore_slot(&boot->slot[i], &slot[i], err) < 0)
			return -1;
		if (*kept->now && !strcmp(kept->now, boot->slot[i].ref))
			boot->now = boot->slot[i];
	}
	boot->next = (unsigned)kept->next;
	snprintf(boot->staged, sizeof(boot->staged), "%s", kept->staged);
	return 0;
}

static int restore_end(struct sim_node *node, const struct kept_end *kept, struct err *err)
{
	struct sim_end *end = &node->end;

	if (!kept->kind)
		return 0;
	*end = (struct sim_end){
		.graceful = kept->graceful == TRI_TRUE,
		.off = kept->off == TRI_TRUE,
		.forced = kept->forced == TRI_TRUE,
		.failed = kept->failed == TRI_TRUE,
		.wipe = (unsigned)kept->wipe,
	};
	snprintf(end->image, sizeof(end->image), "%s", kept->image);
	while (strcmp(end_name(end), kept->kind) != 0) {
		if (++end->kind == END_COUNT)
			return err_set(err, ERR_INPUT, "end: not as it was written");
	}
	return 0;
}

static int restore_images(struct sim_node *node, const struct structs *kept, struct err *err)
{
	const struct kept_image *image = kept->at;

	for (size_t i = 0; i < kept->len; i++) {
		enum sim_store store;

		if (!store_read(image[i].store, &store))
			return err_set(err, ERR_INPUT, "images[%zu]: not as it was written", i);
		images_add(&node->images, store, image[i].ref);
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
	node->kube.network = kept->network == TRI_TRUE;
	node->applies = (unsigned)kept->applies;
	node->installs = (unsigned)kept->installs;
	node->bootstraps = (unsigned)kept->bootstraps;
	node->upgrades = (unsigned)kept->upgrades;
	node->boots = (unsigned)kept->boots;
	node->wipes = (unsigned)kept->wipes;
	node->volume_wipes = (unsigned)kept->volume_wipes;
	if (restore_boot(node, &kept->boot, err) < 0 || restore_end(node, &kept->end, err) < 0 ||
	    restore_images(node, &kept->images, err) < 0)
		return -1;
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

	fs_sweep(folder);
	if (fs_list(arena, folder, ".json", &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.len; i++) {
		const char *path = fs_join(arena, folder, names.at[i]);

		if (load_node(world, path, err) < 0)
			return err_wrap(err, "read %s", path);
	}
	return 0;
}
