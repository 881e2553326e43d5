#include "cel/selectors.h"

#include "base/own.h"
#include "tree/yaml.h"

#include <criterion/criterion.h>
#include <string.h>

#define RANKING "memory_max.hasValue() ? 0.0 : {Besteffort: 1.0, Burstable: 0.5}[class] * "

static const struct row {
	enum selector of;
	unsigned minor;
	const char *text;
	const char *error; /* NULL: good */
} rows[] = {
	{ SELECTOR_DISK, 13, "disk.size > 10u * GiB && !system_disk", NULL },
	{ SELECTOR_DISK, 13, "glob('nvme*', disk.dev_path)", NULL },
	{ SELECTOR_DISK, 13, "disk.firmware_version == '1'",
	  "1:6: a disk has no field \"firmware_version\"" },
	{ SELECTOR_DISK, 14, "disk.firmware_version == '1'", NULL },
	{ SELECTOR_DISK, 13, "disk.size", "1:6: the result is uint, not bool" },
	{ SELECTOR_DISK, 13, "dyn(true)", "1:1: the result is dyn, not bool" },
	{ SELECTOR_DISK, 13, "link.mtu > 5u", "1:1: there is no \"link\"" },
	{ SELECTOR_DISK, 13, "disk.?serial.hasValue()",
	  "1:5: optional fields (.?) are not covered" },
	{ SELECTOR_DISK, 13, "[?disk.rotational][0]",
	  "1:8: optional fields (.?) are not covered" },

	/* What nothing is known of takes the first type that it meets. */
	{ SELECTOR_DISK, 13, "[].all(x, x == 1 && x == 2)", NULL },
	{ SELECTOR_DISK, 13, "[].all(x, x == 1 && x == 'a')",
	  "1:23: there is no int == string" },
	{ SELECTOR_DISK, 13, "512u in ([] + [.5])", "1:6: there is no uint in list(double)" },
	{ SELECTOR_DISK, 13, "{false: []} in [{false: b'a'}, {}]",
	  "1:13: there is no map(bool, list(dyn)) in list(map(bool, bytes))" },
	/* cel-go compares numbers of two kinds in its first loop and from there on. */
	{ SELECTOR_DISK, 13, "disk.size > 100", "1:11: there is no uint > int" },
	{ SELECTOR_DISK, 13, "disk.symlinks.exists(s, disk.size > 100)", NULL },
	{ SELECTOR_DISK, 13, "disk.symlinks.all(s, true) && disk.size > 100", NULL },
	{ SELECTOR_DISK, 13, "disk.size > 100 && disk.symlinks.all(s, true)",
	  "1:11: there is no uint > int" },
	{ SELECTOR_DISK, 13, "!!(dyn(true))", "1:4: the result is dyn, not bool" },
	{ SELECTOR_DISK, 13, "--disk.rotational", NULL },
	{ SELECTOR_DISK, 13, "duration(1) == duration('1s')", NULL },

	{ SELECTOR_VOLUME, 13, "volume.size > 5u * TB && disk.cdrom", NULL },
	{ SELECTOR_VOLUME, 14, "disk.firmware_version == volume.name", NULL },
	{ SELECTOR_VOLUME, 14, "glob('a', volume.name)", "1:1: there is no function \"glob\"" },

	{ SELECTOR_LINK, 13, "glob('aa:bb:*', mac(link.hardware_addr)) && link.type == 1", NULL },
	{ SELECTOR_LINK, 13, "link.wireguard.peers.all(p, p.allowed_ips[0].prefix_length > 8)",
	  NULL },
	{ SELECTOR_LINK, 13, "link.bridge_master.stp.enabled && link.vlan.vid == 5u", NULL },
	{ SELECTOR_LINK, 13, "link.veth.peer_name == 'a'", "1:6: a link has no field \"veth\"" },
	{ SELECTOR_LINK, 14, "link.veth.peer_name == 'a'", NULL },
	{ SELECTOR_LINK, 13, "link.bond_master.primary == 'a'",
	  "1:18: a bond has no field \"primary\"" },
	{ SELECTOR_LINK, 14, "link.bond_master.primary == 'a'", NULL },
	{ SELECTOR_LINK, 13, "mac(link.alias) == ''", "1:1: mac() does not take (string)" },

	{ SELECTOR_OOM_TRIGGER, 13, "memory_full_avg10 > 75.0", NULL },
	{ SELECTOR_OOM_TRIGGER, 13, "time_since_trigger > duration('10s')", NULL },
	{ SELECTOR_OOM_TRIGGER, 13,
	  "multiply_qos_vectors(d_qos_memory_full_total, {System: 8.0}) > 3.0", NULL },
	{ SELECTOR_OOM_TRIGGER, 13,
	  "multiply_qos_vectors(d_qos_memory_full_total, {System: 8}) > 3.0",
	  "1:1: multiply_qos_vectors() does not take (map(int, double), map(int, int))" },
	{ SELECTOR_OOM_TRIGGER, 13, "qos_memory_current[?System].orValue(0.0) > 1.0", NULL },
	{ SELECTOR_OOM_TRIGGER, 13, "qos_memory_current['System'] > 1.0",
	  "1:19: map(int, double) cannot be indexed by string" },
	{ SELECTOR_OOM_TRIGGER, 13, "[?optional.of(1)] == []", NULL },
	{ SELECTOR_OOM_TRIGGER, 13, "dyn(optional.of(1)).hasValue()", NULL },
	{ SELECTOR_OOM_TRIGGER, 13, "[1.0].first().or([2.0].last()).value() > 1.0", NULL },
	{ SELECTOR_OOM_TRIGGER, 13, "[1].unwrapOpt() == []",
	  "1:5: unwrapOpt() does not take (list(int))" },
	{ SELECTOR_OOM_TRIGGER, 13, "optional.unwrap([optional.of(1)]) == [1]", NULL },
	{ SELECTOR_OOM_TRIGGER, 13, "optional.of(1).optFlatMap(v, 5) == optional.none()",
	  "1:16: optFlatMap() is of optional values" },
	{ SELECTOR_OOM_TRIGGER, 13, "[?1] == []", "1:3: int is always there" },
	{ SELECTOR_OOM_TRIGGER, 13, "{?'a': optional.none()} == {}", NULL },
	{ SELECTOR_OOM_TRIGGER, 13, "optional.of(true)",
	  "1:10: the result is optional(bool), not bool" },

	{ SELECTOR_OOM_RANKING, 13, RANKING "double(memory_current.orValue(0u))", NULL },
	{ SELECTOR_OOM_RANKING, 13, RANKING "double(memory_current)",
	  "1:74: double() does not take (optional(uint))" },
	{ SELECTOR_OOM_RANKING, 13, "double(memory_current.orValue(0))",
	  "1:23: orValue() does not take (optional(uint), int)" },
	{ SELECTOR_OOM_RANKING, 13, "double(memory_peak.or(memory_max).value())", NULL },
	{ SELECTOR_OOM_RANKING, 13, "double(memory_peak.optMap(x, x * 2u).orValue(0u))", NULL },
	{ SELECTOR_OOM_RANKING, 13, "double(memory_peak.optFlatMap(x, x).orValue(0u))",
	  "1:20: optFlatMap() is of optional values" },
	{ SELECTOR_OOM_RANKING, 13, "{'a': {'c': 1.0}}.?b.c.orValue(0.2)", NULL },
	{ SELECTOR_OOM_RANKING, 13, "{'a': {'c': 1.0}}.?b['c'].orValue(0.2)", NULL },
	{ SELECTOR_OOM_RANKING, 13, "[1.0][?'x'].orValue(0.5)",
	  "1:6: there is no list(double) [?] string" },
	{ SELECTOR_OOM_RANKING, 13, "memory_max > memory_peak ? 1.0 : 0.0",
	  "1:12: there is no optional(uint) > optional(uint)" },
	{ SELECTOR_OOM_RANKING, 13, "1", "1:1: the result is int, not double" },
};

