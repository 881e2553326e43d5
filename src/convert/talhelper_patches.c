/* The patches of a talconfig: read, evaluated, applied in talhelper's order. */
#include "convert/talhelper_parts.h"

#include "base/fs.h"
#include "base/text.h"
#include "convert/go_template.h"
#include "convert/go_types.h"
#include "render/patch.h"
#include "tree/yaml.h"

#include <string.h>

#define TEXT_MAX ((size_t)16 << 20)

int import_template(struct import *import, const struct import_node *node,
		    const struct source_text *text, struct src src, struct source_text *out,
		    struct err *err)
{
	struct str made SCOPED(str_done) = STR_INIT(TEXT_MAX);
	const struct document *main = config_find(&node->config, SCHEMA_MAIN, NULL);
	bool sensitive = false;
	struct go_template template = { .file = text->file ? text->file : src.file,
					.line = text->file ? 1 : src.line,
					.column = text->file ? 1 : src.column,
					.text = text->text,
					.len = text->len,
					.data = main ? main->value : NULL,
					.type = go_type_of_main(import->arena, import->release),
					.sensitive = &sensitive };

	if (go_template_render(import->arena, &template, &made, err) < 0)
		return -1;
	*out = (struct source_text){ .file = text->file,
				     .text = arena_strn(import->arena, str_text(&made), made.len),
				     .len = made.len,
				     .secret = text->secret || sensitive };
	return 0;
}

/* A file's name without folders, @ and ending; what cannot be in a file name becomes a hyphen. */
static const char *stem_of(struct arena *arena, const char *name)
{
	const char *base = fs_base(name), *dot = strrchr(base, '.');
	size_t len;

	base += *base == '@';
	base += strspn(base, " ");
	len = dot && dot > base ? (size_t)(dot - base) : strlen(base);
	char *stem = arena_strn(arena, base, len);

	for (char *c = stem; *c; c++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.",
			    *c))
			*c = '-';
	return stem;
}

/* One word is the name of a file, also without the @. */
static bool is_file_name(const char *text)
{
	return text[0] == '@' || (text[0] && !strpbrk(text, " \n") && text[0] != '[' &&
				  text[0] != '{');
}

static bool has_documents(const struct source_text *text)
{
	struct arena *scratch OWNED(arena_free) = arena_new("patch");
	const struct yaml_input input = { .file = "", .text = text->text, .len = text->len };
	struct yaml_documents documents;

	return yaml_read(scratch, &input, &documents, NULL) < 0 || documents.len > 0;
}

/* 1 when there is nothing in the file. */
static int read_file(struct import *import, const struct import_node *node,
		     const struct value *value, struct import_patch *out, struct err *err)
{
	struct source_text text;
	struct src src = value_src(value);
	struct source_text printed;

	if (talhelper_source_mentioned(&import->source, value, &text, err) < 0)
		return -1;
	if (text_is_blank(text.text))
		return 1;
	if (go_template_is(text.text) &&
	    import_template(import, node, &text, src, &text, err) < 0)
		return -1;
	if (out->origin != PATCH_OF_MANIFEST) {
		if (talhelper_source_text(&import->source, &text, &printed, err) < 0)
			return -1;
		out->empty = !has_documents(&printed);
		if (strchr(text.text, '$'))
			text = printed;
	}
	out->stem = stem_of(import->arena, value_text(value));
	out->text = text.text;
	out->len = text.len;
	out->secret = text.secret;
	return 0;
}

static int read_inline(struct import *import, const struct import_node *node,
		       const struct value *value, struct import_patch *out, struct err *err)
{
	struct source_text text = { .text = value_text(value),
				    .len = value_text_len(value),
				    .secret = value_is_sensitive(value) };

	if (go_template_is(text.text) &&
	    import_template(import, node, &text, value_src(value), &text, err) < 0)
		return -1;
	out->empty = !has_documents(&text);
	out->stem = "inline";
	out->text = text.text;
	out->len = text.len;
	out->secret = text.secret;
	return 0;
}

static bool says_nothing(const struct import_patch *patch)
{
	struct arena *scratch OWNED(arena_free) = arena_new("patch");
	const struct yaml_input input = { .file = "", .text = patch->text, .len = patch->len };
	struct yaml_documents documents;

	if (yaml_read(scratch, &input, &documents, NULL) < 0)
		return false;
	for (size_t i = 0; i < documents.len; i++)
		if (!value_is_null(documents.at[i]))
			return false;
	return true;
}

static int apply(struct import *import, struct import_node *node, const struct import_patch *patch,
		 struct err *err)
{
	const struct config_input more = { patch->src.file, patch->text, patch->len,
					   import->release };
	struct patch *read;
	struct patch_text text = { .name = arena_printf(import->arena, "the patch at %s:%u",
							patch->src.file, patch->src.line),
				   .text = patch->text,
				   .len = patch->len,
				   .release = import->release,
				   .on_main = true };

	if (patch->origin == PATCH_OF_MANIFEST &&
	    config_append(import->arena, &node->config, &more, err) == 0)
		return 0;
	if (patch->origin != PATCH_OF_MANIFEST &&
	    patch_read(import->arena, &text, &read, err) == 0 &&
	    patch_apply(import->arena, &node->config, read, &node->config, err) == 0)
		return 0;
	err_wrap(err, "%s", text.name);
	if (err) {
		err->file[0] = '\0';
		err_at(err, patch->src.file, patch->src.line, patch->src.column);
	}
	return -1;
}

static void add(struct import *import, struct import_node *node, const struct import_patch *patch)
{
	node->patch = arena_grow(import->arena, node->patch, node->patches, &node->cap,
				 sizeof(*node->patch));
	node->patch[node->patches++] = *patch;
}

/* All of a list are evaluated over the config as it was before the first of them. */
static int take_list(struct import *import, struct import_node *node, const struct texts *list,
		     enum patch_origin origin, struct err *err)
{
	size_t first = node->patches, group = node->from->group_patches;

	for (size_t i = 0; i < list->len; i++) {
		const struct value *value = list->value[i];
		const char *text = value_text(value);
		struct import_patch patch = { .origin = origin, .number = i + 1 };
		int r;

		patch.src = value_src(value);
		if (origin == PATCH_OF_NODE && i < group)
			patch.origin = PATCH_OF_GROUP;
		else if (origin == PATCH_OF_NODE)
			patch.number -= group;
		if (origin == PATCH_OF_MANIFEST || is_file_name(text))
			r = read_file(import, node, value, &patch, err);
		else
			r = read_inline(import, node, value, &patch, err);
		if (r < 0)
			return -1;
		if (patch.empty) {
			err_set(err, ERR_INPUT, "a patch without any document");
			return err_at(err, patch.src.file, patch.src.line, patch.src.column);
		}
		if (r == 0 && !says_nothing(&patch))
			add(import, node, &patch);
	}
	for (size_t i = first; i < node->patches; i++)
		if (apply(import, node, &node->patch[i], err) < 0)
			return -1;
	return 0;
}

int import_patches(struct import *import, struct import_node *node, struct err *err)
{
	if (take_list(import, node, &node->from->patches, PATCH_OF_NODE, err) < 0 ||
	    take_list(import, node, &import->config.patches, PATCH_OF_ALL, err) < 0)
		return -1;
	return take_list(import, node, &node->from->manifests, PATCH_OF_MANIFEST, err);
}
