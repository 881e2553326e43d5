#include "convert/prove.h"

#include "base/own.h"
#include "base/secret.h"
#include "base/str.h"
#include "base/text.h"
#include "render/json_patch.h"
#include "render/schema.h"
#include "tree/diff.h"
#include "tree/json.h"
#include "tree/path.h"
#include "tree/yaml.h"

#include <string.h>

#define TEXT_MAX ((size_t)16 << 20)
#define SHOWN_MAX 200

struct proving {
	struct arena *arena;
	const struct config *ours; /* knows what is sensitive */
	struct prove *out;
};

static const char *document_name(struct arena *arena, const struct value *document)
{
	const char *kind = value_get_text(document, "kind");
	const char *name = value_get_text(document, "name");

	if (!kind)
		return SCHEMA_MAIN;
	return name ? arena_printf(arena, "%s/%s", kind, name) : kind;
}

static void add(const struct proving *p, const struct prove_difference *difference)
{
	struct prove *out = p->out;

	if (out->len == PROVE_MAX) {
		out->more++;
		return;
	}
	out->at = arena_grow(p->arena, out->at, out->len, &out->cap, sizeof(*out->at));
	out->at[out->len++] = *difference;
}

/* Keys below which everything is one's own business, also where no schema knows them. */
static bool is_secret_path(const char *path)
{
	static const char *const words[] = { "token", "secret", "key", "passphrase", "password",
					     "apiToken", "privateKey", "presharedKey" };
	const char *last = strrchr(path, '.');

	last = last ? last + 1 : path;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (text_equal(last, words[i]))
			return true;
	return false;
}

static bool holds_secret(const struct value *value)
{
	if (value_is_sensitive(value) || secret_suspected(value_text(value)))
		return true;
	if (!value_is_map(value) && !value_is_list(value))
		return false;
	for (size_t i = 0; i < value_len(value); i++)
		if (holds_secret(value_at(value, i)) ||
		    (value_is_map(value) && is_secret_path(value_key_at(value, i))))
			return true;
	return false;
}

static bool is_sensitive(const struct proving *p, const struct value *document, const char *path)
{
	const char *kind = value_get_text(document, "kind");
	const struct document *ours =
		config_find(p->ours, kind ? kind : SCHEMA_MAIN, value_get_text(document, "name"));
	struct path parts;

	if (is_secret_path(path))
		return true;
	if (!ours || path_parse(p->arena, path, &parts, NULL) < 0)
		return false;
	return holds_secret(path_get(ours->value, &parts));
}

static const char *shown(const struct proving *p, const struct value *value, bool star)
{
	const struct json_style style = { .form = JSON_COMPACT };
	struct str text SCOPED(str_done) = STR_INIT(TEXT_MAX);

	if (!value)
		return NULL;
	if (star || holds_secret(value))
		return "***";
	json_write(&text, value, &style);
	if (text.len > SHOWN_MAX) {
		str_cut(&text, SHOWN_MAX);
		str_add(&text, "...");
	}
	return arena_str(p->arena, str_text(&text));
}

static void compare(const struct proving *p, const struct value *ours, const struct value *theirs)
{
	struct diff diff;

	value_diff(p->arena, ours, theirs, &diff);
	for (size_t i = 0; i < diff.len; i++) {
		const struct diff_entry *entry = &diff.at[i];
		bool star = is_sensitive(p, theirs, entry->path);
		struct prove_difference difference = {
			.document = document_name(p->arena, theirs),
			.path = entry->path,
			.ours = shown(p, entry->before, star),
			.theirs = shown(p, entry->after, star),
		};

		if (entry->after)
			difference.src = value_src(entry->after);
		add(p, &difference);
	}
}

static const struct value *find(const struct proving *p, const struct yaml_documents *documents,
				const char *name, size_t *index)
{
	for (size_t i = 0; i < documents->len; i++)
		if (strcmp(document_name(p->arena, documents->at[i]), name) == 0) {
			*index = i;
			return documents->at[i];
		}
	return NULL;
}

static void lacks(const struct proving *p, const struct value *document, bool ours)
{
	struct prove_difference difference = { .document = document_name(p->arena, document),
					       .path = "" };

	if (ours) {
		difference.ours = "there";
	} else {
		difference.theirs = "there";
		difference.src = value_src(document);
	}
	add(p, &difference);
}

static void compare_all(const struct proving *p, const struct yaml_documents *ours,
			const struct yaml_documents *theirs)
{
	static const struct prove_difference order = {
		.document = "documents",
		.path = "",
		.ours = "another order",
		.theirs = "their order",
	};
	size_t index, last = 0;
	bool in_order = true;

	for (size_t i = 0; i < theirs->len; i++) {
		const char *name = document_name(p->arena, theirs->at[i]);
		const struct value *mine = find(p, ours, name, &index);

		if (!mine) {
			lacks(p, theirs->at[i], false);
			continue;
		}
		in_order = in_order && index >= last;
		last = index;
		compare(p, mine, theirs->at[i]);
	}
	for (size_t i = 0; i < ours->len; i++)
		if (!find(p, theirs, document_name(p->arena, ours->at[i]), &index))
			lacks(p, ours->at[i], true);
	if (!in_order)
		add(p, &order);
}

static int read_documents(struct arena *arena, const struct prove_text *text,
			  struct yaml_documents *out, struct err *err)
{
	const struct yaml_input input = { text->file, text->text, text->len, NULL, false };

	return yaml_read(arena, &input, out, err);
}

int prove_config(struct arena *arena, const struct config *ours, const struct prove_text *theirs,
		 struct prove *out, struct err *err)
{
	struct str text SCOPED(str_done) = STR_INIT(TEXT_MAX);
	const struct proving proving = { arena, ours, out };
	struct yaml_documents mine, left;
	struct prove_text own = { .file = "rendered" };

	*out = (struct prove){ .at = NULL };
	config_write(&text, ours);
	own.text = str_text(&text);
	own.len = text.len;
	if (read_documents(arena, &own, &mine, err) < 0 ||
	    read_documents(arena, theirs, &left, err) < 0)
		return -1;
	/* 0x1F is 31, and 0o600 is 384 */
	for (size_t i = 0; i < mine.len; i++)
		mine.at[i] = json_patch_normal(arena, mine.at[i]);
	for (size_t i = 0; i < left.len; i++)
		left.at[i] = json_patch_normal(arena, left.at[i]);
	compare_all(&proving, &mine, &left);
	return 0;
}
