#include "tree/decode.h"

#include "base/own.h"
#include "reading.h"

#include <criterion/criterion.h>

struct disk {
	const char *path;
	uint64_t size;
};

struct host {
	const char *name, *role, *secret;
	enum tristate wipe;
	uint64_t vlan;
	struct texts servers, tags;
	struct disk disk;
	struct structs disks;
	const struct value *any, *labels, *patches;
};

static const char *const roles[] = { "control", "worker", NULL };

static void check_path(const struct field *field, const struct value *value, const char *path,
		       struct findings *findings)
{
	if (value_text(value)[0] != '/')
		finding_add(findings, FINDING_ERROR, "bad-path", value_src(value), path,
			    "%s must start with /", field->name);
}

static const struct field disk_fields[] = {
	{ "path", FIELD_STR, offsetof(struct disk, path), .required = true, .check = check_path },
	{ "size", FIELD_UINT, offsetof(struct disk, size), .min = 1, .doc = "in GiB" },
	{ .name = NULL },
};

static const struct field host_fields[] = {
	{ "name", FIELD_STR, offsetof(struct host, name), .required = true, .doc = "host name" },
	{ "role", FIELD_STR, offsetof(struct host, role), .choices = roles, .standard = "worker" },
	{ "secret", FIELD_STR, offsetof(struct host, secret), .choices = roles, .sensitive = true },
	{ "wipe", FIELD_BOOL, offsetof(struct host, wipe), .standard = "true" },
	{ "vlan", FIELD_UINT, offsetof(struct host, vlan), .min = 1, .max = 4094, .standard = "1" },
	{ "servers", FIELD_TEXTS, offsetof(struct host, servers), .doc = NULL },
	{ "tags", FIELD_TEXT_OR_TEXTS, offsetof(struct host, tags), .doc = NULL },
	{ "disk", FIELD_STRUCT, offsetof(struct host, disk), .inner = disk_fields },
	{ "disks", FIELD_STRUCTS, offsetof(struct host, disks), .inner = disk_fields,
	  .inner_size = sizeof(struct disk) },
	{ "any", FIELD_VALUE, offsetof(struct host, any), .doc = NULL },
	{ "labels", FIELD_MAP, offsetof(struct host, labels), .doc = NULL },
	{ "patches", FIELD_LIST, offsetof(struct host, patches), .doc = NULL },
	{ .name = NULL },
};

Test(decode, fills_a_struct)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct host host = { .role = "worker", .vlan = 7 };
	struct findings findings;

	findings_init(&findings, arena);
	cr_assert_eq(value_decode(read_one(arena, "name: 10\n"
						  "wipe: no\n"
						  "servers: [a, 2]\n"
						  "tags: x\n"
						  "disk: {path: /dev/sda, size: 0x10}\n"
						  "disks: [{path: /a}, {path: /b, size: 5}]\n"
						  "any: [1]\n"
						  "labels: {}\n"
						  "patches: []\n"
						  "vlan: ~\n"),
				  host_fields, "", &host, &findings),
		     0);
	cr_assert_eq(findings.len, 0);
	cr_assert_str_eq(host.name, "10");
	cr_assert_str_eq(host.role, "worker");
	cr_assert_eq(host.vlan, 7);
	cr_assert_eq(host.wipe, TRI_FALSE);
	cr_assert_eq(host.servers.len, 2);
	cr_assert_str_eq(host.servers.at[1], "2");
	cr_assert_eq(value_src(host.servers.value[1]).column, 14);
	cr_assert_eq(host.tags.len, 1);
	cr_assert_str_eq(host.tags.at[0], "x");
	cr_assert_eq(host.disk.size, 16);
	cr_assert_eq(host.disks.len, 2);
	cr_assert_str_eq(((const struct disk *)host.disks.at)[1].path, "/b");
	cr_assert_eq(((const struct disk *)host.disks.at)[1].size, 5);
	cr_assert_eq(value_len(host.any), 1);
	cr_assert(value_is_map(host.labels));
	cr_assert(value_is_list(host.patches));
}

struct mistake {
	const char *name, *text, *id, *path, *part, *hint;
	unsigned line, column;
};

