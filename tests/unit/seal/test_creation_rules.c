#include "seal/creation_rules.h"

#include "base/fs.h"
#include "base/text.h"

#include "fixture.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ONE "age1yen8hxl3hj9ukkyshdlvegyn5wrrte045psvkq04mka4lpl76evqj763r2"

/* a/b/ with a .sops.yaml in a/ */
struct place {
	struct arena *arena; /* owned */
	const char *folder;
};

static void place_done(struct place *place)
{
	static const char *const left[] = { "/.sops.yaml", "/a/.sops.yaml" };

	for (size_t i = 0; i < ARRAY_LEN(left); i++)
		fs_remove(arena_printf(place->arena, "%s%s", place->folder, left[i]), NULL);
	rmdir(arena_printf(place->arena, "%s/a/b", place->folder));
	rmdir(arena_printf(place->arena, "%s/a", place->folder));
	rmdir(place->folder);
	arena_free(place->arena);
}

static void place_init(struct place *place, const char *where, const char *rules)
{
	char folder[] = "/tmp/talforge-rules-XXXXXX";
	struct err err = ERR_INIT;

	cr_assert_not_null(mkdtemp(folder));
	place->arena = arena_new("test");
	place->folder = arena_str(place->arena, folder);
	cr_assert_eq(fs_mkdir(arena_printf(place->arena, "%s/a/b", folder), 0700, &err), 0);
	cr_assert_eq(fs_create(arena_printf(place->arena, "%s/%s.sops.yaml", folder, where), rules,
			       strlen(rules), 0600, &err),
		     0, "%s", err.text);
}

static int find(struct place *place, const char *name, struct creation_rule *rule, struct err *err)
{
	return creation_rule_find(place->arena,
				  arena_printf(place->arena, "%s/%s", place->folder, name), rule,
				  err);
}

/* "{}" in a rule is a recipient. */
static const char *with_recipient(struct arena *arena, const char *text)
{
	while (strstr(text, "{}"))
		text = text_with(arena, text, "{}", ONE);
	return text;
}

static const struct {
	const char *name, *rules, *file;
	unsigned line; /* of the rule; 0: none is found */
} rows[] = {
	{ "no condition", "creation_rules:\n  - age: {}\n", "a/b/x.yaml", 2 },
	{ "the first that matches",
	  "creation_rules:\n  - path_regex: y$\n    age: {}\n  - path_regex: x\n    age: {}\n"
	  "  - age: {}\n",
	  "a/b/x.yaml", 4 },
	{ "the path below its folder",
	  "creation_rules:\n  - path_regex: ^b/x\\.yaml$\n    age: {}\n",
	  "a/b/x.yaml", 2 },
	{ "no other path", "creation_rules:\n  - path_regex: ^a/b/x\n    age: {}\n", "a/b/x.yaml",
	  0 },
	{ "a file that is not there", "creation_rules:\n  - path_regex: new\n    age: {}\n",
	  "a/new.yaml", 2 },
	{ "not for those outside", "creation_rules:\n  - age: {}\n", "x.yaml", 0 },
	{ "no rules", "stores: {}\n", "a/b/x.yaml", 0 },
	{ "an empty file", "", "a/b/x.yaml", 0 },
};

Test(creation_rules, which_one)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct place place SCOPED(place_done);
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct creation_rule rule = { 0 };
		struct err err = ERR_INIT;
		int r;

		place_init(&place, "a/", with_recipient(arena, rows[i].rules));
		r = find(&place, rows[i].file, &rule, &err);
		cr_assert_eq(r, rows[i].line ? 0 : 1, "%s: %s", rows[i].name, err.text);
		cr_assert_eq(rule.src.line, rows[i].line, "%s", rows[i].name);
		if (rows[i].line)
			cr_assert_str_eq(rule.group[0].at[0], ONE, "%s", rows[i].name);
	}
}

