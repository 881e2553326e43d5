#include "render/patch.h"

#include "base/own.h"

#include <criterion/criterion.h>
#include <string.h>

#define LINK "apiVersion: v1alpha1\nkind: LinkConfig\nname: eth0\n"
#define BOND "apiVersion: v1alpha1\nkind: BondConfig\nname: bond0\n"
#define DHCP "apiVersion: v1alpha1\nkind: DHCPv4Config\nname: eth0\n"
#define KMSG "apiVersion: v1alpha1\nkind: KmsgLogConfig\nname: a\n"
#define NETWORK_ACTION "apiVersion: v1alpha1\nkind: NetworkDefaultActionConfig\n"
#define RESOLVER "apiVersion: v1alpha1\nkind: ResolverConfig\n"
#define RULE "apiVersion: v1alpha1\nkind: NetworkRuleConfig\nname: a\n"
#define VOLUME "apiVersion: v1alpha1\nkind: UserVolumeConfig\nname: a\n"

static int patch_text(struct arena *arena, const char *base, const char *text,
		      enum release release, struct str *out, struct err *err)
{
	struct config_input input = { "base.yaml", base, strlen(base), release };
	struct patch_text source = { "p.yaml", text, strlen(text), release };
	struct patch *patch;

	if (patch_read(arena, &source, &patch, err) < 0)
		return -1;
	return patch_file(arena, &input, &(struct patches){ &patch, 1 }, out, err);
}

struct row {
	const char *name, *base, *patch, *printed;
};

static void check(const struct row *row)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct str out SCOPED(str_done) = STR_INIT(1 << 16);
	struct err err = ERR_INIT;

	cr_assert_eq(patch_text(arena, row->base, row->patch, RELEASE_1_13, &out, &err), 0,
		     "%s: %s", row->name, err.text);
	cr_assert_str_eq(str_text(&out), row->printed, "%s: %s", row->name, str_text(&out));
}

