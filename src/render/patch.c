#include "render/patch.h"

#include "base/own.h"
#include "base/text.h"
#include "render/fault.h"
#include "render/json_patch.h"
#include "render/load.h"
#include "render/merge.h"
#include "render/schema.h"
#include "render/selector.h"
#include "render/unprinted.h"
#include "tree/json.h"
#include "tree/yaml.h"

#include <string.h>

/* In the order of the file: what a document has deleted, then what is left of it. */
struct patch_item {
	const struct selector *selector; /* NULL: a document */
	struct document document;
};

struct patch {
	const char *name;
	bool is_json, on_main, strict, open;
	struct findings *findings; /* borrowed; for traps */
	struct json_patch json;
	struct patch_item *item;
	size_t items, cap;
};

struct reading {
	struct loader loader;
	struct patch *patch;
};

static void add_item(struct reading *reading, struct patch_item item)
{
	struct patch *patch = reading->patch;

	patch->item = arena_grow(reading->loader.arena, patch->item, patch->items, &patch->cap,
				 sizeof(*patch->item));
	patch->item[patch->items++] = item;
}

/* A document of scalars that only say what it is changes nothing. */
static bool says_nothing(const struct value *map)
{
	static const char *const keys[] = { "version", "kind", "name" };

	for (size_t i = 0; i < value_len(map); i++) {
		const char *key = value_key_at(map, i);
		bool header = false;
		for (size_t k = 0; k < ARRAY_LEN(keys); k++)
			header = header || !strcmp(key, keys[k]);
		enum value_kind kind = value_kind(value_at(map, i));
		if (!header || kind == VALUE_LIST || kind == VALUE_MAP)
			return false;
	}
	return true;
}

static int check_twice(const struct reading *reading, const struct document *new)
{
	for (size_t i = 0; i < reading->patch->items; i++) {
		const struct patch_item *item = &reading->patch->item[i];
		if (!item->selector && !strcmp(item->document.kind, new->kind) &&
		    !strcmp(item->document.name, new->name))
			return fault(reading->loader.err, value_src(new->value),
				     "%s%s%s is in this patch twice", new->kind,
				     new->name[0] ? " " : "", new->name);
	}
	return 0;
}

static int take_document(struct reading *reading, const struct value *map)
{
	const struct loader *loader = &reading->loader;
	struct patch_item item = { .selector = NULL };

	if (load_document(loader, map, &item.document) < 0)
		return -1;
	if (loader->release < RELEASE_1_14 && check_twice(reading, &item.document) < 0)
		return -1;
	add_item(reading, item);
	return 0;
}

static struct traps traps_of(const struct patch *patch, struct err *err)
{
	return (struct traps){ .findings = patch->findings, .strict = patch->strict, .err = err };
}

static int take_strategic(struct reading *reading, const struct value *const *documents,
			  size_t count)
{
	struct arena *arena = reading->loader.arena;
	struct traps traps = traps_of(reading->patch, reading->loader.err);

	for (size_t i = 0; i < count; i++) {
		struct selectors selectors = { .arena = arena };
		const struct value *rest;
		if (value_is_null(documents[i]))
			continue;
		selectors.traps = &traps;
		if (selectors_take(&selectors, documents[i], &rest, reading->loader.err) < 0)
			return -1;
		for (size_t k = 0; k < selectors.len; k++)
			add_item(reading, (struct patch_item){ .selector = &selectors.at[k] });
		if (!rest || (value_is_map(rest) && says_nothing(rest)))
			continue;
		if (take_document(reading, rest) < 0)
			return -1;
	}
	return 0;
}

static bool begins_a_list(const struct patch_text *text)
{
	size_t i = 0;

	while (i < text->len && strchr(" \t\r\n", text->text[i]) && text->text[i])
		i++;
	return i < text->len && text->text[i] == '[';
}

static int take_json(struct reading *reading, const struct value *list)
{
	reading->patch->is_json = true;
	return json_patch_read(reading->loader.arena, list, &reading->patch->json,
			       reading->loader.err);
}

