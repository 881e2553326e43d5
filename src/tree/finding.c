#include "tree/finding.h"

#include "base/secret.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const char *const severity_names[FINDING_SEVERITY_COUNT] = {
	[FINDING_NOTE] = "note",
	[FINDING_WARNING] = "warning",
	[FINDING_ERROR] = "error",
};

const char *finding_severity_name(enum finding_severity severity)
{
	return severity_names[severity];
}

void findings_init(struct findings *findings, struct arena *arena)
{
	*findings = (struct findings){ .arena = arena };
}

static struct finding *append(struct findings *findings, enum finding_severity severity)
{
	findings->at = arena_grow(findings->arena, findings->at, findings->len, &findings->cap,
				  sizeof(*findings->at));
	findings->errors += severity == FINDING_ERROR;
	findings->warnings += severity == FINDING_WARNING;

	struct finding *finding = &findings->at[findings->len++];

	*finding = (struct finding){ .severity = severity };
	return finding;
}

void finding_add(struct findings *findings, enum finding_severity severity, const char *id,
		 struct src src, const char *path, const char *fmt, ...)
{
	struct finding *finding = append(findings, severity);
	va_list args;

	finding->id = arena_str(findings->arena, id);
	finding->path = arena_str(findings->arena, path ? path : "");
	finding->src = src;
	finding->src.file = arena_str(findings->arena, src.file);
	va_start(args, fmt);
	char *text = arena_vprintf(findings->arena, fmt, args);
	va_end(args);
	secret_mask(text);
	finding->text = text;
}

void finding_hint(struct findings *findings, const char *fmt, ...)
{
	va_list args;

	if (findings->len == 0)
		return;
	va_start(args, fmt);
	findings->at[findings->len - 1].hint = arena_vprintf(findings->arena, fmt, args);
	va_end(args);
}

bool findings_have(const struct findings *findings, const char *id, struct src src)
{
	for (size_t i = 0; i < findings->len; i++) {
		const struct finding *finding = &findings->at[i];

		if (strcmp(finding->id, id) == 0 && text_equal(finding->src.file, src.file) &&
		    finding->src.line == src.line && finding->src.column == src.column)
			return true;
	}
	return false;
}

void finding_add_err(struct findings *findings, const char *id, const struct err *err)
{
	struct src src = { err->file[0] ? err->file : NULL, err->line, err->column };

	finding_add(findings, FINDING_ERROR, id, src, "", "%s", err->text);
	if (err->hint[0])
		finding_hint(findings, "%s", err->hint);
}

void finding_add_err_in(struct findings *findings, const char *id, const struct err *err,
			const struct finding_place *place)
{
	struct src src = { err->file, err->line, err->column };

	finding_add(findings, FINDING_ERROR, id, err->line > 0 ? src : place->src, place->path,
		    "%s", err->text);
	if (err->hint[0])
		finding_hint(findings, "%s", err->hint);
}

/* Findings without a file come first. qsort() is not stable: the old order decides last. */
static int compare_places(const void *left, const void *right)
{
	const struct finding *a = *(const struct finding *const *)left;
	const struct finding *b = *(const struct finding *const *)right;
	int names = strcmp(a->src.file ? a->src.file : "", b->src.file ? b->src.file : "");

	if (names != 0)
		return names;
	if (a->src.line != b->src.line)
		return a->src.line < b->src.line ? -1 : 1;
	if (a->src.column != b->src.column)
		return a->src.column < b->src.column ? -1 : 1;
	return a < b ? -1 : a > b;
}

void findings_sort(struct findings *findings)
{
	const struct finding **order =
		arena_calloc(findings->arena, findings->len + 1, sizeof(struct finding *));
	struct finding *sorted =
		arena_calloc(findings->arena, findings->len + 1, sizeof(struct finding));

	for (size_t i = 0; i < findings->len; i++)
		order[i] = &findings->at[i];
	qsort((void *)order, findings->len, sizeof(struct finding *), compare_places);
	for (size_t i = 0; i < findings->len; i++)
		sorted[i] = *order[i];
	findings->at = sorted;
	findings->cap = findings->len + 1;
}

int findings_err(const struct findings *findings, struct err *err)
{
	const struct finding *first = NULL;

	for (size_t i = 0; i < findings->len && !first; i++)
		if (findings->at[i].severity == FINDING_ERROR)
			first = &findings->at[i];
	if (!first)
		return 0;
	if (findings->errors > 1)
		err_set(err, ERR_INPUT, "%s (and %zu more)", first->text, findings->errors - 1);
	else
		err_set(err, ERR_INPUT, "%s", first->text);
	if (first->src.file)
		err_at(err, first->src.file, first->src.line, first->src.column);
	return first->hint ? err_hint(err, "%s", first->hint) : -1;
}

static const struct value *place_number(struct arena *arena, unsigned number)
{
	return number > 0 ? value_of_u64(arena, number) : value_null(arena);
}

/* Every finding has every key; what is not known is null. */
static const struct value *finding_value(struct arena *arena, const struct finding *finding)
{
	struct map_builder *map = map_begin(arena);

	map_add(map, "id", value_str(arena, finding->id));
	map_add(map, "severity", value_str(arena, finding_severity_name(finding->severity)));
	map_add(map, "file", value_str(arena, finding->src.file));
	map_add(map, "line", place_number(arena, finding->src.line));
	map_add(map, "column", place_number(arena, finding->src.column));
	map_add(map, "path", value_str(arena, finding->path));
	map_add(map, "text", value_str(arena, finding->text));
	map_add(map, "hint", value_str(arena, finding->hint));
	return map_end(map);
}

const struct value *findings_value(struct arena *arena, const struct findings *findings)
{
	struct list_builder *list = list_begin(arena);

	for (size_t i = 0; i < findings->len; i++)
		list_add(list, finding_value(arena, &findings->at[i]));
	return list_end(list);
}
