/* Runs the cases on standard input, one JSON object a line, and writes what became of each: the
 * peer in main.go compares. */
#include "../../../unit/convert/text_case.h"

#include "base/own.h"
#include "base/str.h"
#include "peer/lines.h"
#include "tree/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int lines_answer(const char *line, size_t len)
{
	static const struct json_style style = { .form = JSON_COMPACT };
	struct arena *arena OWNED(arena_free) = arena_new("case");
	struct str out SCOPED(str_done) = STR_INIT((size_t)8 << 20);
	struct err err = ERR_INIT;
	const struct value *from;

	if (json_read(arena, "input", line, len, &from, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		return -1;
	}
	const char *text = text_case_run(arena, from, &err);
	struct map_builder *map = map_begin(arena);
	map_add(map, text ? "result" : "error", value_str(arena, text ? text : err.text));
	json_write(&out, map_end(map), &style);
	puts(str_text(&out));
	fflush(stdout);
	return 0;
}
