#include "render/talosconfig.h"

#include "base/own.h"
#include "base/text.h"
#include "render/draft.h"
#include "render/fault.h"
#include "tree/yaml.h"

#include <string.h>

static const struct value *encoded(struct arena *arena, const char *pem)
{
	const char *text = pem ? base64_encode(arena, pem, strlen(pem)) : "";

	return value_with_sensitive(arena, value_str(arena, text));
}

void talosconfig_write(struct str *out, const struct talosconfig_context *context)
{
	struct arena *arena OWNED(arena_free) = arena_new("talosconfig");
	struct draft entry = { .arena = arena };
	struct map_builder *contexts = map_begin(arena), *root = map_begin(arena);

	draft_texts(&entry, "endpoints", context->endpoint, context->endpoints);
	if (context->nodes)
		draft_texts(&entry, "nodes", context->node, context->nodes);
	draft_put(&entry, "ca", encoded(arena, context->ca));
	draft_put(&entry, "crt", encoded(arena, context->identity.cert));
	draft_put(&entry, "key", encoded(arena, context->identity.key));
	map_add(contexts, context->name, entry.root);
	map_add(root, "context", value_str(arena, context->name));
	map_add(root, "contexts", map_end(contexts));
	yaml_write(out, map_end(root), &yaml_style_talos);
}

static size_t take_texts(struct arena *arena, const struct value *list, const char *extra,
			 const char *const **out)
{
	const char **texts = arena_calloc(arena, value_len(list) + 1, sizeof(*texts));
	size_t len = 0;

	for (size_t i = 0; i < value_len(list); i++) {
		if (value_text(value_at(list, i)))
			texts[len++] = value_text(value_at(list, i));
	}
	if (!text_is_blank(extra))
		texts[len++] = extra;
	*out = texts;
	return len;
}

static int take_pem(struct arena *arena, const struct value *entry, const char *key,
		    const char **out, struct err *err)
{
	const struct value *value = value_get(entry, key);
	size_t len;

	*out = NULL;
	if (!value_text_len(value))
		return 0;
	*out = (const char *)base64_decode(arena, value_text(value), &len);
	if (!*out)
		return fault(err, value_src(value), "%s is not base64", key);
	*out = arena_strn(arena, *out, len);
	return 0;
}

static int find_context(const struct value *root, const char *wanted, const struct value **entry,
			const char **name, struct err *err)
{
	const struct value *contexts = value_get(root, "contexts");
	const char *names[64];
	size_t count = 0;

	*name = wanted ? wanted : value_get_text(root, "context");
	if (text_is_blank(*name))
		return err_set(err, ERR_NOT_FOUND, "no context is chosen in it");
	*entry = value_get(contexts, *name);
	if (value_is_map(*entry))
		return 0;
	for (size_t i = 0; i < value_len(contexts) && count < ARRAY_LEN(names); i++)
		names[count++] = value_key_at(contexts, i);
	err_set(err, ERR_NOT_FOUND, "there is no context %s", *name);
	const char *near = text_nearest(*name, names, count);
	if (near)
		err_hint(err, "did you mean %s?", near);
	return -1;
}

int talosconfig_read(struct arena *arena, const struct talosconfig_text *from,
		     struct talosconfig_context *out, struct err *err)
{
	const struct yaml_input input = {
		.file = from->file, .text = from->text, .len = from->len, .sensitive = true
	};
	struct talosconfig_context made = { .name = NULL };
	struct yaml_documents documents;
	const struct value *entry;

	if (yaml_read(arena, &input, &documents, err) < 0)
		return -1;
	const struct value *root = documents.len ? documents.at[0] : NULL;
	if (find_context(root, from->context, &entry, &made.name, err) < 0) {
		err_wrap(err, "%s", from->file);
		return -1;
	}
	made.endpoints = take_texts(arena, value_get(entry, "endpoints"),
				    value_get_text(entry, "target"), &made.endpoint);
	made.nodes = take_texts(arena, value_get(entry, "nodes"), NULL, &made.node);
	if (take_pem(arena, entry, "ca", &made.ca, err) < 0 ||
	    take_pem(arena, entry, "crt", &made.identity.cert, err) < 0 ||
	    take_pem(arena, entry, "key", &made.identity.key, err) < 0)
		return err_wrap(err, "context %s", made.name);
	*out = made;
	return 0;
}
