#include "convert/migrate_files.h"

#include "base/own.h"
#include "base/str.h"
#include "base/text.h"
#include "cluster/version.h"

#include <string.h>

#define TEXT_MAX ((size_t)8 << 20)

void file_set_init(struct file_set *set, struct arena *arena, const struct file_text *files,
		   size_t count)
{
	*set = (struct file_set){ .arena = arena };
	for (size_t i = 0; i < count; i++) {
		set->at = arena_grow(arena, set->at, set->len, &set->cap, sizeof(*set->at));
		set->at[set->len++] = files[i];
	}
}

const struct file_text *file_set_get(const struct file_set *set, const char *name)
{
	for (size_t i = 0; i < set->len; i++)
		if (text_equal(set->at[i].name, name))
			return &set->at[i];
	return NULL;
}

void file_set_put(struct file_set *set, const char *name, const char *text)
{
	struct file_text file = { arena_str(set->arena, name), text, strlen(text), false };

	for (size_t i = 0; i < set->len; i++) {
		if (text_equal(set->at[i].name, name)) {
			file.sealed = set->at[i].sealed;
			set->at[i] = file;
			return;
		}
	}
	set->at = arena_grow(set->arena, set->at, set->len, &set->cap, sizeof(*set->at));
	set->at[set->len++] = file;
}

void file_set_seal(struct file_set *set, const char *name)
{
	for (size_t i = 0; i < set->len; i++)
		if (text_equal(set->at[i].name, name))
			set->at[i].sealed = true;
}

bool file_set_is_sealed(const struct file_set *set, const char *name)
{
	const struct file_text *file = file_set_get(set, name);

	return file && file->sealed;
}

void file_set_remove(struct file_set *set, const char *name)
{
	for (size_t i = 0; i < set->len; i++) {
		if (!text_equal(set->at[i].name, name))
			continue;
		set->at[i] = set->at[--set->len];
		return;
	}
}

const char *file_set_free_name(const struct file_set *set, const char *name)
{
	const char *wanted = name;
	size_t stem = strlen(name) - (text_ends(name, ".yaml") ? strlen(".yaml") : 0);

	for (unsigned i = 2; file_set_get(set, wanted); i++)
		wanted = arena_printf(set->arena, "%.*s-%u.yaml", (int)stem, name, i);
	return wanted;
}

static const char *line_of(const char *text, unsigned line)
{
	for (unsigned i = 1; i < line && text; i++) {
		text = strchr(text, '\n');
		text = text ? text + 1 : NULL;
	}
	return text;
}

/* The first `old` at that place becomes `new`. */
static int replace_word(struct file_set *set, struct src src, const char *old, const char *new,
			struct err *err)
{
	const struct file_text *file = file_set_get(set, src.file);
	const char *line = file ? line_of(file->text, src.line) : NULL;
	const char *at = line ? strstr(line + (src.column ? src.column - 1 : 0), old) : NULL;
	struct str out SCOPED(str_done) = STR_INIT(TEXT_MAX);

	if (!at || at > line + strcspn(line, "\n")) {
		err_set(err, ERR_REFUSED, "the version %s is not where it should be", old);
		return err_at(err, src.file ? src.file : "", src.line, src.column);
	}
	str_addn(&out, file->text, (size_t)(at - file->text));
	str_add(&out, new);
	str_add(&out, at + strlen(old));
	file_set_put(set, file->name, arena_str(set->arena, str_text(&out)));
	return 0;
}

static const char *without_v(const char *version)
{
	return version[0] == 'v' ? version + 1 : version;
}

static void append_key(struct file_set *set, const char *key, const char *value)
{
	const struct file_text *file = file_set_get(set, "cluster.yaml");
	const char *text = file ? file->text : "";
	const char *end = *text && text[strlen(text) - 1] != '\n' ? "\n" : "";

	file_set_put(set, "cluster.yaml",
		     arena_printf(set->arena, "%s%s%s: %s\n", text, end, key, value));
}

/* What Renovate looks at above a pin: nothing is published there for 1.14 any more. */
static void set_source(struct file_set *set, const struct version_pin *pin)
{
	static const char old[] = "ghcr.io/siderolabs/installer";
	static const char new[] = "ghcr.io/siderolabs/talos";
	struct src src = { pin->src.file, pin->src.line, 1 };

	if (!text_equal(pin->dep, old))
		return;
	while (src.line-- > 1)
		if (replace_word(set, src, old, new, NULL) == 0)
			return;
}

static int set_talos(struct file_set *set, const struct cluster *cluster, const char *talos,
		     struct err *err)
{
	bool found = false;

	for (size_t i = 0; i < cluster->pins; i++) {
		const struct version_pin *pin = &cluster->pin[i];

		if (pin->subject != VERSION_TALOS)
			continue;
		found = true;
		if (replace_word(set, pin->src, without_v(pin->value), without_v(talos), err) < 0)
			return -1;
		set_source(set, pin);
	}
	if (!found)
		append_key(set, "talos_version", talos);
	return 0;
}

int files_set_versions(struct file_set *set, const struct cluster *cluster, const char *talos,
		       struct err *err)
{
	const char *contract = value_get_text(cluster->raw, "contract");
	struct version version;

	if (!text_equal(cluster->talos, talos) && set_talos(set, cluster, talos, err) < 0)
		return -1;
	if (!contract || !version_parse(contract, &version) || version.minor >= 14)
		return 0;
	return replace_word(set, setting_src(cluster, NULL, "contract"), without_v(contract),
			    "1.14", err);
}

static size_t indent_of(const char *line)
{
	return strspn(line, " ");
}

static bool is_blank(const char *line)
{
	return strchr("\r\n#", line[indent_of(line)]) != NULL;
}

/* Behind the last line of the block that begins under a key in that column (from 0). */
static const char *block_end(const char *line, size_t column)
{
	const char *end = line;

	while (*line) {
		const char *next = line + strcspn(line, "\n");
		size_t indent = indent_of(line);
		bool item = indent == column && line[indent] == '-' && line[indent + 1] == ' ';

		next += *next == '\n';
		if (!is_blank(line)) {
			if (indent <= column && !item)
				return end;
			end = next;
		}
		line = next;
	}
	return end;
}

int files_set_patches(struct file_set *set, const char *file, const struct value *map,
		      const char *const *names, size_t count, struct err *err)
{
	const struct file_text *text = file_set_get(set, file);
	struct src src = value_key_src(map, "patches");
	const char *line = text ? line_of(text->text, src.line) : NULL;
	struct str out SCOPED(str_done) = STR_INIT(TEXT_MAX);
	size_t column = src.column ? src.column - 1 : 0;
	const char *key = line ? line + column : NULL, *rest;

	if (!key || !text_starts(key, "patches:") || !is_blank(key + strlen("patches:"))) {
		err_set(err, ERR_REFUSED, "the patches here are not a list in block form");
		err_hint(err, "write each on lines of its own that begin with \"- \"");
		return err_at(err, file, src.line, src.column);
	}
	rest = key + strcspn(key, "\n");
	rest += *rest == '\n';
	str_addn(&out, text->text, (size_t)(rest - text->text));
	for (size_t i = 0; i < count; i++) {
		str_pad(&out, ' ', column + 2);
		str_addf(&out, "- \"@%s\"\n", names[i]);
	}
	str_add(&out, block_end(rest, column));
	file_set_put(set, text->name, arena_str(set->arena, str_text(&out)));
	return 0;
}
