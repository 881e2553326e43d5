/*
 * Expressions of machine configs on standard input, one JSON object a line with what they are `of`,
 * the `text`, and a list of `facts`. The answer is a line: "refused: WHY", or "accepted " and for
 * every set of facts t, f, or e when the evaluation fails.
 *
 * For run.sh, which compares the answers with those of the official machinery.
 */
#include "base/own.h"
#include "base/str.h"
#include "cel/selectors.h"
#include "peer/lines.h"
#include "tree/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MINOR 13

static const char *const names[SELECTOR_COUNT] = {
	[SELECTOR_DISK] = "disk",
	[SELECTOR_VOLUME] = "volume",
	[SELECTOR_LINK] = "link",
	[SELECTOR_OOM_TRIGGER] = "trigger",
	[SELECTOR_OOM_RANKING] = "ranking",
};

static enum selector selector_named(const char *name)
{
	enum selector of = SELECTOR_DISK;

	while (of < SELECTOR_COUNT && strcmp(names[of], name) != 0)
		of++;
	return of;
}

static void add_answers(const struct selector_question *question, const struct value *facts,
			struct str *out)
{
	struct err err = ERR_INIT;

	if (selector_check(question->of, question->minor, question->text, &err) < 0) {
		str_addf(out, "refused: %s", err.text);
		return;
	}
	str_add(out, "accepted ");
	for (size_t i = 0; i < value_len(facts); i++) {
		bool holds;

		if (selector_holds(question, value_at(facts, i), &holds, &err) < 0)
			str_addc(out, 'e');
		else
			str_addc(out, holds ? 't' : 'f');
	}
}

int lines_answer(const char *line, size_t len)
{
	struct arena *arena OWNED(arena_free) = arena_new("question");
	struct str out SCOPED(str_done) = STR_INIT(4096);
	struct err err = ERR_INIT;
	const struct value *from;

	if (json_read(arena, "question", line, len, &from, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		return -1;
	}
	struct selector_question question = { selector_named(value_get_text(from, "of")), MINOR,
					      value_get_text(from, "text") };
	if (question.of == SELECTOR_COUNT)
		return -1;
	add_answers(&question, value_get(from, "facts"), &out);
	for (char *at = strchr(out.at, '\n'); at; at = strchr(at, '\n'))
		*at = ' ';
	puts(str_text(&out));
	fflush(stdout);
	return 0;
}
