/*
 * answers [v1.14]: as which release, else 1.13.
 *
 * Patches and checks for whoever asks through the pipe: "patch N LENGTH...\n" and N texts, the
 * first of them a config and the others patches; answers "ok LENGTH\n" or "error LENGTH\n" and a
 * text. "validate 3 LENGTH...\n" has a config, a mode, and "strict" or nothing; the answer is the
 * numbers of errors and warnings, then a line for each.
 *
 * For run.sh, which compares the answers with those of the official machinery.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/own.h"
#include "base/str.h"
#include "render/patch.h"
#include "render/validate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXTS_MAX 16
#define TEXT_MAX ((size_t)16 << 20)

struct question {
	char word[16];
	const char *text[TEXTS_MAX];
	size_t len[TEXTS_MAX];
	size_t texts;
};

/* 1 when there is no further question. */
static int read_question(struct arena *arena, struct question *question)
{
	if (scanf("%15s %zu", question->word, &question->texts) != 2)
		return 1;
	if (!question->texts || question->texts > TEXTS_MAX)
		return -1;
	for (size_t i = 0; i < question->texts; i++) {
		if (scanf("%zu", &question->len[i]) != 1 || question->len[i] > TEXT_MAX)
			return -1;
	}
	if (getchar() != '\n')
		return -1;
	for (size_t i = 0; i < question->texts; i++) {
		char *text = arena_alloc(arena, question->len[i] + 1);
		if (fread(text, 1, question->len[i], stdin) != question->len[i])
			return -1;
		text[question->len[i]] = '\0';
		question->text[i] = text;
	}
	return 0;
}

static enum release release = RELEASE_1_13;

static int patch(struct arena *arena, const struct question *question, struct str *out,
		 struct err *err)
{
	struct patch *list[TEXTS_MAX];
	struct config_input input = { "config", question->text[0], question->len[0], release };
	struct patches patches = { list, question->texts - 1 };

	for (size_t i = 1; i < question->texts; i++) {
		struct patch_text text = { .name = "patch",
					   .text = question->text[i],
					   .len = question->len[i],
					   .release = release };
		if (patch_read(arena, &text, &list[i - 1], err) < 0)
			return -1;
	}
	return patch_file(arena, &input, &patches, out, err);
}

static int validate(struct arena *arena, const struct question *question, struct str *out,
		    struct err *err)
{
	struct config_input input = { "config", question->text[0], question->len[0], release };
	struct validate_options options = { .strict = question->len[2] > 0 };
	struct findings findings;

	findings_init(&findings, arena);
	if (!validate_mode_named(question->text[1], &options.mode))
		return err_set(err, ERR_USAGE, "there is no mode %s", question->text[1]);
	validate_text(&findings, &input, &options);
	str_addf(out, "%zu %zu\n", findings.errors, findings.warnings);
	for (size_t i = 0; i < findings.len; i++)
		str_addf(out, "%s %s: %s: %s\n",
			 finding_severity_name(findings.at[i].severity), findings.at[i].id,
			 findings.at[i].path, findings.at[i].text);
	return 0;
}

static int ask(struct arena *arena, const struct question *question, struct str *out,
	       struct err *err)
{
	if (question->texts == 3 && !strcmp(question->word, "validate"))
		return validate(arena, question, out, err);
	return patch(arena, question, out, err);
}

static int answer(struct arena *arena, const struct question *question)
{
	struct str out SCOPED(str_done) = STR_INIT(TEXT_MAX);
	struct err err = ERR_INIT;

	if (ask(arena, question, &out, &err) < 0)
		return printf("error %zu\n%s", strlen(err.text), err.text);
	printf("ok %zu\n", out.len);
	return fwrite(str_text(&out), 1, out.len, stdout) == out.len ? 0 : -1;
}

int main(int argc, char **argv)
{
	int r = 0;

	if (argc > 1 && strcmp(argv[1], "v1.14") == 0)
		release = RELEASE_1_14;

	while (r == 0) {
		struct arena *arena OWNED(arena_free) = arena_new("question");
		struct question question;

		r = read_question(arena, &question);
		if (r == 0 && answer(arena, &question) < 0)
			r = -1;
		if (fflush(stdout) != 0)
			r = -1;
	}
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
