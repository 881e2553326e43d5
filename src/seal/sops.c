#include "seal/sops.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/text.h"
#include "seal/sops_form.h"
#include "seal/sops_keys.h"
#include "seal/sops_walk.h"
#include "tree/json.h"

#include <string.h>

#define SECTION "sops"
#define VERSION "3.13.3" /* of the format's program whose files these are like */
#define INDENT_USUAL 4
#define TEXT_MAX_BYTES (4 * FS_FILE_MAX)

struct sops_file { /* read, and opened or not */
	struct arena *arena;
	const struct sops_input *input;
	struct sops_tree tree;
	struct sops_keys keys;
	struct sops_rule rule;
	struct sops_sealer sealer;
	const char *mac, *lastmodified;
};

static void file_done(struct sops_file *file)
{
	explicit_bzero(&file->sealer, sizeof(file->sealer));
	arena_free(file->arena);
}

/* ---- reading ---- */

static int fail_at(const struct value *value, struct err *err)
{
	struct src src = value_src(value);

	return err_at(err, src.file, src.line, src.column);
}

/* The last thing in it: with half of it missing, the rest might be, too. */
static bool has_version(const struct value *section)
{
	const char *at = value_get_text(section, "version");
	unsigned parts = 0;

	while (at && *at >= '0' && *at <= '9') {
		parts++;
		at += strspn(at, "0123456789");
		at = *at == '.' ? at + 1 : NULL;
	}
	return parts >= 3;
}

static int read_section(struct sops_file *file, const struct value *section, struct err *err)
{
	if (!value_is_map(section)) {
		err_set(err, ERR_INPUT, "the section \"" SECTION "\" is missing: the file is "
					"cut short, or was never encrypted");
		return err_at(err, file->input->file, 0, 0);
	}
	file->mac = value_get_text(section, "mac");
	file->lastmodified = value_get_text(section, "lastmodified");
	if (!file->mac || !file->lastmodified || !has_version(section)) {
		err_set(err, ERR_INPUT, "the section \"" SECTION "\" has no %s: the file is cut "
					"short",
			!file->mac	      ? "mac"
			: !file->lastmodified ? "lastmodified"
					      : "version");
		return fail_at(section, err);
	}
	if (sops_keys_read(file->arena, section, &file->keys, err) < 0)
		return -1;
	return sops_rule_read(file->arena, section, &file->rule, err);
}

static int read_tree(struct sops_file *file, struct err *err)
{
	const struct sops_text text = { file->input->file, file->input->text, file->input->len };

	if (sops_form_check(file->input, err) < 0 ||
	    sops_tree_read(file->arena, &text, &file->tree, err) < 0)
		return -1;
	if (file->tree.len > 0)
		return 0;
	err_set(err, ERR_INPUT, "the file is empty");
	return err_at(err, file->input->file, 0, 0);
}

/* The section is in every document, and in none of them a value. */
static void drop_sections(struct sops_tree *tree)
{
	for (size_t i = 0; i < tree->len; i++) {
		struct sops_node *node = tree->document[i];
		size_t kept = 0;

		for (size_t j = 0; j < node->len; j++)
			if (!text_equal(node->item[j].key, SECTION))
				node->item[kept++] = node->item[j];
		node->len = kept;
	}
}

const char *sops_foreign_key(struct arena *arena, const struct sops_input *input, bool *only)
{
	struct sops_file file = { .arena = arena, .input = input };

	*only = true;
	if (read_tree(&file, NULL) < 0 ||
	    read_section(&file, value_get(file.tree.first, SECTION), NULL) < 0)
		return NULL;
	for (size_t i = 0; i < file.keys.groups; i++)
		*only = *only && file.keys.group[i].len == 0;
	return file.keys.foreign;
}

/* ---- opening ---- */

/* The time is proved in the form that it is written in. */
static const char *proved_time(struct sops_file *file)
{
	struct sops_plain plain;
	const struct value *value =
		value_scalar(file->arena, SCALAR_STR, file->lastmodified, false);

	if (sops_plain_of(file->arena, value, &plain, NULL) < 0)
		return file->lastmodified;
	return plain.at;
}

