#include "sim/service_resource.h"

#include "base/own.h"
#include "base/text.h"
#include "meta.pb-c.h"
#include "sim/service_types.h"
#include "tree/value.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define NAMES_MAX 24
#define COLUMNS_MAX 12

#define COLUMN_SPEC Cosi__Resource__Meta__ResourceDefinitionSpec__PrintColumn

/* What follows from a type's name, and is told by it. */
struct definition {
	struct arena *arena;
	const struct cosi_type *type;
	const char *name;   /* "MachineStatuses" */
	const char *suffix; /* "runtime.talos.dev" */
	char *aliases[NAMES_MAX], *all[NAMES_MAX];
	size_t alias_count, all_count;
	COLUMN_SPEC column[COLUMNS_MAX], *columns[COLUMNS_MAX];
	size_t column_count;
};

static char *lower(struct arena *arena, const char *text)
{
	char *out = arena_str(arena, text);

	for (char *at = out; *at; at++)
		*at = (char)tolower((unsigned char)*at);
	return out;
}

/* ---- names ----------------------------------------------------------------------------------- */

static const char *singular(struct arena *arena, const char *name)
{
	static const struct {
		const char *plural, *singular;
	} ends[] = {
		{ "ies", "y" },
		{ "sses", "ss" },
		{ "uses", "us" },
		{ "ches", "ch" },
		{ "shes", "sh" },
		{ "xes", "x" },
		{ "s", "" },
	};
	size_t len = strlen(name);

	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		if (text_ends(name, ends[i].plural))
			return arena_printf(arena, "%.*s%s",
					    (int)(len - strlen(ends[i].plural)), name,
					    ends[i].singular);
	}
	return name;
}

static void add_alias(struct definition *d, char *alias)
{
	if (d->alias_count < NAMES_MAX)
		d->aliases[d->alias_count++] = alias;
}

static void add_name(struct definition *d, char *name)
{
	if (d->all_count < NAMES_MAX)
		d->all[d->all_count++] = name;
}

/* "MachineConfigs": mc and mcs; a single letter stands for nothing. */
static void add_initials(struct definition *d)
{
	char initials[NAMES_MAX] = "";
	size_t len = 0;

	for (const char *at = d->name; *at && len + 1 < sizeof(initials); at++) {
		if (isupper((unsigned char)*at))
			initials[len++] = (char)tolower((unsigned char)*at);
	}
	if (len < 2)
		return;
	add_alias(d, arena_str(d->arena, initials));
	if (initials[len - 1] != 's')
		add_alias(d, arena_printf(d->arena, "%ss", initials));
}

static void add_aliases(struct definition *d, const char *display)
{
	for (const char *at = d->type->aliases; *at; at += strspn(at, " ")) {
		size_t len = strcspn(at, " ");

		add_alias(d, arena_strn(d->arena, at, len));
		at += len;
	}
	if (d->type->plain)
		return;
	add_alias(d, lower(d->arena, display));
	add_initials(d);
}

/* The name alone and with each beginning of its suffix; the whole is the definition's id. */
static void add_all(struct definition *d)
{
	char *name = lower(d->arena, d->name);

	if (!d->type->plain) {
		add_name(d, name);
		for (const char *dot = strchr(d->suffix, '.'); dot; dot = strchr(dot + 1, '.'))
			add_name(d, arena_printf(d->arena, "%s.%.*s", name,
						 (int)(dot - d->suffix), d->suffix));
	}
	for (size_t i = 0; i < d->alias_count; i++)
		add_name(d, d->aliases[i]);
}

/* "Stage={.stage};Ready={.status.ready}"; a path may hold "=" itself. */
static void add_columns(struct definition *d)
{
	const char *at = d->type->columns;

	while (*at && d->column_count < COLUMNS_MAX) {
		COLUMN_SPEC *column = &d->column[d->column_count];
		size_t len = strcspn(at, ";"), name = strcspn(at, "=");

		cosi__resource__meta__resource_definition_spec__print_column__init(column);
		column->name = arena_strn(d->arena, at, name);
		column->json_path = arena_strn(d->arena, at + name + 1, len - name - 1);
		d->columns[d->column_count++] = column;
		at += len + (at[len] == ';');
	}
}

/* ---- as YAML --------------------------------------------------------------------------------- */

static const struct value *names_value(struct arena *arena, char *const *names, size_t count)
{
	struct list_builder *list = list_begin(arena);

	for (size_t i = 0; i < count; i++)
		list_add(list, value_str(arena, names[i]));
	return list_end(list);
}