/* JSON may be indented with tabs, which YAML does not take. */
static int take_json_text(struct reading *reading, const struct patch_text *text)
{
	const struct value *list;
	struct err quiet = ERR_INIT;

	if (json_read(reading->loader.arena, text->name, text->text, text->len, &list, &quiet) < 0)
		return -1;
	return take_json(reading, list);
}

static int patch_take(struct reading *reading, const struct patch_text *text)
{
	struct yaml_input yaml = { .file = text->name,
				   .text = text->text,
				   .len = text->len,
				   .sensitive = text->sensitive };
	struct arena *arena = reading->loader.arena;
	struct err *err = reading->loader.err;
	struct yaml_documents documents;

	if (yaml_read(arena, &yaml, &documents, err) < 0) {
		if (!begins_a_list(text) || take_json_text(reading, text) < 0)
			return -1;
		err_clear(err);
		return 0;
	}
	const struct value *first = documents.len ? documents.at[0] : NULL;
	if (value_is_list(first))
		return take_json(reading, first);
	if (take_strategic(reading, documents.at, documents.len) < 0)
		return -1;
	if (reading->patch->items)
		return 0;
	if (value_is_null(first))
		return take_json(reading, NULL);
	return fault(err, value_src(first), "the patch changes nothing");
}

int patch_read(struct arena *arena, const struct patch_text *text, struct patch **out,
	       struct err *err)
{
	struct patch *patch = arena_alloc(arena, sizeof(*patch));
	struct err local = ERR_INIT;
	struct reading reading = {
		.loader = { .arena = arena,
			    .release = text->release,
			    .err = err ? err : &local,
			    .findings = text->open ? text->findings : NULL,
			    .nulls = true,
			    .open = text->open },
		.patch = patch,
	};

	patch->name = arena_str(arena, text->name);
	patch->on_main = text->on_main;
	patch->strict = text->strict;
	patch->open = text->open;
	patch->findings = text->findings;
	if (patch_take(&reading, text) < 0)
		return -1;
	*out = patch;
	return 0;
}

int patch_of(struct arena *arena, const struct patch_documents *documents, struct patch **out,
	     struct err *err)
{
	struct patch *patch = arena_alloc(arena, sizeof(*patch));
	struct err local = ERR_INIT;
	struct reading reading = {
		.loader = { .arena = arena,
			    .release = documents->release,
			    .err = err ? err : &local,
			    .findings = documents->findings,
			    .open = documents->open },
		.patch = patch,
	};

	patch->name = documents->name;
	if (take_strategic(&reading, documents->at, documents->len) < 0)
		return -1;
	*out = patch;
	return 0;
}

/* The documents while patches are applied: read strictly, or the one plain tree that JSON patches
 * work on. */
struct patching {
	struct arena *arena;
	enum release release;
	struct document *at;
	size_t len, cap;
	size_t known;		   /* the first ones, which do not conflict */
	const struct value *plain; /* not NULL: this instead of documents */
	bool open;
	struct traps traps;
	struct err *err;
};

static struct document *find_document(struct patching *p, const char *kind, const char *name)
{
	for (size_t i = 0; i < p->len; i++) {
		if (!strcmp(p->at[i].kind, kind) && !strcmp(p->at[i].name, name))
			return &p->at[i];
	}
	return NULL;
}

/* One without the name that its kind has fits no document. */
static struct document *find_selected(struct patching *p, const struct selector *selector)
{
	const struct schema_kind *kind = schema_kind_find(selector->kind, p->release);

	if (kind && kind->named && !selector->name[0])
		return NULL;
	return find_document(p, selector->kind, selector->name);
}

static int apply_selector(struct patching *p, const struct selector *selector)
{
	struct document *document = find_selected(p, selector);
	struct selection selection = { p->arena, p->release };

	if (!document && p->release >= RELEASE_1_14)
		return 0;
	if (!document)
		return fault(p->err, selector->src, "there is no %s%s%s to delete from",
			     selector->kind, selector->name[0] ? " " : "", selector->name);
	if (!selector->path[0]) {
		size_t after = (size_t)(p->at + p->len - document) - 1;
		if (document < p->at + p->known)
			p->known--;
		memmove(document, document + 1, after * sizeof(*document));
		p->len--;
		return 0;
	}
	const struct schema_kind *kind = schema_kind_or_any(document->kind, p->release);
	const struct value *left =
		selector_apply(&selection, selector, kind->fields, document->value, p->err);
	if (!left)
		return -1;
	document->value = left;
	return 0;
}