Test(patch, merges_by_the_rules)
{
	static const struct row rows[] = {
		{ "lists append", LINK "addresses: [{address: 10.0.0.1/8}]\n",
		  LINK "addresses: [{address: 10.0.0.1/8}]\n",
		  LINK "addresses:\n    - address: 10.0.0.1/8\n    - address: 10.0.0.1/8\n" },
		{ "a given false counts",
		  LINK "up: true\n", LINK "up: false\n", LINK "up: false\n" },
		{ "a zero does not", LINK "mtu: 9000\n", LINK "mtu: 0\n", LINK "mtu: 9000\n" },
		{ "another name is another document", LINK "mtu: 9000\n",
		  "apiVersion: v1alpha1\nkind: LinkConfig\nname: eth1\nmtu: 1\n",
		  LINK "mtu: 9000\n---\n"
		       "apiVersion: v1alpha1\nkind: LinkConfig\nname: eth1\nmtu: 1\n" },
		{ "sizes that are not given are wiped",
		  VOLUME "provisioning: {minSize: 1GB, maxSize: 2GB}\n",
		  VOLUME "provisioning: {maxSize: 3GB}\n",
		  VOLUME "provisioning:\n    maxSize: 3GB\n" },
		{ "percent over bytes is not seen", VOLUME "provisioning: {maxSize: 2GB}\n",
		  VOLUME "provisioning: {maxSize: 50%}\n",
		  VOLUME "provisioning:\n    maxSize: 2GB\n" },
		{ "percent over percent is", VOLUME "provisioning: {maxSize: 20%}\n",
		  VOLUME "provisioning: {maxSize: 50%}\n",
		  VOLUME "provisioning:\n    maxSize: 50%\n" },
		{ "minor settings of an encryption stay",
		  VOLUME "encryption: {options: [a]}\n", VOLUME "encryption: {provider: luks2}\n",
		  VOLUME "encryption:\n    provider: luks2\n    keys: []\n"
			 "    options:\n        - a\n" },
		{ "a word by its number", BOND, BOND "failOverMac: +1\n",
		  BOND "failOverMac: active\n" },
		{ "an empty address in hex counts", DHCP "duidRaw: aa:bb\n", DHCP "duidRaw: ''\n",
		  DHCP },
		{ "nothing in a list of sections", "machine: {disks: [null]}\n", "debug: true\n",
		  "version: \"\"\ndebug: true\nmachine:\n    type: \"\"\n    token: \"\"\n"
		  "    certSANs: []\n    disks:\n        - null\ncluster: null\n" },
		{ "a path with a star that needs escapes", KMSG, KMSG "url: tcp://h:1/a b*\n",
		  KMSG "url: tcp://h:1/a%20b%2A\n" },
		{ "a port with an exponent", RULE,
		  RULE "portSelector: {ports: [1e3], protocol: tcp}\n",
		  RULE "portSelector:\n"
		       "    ports:\n        - 1000\n    protocol: tcp\ningress: []\n" },
		{ "an empty list of domains is none", RESOLVER,
		  RESOLVER "searchDomains: {domains: []}\n",
		  RESOLVER },
		{ "a header alone adds a document", LINK "up: true\n",
		  "apiVersion: v1alpha1\nkind: LinkConfig\nname: eth1\n",
		  LINK "up: true\n---\napiVersion: v1alpha1\nkind: LinkConfig\nname: eth1\n" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		check(&rows[i]);
}

static int merge_strictly(struct arena *arena, const char *base, const char *text, struct err *err)
{
	struct config_input input = { "base.yaml", base, strlen(base), RELEASE_1_13 };
	struct patch_text source = { .name = "p.yaml",
				     .text = text,
				     .len = strlen(text),
				     .release = RELEASE_1_13,
				     .strict = true };
	struct str out SCOPED(str_done) = STR_INIT(1 << 16);
	struct patch *patch;

	cr_assert_eq(patch_read(arena, &source, &patch, err), 0, "%s", err->text);
	return patch_file(arena, &input, &(struct patches){ &patch, 1 }, &out, err);
}

#define MACHINE "machine:\n  nodeLabels: {a: x}\n  install: {disk: /dev/sda, wipe: true}\n"
#define ENDPOINT(url) "cluster:\n  controlPlane: {endpoint: \"" url "\"}\n"

Test(patch, a_strict_merge_drops_nothing)
{
	static const struct {
		const char *name, *base, *patch;
		unsigned line, column; /* of the error; 0: it is merged */
	} rows[] = {
		{ "another value", LINK "mtu: 9000\n", LINK "mtu: 1500\n", 0, 0 },
		{ "the same value", LINK "mtu: 0\n", LINK "mtu: 0\n", 0, 0 },
		{ "a false", LINK "up: true\n", LINK "up: false\n", 0, 0 },
		{ "a zero where nothing was", LINK "up: true\n", LINK "mtu: 0\n", 0, 0 },
		{ "a zero", LINK "mtu: 9000\n", LINK "mtu: 0\n", 4, 6 },
		{ "another label", MACHINE, "machine: {nodeLabels: {b: y}}\n", 0, 0 },
		{ "an empty label", MACHINE, "machine: {nodeLabels: {a: \"\"}}\n", 1, 27 },
		{ "a size that is not repeated",
		  VOLUME "provisioning: {minSize: 1GB, maxSize: 2GB}\n",
		  VOLUME "provisioning: {maxSize: 3GB}\n", 1, 1 },
		{ "sizes that are",
		  VOLUME "provisioning: {minSize: 1GB, maxSize: 2GB}\n",
		  VOLUME "provisioning: {minSize: 1GB, maxSize: 3GB}\n", 0, 0 },
		{ "percent over bytes", VOLUME "provisioning: {maxSize: 2GB}\n",
		  VOLUME "provisioning: {maxSize: 50%}\n", 4, 25 },
		{ "a whole address", ENDPOINT("https://a:6443"), ENDPOINT("https://b:6443"), 0, 0 },
		{ "a part of an address", ENDPOINT("https://a:6443/x"), ENDPOINT("https://b:6443"),
		  2, 28 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct err err = ERR_INIT;
		int r = merge_strictly(arena, rows[i].base, rows[i].patch, &err);

		cr_assert_eq(r, rows[i].line ? -1 : 0, "%s: %s", rows[i].name, err.text);
		cr_assert_eq(err.line, rows[i].line, "%s: %s in line %u", rows[i].name, err.text,
			     err.line);
		cr_assert_eq(err.column, rows[i].column, "%s: %s in column %u", rows[i].name,
			     err.text, err.column);
		cr_assert_eq(err_is_set(&err), rows[i].line != 0, "%s", rows[i].name);
	}
}

Test(patch, deletes_what_is_named)
{
	static const struct row rows[] = {
		{ "a field", LINK "mtu: 9000\nup: true\n", LINK "mtu: {$patch: delete}\n",
		  LINK "up: true\n" },
		{ "an absent field", LINK "up: true\n", LINK "mtu: {$patch: delete}\n",
		  LINK "up: true\n" },
		{ "a document", LINK "up: true\n---\n" VOLUME, LINK "$patch: delete\n", VOLUME },
		{ "a list element by its text form",
		  LINK "addresses: [{address: 10.0.0.1/8}, {address: fd00::1/64}]\n",
		  LINK "addresses: [{address: fd00::1/64, $patch: delete}]\n",
		  LINK "addresses:\n    - address: 10.0.0.1/8\n" },
		{ "and merges the rest of the patch", LINK "mtu: 9000\n",
		  LINK "up: false\nmtu: {$patch: delete}\n", LINK "up: false\n" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		check(&rows[i]);
}

Test(patch, changes_one_plain_document_by_json)
{
	static const struct row rows[] = {
		{ "keys are sorted", "machine: {type: worker}\ndebug: yes\n",
		  "[{\"op\": \"add\", \"path\": \"/machine/env\", \"value\": {\"b\": \"1\"}}]",
		  "debug: true\nmachine:\n  env:\n    b: \"1\"\n  type: worker\n" },
		{ "escapes in pointers", "a: {x/y: 1, m~n: 2}\n",
		  "- {op: remove, path: /a/x~1y}\n- {op: test, path: /a/m~0n, value: 2}\n",
		  "a:\n  m~n: 2\n" },
		{ "lists by index and at the end", "a: [1, 2]\n",
		  "- {op: add, path: /a/0, value: 0}\n- {op: add, path: /a/-, value: 3}\n"
		  "- {op: replace, path: /a/1, value: 9}\n",
		  "a:\n- 0\n- 9\n- 2\n- 3\n" },
		{ "move and copy", "a: {b: 1}\nc: {}\n",
		  "- {op: copy, from: /a/b, path: /c/d}\n- {op: move, from: /a/b, path: /e}\n",
		  "a: {}\nc:\n  d: 1\ne: 1\n" },
		{ "a replaced key need not be there, a copied one is null", "a: {}\n",
		  "- {op: replace, path: /a/b, value: 1}\n- {op: copy, from: /a/c, path: /d}\n",
		  "a:\n  b: 1\nd: null\n" },
		{ "negative indices count from the end", "a: [1, 2]\n",
		  "- {op: replace, path: /a/-1, value: 3}\n- {op: remove, path: /a/-2}\n",
		  "a:\n- 3\n" },
		{ "nothing but comments", "b: 1\na: 0x10\n", "# nothing\n", "a: 16\nb: 1\n" },
		{ "JSON that is indented with tabs", "a: 1\n",
		  "[\n\t{\"op\": \"remove\", \"path\": \"/a\"}\n]", "{}\n" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		check(&rows[i]);
}

Test(patch, fails_with_the_place_in_the_patch)
{
	static const struct {
		const char *base, *patch;
		unsigned line;
		const char *says;
	} rows[] = {
		{ LINK, LINK "\nrouts: []\n", 5, "routs is not a field" },
		{ LINK, LINK "routes: [{gateway: x}]\n", 4, "not an IP address" },
		{ LINK, LINK "---\n" LINK, 5, "twice" },
		{ LINK, "op: add\npath: /a\n", 1, "no kind" },
		{ LINK, "version: v1alpha1\n", 1, "changes nothing" },
		{ LINK, "machine: {type: worker}\n$patch: delete\n", 2, "apiVersion is missing" },
		{ LINK, "apiVersion: v1alpha1\nkind: BondConfig\nname: z\n$patch: delete\n", 4,
		  "no BondConfig z" },
		{ LINK, LINK "addresses: [{address: 1.1.1.1/8, $patch: delete}]\n", 4,
		  "there is no addresses.[0]" },
		{ LINK, "[{\"op\": \"remove\", \"path\": \"/zz\"}]", 1, "no such place" },
		{ LINK, "- {op: jump, path: /a}\n", 1, "jump is not an operation" },
		{ LINK, "- {op: add, path: a, value: 1}\n", 1, "begins with /" },
		{ LINK "---\n" VOLUME, "[{\"op\": \"remove\", \"path\": \"/mtu\"}]", 1,
		  "several documents" },
		{ "machine: {kubelet: {extraConfig: {a: x}}}\n",
		  "machine:\n  kubelet:\n    extraConfig:\n      a: 1\n", 4,
		  "a whole number cannot be merged over a text" },
		{ "machine: {kubelet: {extraConfig: {a: x}}}\n",
		  "machine:\n  kubelet:\n    extraConfig:\n      a: null\n", 4, "null" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct str out SCOPED(str_done) = STR_INIT(1 << 16);
		struct err err = ERR_INIT;
		cr_assert_lt(patch_text(arena, rows[i].base, rows[i].patch, RELEASE_1_13, &out,
					&err),
			     0, "row %zu", i);
		cr_assert_not_null(strstr(err.text, rows[i].says), "%zu: %s", i, err.text);
		cr_assert_eq(err.line, rows[i].line, "%s: line %u", err.text, err.line);
	}
}

Test(patch, leaves_the_text_alone_without_patches)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct str out SCOPED(str_done) = STR_INIT(100);
	struct config_input input = { "x", "# kept\na: 1", 11, RELEASE_1_13 };

	cr_assert_eq(patch_file(arena, &input, &(struct patches){ NULL, 0 }, &out, NULL), 0);
	cr_assert_str_eq(str_text(&out), "# kept\na: 1");
}

Test(patch, of_1_14_may_name_a_document_twice_and_delete_an_absent_one)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct str out SCOPED(str_done) = STR_INIT(1000);

	cr_assert_eq(patch_text(arena, LINK, LINK "up: true\n---\n" LINK "mtu: 1\n", RELEASE_1_14,
				&out, NULL),
		     0);
	cr_assert_str_eq(str_text(&out), LINK "up: true\nmtu: 1\n");
	str_clear(&out);
	cr_assert_eq(patch_text(arena, LINK, VOLUME "$patch: delete\n---\n" LINK "up: true\n",
				RELEASE_1_14, &out, NULL),
		     0);
	cr_assert_str_eq(str_text(&out), LINK "up: true\n");
}

#define TRIM "apiVersion: v1alpha1\nkind: FilesystemTrimConfig\n"
#define VETH "apiVersion: v1alpha1\nkind: VethConfig\n"
#define UNNAMED "apiVersion: v1alpha1\nkind: UserVolumeConfig\n"

Test(patch, of_1_14_prints_what_it_prints)
{
	static const struct row rows[] = {
		{ "an empty list of domains is not printed", RESOLVER,
		  RESOLVER "searchDomains: {domains: []}\n", RESOLVER },
		{ "what stands beside it is", RESOLVER,
		  RESOLVER "searchDomains: {domains: [], disableDefault: true}\n",
		  RESOLVER "searchDomains:\n    disableDefault: true\n" },
		{ "an exponent counts nanoseconds", TRIM, TRIM "interval: 1e9\n",
		  TRIM "interval: 1s\n" },
		{ "a delete without the name finds nothing", UNNAMED "name: ''\n",
		  UNNAMED "$patch: delete\n", UNNAMED "name: \"\"\n" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct str out SCOPED(str_done) = STR_INIT(1 << 16);
		struct err err = ERR_INIT;

		cr_assert_eq(patch_text(arena, rows[i].base, rows[i].patch, RELEASE_1_14, &out,
					&err),
			     0, "%s: %s", rows[i].name, err.text);
		cr_assert_str_eq(str_text(&out), rows[i].printed, "%s: %s", rows[i].name,
				 str_text(&out));
	}
}

Test(patch, of_1_14_refuses_what_it_refuses)
{
	static const struct row rows[] = {
		{ "a pair with one name", RESOLVER, VETH "name: a\npeer: {name: a}\n",
		  "both ends of the VethConfig a" },
		{ "a pair without names", RESOLVER, VETH, "both ends of the VethConfig" },
		{ "two pairs whose peers have no name", VETH "name: a\n", VETH "name: b\n",
		  "both make the link" },
		{ "half a nanosecond", TRIM, TRIM "interval: 1.5\n", "is not a duration" },
		{ "a bare number", TRIM, TRIM "interval: 10\n", "is not a duration" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct str out SCOPED(str_done) = STR_INIT(1 << 16);
		struct err err = ERR_INIT;

		cr_assert_lt(patch_text(arena, rows[i].base, rows[i].patch, RELEASE_1_14, &out,
					&err),
			     0, "%s: %s", rows[i].name, str_text(&out));
		cr_assert_not_null(strstr(err.text, rows[i].printed), "%s: %s", rows[i].name,
				   err.text);
	}
}

Test(patch, tells_of_an_empty_list_that_is_not_printed)
{
	static const char text[] = RESOLVER "searchDomains:\n  domains: []\n";
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct str out SCOPED(str_done) = STR_INIT(1 << 16);
	struct config_input input = { "base.yaml", RESOLVER, strlen(RESOLVER), RELEASE_1_14 };
	struct findings traps;
	struct patch *patch;

	findings_init(&traps, arena);

	const struct patch_text source = { .name = "p.yaml",
					   .text = text,
					   .len = strlen(text),
					   .release = RELEASE_1_14,
					   .findings = &traps };
	cr_assert_eq(patch_read(arena, &source, &patch, NULL), 0);
	cr_assert_eq(patch_file(arena, &input, &(struct patches){ &patch, 1 }, &out, NULL), 0);
	cr_assert_eq(traps.len, 1);
	cr_assert_str_eq(traps.at[0].id, "patch-empty-unprinted");
	cr_assert_str_eq(traps.at[0].path, "ResolverConfig.searchDomains.domains");
	cr_assert_eq(traps.at[0].src.line, 4);
}

#define OVERRIDES(text) "machine: {baseRuntimeSpecOverrides: " text "}\n"
#define DEVICE "machine: {network: {interfaces: [{deviceSelector: {physical: true}}]}}\n"

struct trap_case {
	const char *name, *base, *patch, *id, *path;
	unsigned line, column;
};

static void check_trap(const struct trap_case *row)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct str out SCOPED(str_done) = STR_INIT(1 << 16);
	struct config_input input = { "base.yaml", row->base, strlen(row->base), RELEASE_1_13 };
	struct err err = ERR_INIT;
	struct findings traps;
	struct patch *patch;

	findings_init(&traps, arena);
	struct patch_text text = { .name = "p.yaml",
				   .text = row->patch,
				   .len = strlen(row->patch),
				   .release = RELEASE_1_13,
				   .findings = &traps };
	cr_assert_eq(patch_read(arena, &text, &patch, &err), 0, "%s: %s", row->name, err.text);
	cr_assert_eq(patch_file(arena, &input, &(struct patches){ &patch, 1 }, &out, &err), 0,
		     "%s: %s", row->name, err.text);
	cr_assert_eq(traps.len, row->id ? 1 : 0, "%s: %zu", row->name, traps.len);
	if (!row->id)
		return;
	cr_assert_str_eq(traps.at[0].id, row->id, "%s", row->name);
	cr_assert_str_eq(traps.at[0].path, row->path, "%s", row->name);
	cr_assert_eq(traps.at[0].severity, FINDING_WARNING, "%s", row->name);
	cr_assert_eq(traps.at[0].src.line, row->line, "%s: line %u", row->name,
		     traps.at[0].src.line);
	cr_assert_eq(traps.at[0].src.column, row->column, "%s: column %u", row->name,
		     traps.at[0].src.column);

	text.findings = NULL;
	text.strict = true;
	str_clear(&out);
	bool strict = patch_read(arena, &text, &patch, &err) < 0 ||
		      patch_file(arena, &input, &(struct patches){ &patch, 1 }, &out, &err) < 0;
	cr_assert(strict, "%s", row->name);
	cr_assert_eq(err.line, row->line, "%s: line %u", row->name, err.line);
	cr_assert_eq(err.column, row->column, "%s: column %u", row->name, err.column);
}

Test(patch, tells_of_traps)
{
	static const struct trap_case rows[] = {
		{ "a zero", LINK "mtu: 9000\n", LINK "mtu: 0\n", "patch-zero-ignored",
		  "LinkConfig[eth0].mtu", 4, 6 },
		{ "an empty text in a map", "machine: {nodeLabels: {a: b}}\n",
		  "machine: {nodeLabels: {a: ''}}\n", "patch-zero-ignored", "machine.nodeLabels.a",
		  1, 27 },
		{ "a zero in free form", OVERRIDES("{a: {b: 1}}"), OVERRIDES("{a: {b: 0}}"),
		  "patch-zero-ignored", "machine.baseRuntimeSpecOverrides.a.b", 1, 45 },
		{ "the first word", NETWORK_ACTION "ingress: block\n",
		  NETWORK_ACTION "ingress: accept\n", "patch-word-ignored",
		  "NetworkDefaultActionConfig.ingress", 3, 10 },
		{ "null", "machine: {type: worker}\n", "machine: {type: null}\n",
		  "patch-null-ignored", "machine.type", 1, 17 },
		{ "null in a list", "machine: {network: {interfaces: [{interface: a, mtu: 1}]}}\n",
		  "machine: {network: {interfaces: [{interface: a, mtu: ~}]}}\n",
		  "patch-null-ignored", "machine.network.interfaces[0].mtu", 1, 54 },
		{ "null over nothing", "machine: {}\n", "machine: {type: null}\n" },
		{ "an empty list", "machine: {certSANs: [a]}\n", "machine: {certSANs: []}\n",
		  "patch-empty-kept", "machine.certSANs", 1, 21 },
		{ "an empty list that replaces",
		  "cluster: {network: {podSubnets: [a]}}\n",
		  "cluster: {network: {podSubnets: []}}\n", NULL, NULL, 0, 0 },
		{ "an empty list in free form", OVERRIDES("{a: [1]}"), OVERRIDES("{a: []}"),
		  "patch-empty-kept", "machine.baseRuntimeSpecOverrides.a", 1, 41 },
		{ "a part of a URL", ENDPOINT("https://a:6443/x"), ENDPOINT("https://b:6443"),
		  "patch-url-merged", "cluster.controlPlane.endpoint", 2, 28 },
		{ "percent over bytes", VOLUME "provisioning: {maxSize: 2GB}\n",
		  VOLUME "provisioning: {maxSize: 50%}\n", "patch-size-hidden",
		  "UserVolumeConfig[a].provisioning.maxSize", 4, 25 },
		{ "a size that is not repeated", VOLUME "provisioning: {minSize: 1GB}\n",
		  VOLUME "provisioning: {maxSize: 3GB}\n", "patch-field-wiped",
		  "UserVolumeConfig[a].provisioning.minSize", 1, 1 },
		{ "a deletion next door", VOLUME "provisioning: {minSize: 1GB, maxSize: 2GB}\n",
		  VOLUME "provisioning: {maxSize: {$patch: delete}}\n", "patch-field-wiped",
		  "UserVolumeConfig[a].provisioning.minSize", 1, 1 },
		{ "beside a deletion", "machine: {kubelet: {image: a}}\n",
		  "machine: {kubelet: {$patch: delete, image: b}}\ndebug: true\n",
		  "patch-siblings-lost", "", 1, 37 },
		{ "an element's key", "machine: {network: {interfaces: [{interface: a}]}}\n",
		  "machine: {network: {interfaces: [{interface: a, $patch: delete}]}}\n", NULL,
		  NULL, 0, 0 },
		{ "a physical device", DEVICE, DEVICE, "patch-selector-repeated",
		  "machine.network.interfaces[0]", 1, 34 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		check_trap(&rows[i]);
}

Test(patch, json_patches_of_a_workspace_are_for_the_main_document)
{
	static const char base[] = "machine: {type: worker}\n---\n" LINK;
	static const char list[] = "- {op: add, path: /machine/token, value: t}\n";
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct str out SCOPED(str_done) = STR_INIT(1 << 16);
	struct config_input input = { "base.yaml", base, strlen(base), RELEASE_1_13 };
	struct patch_text text = { "p.yaml", list, strlen(list), RELEASE_1_13, .on_main = true };
	struct err err = ERR_INIT;
	struct config config;
	struct patch *patch;

	cr_assert_eq(config_read(arena, &input, &config, &err), 0, "%s", err.text);
	cr_assert_eq(patch_read(arena, &text, &patch, &err), 0, "%s", err.text);
	cr_assert_eq(patch_apply(arena, &config, patch, &config, &err), 0, "%s", err.text);
	config_write(&out, &config);
	cr_assert_not_null(strstr(str_text(&out), "    token: t\n"), "%s", str_text(&out));
	cr_assert_not_null(strstr(str_text(&out), "kind: LinkConfig\n"), "%s", str_text(&out));

	text.on_main = false;
	cr_assert_eq(patch_read(arena, &text, &patch, &err), 0, "%s", err.text);
	cr_assert_lt(patch_apply(arena, &config, patch, &config, &err), 0);
	cr_assert_not_null(strstr(err.text, "several documents"), "%s", err.text);
}

Test(patch, refuses_what_cannot_be_merged)
{
	static const struct row rows[] = {
		{ "sizes of a disk", "machine: {install: {diskSelector: {size: 1GB}}}\n",
		  "machine: {install: {diskSelector: {size: 2GB}}}\n", "Talos cannot merge" },
		{ "null over a free value", OVERRIDES("{a: 1}"), OVERRIDES("{a: null}"),
		  "Talos crashes on null" },
		{ "64 bits over a number", OVERRIDES("{a: 1}"),
		  OVERRIDES("{a: 18446744073709551615}"), "a number of 64 bits cannot be merged" },
		{ "a document without its name", VOLUME, UNNAMED "$patch: delete\n",
		  "there is no UserVolumeConfig to delete from" },
		{ "users of a URL", KMSG "url: tcp://u@h:1\n", KMSG "url: tcp://v@h:1\n",
		  "Talos cannot merge" },
		{ "numbers that JSON has not", "machine: {sysctls: {a: .nan}}\n", "[]\n",
		  "JSON has no such number" },
		{ "a text in place of a document", "machine: {}\n",
		  "- {op: replace, path: '', value: a}\n", "there is no such place" },
		{ "a test for null", "machine: {}\n", "- {op: test, path: /a, value: null}\n",
		  "the test of /a fails" },
		{ "a place without a slash", "machine: {}\n",
		  "- {op: copy, path: /a, from: machine}\n", "there is no such place" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct str out SCOPED(str_done) = STR_INIT(1 << 16);
		struct err err = ERR_INIT;

		cr_assert_lt(patch_text(arena, rows[i].base, rows[i].patch, RELEASE_1_13, &out,
					&err),
			     0, "%s", rows[i].name);
		cr_assert_not_null(strstr(err.text, rows[i].printed), "%s: %s", rows[i].name,
				   err.text);
	}
}

Test(patch, json_patches_print_as_json_does)
{
	static const struct row rows[] = {
		{ "keys by number", "machine: {sysctls: {key10: a, key9: b}}\n", "[]\n",
		  "machine:\n  sysctls:\n    key9: b\n    key10: a\n" },
		{ "dates", "machine: {}\n", "- {op: add, path: /version, value: 2020-01-01}\n",
		  "machine: {}\nversion: \"2020-01-01T00:00:00Z\"\n" },
		{ "what stands before the first slash", "machine: {}\n",
		  "- {op: add, path: a/version, value: b}\n", "machine: {}\nversion: b\n" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		check(&rows[i]);
}
