#include "render/unprinted.h"

#include "render/schema.h"
#include "render/trap.h"

struct dropping {
	struct arena *arena;
	enum release release;
	struct traps traps;
};

static const struct value *kept_fields(struct dropping *d, const struct schema_field *fields,
				       const struct value *map);

/* NULL: it is left out. */
static const struct value *kept(struct dropping *d, const struct schema_field *field,
				const struct value *value)
{
	const struct value *inner;

	if (field->unprinted && value_is_list(value) && value_len(value) == 0) {
		trap_found(&d->traps, TRAP_EMPTY_UNPRINTED, value_src(value));
		return NULL;
	}
	if (field->type != TYPE_STRUCT || field->shape != SHAPE_ONE || !value_is_map(value))
		return value;
	inner = kept_fields(d, field->inner, value);
	return value_len(inner) || !value_len(value) || field->keep ? inner : NULL;
}

static const struct value *kept_fields(struct dropping *d, const struct schema_field *fields,
				       const struct value *map)
{
	struct map_builder *out = map_begin(d->arena);
	bool all = true;

	map_src(out, value_src(map));
	for (size_t i = 0; i < value_len(map); i++) {
		const char *key = value_key_at(map, i);
		const struct schema_field *field = schema_find(fields, key, d->release);
		const struct value *before = value_at(map, i), *after = before;
		const struct path_step step = { .up = d->traps.at, .key = key };

		d->traps.at = &step;
		if (field)
			after = kept(d, field, before);
		d->traps.at = step.up;
		all = all && after == before;
		if (after)
			map_add_new(out, key, value_key_src(map, key), after);
	}
	return all ? map : map_end(out);
}

void unprinted_drop(struct arena *arena, struct config *config, struct findings *findings)
{
	for (size_t i = 0; i < config->len; i++) {
		struct document *document = &config->at[i];
		const struct schema_kind *kind = schema_kind_find(document->kind, config->release);
		const struct path_step root = { .key = document->kind };
		struct dropping d = {
			.arena = arena,
			.release = config->release,
			.traps = { .findings = findings, .at = &root },
		};

		if (kind && !document->verbatim)
			document->value = kept_fields(&d, kind->fields, document->value);
	}
}