static const struct {
	const char *name, *rule;
	size_t groups, keys; /* of the first group */
	const char *foreign;
} readings[] = {
	{ "a text", "age: {}", 1, 1, NULL },
	{ "a list", "age: [{}, {}]", 1, 1, NULL },
	{ "commas, blanks and repetitions", "age: ' {} ,,{},'", 1, 1, NULL },
	{ "groups", "key_groups: [{age: [{}]}, {age: [{}]}]", 2, 1, NULL },
	{ "merged groups", "key_groups: [{merge: [{age: [{}]}, {age: [{}]}]}]", 1, 1, NULL },
	{ "pgp", "pgp: ABCD", 1, 0, "pgp" },
	{ "pgp and age", "{age: {}, pgp: ABCD}", 1, 1, "pgp" },
	{ "kms in a group", "key_groups: [{age: [{}], kms: [{arn: x}]}]", 1, 1, "kms" },
	{ "an SSH key", "age: 'ssh-ed25519 AAAA'", 1, 0, "age plugin or SSH key" },
};

Test(creation_rules, who_it_is_for)
{
	for (size_t i = 0; i < ARRAY_LEN(readings); i++) {
		struct place place SCOPED(place_done);
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct creation_rule rule = { 0 };
		struct err err = ERR_INIT;
		size_t keys = 0;

		place_init(&place, "",
			   with_recipient(arena, arena_printf(arena, "creation_rules:\n  - %s\n",
							      readings[i].rule)));
		cr_assert_eq(find(&place, "a/x.yaml", &rule, &err), 0, "%s: %s", readings[i].name,
			     err.text);
		cr_assert_eq(rule.groups, readings[i].groups, "%s", readings[i].name);
		while (rule.group[0].at[keys])
			keys++;
		cr_assert_eq(keys, readings[i].keys, "%s", readings[i].name);
		cr_assert(text_equal(rule.foreign, readings[i].foreign), "%s: %s",
			  readings[i].name, rule.foreign);
	}
}

static const struct {
	const char *name, *rules;
	unsigned line;
} wrong[] = {
	{ "no YAML", "creation_rules: [", 2 },
	{ "a rule that is no map", "creation_rules:\n  - x\n", 2 },
	{ "a bad regular expression", "creation_rules:\n  - path_regex: '('\n    age: {}\n", 2 },
	{ "nobody", "creation_rules:\n  - path_regex: x\n", 2 },
	{ "no recipient", "creation_rules:\n  - age: frog\n", 2 },
	{ "a secret key", "creation_rules:\n  - age: AGE-SECRET-KEY-1QQ\n", 2 },
	{ "a map", "creation_rules:\n  - age: {a: b}\n", 2 },
	{ "a threshold beyond the groups",
	  "creation_rules:\n  - age: {}\n    shamir_threshold: 2\n", 3 },
	{ "an indent beyond reason",
	  "creation_rules:\n  - age: {}\nstores:\n  yaml:\n    indent: 99\n", 5 },
};

Test(creation_rules, what_is_wrong)
{
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct place place SCOPED(place_done);
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct creation_rule rule;
		struct err err = ERR_INIT;

		place_init(&place, "", with_recipient(arena, wrong[i].rules));
		cr_assert_lt(find(&place, "x.yaml", &rule, &err), 0, "%s", wrong[i].name);
		cr_assert_eq(err.kind, ERR_INPUT, "%s: %s", wrong[i].name, err.text);
		cr_assert_eq(err.line, wrong[i].line, "%s: %s", wrong[i].name, err.text);
		cr_assert(text_ends(err.file, "/.sops.yaml"), "%s: %s", wrong[i].name, err.file);
	}
}

Test(creation_rules, the_nearest_file_counts)
{
	struct place place SCOPED(place_done);
	struct creation_rule rule;
	struct err err = ERR_INIT;
	const char *near = "creation_rules:\n  - path_regex: other\n    age: " ONE "\n";

	place_init(&place, "", "creation_rules:\n  - age: " ONE "\n");
	cr_assert_eq(find(&place, "a/x.yaml", &rule, &err), 0);
	cr_assert_eq(fs_create(arena_printf(place.arena, "%s/a/.sops.yaml", place.folder), near,
			       strlen(near), 0600, &err),
		     0);
	cr_assert_eq(find(&place, "a/x.yaml", &rule, &err), 1);
}