static const struct value *columns_value(const struct definition *d)
{
	struct list_builder *list = list_begin(d->arena);

	for (size_t i = 0; i < d->column_count; i++) {
		struct map_builder *one = map_begin(d->arena);

		map_add(one, "name", value_str(d->arena, d->column[i].name));
		map_add(one, "jsonPath", value_str(d->arena, d->column[i].json_path));
		list_add(list, map_end(one));
	}
	return list_end(list);
}

static const struct value *definition_value(const struct definition *d, const char *display)
{
	struct arena *arena = d->arena;
	struct map_builder *map = map_begin(arena);

	map_add(map, "type", value_str(arena, d->type->name));
	map_add(map, "displayType", value_str(arena, display));
	map_add(map, "defaultNamespace", value_str(arena, d->type->ns));
	map_add(map, "aliases", names_value(arena, d->aliases, d->alias_count));
	map_add(map, "allAliases", names_value(arena, d->all, d->all_count));
	if (d->type->plain)
		map_add(map, "skipAutomaticAliases", value_of_bool(arena, true));
	map_add(map, "printColumns", columns_value(d));
	if (d->type->secrecy == COSI_SECRET)
		map_add(map, "sensitivity", value_str(arena, "sensitive"));
	return map_end(map);
}

/* ---- the resources --------------------------------------------------------------------------- */

static void show_definition(struct arena *arena, const struct cosi_type *type,
			    struct shown_list *out)
{
	Cosi__Resource__Meta__ResourceDefinitionSpec spec =
		COSI__RESOURCE__META__RESOURCE_DEFINITION_SPEC__INIT;
	struct definition *d = arena_alloc(arena, sizeof(*d));
	size_t name = strcspn(type->name, ".");

	d->arena = arena;
	d->type = type;
	d->name = arena_strn(arena, type->name, name);
	d->suffix = type->name + name + 1;

	const char *display = singular(arena, d->name);

	add_aliases(d, display);
	add_all(d);
	add_columns(d);
	spec.resource_type = (char *)type->name;
	spec.display_type = (char *)display;
	spec.default_namespace = (char *)type->ns;
	spec.aliases = d->aliases;
	spec.n_aliases = d->alias_count;
	spec.all_aliases = d->all;
	spec.n_all_aliases = d->all_count;
	spec.print_columns = d->columns;
	spec.n_print_columns = d->column_count;
	if (type->secrecy == COSI_SECRET)
		spec.sensitivity =
			COSI__RESOURCE__META__RESOURCE_DEFINITION_SPEC__SENSITIVITY__SENSITIVE;
	shown_pack(arena,
		   shown_add(arena, out,
			     &(struct shown){ .type = "ResourceDefinitions.meta.cosi.dev",
					      .ns = "meta",
					      .id = lower(arena, type->name),
					      .owner = "meta" },
			     definition_value(d, display)),
		   &spec.base);
}

static void show_namespace(struct arena *arena, const struct cosi_namespace *ns,
			   struct shown_list *out)
{
	Cosi__Resource__Meta__NamespaceSpec spec = COSI__RESOURCE__META__NAMESPACE_SPEC__INIT;
	struct map_builder *map = map_begin(arena);

	spec.description = (char *)ns->description;
	map_add(map, "description", value_str(arena, ns->description));
	shown_pack(arena,
		   shown_add(arena, out,
			     &(struct shown){ .type = "Namespaces.meta.cosi.dev",
					      .ns = "meta",
					      .id = ns->name,
					      .owner = "meta" },
			     map_end(map)),
		   &spec.base);
}

static int by_id(const void *left, const void *right)
{
	const struct shown *a = left, *b = right;

	return strcmp(a->id, b->id);
}

void meta_of(struct arena *arena, unsigned minor, struct shown_list *out)
{
	*out = (struct shown_list){ 0 };
	for (size_t i = 0; i < cosi_namespace_count(); i++) {
		const struct cosi_namespace *ns = cosi_namespace_at(i, minor);

		if (ns)
			show_namespace(arena, ns, out);
	}

	size_t namespaces = out->len;

	for (size_t i = 0; i < cosi_type_count(); i++) {
		const struct cosi_type *type = cosi_type_at(i, minor);

		if (type)
			show_definition(arena, type, out);
	}
	/* types are sorted with their capitals, ids without */
	qsort(out->at + namespaces, out->len - namespaces, sizeof(*out->at), by_id);
}
