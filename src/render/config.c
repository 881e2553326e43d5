#include "render/config.h"

#include "base/text.h"
#include "render/emit.h"
#include "render/fault.h"
#include "render/load.h"
#include "render/schema.h"
#include "tree/yaml.h"

#include <string.h>

const struct document *config_find(const struct config *config, const char *kind, const char *name)
{
	for (size_t i = 0; i < config->len; i++) {
		const struct document *document = &config->at[i];
		if (!strcmp(document->kind, kind) && (!name || !strcmp(document->name, name)))
			return document;
	}
	return NULL;
}

static bool kinds_conflict(const struct document *a, const struct document *b,
			   enum release release)
{
	const struct schema_kind *kind = schema_kind_find(a->kind, release);

	if (!kind || !kind->conflicts || !strcmp(a->kind, b->kind))
		return false;
	for (const char *const *other = kind->conflicts; *other; other++) {
		if (!strcmp(*other, b->kind))
			return true;
	}
	return false;
}

/* A pair of links has a name at each end; the other one is a link, too. */
static const char *link_peer(const struct document *document)
{
	const char *name;

	if (strcmp(document->kind, "VethConfig") != 0)
		return NULL;
	name = value_get_text(value_get(document->value, "peer"), "name");
	return name ? name : "";
}

static int check_own_peer(const struct document *document, struct err *err)
{
	const char *peer = link_peer(document);

	if (!peer || strcmp(peer, document->name) != 0)
		return 0;
	const struct value *name = value_get(value_get(document->value, "peer"), "name");
	return fault(err, value_src(name ? name : document->value),
		     "both ends of the %s %s have one name", document->kind, document->name);
}

static int check_peers(const struct document *first, const struct document *second,
		       enum release release, struct err *err)
{
	const char *one = link_peer(first), *other = link_peer(second);
	const char *name = NULL;

	if (!one && !other)
		return 0;
	if (!(one && other) && !kinds_conflict(first, second, release))
		return 0;
	if (one && (text_equal(one, other) || text_equal(one, second->name)))
		name = one;
	else if (other && text_equal(other, first->name))
		name = other;
	if (!name)
		return 0;
	return fault(err, value_src(second->value), "%s %s and %s %s both make the link %s",
		     first->kind, first->name, second->kind, second->name, name);
}

static int check_pair(const struct document *first, const struct document *second,
		      enum release release, struct err *err)
{
	if (strcmp(first->name, second->name) != 0)
		return check_peers(first, second, release, err);
	if (!strcmp(first->kind, second->kind))
		return fault(err, value_src(second->value), "there are two %s documents%s%s",
			     first->kind, first->name[0] ? " named " : "", first->name);
	if (kinds_conflict(first, second, release))
		return fault(err, value_src(second->value),
			     "%s and %s must not both be named %s", first->kind, second->kind,
			     first->name);
	return 0;
}

int config_arrange(struct arena *arena, const struct documents *documents, enum release release,
		   struct config *out, struct err *err)
{
	struct document *sorted = arena_calloc(arena, documents->len + 1, sizeof(*sorted));
	size_t len = 0;

	for (size_t i = documents->known; i < documents->len; i++) {
		if (check_own_peer(&documents->at[i], err) < 0)
			return -1;
		for (size_t k = 0; k < i; k++) {
			if (check_pair(&documents->at[k], &documents->at[i], release, err) < 0)
				return -1;
		}
	}
	for (size_t i = 0; i < documents->len; i++) {
		if (!strcmp(documents->at[i].kind, SCHEMA_MAIN))
			sorted[len++] = documents->at[i];
	}
	for (size_t i = 0; i < documents->len; i++) {
		if (strcmp(documents->at[i].kind, SCHEMA_MAIN) != 0)
			sorted[len++] = documents->at[i];
	}
	*out = (struct config){ sorted, len, release };
	return 0;
}

void config_settle(struct arena *arena, struct config *config)
{
	for (size_t i = 0; i < config->len; i++) {
		struct document *document = &config->at[i];
		const struct schema_kind *kind;

		if (document->verbatim)
			continue;
		kind = schema_kind_or_any(document->kind, config->release);
		document->loaded = document->value;
		document->value =
			emit_fields(arena, kind->fields, document->value, config->release);
	}
}

int config_build(struct arena *arena, const struct document *documents, size_t count,
		 enum release release, struct config *out, struct err *err)
{
	struct config config;

	if (config_arrange(arena, &(struct documents){ documents, count, 0 }, release, &config,
			   err) < 0)
		return -1;
	config_settle(arena, &config);
	*out = config;
	return 0;
}

int config_read(struct arena *arena, const struct config_input *input, struct config *out,
		struct err *err)
{
	struct yaml_input yaml = { .file = input->file, .text = input->text, .len = input->len };
	struct err local = ERR_INIT;
	struct loader loader = { .arena = arena,
				 .release = input->release,
				 .err = err ? err : &local,
				 .open = input->open };
	struct yaml_documents documents;
	size_t len = 0;

	if (yaml_read(arena, &yaml, &documents, err) < 0)
		return -1;
	struct document *at = arena_calloc(arena, documents.len + 1, sizeof(*at));
	for (size_t i = 0; i < documents.len; i++) {
		if (value_is_null(documents.at[i]))
			continue;
		if (load_document(&loader, documents.at[i], &at[len++]) < 0)
			return -1;
	}
	if (!len)
		return fault(err, (struct src){ input->file, 1, 1 }, "there is no document in it");
	return config_build(arena, at, len, input->release, out, err);
}

static int append_document(const struct loader *loader, struct config *config,
			   const struct value *map)
{
	struct document *at = arena_calloc(loader->arena, config->len + 1, sizeof(*at));
	struct document *added = &at[config->len];

	memcpy(at, config->at, config->len * sizeof(*at));
	if (load_document(loader, map, added) < 0)
		return -1;
	if (check_own_peer(added, loader->err) < 0)
		return -1;
	for (size_t i = 0; i < config->len; i++)
		if (check_pair(&at[i], added, loader->release, loader->err) < 0)
			return -1;
	added->loaded = added->value;
	added->value = map;
	added->verbatim = true;
	config->at = at;
	config->len++;
	return 0;
}

int config_append(struct arena *arena, struct config *config, const struct config_input *more,
		  struct err *err)
{
	struct yaml_input yaml = { .file = more->file, .text = more->text, .len = more->len };
	struct err local = ERR_INIT;
	struct loader loader = { .arena = arena,
				 .release = config->release,
				 .err = err ? err : &local,
				 .open = more->open };
	struct yaml_documents documents;

	if (yaml_read(arena, &yaml, &documents, err) < 0)
		return -1;
	for (size_t i = 0; i < documents.len; i++)
		if (!value_is_null(documents.at[i]) &&
		    append_document(&loader, config, documents.at[i]) < 0)
			return -1;
	return 0;
}

void config_write(struct str *out, const struct config *config)
{
	struct yaml_style style = yaml_style_talos;

	style.single_words = config->release >= RELEASE_1_14;
	for (size_t i = 0; i < config->len; i++) {
		if (i)
			str_add(out, "---\n");
		yaml_write(out, config->at[i].value, &style);
	}
}
