#include "seal/creation_rules.h"

#include "base/fs.h"
#include "base/text.h"
#include "cel/regex.h"
#include "seal/sops_keys.h"
#include "tree/yaml.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define RULES_FILE ".sops.yaml"
#define FOLDERS_MAX 100
#define GROUPS_MAX 255
#define INDENT_MAX 16
#define BLANKS " \t\r\n"

static int fail_at(const struct value *value, struct err *err)
{
	struct src src = value_src(value);

	return err_at(err, src.file, src.line, src.column);
}

/* ---- where it is ---- */

/* The folder of a path, absolute and without links. */
static int folder_of(struct arena *arena, const char *path, const char **out, struct err *err)
{
	const char *base = fs_base(path);
	const char *folder = base == path ? "." : arena_strn(arena, path, (size_t)(base - path));
	char *real = realpath(folder, NULL);

	if (!real)
		return err_sys(err, errno, "look for " RULES_FILE " in %s", folder);
	*out = arena_str(arena, real);
	free(real);
	return 0;
}

/* >0: there is none. */
static int find_file(struct arena *arena, const char *folder, const char **out)
{
	char *at = arena_str(arena, folder);

	for (unsigned i = 0; i < FOLDERS_MAX; i++) {
		const char *path = fs_join(arena, at, RULES_FILE);
		char *slash = strrchr(at, '/');

		if (fs_exists(path) && !fs_is_dir(path)) {
			*out = path;
			return 0;
		}
		if (!slash || strcmp(at, "/") == 0)
			break;
		slash[slash == at] = '\0';
	}
	return 1;
}

/* ---- which rule ---- */

static int rule_matches(struct arena *arena, const struct value *rule, const char *name, bool *out,
			struct err *err)
{
	const struct value *value = value_get(rule, "path_regex");
	const char *text = value_text(value);
	struct cel_work work = { arena, CEL_STEPS_MAX };
	const struct cel_text subject = { name, strlen(name) };
	const struct regex *regex;
	struct cel_text pattern;

	*out = !text || !*text;
	if (*out)
		return 0;
	pattern = (struct cel_text){ text, strlen(text) };
	if (regex_compile(arena, &pattern, &regex, err) < 0 ||
	    regex_find(regex, &subject, &work, out, err) < 0) {
		err_wrap(err, "path_regex");
		return fail_at(value, err);
	}
	return 0;
}

/* >0: none of them. */
static int choose(struct arena *arena, const struct value *rules, const char *name,
		  const struct value **out, struct err *err)
{
	for (size_t i = 0; i < value_len(rules); i++) {
		const struct value *rule = value_at(rules, i);
		bool matched;

		if (!value_is_map(rule)) {
			err_set(err, ERR_INPUT, "a creation rule is no map");
			return fail_at(rule, err);
		}
		if (rule_matches(arena, rule, name, &matched, err) < 0)
			return -1;
		if (matched) {
			*out = rule;
			return 0;
		}
	}
	return 1;
}

/* ---- who it names ---- */

struct recipients {
	struct arena *arena;
	const char **at;
	size_t len, cap;
	const char *foreign;
};

static int add_recipient(struct recipients *recipients, const char *text,
			 const struct value *value, struct err *err)
{
	struct age_recipient recipient;
	struct err why = ERR_INIT;

	if (age_recipient_read(text, &recipient, &why) < 0) {
		bool plugin = text_starts(text, "age1") && strchr(text + 4, '1');

		if (plugin || text_starts(text, "ssh-")) {
			recipients->foreign = SOPS_FOREIGN_AGE;
			return 0;
		}
		if (err)
			*err = why;
		return fail_at(value, err);
	}
	for (size_t i = 0; i < recipients->len; i++)
		if (strcmp(recipients->at[i], text) == 0)
			return 0;
	recipients->at = arena_grow(recipients->arena, (void *)recipients->at,
				    recipients->len + 1, &recipients->cap, sizeof(char *));
	recipients->at[recipients->len++] = text;
	recipients->at[recipients->len] = NULL;
	return 0;
}

/* A text with commas, or a list of such. */
static int add_recipients(struct recipients *recipients, const struct value *value, struct err *err)
{
	const char *at = value_text(value);

	for (size_t i = 0; value_is_list(value) && i < value_len(value); i++)
		if (add_recipients(recipients, value_at(value, i), err) < 0)
			return -1;
	if (value_is_map(value) || (!at && !value_is_list(value) && !value_is_null(value))) {
		err_set(err, ERR_INPUT, "age must be a list of recipients");
		return fail_at(value, err);
	}
	while (at && *at) {
		size_t len = strcspn(at, ","), from = strspn(at, BLANKS), end = len;

		while (end > from && strchr(BLANKS, at[end - 1]))
			end--;
		if (end > from &&
		    add_recipient(recipients, arena_strn(recipients->arena, at + from, end - from),
				  value, err) < 0)
			return -1;
		at += len + (at[len] == ',');
	}
	return 0;
}

