#include "render/patch.h"

#include "base/own.h"

#include <criterion/criterion.h>
#include <string.h>

#define LINK "apiVersion: v1alpha1\nkind: LinkConfig\nname: eth0\n"
#define BOND "apiVersion: v1alpha1\nkind: BondConfig\nname: bond0\n"
#define DHCP "apiVersion: v1alpha1\nkind: DHCPv4Config\nname: eth0\n"
#define KMSG "apiVersion: v1alpha1\nkind: KmsgLogConfig\nname: a\n"
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

Test(patch, refuses_what_cannot_be_merged)
{
	static const struct row rows[] = {
		{ "sizes of a disk", "machine: {install: {diskSelector: {size: 1GB}}}\n",
		  "machine: {install: {diskSelector: {size: 2GB}}}\n", "Talos cannot merge" },
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