/* What paths in it begin with: "LinkConfig[eth0]". */
static const char *document_path(struct arena *arena, const struct document *document)
{
	if (!strcmp(document->kind, SCHEMA_MAIN))
		return "";
	return document->name[0] ? arena_printf(arena, "%s[%s]", document->kind, document->name)
				 : document->kind;
}

static int apply_document(struct patching *p, const struct document *new)
{
	struct document *old = find_document(p, new->kind, new->name);
	struct merger merger = { p->arena, p->release, p->err, value_src(new->value), &p->traps };

	if (!old) {
		p->at = arena_grow(p->arena, p->at, p->len, &p->cap, sizeof(*p->at));
		p->at[p->len++] = *new;
		return 0;
	}
	const struct schema_kind *kind = schema_kind_or_any(new->kind, p->release);
	const struct path_step root = { .key = document_path(p->arena, new) };
	p->traps.at = &root;
	const struct value *merged =
		merge_fields(&merger, kind->fields, old->value, new->value);
	p->traps.at = NULL;
	if (!merged)
		return err_wrap(p->err, "%s%s%s", new->kind, new->name[0] ? " " : "", new->name);
	old->value = merged;
	return 0;
}

/* The main document comes first: what is deleted from it, then what is merged, then all else. */
enum turn {
	TURN_MAIN_SELECTORS,
	TURN_MAIN,
	TURN_OTHERS,
	TURN_COUNT
};

static enum turn turn_of(const struct patch_item *item)
{
	const char *kind = item->selector ? item->selector->kind : item->document.kind;

	if (strcmp(kind, SCHEMA_MAIN) != 0)
		return TURN_OTHERS;
	return item->selector ? TURN_MAIN_SELECTORS : TURN_MAIN;
}

static int documents_of_plain(struct patching *p)
{
	struct loader loader = {
		.arena = p->arena, .release = p->release, .err = p->err, .open = p->open
	};
	struct document document;

	p->plain = json_patch_normal(p->arena, p->plain);
	if (load_document(&loader, p->plain, &document) < 0)
		return -1;
	p->plain = NULL;
	p->len = p->known = 0;
	return apply_document(p, &document);
}

static int apply_item(struct patching *p, const struct patch_item *item)
{
	if (item->selector)
		return apply_selector(p, item->selector);
	return apply_document(p, &item->document);
}

static int apply_strategic(struct patching *p, const struct patch *patch)
{
	p->traps = traps_of(patch, p->err);
	if (p->plain && documents_of_plain(p) < 0)
		return -1;
	for (int turn = 0; turn < TURN_COUNT; turn++) {
		for (size_t i = 0; i < patch->items; i++) {
			const struct patch_item *item = &patch->item[i];
			if (turn_of(item) != (enum turn)turn)
				continue;
			if (apply_item(p, item) < 0)
				return -1;
		}
	}
	return 0;
}

static int build(struct patching *p, struct config *out)
{
	if (p->plain && documents_of_plain(p) < 0)
		return -1;
	return config_build(p->arena, p->at, p->len, p->release, out, p->err);
}

static int apply_json(struct patching *p, const struct patch *patch);

static int apply_json_on_main(struct patching *p, const struct patch *patch)
{
	struct document *main = find_document(p, SCHEMA_MAIN, "");
	struct patching alone = {
		.arena = p->arena, .release = p->release, .err = p->err, .open = p->open
	};
	struct patch copy = *patch;

	if (!main)
		return fault(p->err, (struct src){ patch->name, 1, 1 },
			     "there is no main document for a JSON patch");
	copy.on_main = false;
	alone.at = arena_dup(p->arena, main, sizeof(*main));
	alone.len = alone.cap = 1;
	if (apply_json(&alone, &copy) < 0 || documents_of_plain(&alone) < 0)
		return -1;
	if (strcmp(alone.at[0].kind, SCHEMA_MAIN) != 0)
		return fault(p->err, (struct src){ patch->name, 1, 1 },
			     "a JSON patch cannot change the kind of the main document");
	*main = alone.at[0];
	return 0;
}

