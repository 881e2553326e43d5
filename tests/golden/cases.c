#include "golden/cases.h"

#include "base/fs.h"
#include "base/text.h"
#include "tree/json.h"
#include "tree/yaml.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

const char *golden_file(struct golden_case *c, const char *name, size_t *len)
{
	size_t size = 0;
	char *text = NULL;
	const char *path = fs_join(c->arena, c->folder, name);

	if (!fs_exists(path) || fs_read(c->arena, path, FS_FILE_MAX, &text, &size, NULL) < 0)
		return NULL;
	if (len)
		*len = size;
	return text;
}

bool golden_wants_error(const struct golden_case *c)
{
	return text_equal(value_get_text(c->args, "compare"), "error");
}

static bool equal_by_meaning(struct golden_case *c, const char *made, const char *expected)
{
	struct yaml_documents a, b;
	struct yaml_input left = { .file = "made", .text = made, .len = strlen(made) };
	struct yaml_input right = { .file = "expected", .text = expected, .len = strlen(expected) };

	if (yaml_read(c->arena, &left, &a, NULL) < 0 || yaml_read(c->arena, &right, &b, NULL) < 0)
		return false;
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++) {
		if (!value_equal(a.at[i], b.at[i]))
			return false;
	}
	return true;
}

static void say_first_difference(struct golden_case *c, const char *what, const char *made,
				 const char *expected)
{
	unsigned line = 1;

	while (*made && *made == *expected) {
		line += *made == '\n';
		made++;
		expected++;
	}
	while (*made == '\n' || *expected == '\n') {
		made += *made == '\n';
		expected += *expected == '\n';
	}
	str_addf(c->why, "%s differs from line %u on: \"%.*s\" is not \"%.*s\"", what, line,
		 (int)strcspn(made, "\n"), made, (int)strcspn(expected, "\n"), expected);
}

bool golden_equal(struct golden_case *c, const char *what, const char *made, const char *expected)
{
	if (!strcmp(made, expected))
		return true;
	if (text_equal(value_get_text(c->args, "compare"), "semantic") &&
	    equal_by_meaning(c, made, expected))
		return true;
	say_first_difference(c, what, made, expected);
	return false;
}

static bool is_pending(const struct golden *golden, const char *name)
{
	for (const char *const *pending = golden->pending; *pending; pending++) {
		if (!strcmp(*pending, name))
			return true;
	}
	return false;
}

static void run_one(const struct golden *golden, const char *folder, const char *name)
{
	struct arena *arena OWNED(arena_free) = arena_new("golden");
	struct str why SCOPED(str_done) = STR_INIT(4096);
	struct golden_case c = { arena, name, fs_join(arena, folder, name), NULL, &why };
	size_t len = 0;
	const char *args = golden_file(&c, "args.json", &len);
	struct err err = ERR_INIT;

	cr_assert_not_null(args, "%s has no args.json", name);
	cr_assert_eq(json_read(arena, "args.json", args, len, &c.args, &err), 0, "%s: %s", name,
		     err.text);
	bool good = golden->run(&c);
	if (is_pending(golden, name))
		cr_expect(!good, "%s passes now: take it from the list", name);
	else
		cr_expect(good, "%s: %s", name, str_text(&why));
}

static int wanted(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

void golden_run(const struct golden *golden)
{
	struct arena *arena OWNED(arena_free) = arena_new("cases");
	const char *folder = fs_join(arena, TEST_DATA_DIR "/golden", golden->group);
	struct dirent **entries = NULL;
	int count = scandir(folder, &entries, wanted, alphasort);

	cr_assert_gt(count, 0, "no cases in %s", folder);
	for (int i = 0; i < count; i++) {
		run_one(golden, folder, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
}