static int check_mac(struct sops_file *file, const char *mac, struct err *err)
{
	struct sops_plain plain;

	if (sops_value_open(file->arena, &file->sealer, file->mac, proved_time(file), &plain) !=
		    0 ||
	    plain.len != SOPS_MAC_SIZE - 1 || !bytes_equal(plain.at, mac, plain.len)) {
		return err_set(err, ERR_INPUT,
			       "the file was changed since it was encrypted: its MAC does not fit");
	}
	return 0;
}

static int open_file(struct sops_file *file, const struct age_identities *identities,
		     struct err *err)
{
	const struct sops_walk walk = { file->arena, &file->rule, &file->sealer };
	const struct value *section;
	char mac[SOPS_MAC_SIZE];

	if (read_tree(file, err) < 0)
		return -1;
	section = value_get(file->tree.first, SECTION);
	if (read_section(file, section, err) < 0)
		return -1;
	drop_sections(&file->tree);
	if (sops_keys_open(&file->keys, identities, file->sealer.key, err) < 0) {
		err_wrap(err, "open %s", file->input->file);
		return fail_at(section, err);
	}
	if (sops_walk_open(&walk, &file->tree, mac, err) < 0)
		return -1;
	if (check_mac(file, mac, err) < 0)
		return fail_at(section, err);
	return 0;
}

static int too_large(const struct sops_input *input, struct err *err)
{
	err_set(err, ERR_INPUT, "the file is too large");
	return err_at(err, input->file, 0, 0);
}

static int emit_json(const struct sops_file *file, struct str *text, struct err *err)
{
	static const struct json_style style = { JSON_TABBED, .show_sensitive = true };

	if (file->tree.len != 1) {
		err_set(err, ERR_INPUT, "a JSON file is one document");
		return err_at(err, file->input->file, 0, 0);
	}
	json_write(text, sops_node_value(file->arena, file->tree.document[0]), &style);
	str_addc(text, '\n');
	return 0;
}

static int emit(const struct sops_file *file, unsigned indent, struct str *out, struct err *err)
{
	struct str text SCOPED(str_done) = STR_INIT(TEXT_MAX_BYTES);

	if (sops_form_of(file->input) != SOPS_FORM_JSON)
		sops_tree_write(&text, &file->tree, indent ? indent : INDENT_USUAL);
	else if (emit_json(file, &text, err) < 0)
		return -1;
	if (text.full)
		return too_large(file->input, err);
	str_addn(out, str_text(&text), text.len);
	return out->full ? too_large(file->input, err) : 0;
}

int sops_open(const struct sops_input *input, const struct age_identities *identities,
	      struct str *out, struct err *err)
{
	struct sops_file file SCOPED(file_done) = { .arena = arena_new("SOPS file"),
						    .input = input };

	if (open_file(&file, identities, err) < 0)
		return -1;
	return emit(&file, 0, out, err);
}

/* ---- sealing ---- */

static void take_recipients(struct sops_file *file, const struct sops_how *how)
{
	struct arena *arena = file->arena;

	file->keys = (struct sops_keys){ .groups = how->groups, .threshold = how->threshold };
	file->keys.group = arena_calloc(arena, how->groups + 1, sizeof(*file->keys.group));
	for (size_t i = 0; i < how->groups; i++) {
		struct sops_group *group = &file->keys.group[i];

		while (how->group[i].at[group->len])
			group->len++;
		group->key = arena_calloc(arena, group->len + 1, sizeof(*group->key));
		for (size_t j = 0; j < group->len; j++)
			group->key[j].recipient = how->group[i].at[j];
	}
}

/* Its keys in the order of the alphabet, as other programs write them. */
static const struct value *section_of(const struct sops_file *file, const char *mac)
{
	struct arena *arena = file->arena;
	struct map_builder *map = map_begin(arena);
	const char *choice = sops_choice_names[file->rule.choice];
	const struct value *chosen = value_str(arena, file->rule.text);
	bool first = strcmp(choice, "lastmodified") < 0;

	if (file->keys.groups == 1)
		map_add(map, "age", sops_keys_age(arena, &file->keys));
	if (first)
		map_add(map, choice, chosen);
	if (file->keys.groups > 1)
		map_add(map, "key_groups", sops_keys_groups(arena, &file->keys));
	map_add(map, "lastmodified", value_str(arena, file->lastmodified));
	map_add(map, "mac", value_str(arena, mac));
	if (file->rule.mac_only_encrypted)
		map_add(map, "mac_only_encrypted", value_of_bool(arena, true));
	if (file->keys.groups > 1)
		map_add(map, "shamir_threshold", value_of_u64(arena, file->keys.threshold));
	if (!first)
		map_add(map, choice, chosen);
	map_add(map, "version", value_str(arena, VERSION));
	return map_end(map);
}

