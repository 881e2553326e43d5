#include "convert/talhelper_source.h"

#include "base/fs.h"
#include "base/own.h"
#include "base/text.h"
#include "convert/dotenv.h"
#include "convert/sealed_text.h"
#include "convert/yaml_reprint.h"
#include "render/free_time.h"
#include "tree/yaml.h"

#include <string.h>

#define TEXT_MAX ((size_t)16 << 20)

const char *talhelper_source_path(const struct talhelper_source *source, const char *name)
{
	while (text_starts(name, "./"))
		name += 2;
	return fs_join(source->arena, source->folder, name);
}

int talhelper_source_read(struct talhelper_source *source, const char *name,
			  struct source_text *out, struct err *err)
{
	const char *path = talhelper_source_path(source, name);
	char *text;

	*out = (struct source_text){ .file = name };
	if (fs_read(source->arena, path, FS_FILE_MAX, &text, &out->len, err) < 0)
		return -1;
	out->text = text;
	return sealed_text_open(source, out, err);
}

static const char *trimmed(struct arena *arena, const char *text)
{
	static const char blanks[] = " \t\r\n";
	size_t len;

	text += strspn(text, blanks);
	len = strlen(text);
	while (len && strchr(blanks, text[len - 1]))
		len--;
	return arena_strn(arena, text, len);
}

int talhelper_source_mentioned(struct talhelper_source *source, const struct value *value,
			       struct source_text *out, struct err *err)
{
	const char *text = value_text(value);
	struct src src = value_src(value);

	text = trimmed(source->arena, text + (text[0] == '@'));
	if (talhelper_source_read(source, text, out, err) == 0)
		return 0;
	if (err && err->kind == ERR_NOT_FOUND)
		err->kind = ERR_INPUT;
	return err_at(err, src.file ? src.file : "", src.line, src.column);
}

static const char *lookup(void *context, const char *name)
{
	struct talhelper_source *source = context;
	const struct value *value = value_get(source->vars, name);

	if (!value)
		return source->get ? source->get(source->context, name) : NULL;
	if (value_is_sensitive(value))
		source->looked_at_secret = true;
	return value_text(value) ? value_text(value) : "";
}

static void merge_vars(struct talhelper_source *source, const struct value *more)
{
	for (size_t i = 0; i < value_len(more); i++)
		source->vars = value_set(source->arena,
					 source->vars ? source->vars
						      : map_end(map_begin(source->arena)),
					 value_key_at(more, i), value_at(more, i));
}

/* talhelper looks for a section of SOPS first, so that no other form gets past it. */
static int check_env(struct talhelper_source *source, const struct source_text *text,
		     struct err *err)
{
	const struct yaml_input input = { text->file, text->text, text->len, NULL, true };
	struct yaml_documents documents;

	if (yaml_read(source->arena, &input, &documents, err) < 0)
		return err_hint(err, "write KEY: value");
	for (size_t i = 0; i < documents.len; i++) {
		struct src src = value_src(documents.at[i]);

		if (value_is_map(documents.at[i]) || value_is_null(documents.at[i]))
			continue;
		err_set(err, ERR_INPUT, "%s must be a map", text->file);
		err_at(err, text->file, src.line, src.column);
		return err_hint(err, "write KEY: value");
	}
	return 0;
}

static int read_env(struct talhelper_source *source, const char *name, struct err *err)
{
	struct source_text text;
	const struct value *vars;
	struct err why = ERR_INIT;

	if (talhelper_source_read(source, name, &text, err) < 0 ||
	    check_env(source, &text, err) < 0)
		return -1;

	const struct dotenv_text input = { name, text.text, text.len, text.secret };
	if (dotenv_read(source->arena, &input, &vars, &why) < 0) {
		finding_add(source->findings, FINDING_WARNING, "bad-env-file",
			    (struct src){ name, why.line, why.column }, "",
			    "talhelper goes on without this file: %s", why.text);
		return 0;
	}
	merge_vars(source, vars);
	return 0;
}

int talhelper_source_env(struct talhelper_source *source, const char *const *names,
			 struct err *err)
{
	for (; *names; names++)
		if (fs_exists(talhelper_source_path(source, *names)) &&
		    read_env(source, *names, err) < 0)
			return -1;
	return 0;
}

static int put_vars(struct talhelper_source *source, struct src place, const char *text,
		    size_t len, struct str *out, struct err *err)
{
	const struct env_text input = { .file = place.file,
					.line = place.line,
					.column = place.column,
					.text = text,
					.len = len,
					.get = lookup,
					.context = source };

	return env_substitute(out, &input, err);
}

/* Digits, perhaps with a sign. */
static bool is_whole(const char *text)
{
	text += *text == '-';
	return *text && !text[strspn(text, "0123456789")];
}

/* Variables are put into the text as it stands in the file, so that what they hold counts as YAML
 * where it gets: a number, a list, a quote that ends what stands in quotes. */