static const char *const foreign_keys[] = { "pgp", "kms", "gcp_kms",
					    "hckms", "azure_keyvault", "hc_vault_transit_uri",
					    "hc_vault" };

static void note_foreign(struct recipients *recipients, const struct value *map)
{
	for (size_t i = 0; i < ARRAY_LEN(foreign_keys); i++) {
		const struct value *value = value_get(map, foreign_keys[i]);

		if (value_len(value) > 0 || !text_is_blank(value_text(value)))
			recipients->foreign = foreign_keys[i];
	}
}

static int add_group(struct recipients *recipients, const struct value *map, unsigned depth,
		     struct err *err)
{
	const struct value *merged = value_get(map, "merge");

	if (depth > GROUPS_MAX) {
		err_set(err, ERR_INPUT, "merged key groups are nested too deeply");
		return fail_at(map, err);
	}
	for (size_t i = 0; i < value_len(merged); i++)
		if (add_group(recipients, value_at(merged, i), depth + 1, err) < 0)
			return -1;
	note_foreign(recipients, map);
	return add_recipients(recipients, value_get(map, "age"), err);
}

static int read_group(struct arena *arena, const struct value *map, struct creation_rule *rule,
		      struct sops_recipients *out, struct err *err)
{
	struct recipients recipients = { .arena = arena };

	recipients.at = arena_grow(arena, NULL, 0, &recipients.cap, sizeof(char *));
	recipients.at[0] = NULL;
	if (add_group(&recipients, map, 0, err) < 0)
		return -1;
	if (recipients.foreign)
		rule->foreign = recipients.foreign;
	out->at = recipients.at;
	return 0;
}

static int read_groups(struct arena *arena, const struct value *map, struct creation_rule *rule,
		       struct err *err)
{
	const struct value *list = value_get(map, "key_groups");
	size_t count = value_len(list) > 0 ? value_len(list) : 1;
	struct sops_recipients *groups = arena_calloc(arena, count, sizeof(*groups));

	if (count > GROUPS_MAX) {
		err_set(err, ERR_INPUT, "more than %d key groups", GROUPS_MAX);
		return fail_at(list, err);
	}
	for (size_t i = 0; i < count; i++) {
		const struct value *group = value_len(list) > 0 ? value_at(list, i) : map;

		if (read_group(arena, group, rule, &groups[i], err) < 0)
			return -1;
		if (!groups[i].at[0] && !rule->foreign) {
			err_set(err, ERR_INPUT, "the rule names nobody who could open the file");
			err_hint(err, "age: RECIPIENT, which age-keygen -y KEYFILE prints");
			return fail_at(group, err);
		}
	}
	rule->group = groups;
	rule->groups = count;
	return 0;
}

static int read_numbers(const struct value *root, const struct value *map,
			struct creation_rule *rule, struct err *err)
{
	const struct value *threshold = value_get(map, "shamir_threshold");
	const struct value *indent =
		value_get(value_get(value_get(root, "stores"), "yaml"), "indent");
	uint64_t number = 0;

	if (threshold && (!value_u64(threshold, &number) || number > rule->groups)) {
		err_set(err, ERR_INPUT, "shamir_threshold is none of 1 to %zu", rule->groups);
		return fail_at(threshold, err);
	}
	rule->threshold = (unsigned)number;
	number = 0;
	if (indent && (!value_u64(indent, &number) || number > INDENT_MAX)) {
		err_set(err, ERR_INPUT, "stores.yaml.indent is none of 1 to %d", INDENT_MAX);
		return fail_at(indent, err);
	}
	rule->indent = (unsigned)number;
	return 0;
}

int creation_rule_find(struct arena *arena, const char *path, struct creation_rule *out,
		       struct err *err)
{
	struct creation_rule rule = { 0 };
	const struct value *root, *map = NULL;
	const char *folder, *name;
	size_t skip;
	int r;

	if (folder_of(arena, path, &folder, err) < 0)
		return -1;
	r = find_file(arena, folder, &rule.file);
	if (r != 0)
		return r;
	skip = strlen(rule.file) - strlen(RULES_FILE);
	name = fs_join(arena, folder, fs_base(path)) + skip;
	if (yaml_read_file(arena, rule.file, &root, err) < 0)
		return -1;
	r = choose(arena, value_get(root, "creation_rules"), name, &map, err);
	if (r != 0)
		return r;
	rule.which = map;
	rule.src = value_src(map);
	if (read_groups(arena, map, &rule, err) < 0 || read_numbers(root, map, &rule, err) < 0)
		return -1;
	*out = rule;
	return 0;
}