static void add_sections(struct sops_file *file, const char *mac)
{
	const struct value *section = section_of(file, mac);

	for (size_t i = 0; i < file->tree.len; i++) {
		struct sops_item *item = sops_item_add(file->arena, file->tree.document[i]);

		item->key = SECTION;
		item->node = sops_node_of(file->arena, section);
	}
}

static int seal_file(struct sops_file *file, const struct sops_how *how, struct str *out,
		     struct err *err)
{
	const struct sops_walk walk = { file->arena, &file->rule, &file->sealer };
	char mac[SOPS_MAC_SIZE], time[TIME_TEXT_MAX];
	struct sops_plain plain = { "str", mac, SOPS_MAC_SIZE - 1 };

	file->sealer.random = how->random;
	random_fill(how->random, file->sealer.key, sizeof(file->sealer.key));
	file->lastmodified = arena_str(file->arena, time_text(how->wall, time));
	if (sops_keys_seal(file->arena, &file->keys, &file->sealer, err) < 0 ||
	    sops_walk_seal(&walk, &file->tree, mac, err) < 0)
		return -1;
	add_sections(file, sops_value_seal(file->arena, &file->sealer, &plain,
					   file->lastmodified));
	return emit(file, how->indent, out, err);
}

static bool has_section(const struct sops_tree *tree)
{
	for (size_t i = 0; i < tree->len; i++)
		for (size_t j = 0; j < tree->document[i]->len; j++)
			if (text_equal(tree->document[i]->item[j].key, SECTION))
				return true;
	return false;
}

static int read_clear(struct sops_file *file, const struct sops_how *how, struct err *err)
{
	if (read_tree(file, err) < 0)
		return -1;
	if (has_section(&file->tree)) {
		err_set(err, ERR_CONFLICT, "the file has a section \"" SECTION "\" already: it is "
					   "encrypted");
		return err_at(err, file->input->file, 0, 0);
	}
	return sops_rule_read(file->arena, how->rule, &file->rule, err);
}

int sops_seal(const struct sops_input *input, const struct sops_how *how, struct str *out,
	      struct err *err)
{
	struct sops_file file SCOPED(file_done) = { .arena = arena_new("SOPS file"),
						    .input = input };

	if (read_clear(&file, how, err) < 0)
		return -1;
	take_recipients(&file, how);
	return seal_file(&file, how, out, err);
}

/* The sops program's keys would be lost without a word. */
static int only_ours(const struct sops_file *file, struct err *err)
{
	if (!file->keys.foreign)
		return 0;
	err_set(err, ERR_INPUT, "the file is for a key of kind %s too, which is for the "
				"sops program",
		file->keys.foreign);
	return err_at(err, file->input->file, 0, 0);
}

int sops_seal_as(const struct sops_input *input, const struct sops_input *model,
		 const struct sops_how *how, struct str *out, struct err *err)
{
	struct sops_file file SCOPED(file_done) = { .arena = arena_new("SOPS file"),
						    .input = input };
	struct sops_file as = { .arena = file.arena, .input = model };

	if (read_clear(&file, how, err) < 0 || read_tree(&as, err) < 0 ||
	    read_section(&as, value_get(as.tree.first, SECTION), err) < 0 ||
	    only_ours(&as, err) < 0)
		return -1;
	file.keys = as.keys;
	return seal_file(&file, how, out, err);
}

int sops_reseal(const struct sops_input *input, const struct age_identities *identities,
		const struct sops_how *how, struct str *out, struct err *err)
{
	struct sops_file file SCOPED(file_done) = { .arena = arena_new("SOPS file"),
						    .input = input };

	if (open_file(&file, identities, err) < 0)
		return -1;
	if (how->groups > 0)
		take_recipients(&file, how);
	else if (only_ours(&file, err) < 0)
		return -1;
	return seal_file(&file, how, out, err);
}
