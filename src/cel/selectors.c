#include "cel/selectors.h"

#include "base/arena.h"
#include "base/own.h"
#include "base/str.h"
#include "cel/disk_parts.h"

#include <assert.h>

#define MAC_MAX 100000
#define SELECTOR_VARIABLES_MAX 2

/* The structs are those of trees, so fields need no offsets. */
/* clang-format off */
#define ROW(name, type) { #name, &cel_ ## type, 0 }
#define STRUCT_ROW(name, what) { #name, &what ## _type, 0 }
#define STRUCT_OF(what, shown)                                                                  \
	static const struct cel_struct what ## _struct = { shown, what ## _fields,              \
							   ARRAY_LEN(what ## _fields) };        \
	static const struct cel_type what ## _type = { .kind = CEL_STRUCT, .of = &what ## _struct }
#define LIST_OF(what) \
	static const struct cel_type what ## _list = { .kind = CEL_LIST, .item = &what ## _type }
/* clang-format on */

static const struct cel_struct old_disk = { "disk", cel_disk_fields, CEL_DISK_FIELDS_1_13 };
static const struct cel_struct new_disk = { "disk", cel_disk_fields, CEL_DISK_FIELDS_1_14 };
static const struct cel_type old_disk_type = { .kind = CEL_STRUCT, .of = &old_disk };
static const struct cel_type new_disk_type = { .kind = CEL_STRUCT, .of = &new_disk };

static const struct cel_field volume_fields[] = {
	ROW(size, uint),
	ROW(sector_size, uint),
	ROW(io_size, uint),
	ROW(name, string),
	ROW(uuid, string),
	ROW(label, string),
	ROW(block_size, uint),
	ROW(filesystem_block_size, uint),
	ROW(probed_size, uint),
	ROW(partition_uuid, string),
	ROW(partition_type, string),
	ROW(partition_label, string),
	ROW(partition_index, uint),
	ROW(type, string),
	ROW(device_path, string),
	ROW(parent, string),
	ROW(dev_path, string),
	ROW(parent_dev_path, string),
	ROW(pretty_size, string),
	ROW(offset, uint),
};
STRUCT_OF(volume, "volume");

static const struct cel_field ip_fields[] = { ROW(ip, bytes) };
STRUCT_OF(ip, "address");
LIST_OF(ip);

static const struct cel_field prefix_fields[] = { ROW(ip, bytes), ROW(prefix_length, int) };
STRUCT_OF(prefix, "prefix");
LIST_OF(prefix);

static const struct cel_field vlan_fields[] = { ROW(vid, uint), ROW(protocol, int) };
STRUCT_OF(vlan, "VLAN");

static const struct cel_field stp_fields[] = { ROW(enabled, bool) };
STRUCT_OF(stp, "spanning tree");

static const struct cel_field bridge_vlan_fields[] = { ROW(filtering_enabled, bool) };
STRUCT_OF(bridge_vlan, "bridge's VLAN");

static const struct cel_field bridge_fields[] = {
	STRUCT_ROW(stp, stp),
	STRUCT_ROW(vlan, bridge_vlan),
};
STRUCT_OF(bridge, "bridge");

/* The last row is new in 1.14. */
static const struct cel_field bond_fields[] = {
	ROW(mode, int),
	ROW(hash_policy, int),
	ROW(lacp_rate, int),
	ROW(arp_validate, int),
	ROW(arp_all_targets, int),
	ROW(primary_index, uint),
	ROW(primary_reselect, int),
	ROW(fail_over_mac, int),
	ROW(ad_select, int),
	ROW(mii_mon, uint),
	ROW(up_delay, uint),
	ROW(down_delay, uint),
	ROW(arp_interval, uint),
	ROW(resend_igmp, uint),
	ROW(min_links, uint),
	ROW(lp_interval, uint),
	ROW(packets_per_slave, uint),
	ROW(num_peer_notif, uint),
	ROW(tlb_dynamic_lb, uint),
	ROW(all_slaves_active, uint),
	ROW(use_carrier, bool),
	ROW(ad_actor_sys_prio, uint),
	ROW(ad_user_port_key, uint),
	ROW(peer_notify_delay, uint),
	{ "arpip_targets", &ip_list, 0 },
	{ "nsip6_targets", &ip_list, 0 },
	ROW(adlacp_active, int),
	ROW(missed_max, uint),
	ROW(primary, string),
};
STRUCT_OF(bond, "bond");
static const struct cel_struct old_bond_struct = { "bond", bond_fields,
						   ARRAY_LEN(bond_fields) - 1 };
static const struct cel_type old_bond_type = { .kind = CEL_STRUCT, .of = &old_bond_struct };

static const struct cel_field peer_fields[] = {
	ROW(public_key, string),
	ROW(preshared_key, string),
	ROW(endpoint, string),
	ROW(persistent_keepalive_interval, duration),
	{ "allowed_ips", &prefix_list, 0 },
};
STRUCT_OF(peer, "peer");
LIST_OF(peer);

static const struct cel_field wireguard_fields[] = {
	ROW(private_key, string),
	ROW(public_key, string),
	ROW(listen_port, int),
	ROW(firewall_mark, int),
	{ "peers", &peer_list, 0 },
};
STRUCT_OF(wireguard, "WireGuard link");

static const struct cel_field vrf_fields[] = { ROW(table, int) };
STRUCT_OF(vrf, "VRF");

static const struct cel_field veth_fields[] = { ROW(peer_name, string) };
STRUCT_OF(veth, "veth pair");

/* clang-format off */
#define LINK_ROWS(bond)                     \
	ROW(index, uint),                   \
	ROW(type, int),                     \
	ROW(link_index, uint),              \
	ROW(flags, uint),                   \
	ROW(hardware_addr, bytes),          \
	ROW(broadcast_addr, bytes),         \
	ROW(mtu, uint),                     \
	ROW(queue_disc, string),            \
	ROW(master_index, uint),            \
	ROW(operational_state, int),        \
	ROW(kind, string),                  \
	ROW(slave_kind, string),            \
	ROW(bus_path, string),              \
	ROW(pciid, string),                 \
	ROW(driver, string),                \
	ROW(driver_version, string),        \
	ROW(firmware_version, string),      \
	ROW(product_id, string),            \
	ROW(vendor_id, string),             \
	ROW(product, string),               \
	ROW(vendor, string),                \
	ROW(link_state, bool),              \
	ROW(speed_megabits, int),           \
	ROW(port, int),                     \
	ROW(duplex, int),                   \
	STRUCT_ROW(vlan, vlan),             \
	STRUCT_ROW(bridge_master, bridge),  \
	STRUCT_ROW(bond_master, bond),      \
	STRUCT_ROW(wireguard, wireguard),   \
	ROW(permanent_addr, bytes),         \
	ROW(alias, string),                 \
	ROW(alt_names, strings),            \
	STRUCT_ROW(vrf_master, vrf)
/* clang-format on */

static const struct cel_field old_link_fields[] = { LINK_ROWS(old_bond) };
STRUCT_OF(old_link, "link");
static const struct cel_field new_link_fields[] = { LINK_ROWS(bond), STRUCT_ROW(veth, veth) };
STRUCT_OF(new_link, "link");

static const struct cel_variable old_disk_variables[] = {
	{ "disk", &old_disk_type },
	{ "system_disk", &cel_bool },
};
static const struct cel_variable new_disk_variables[] = {
	{ "disk", &new_disk_type },
	{ "system_disk", &cel_bool },
};
static const struct cel_variable old_volume_variables[] = {
	{ "volume", &volume_type },
	{ "disk", &old_disk_type },
};
static const struct cel_variable new_volume_variables[] = {
	{ "volume", &volume_type },
	{ "disk", &new_disk_type },
};
static const struct cel_variable old_link_variables[] = { { "link", &old_link_type } };
static const struct cel_variable new_link_variables[] = { { "link", &new_link_type } };

/* clang-format off */
#define GLOB_ROW { "glob", CEL_GLOBAL, 2, { CEL_STRING, CEL_STRING }, CEL_BOOL, cel_glob }
/* clang-format on */

static int mac(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
	       struct err *err)
{
	struct str text SCOPED(str_done) = STR_INIT(MAC_MAX);

	for (size_t i = 0; i < arg->text.len; i++)
		str_addf(&text, "%s%02x", i ? ":" : "", (unsigned char)arg->text.at[i]);
	if (text.full)
		return err_set(err, ERR_REFUSED, "mac() is of fewer bytes");
	*out = cel_of_text(arena_str(work->arena, str_text(&text)));
	return 0;
}

static const struct cel_function disk_functions[] = { GLOB_ROW };
static const struct cel_function link_functions[] = {
	GLOB_ROW,
	{ "mac", CEL_GLOBAL, 1, { CEL_BYTES, CEL_DYN }, CEL_STRING, mac },
};

static const struct cel_type by_class = { .kind = CEL_MAP, .key = &cel_int, .item = &cel_double };
static const struct cel_type vector = { .kind = CEL_MAP, .key = &cel_dyn, .item = &cel_double };
static const struct cel_type maybe_uint = { .kind = CEL_OPTIONAL, .item = &cel_uint };

/* clang-format off */
/* Of the whole machine and, changes, of the last interval. */
#define PRESSURE(name)                                                                  \
	{ "memory_" name, &cel_double }, { "d_memory_" name, &cel_double },             \
	{ "qos_memory_" name, &by_class }, { "d_qos_memory_" name, &by_class }
#define USAGE(name) { "qos_memory_" name, &by_class }, { "d_qos_memory_" name, &by_class }
/* clang-format on */

static const struct cel_variable trigger_variables[] = {
	PRESSURE("some_avg10"),
	PRESSURE("some_avg60"),
	PRESSURE("some_avg300"),
	PRESSURE("some_total"),
	PRESSURE("full_avg10"),
	PRESSURE("full_avg60"),
	PRESSURE("full_avg300"),
	PRESSURE("full_total"),
	USAGE("current"),
	USAGE("peak"),
	USAGE("max"),
	{ "time_since_trigger", &cel_duration },
};
static const struct cel_function trigger_functions[] = {
	{ "multiply_qos_vectors", CEL_GLOBAL, 2, { CEL_MAP, CEL_MAP }, CEL_DOUBLE, NULL, &vector },
};

static const struct cel_variable ranking_variables[] = {
	{ "memory_max", &maybe_uint },
	{ "memory_current", &maybe_uint },
	{ "memory_peak", &maybe_uint },
	{ "path", &cel_string },
	{ "class", &cel_int },
};

/* clang-format off */
#define ENV(table, answer)                                                   \
	.variable = (table), .variables = ARRAY_LEN(table), .result = (answer), \
	.exact = true
#define CONSTANTS(count) .constant = cel_constants, .constants = (count)
#define FUNCTIONS(table) .function = (table), .functions = ARRAY_LEN(table)
/* clang-format on */

/* clang-format off */
/* Of 1.13 and of 1.14. */
static const struct cel_env envs[SELECTOR_COUNT][2] = {
	[SELECTOR_DISK] = {
		{ ENV(old_disk_variables, &cel_bool), CONSTANTS(CEL_UNITS),
		  FUNCTIONS(disk_functions) },
		{ ENV(new_disk_variables, &cel_bool), CONSTANTS(CEL_UNITS),
		  FUNCTIONS(disk_functions) },
	},
	[SELECTOR_VOLUME] = {
		{ ENV(old_volume_variables, &cel_bool), CONSTANTS(CEL_UNITS) },
		{ ENV(new_volume_variables, &cel_bool), CONSTANTS(CEL_UNITS) },
	},
	[SELECTOR_LINK] = {
		{ ENV(old_link_variables, &cel_bool), FUNCTIONS(link_functions) },
		{ ENV(new_link_variables, &cel_bool), FUNCTIONS(link_functions) },
	},
	[SELECTOR_OOM_TRIGGER] = {
		{ ENV(trigger_variables, &cel_bool), CONSTANTS(CEL_UNITS_AND_CLASSES),
		  FUNCTIONS(trigger_functions), .optionals = true },
		{ ENV(trigger_variables, &cel_bool), CONSTANTS(CEL_UNITS_AND_CLASSES),
		  FUNCTIONS(trigger_functions), .optionals = true },
	},
	[SELECTOR_OOM_RANKING] = {
		{ ENV(ranking_variables, &cel_double), CONSTANTS(CEL_UNITS_AND_CLASSES),
		  .optionals = true },
		{ ENV(ranking_variables, &cel_double), CONSTANTS(CEL_UNITS_AND_CLASSES),
		  .optionals = true },
	},
};
/* clang-format on */

int selector_check(enum selector of, unsigned minor, const char *text, struct err *err)
{
	struct arena *scratch OWNED(arena_free) = arena_new("selector");
	const struct cel_program *program;

	return cel_compile(scratch, text, &envs[of][minor >= 14], &program, err);
}

int selector_holds(const struct selector_question *question, const struct value *facts, bool *out,
		   struct err *err)
{
	struct arena *scratch OWNED(arena_free) = arena_new("selector");
	const struct cel_env *env = &envs[question->of][question->minor >= 14];
	const struct cel_program *program;
	struct cel_value values[SELECTOR_VARIABLES_MAX];

	assert(question->of <= SELECTOR_LINK && env->variables <= SELECTOR_VARIABLES_MAX);
	if (cel_compile(scratch, question->text, env, &program, err) < 0)
		return -1;
	for (size_t i = 0; i < env->variables; i++) {
		const struct cel_variable *variable = &env->variable[i];
		const struct value *fact = value_get(facts, variable->name);

		values[i] = variable->type->kind == CEL_STRUCT
				    ? cel_of_record(variable->type->of, fact)
				    : cel_of_bool(value_bool(fact, false));
	}
	return cel_holds(program, values, scratch, out, err);
}
