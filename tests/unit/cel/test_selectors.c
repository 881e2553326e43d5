#include "cel/selectors.h"

#include "base/own.h"

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
