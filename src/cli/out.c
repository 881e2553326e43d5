#include "cli/out.h"

#include "cli/sarif.h"
#include "tree/json.h"
#include "tree/yaml.h"

#include <string.h>

#define RESULT_VERSION 1

const char *const format_names[] = { "table", "json", "yaml", "sarif", NULL };
_Static_assert(ARRAY_LEN(format_names) == FORMAT_COUNT + 1, "a name per format");

enum format format_named(const char *name)
{
	for (unsigned i = 0; name && i < FORMAT_COUNT; i++)
		if (strcmp(format_names[i], name) == 0)
			return (enum format)i;
	return FORMAT_TABLE;
}

static const struct value *with_kind(struct arena *arena, const struct value *value,
				     const char *kind)
{
	struct map_builder *map = map_begin(arena);

	map_add(map, "kind", value_str(arena, kind));
	map_add(map, "version", value_of_int(arena, RESULT_VERSION));
	for (size_t i = 0; i < value_len(value); i++)
		map_add(map, value_key_at(value, i), value_at(value, i));
	return map_end(map);
}

static void write_for_people(struct str *out, const struct result *result, bool show_secrets)
{
	if (result->columns)
		table_write(out, value_get(result->value, result->rows), result->columns,
			    show_secrets);
	if (result->text && *result->text) {
		str_add(out, result->text);
		if (!out->len || out->at[out->len - 1] != '\n')
			str_addc(out, '\n');
	}
}

void result_write(struct str *out, const struct result *result, const struct result_style *style)
{
	struct arena *arena OWNED(arena_free) = arena_new("result");
	const struct value *value = with_kind(arena, result->value, style->kind);
	const struct json_style json = { .form = JSON_COMPACT,
					 .show_sensitive = style->show_secrets };
	const struct yaml_style yaml = { .indent = 2, .stars = !style->show_secrets };

	switch (style->format) {
	case FORMAT_JSON:
		json_write(out, value, &json);
		str_addc(out, '\n');
		return;
	case FORMAT_YAML:
		yaml_write(out, value, &yaml);
		return;
	case FORMAT_SARIF:
		json_write(out, sarif_value(arena, result->findings), &json);
		str_addc(out, '\n');
		return;
	default:
		write_for_people(out, result, style->show_secrets);
	}
}

void finding_write(struct str *out, const struct finding *finding)
{
	if (finding->src.file)
		str_addf(out, "%s:", finding->src.file);
	if (finding->src.file && finding->src.line)
		str_addf(out, "%u:%u:", finding->src.line, finding->src.column);
	str_addf(out, "%s%s: %s [%s]\n", finding->src.file ? " " : "",
		 finding_severity_name(finding->severity), finding->text, finding->id);
	if (finding->hint)
		str_addf(out, "  hint: %s\n", finding->hint);
}
