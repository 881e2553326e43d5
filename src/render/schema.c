#include "render/schema.h"

#include "base/own.h"
#include "base/text.h"
#include "render/schema_rows.h"

#include <string.h>

static const struct schema_kind main_kinds[] = {
	{ KIND(SCHEMA_MAIN, schema_main) },
	END_OF_KINDS,
};

static const struct schema_kind *const kind_tables[] = {
	main_kinds,
	schema_network_kinds,
	schema_storage_kinds,
	schema_runtime_kinds,
	schema_kube_kinds,
};

bool schema_has(const struct schema_field *field, enum release release)
{
	return release >= field->since && (!field->gone || release < field->gone);
}

const struct schema_field *schema_find(const struct schema_field *fields, const char *name,
				       enum release release)
{
	for (; fields->name; fields++) {
		if (!strcmp(fields->name, name) && schema_has(fields, release))
			return fields;
	}
	return NULL;
}

const struct schema_kind *schema_kind_find(const char *kind, enum release release)
{
	for (size_t i = 0; i < ARRAY_LEN(kind_tables); i++) {
		for (const struct schema_kind *row = kind_tables[i]; row->kind; row++) {
			if (!strcmp(row->kind, kind) && release >= row->since)
				return row;
		}
	}
	return NULL;
}

const struct schema_kind *schema_kind_or_any(const char *kind, enum release release)
{
	static const struct schema_field fields[] = {
		HEADER_ROWS,
		{ ONE("name", TYPE_TEXT) },
		END_OF_FIELDS,
	};
	static const struct schema_kind any = { KIND("", fields), .named = true };
	const struct schema_kind *found = schema_kind_find(kind, release);

	return found ? found : &any;
}

const char *schema_kind_nearest(const char *kind, enum release release)
{
	const char *names[256];
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_LEN(kind_tables); i++) {
		for (const struct schema_kind *row = kind_tables[i]; row->kind; row++) {
			if (row->fields != schema_main && release >= row->since &&
			    count < ARRAY_LEN(names))
				names[count++] = row->kind;
		}
	}
	return text_nearest(kind, names, count);
}