static const struct mistake mistakes[] = {
	{ "unknown key", "name: a\nrolle: x\n", "unknown-key", "rolle", "no key \"rolle\"",
	  "did you mean \"role\"?", 2, 1 },
	{ "very unknown key", "name: a\ndisk: {path: /a, zzzzzzz: 1}\n", "unknown-key",
	  "disk.zzzzzzz", "no key \"zzzzzzz\"", "known here: path or size", 2, 18 },
	{ "missing key", "role: worker\n", "missing-key", "name", "the file has no \"name\"", NULL,
	  1, 1 },
	{ "null for a needed key", "name: ~\n", "missing-key", "name", "no \"name\"", NULL, 1, 1 },
	{ "missing in a list", "name: a\ndisks:\n  - size: 1\n", "missing-key", "disks[0].path",
	  "disks[0] has no \"path\"", NULL, 3, 5 },
	{ "map for a string", "name: {}\n", "wrong-type", "name",
	  "name must be a string, not a map", NULL, 1, 7 },
	{ "boolean for a string", "name: true\n", "wrong-type", "name", "not a boolean", "quotes",
	  1, 7 },
	{ "string for a boolean", "name: a\nwipe: maybe\n", "wrong-type", "wipe",
	  "must be true or false, not a string", NULL, 2, 7 },
	{ "quoted boolean", "name: a\nwipe: 'true'\n", "wrong-type", "wipe", "true or false",
	  "remove the quotes", 2, 7 },
	{ "quoted number", "name: a\nvlan: '5'\n", "wrong-type", "vlan", "a whole number",
	  "remove the quotes", 2, 7 },
	{ "fraction", "name: a\nvlan: 5.5\n", "wrong-type", "vlan", "not a number", NULL, 2, 7 },
	{ "too large", "name: a\nvlan: 4095\n", "out-of-range", "vlan",
	  "must be 1 to 4094, not 4095", NULL, 2, 7 },
	{ "negative", "name: a\nvlan: -1\n", "out-of-range", "vlan", "not -1", NULL, 2, 7 },
	{ "no bound above", "name: a\ndisk: {path: /a, size: 0}\n", "out-of-range", "disk.size",
	  "1 or more, not 0", NULL, 2, 24 },
	{ "bad choice", "name: a\nrole: wroker\n", "bad-choice", "role",
	  "must be control or worker, not \"wroker\"", "did you mean \"worker\"?", 2, 7 },
	{ "text for a list", "name: a\nservers: x\n", "wrong-type", "servers",
	  "a list, not a string", NULL, 2, 10 },
	{ "map in a list", "name: a\nservers: [x, {}]\n", "wrong-type", "servers[1]", "not a map",
	  NULL, 2, 14 },
	{ "map for text or texts", "name: a\ntags: {}\n", "wrong-type", "tags", "not a map", NULL,
	  2, 7 },
	{ "text for a struct", "name: a\ndisk: x\n", "wrong-type", "disk",
	  "disk must be a map, not a string", NULL, 2, 7 },
	{ "text for structs", "name: a\ndisks: x\n", "wrong-type", "disks", "a list", NULL, 2, 8 },
	{ "text for a map", "name: a\nlabels: x\n", "wrong-type", "labels", "a map", NULL, 2, 9 },
	{ "map for a list", "name: a\npatches: {}\n", "wrong-type", "patches", "a list", NULL, 2,
	  10 },
	{ "check of its own", "name: a\ndisk: {path: sda}\n", "bad-path", "disk.path",
	  "must start with /", NULL, 2, 14 },
	{ "no map at all", "- a\n", "wrong-type", "", "the file must be a map, not a list", NULL, 1,
	  1 },
};

Test(decode, finds_each_mistake_with_its_place)
{
	for (size_t i = 0; i < ARRAY_LEN(mistakes); i++) {
		const struct mistake *row = &mistakes[i];
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct host host = { 0 };
		struct findings findings;

		findings_init(&findings, arena);
		cr_expect_eq(value_decode(read_one(arena, row->text), host_fields, "", &host,
					  &findings),
			     -1, "%s", row->name);
		cr_assert_eq(findings.len, 1, "%s", row->name);

		const struct finding *found = findings.at;

		cr_expect_str_eq(found->id, row->id, "%s", row->name);
		cr_expect_str_eq(found->path, row->path, "%s", row->name);
		cr_expect_not_null(strstr(found->text, row->part), "%s: %s", row->name,
				   found->text);
		cr_expect_eq(found->src.line, row->line, "%s", row->name);
		cr_expect_eq(found->src.column, row->column, "%s: %u", row->name,
			     found->src.column);
		if (row->hint)
			cr_expect_not_null(strstr(found->hint, row->hint), "%s", row->name);
		else
			cr_expect_null(found->hint, "%s: %s", row->name, found->hint);
	}
}

Test(decode, finds_all_mistakes_at_once)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct host host = { 0 };
	struct findings findings;

	findings_init(&findings, arena);
	value_decode(read_one(arena, "x: 1\ny: 2\nvlan: 0\ndisks: [{}, {path: a}]\n"), host_fields,
		     "nodes[3]", &host, &findings);
	cr_assert_eq(findings.errors, 6);
	findings_sort(&findings);
	cr_assert_str_eq(findings.at[0].path, "nodes[3].x");
	cr_assert_str_eq(findings.at[5].path, "nodes[3].disks[1].path");
}

Test(decode, keeps_sensitive_texts_out_of_findings)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct host host = { 0 };
	struct findings findings;

	findings_init(&findings, arena);
	value_decode(read_one(arena, "{name: a, secret: hunter2}"), host_fields, "", &host,
		     &findings);
	cr_assert_eq(findings.len, 1);
	cr_assert_null(strstr(findings.at[0].text, "hunter2"));
}

Test(decode, takes_a_missing_map_as_empty)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct host host = { 0 };
	struct findings findings;

	findings_init(&findings, arena);
	cr_assert_eq(value_decode(NULL, host_fields + 1, "", &host, &findings), 0);
	cr_assert_eq(value_decode(NULL, host_fields, "", &host, &findings), -1);
	cr_assert_str_eq(findings.at[0].id, "missing-key");
}