Test(selectors, know_what_their_release_does)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = ERR_INIT;
		int r = selector_check(rows[i].of, rows[i].minor, rows[i].text, &err);

		cr_expect_eq(r, rows[i].error ? -1 : 0, "%s: %s", rows[i].text, err.text);
		if (rows[i].error)
			cr_expect_str_eq(err.text, rows[i].error, "%s: %s", rows[i].text, err.text);
	}
}

/* Each loop makes the type twice as large. */
Test(selectors, types_that_grow_without_end_are_refused)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const char *text = "[[]]";
	struct err err = ERR_INIT;

	for (int i = 0; i < 60; i++)
		text = arena_printf(arena, "%s.map(x, {x: x})", text);
	text = arena_printf(arena, "%s == %s", text, text);
	cr_assert_lt(selector_check(SELECTOR_DISK, 13, text, &err), 0);
}

Test(selectors, trees_are_chosen_by_their_fields)
{
	static const struct {
		enum selector of;
		const char *text, *facts;
		bool holds;
	} tries[] = {
		{ SELECTOR_DISK, "disk.size > 1u * TB && !system_disk",
		  "disk: {size: 2000000000000}", true },
		{ SELECTOR_DISK, "system_disk", "system_disk: true", true },
		{ SELECTOR_DISK, "'/dev/a' in disk.symlinks",
		  "disk: {symlinks: [/dev/b, /dev/a]}", true },
		{ SELECTOR_DISK, "has(disk.model) || disk.model != ''",
		  "disk: {serial: a}", false },
		{ SELECTOR_VOLUME, "volume.name == 'xfs' && disk.rotational",
		  "{volume: {name: xfs}, disk: {rotational: true}}", true },
		{ SELECTOR_LINK, "mac(link.hardware_addr) == 'aa:bb:cc:00:01:ff'",
		  "link: {hardware_addr: qrvMAAH/}", true },
		{ SELECTOR_LINK, "glob('aa:*', mac(link.permanent_addr))", "link: {}", false },
		{ SELECTOR_LINK, "has(link.vlan) && link.vlan.vid == 5u",
		  "link: {vlan: {vid: 5}}", true },
		{ SELECTOR_LINK, "has(link.vlan) || link.vlan.vid > 0u",
		  "link: {mtu: 5}", false },
		{ SELECTOR_LINK,
		  "link.wireguard.peers.exists(p, p.persistent_keepalive_interval > "
		  "duration('2s'))",
		  "link: {wireguard: {peers: [{endpoint: a}, {persistent_keepalive_interval: "
		  "3000000000}]}}",
		  true },
	};

	for (size_t i = 0; i < ARRAY_LEN(tries); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct selector_question question = { tries[i].of, 13, tries[i].text };
		bool holds = !tries[i].holds;
		struct err err = ERR_INIT;

		struct yaml_input input = { .file = "facts",
					    .text = tries[i].facts,
					    .len = strlen(tries[i].facts) };
		struct yaml_documents documents;

		cr_assert_eq(yaml_read(arena, &input, &documents, &err), 0, "%s", err.text);
		cr_assert_eq(documents.len, 1);
		cr_assert_eq(selector_holds(&question, documents.at[0], &holds, &err), 0, "%s: %s",
			     tries[i].text, err.text);
		cr_assert_eq(holds, tries[i].holds, "%s", tries[i].text);
	}
}