static int apply_json(struct patching *p, const struct patch *patch)
{
	struct src src = { patch->name, 1, 1 };
	struct config config;

	if (patch->on_main && !p->plain && p->len != 1)
		return apply_json_on_main(p, patch);
	if (!p->plain) {
		if (p->len != 1)
			return fault(p->err, patch->json.len ? patch->json.at[0].src : src,
				     "JSON patches do not work on a config of several documents");
		if (build(p, &config) < 0)
			return -1;
		if (!patch->open)
			unprinted_drop(p->arena, &config, patch->findings);
		if (json_patch_printed(p->arena, config.at[0].value, &p->plain, p->err) < 0)
			return -1;
	}
	return json_patch_apply(p->arena, &patch->json, p->plain, &p->plain, p->err);
}

static int apply(struct patching *p, const struct patch *patch)
{
	return patch->is_json ? apply_json(p, patch) : apply_strategic(p, patch);
}

static void take_documents(struct patching *p, const struct config *config)
{
	p->at = arena_dup(p->arena, config->at, config->len * sizeof(*config->at));
	p->len = p->cap = p->known = config->len;
	for (size_t i = 0; i < p->len; i++) {
		if (p->at[i].loaded)
			p->at[i].value = p->at[i].loaded;
		p->at[i].loaded = NULL;
		p->at[i].verbatim = false;
	}
}

int patch_put(struct arena *arena, const struct config *config, const struct patch *patch,
	      struct config *out, struct err *err)
{
	struct err local = ERR_INIT;
	struct patching p = { .arena = arena, .release = config->release, .open = patch->open };

	p.err = err ? err : &local;
	err_clear(p.err);
	take_documents(&p, config);
	if (apply(&p, patch) < 0 || (p.plain && documents_of_plain(&p) < 0))
		return -1;
	return config_arrange(arena, &(struct documents){ p.at, p.len, p.known }, p.release, out,
			      p.err);
}

int patch_apply(struct arena *arena, const struct config *config, const struct patch *patch,
		struct config *out, struct err *err)
{
	struct config merged;

	if (patch_put(arena, config, patch, &merged, err) < 0)
		return -1;
	config_settle(arena, &merged);
	*out = merged;
	return 0;
}

static int begin_file(struct patching *p, const struct config_input *input, bool json_first)
{
	struct yaml_input yaml = { .file = input->file, .text = input->text, .len = input->len };
	struct yaml_documents documents;
	struct config config;

	if (!json_first) {
		if (config_read(p->arena, input, &config, p->err) < 0)
			return -1;
		take_documents(p, &config);
		return 0;
	}
	if (yaml_read(p->arena, &yaml, &documents, p->err) < 0)
		return -1;
	if (documents.len > 1)
		return fault(p->err, (struct src){ input->file, 1, 1 },
			     "JSON patches do not work on a config of several documents");
	if (!documents.len)
		return fault(p->err, (struct src){ input->file, 1, 1 },
			     "there is nothing in it for a JSON patch to change");
	if (value_kind(documents.at[0]) == VALUE_SCALAR)
		return fault(p->err, value_src(documents.at[0]),
			     "there is nothing in it for a JSON patch to change");
	return json_patch_document(p->arena, documents.at[0], &p->plain, p->err);
}

int patch_file(struct arena *arena, const struct config_input *input, const struct patches *patches,
	       struct str *out, struct err *err)
{
	struct err local = ERR_INIT;
	struct patching p = { .arena = arena, .release = input->release };
	struct config config;

	p.err = err ? err : &local;
	err_clear(p.err);
	if (!patches->len) {
		str_addn(out, input->text, input->len);
		return 0;
	}
	if (begin_file(&p, input, patches->at[0]->is_json) < 0)
		return -1;
	for (size_t i = 0; i < patches->len; i++) {
		if (apply(&p, patches->at[i]) < 0)
			return -1;
	}
	if (p.plain) {
		json_patch_write(arena, out, p.plain);
		return 0;
	}
	if (build(&p, &config) < 0)
		return -1;
	unprinted_drop(arena, &config, patches->at[0]->findings);
	config_write(out, &config);
	return 0;
}