static int read_again(struct talhelper_source *source, const struct str *text, struct src src,
		      const struct value **out, struct err *err)
{
	struct str line SCOPED(str_done) = STR_INIT(TEXT_MAX);
	struct yaml_documents documents;

	str_addf(&line, "k: %s\n", str_text(text));
	const struct yaml_input input = { .file = src.file ? src.file : "",
					  .text = arena_strn(source->arena, str_text(&line),
							     line.len),
					  .len = line.len };
	if (yaml_read(source->arena, &input, &documents, NULL) == 0 && documents.len == 1 &&
	    value_len(documents.at[0]) == 1 && value_has(documents.at[0], "k")) {
		*out = value_with_src(source->arena, value_get(documents.at[0], "k"), src);
		return 0;
	}
	err_set(err, ERR_INPUT, "with its variables put in this is no YAML");
	return err_at(err, input.file, src.line, src.column);
}

/* Plain scalars go through a Go value and are printed again before they are read: 010 is 8 then,
 * 0x1F 31, 1.10 1.1, a day a point in time. */
static const struct value *printed_again(struct talhelper_source *source, const struct value *value)
{
	struct scalar_form form = { SCALAR_STR, false, value_is_sensitive(value),
				    value_src(value) };
	const struct value *normal;
	const char *text = free_time(source->arena, value);

	if (!value_text(value) || value_was_quoted(value))
		return value;
	if (text) {
		form.quoted = true;
		return value_scalar_form(source->arena, text, strlen(text), &form);
	}
	normal = value_normal(source->arena, value);
	text = value_text(normal);
	if (value_type(normal) != SCALAR_FLOAT || !is_whole(text))
		return normal;
	form.type = SCALAR_INT;
	return value_scalar_form(source->arena, text, strlen(text), &form);
}

static int put_scalar(struct talhelper_source *source, const struct value *value,
		      const struct value **out, struct err *err)
{
	const struct yaml_input input = { .text = source->text, .len = source->len };
	struct str printed SCOPED(str_done) = STR_INIT(TEXT_MAX);
	struct str text SCOPED(str_done) = STR_INIT(TEXT_MAX);
	struct src src = value_src(value);
	const struct value *made;

	*out = printed_again(source, value);
	if (!value_text(value) || !strchr(value_text(value), '$'))
		return 0;
	source->looked_at_secret = false;
	yaml_reprint_scalar(source->arena, &input, value, &printed);
	if (put_vars(source, src, str_text(&printed), printed.len, &text, err) < 0 ||
	    read_again(source, &text, src, &made, err) < 0)
		return -1;
	made = printed_again(source, made);
	*out = value_is_sensitive(value) || source->looked_at_secret
		       ? value_with_sensitive(source->arena, made)
		       : made;
	return 0;
}

static int put_key(struct talhelper_source *source, const struct value *map, const char *key,
		   const char **out, struct err *err)
{
	struct str text SCOPED(str_done) = STR_INIT(TEXT_MAX);

	*out = key;
	if (!strchr(key, '$'))
		return 0;
	if (put_vars(source, value_key_src(map, key), key, strlen(key), &text, err) < 0)
		return -1;
	*out = arena_str(source->arena, str_text(&text));
	return 0;
}

static int put_map(struct talhelper_source *source, const struct value *map,
		   const struct value **out, struct err *err)
{
	struct map_builder *made = map_begin(source->arena);

	map_src(made, value_src(map));
	for (size_t i = 0; i < value_len(map); i++) {
		const char *old = value_key_at(map, i), *key;
		const struct value *value;

		if (put_key(source, map, old, &key, err) < 0 ||
		    talhelper_source_values(source, value_at(map, i), &value, err) < 0)
			return -1;
		map_add_at(made, key, value_key_src(map, old), value);
	}
	*out = map_end(made);
	return 0;
}

int talhelper_source_values(struct talhelper_source *source, const struct value *value,
			    const struct value **out, struct err *err)
{
	if (value_is_map(value))
		return put_map(source, value, out, err);
	if (!value_is_list(value))
		return put_scalar(source, value, out, err);

	struct list_builder *list = list_begin(source->arena);

	list_src(list, value_src(value));
	for (size_t i = 0; i < value_len(value); i++) {
		const struct value *item;

		if (talhelper_source_values(source, value_at(value, i), &item, err) < 0)
			return -1;
		list_add(list, item);
	}
	*out = list_end(list);
	return 0;
}

int talhelper_source_text(struct talhelper_source *source, const struct source_text *text,
			  struct source_text *out, struct err *err)
{
	struct str printed SCOPED(str_done) = STR_INIT(TEXT_MAX);
	struct str made SCOPED(str_done) = STR_INIT(TEXT_MAX);
	const struct yaml_input input = { text->file, text->text, text->len, NULL, false };

	if (yaml_reprint(source->arena, &input, &printed, err) < 0)
		return -1;
	source->looked_at_secret = false;
	if (put_vars(source, (struct src){ text->file, 1, 1 }, str_text(&printed), printed.len,
		     &made, err) < 0)
		return -1;
	out->file = text->file;
	out->text = arena_strn(source->arena, str_text(&made), made.len);
	out->len = made.len;
	out->secret = text->secret || source->looked_at_secret;
	return 0;
}
