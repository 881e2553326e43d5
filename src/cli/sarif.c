#include "cli/sarif.h"

#include "base/own.h"
#include "base/str.h"
#include "version.h"

#include <ctype.h>
#include <string.h>

#define SARIF_VERSION "2.1.0"
#define SARIF_SCHEMA "https://json.schemastore.org/sarif-2.1.0.json"

static const struct value *map_of(struct arena *arena, const char *key, const struct value *value)
{
	struct map_builder *map = map_begin(arena);

	map_add(map, key, value);
	return map_end(map);
}

static const struct value *list_of(struct arena *arena, const struct value *value)
{
	struct list_builder *list = list_begin(arena);

	list_add(list, value);
	return list_end(list);
}

/* A path as a reference: what is no plain letter is written %20. */
static const struct value *uri_of(struct arena *arena, const char *path)
{
	struct str text SCOPED(str_done) = STR_INIT((size_t)1 << 16);

	for (const char *at = path; *at; at++) {
		unsigned char c = (unsigned char)*at;

		if (isalnum(c) || strchr("-._~/", c))
			str_addc(&text, *at);
		else
			str_addf(&text, "%%%02X", c);
	}
	return value_str(arena, str_text(&text));
}

static const struct value *location(struct arena *arena, const struct src *src)
{
	struct map_builder *place = map_begin(arena);

	map_add(place, "artifactLocation", map_of(arena, "uri", uri_of(arena, src->file)));
	if (src->line) {
		struct map_builder *region = map_begin(arena);

		map_add(region, "startLine", value_of_u64(arena, src->line));
		if (src->column)
			map_add(region, "startColumn", value_of_u64(arena, src->column));
		map_add(place, "region", map_end(region));
	}
	return map_of(arena, "physicalLocation", map_end(place));
}

static const struct value *result(struct arena *arena, const struct finding *finding)
{
	struct map_builder *map = map_begin(arena);
	const struct value *text = value_str(arena, finding->text);

	if (finding->hint)
		text = value_strf(arena, "%s (%s)", finding->text, finding->hint);
	map_add(map, "ruleId", value_str(arena, finding->id));
	map_add(map, "level", value_str(arena, finding_severity_name(finding->severity)));
	map_add(map, "message", map_of(arena, "text", text));
	if (finding->src.file)
		map_add(map, "locations", list_of(arena, location(arena, &finding->src)));
	return map_end(map);
}

static const struct value *driver(struct arena *arena)
{
	struct map_builder *map = map_begin(arena);

	map_add(map, "name", value_str(arena, "talforge"));
	map_add(map, "version", value_str(arena, TALFORGE_VERSION));
	return map_of(arena, "driver", map_end(map));
}

const struct value *sarif_value(struct arena *arena, const struct findings *findings)
{
	struct list_builder *results = list_begin(arena);
	for (size_t i = 0; findings && i < findings->len; i++)
		list_add(results, result(arena, &findings->at[i]));

	struct map_builder *run = map_begin(arena);
	map_add(run, "tool", driver(arena));
	map_add(run, "results", list_end(results));

	struct map_builder *map = map_begin(arena);
	map_add(map, "$schema", value_str(arena, SARIF_SCHEMA));
	map_add(map, "version", value_str(arena, SARIF_VERSION));
	map_add(map, "runs", list_of(arena, map_end(run)));
	return map_end(map);
}
