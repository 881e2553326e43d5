/*
 * A machine config and patches for it, one after another, each behind a line "=== WORDS": "main"
 * lets a list of operations be about the main document, "strict" makes a dropped value an error.
 * The word "1.14" in any of them is for the release. Whatever the texts are, each step ends with a
 * result or with an error that has a text, and what was printed reads as what it was.
 */
#include "render/patch.h"
#include "split.h"

#include "base/own.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define TEXTS_MAX 6
#define OUT_MAX ((size_t)64 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool has_word(const struct split_text *text, const char *word)
{
	return memmem(text->words, text->words_len, word, strlen(word)) != NULL;
}

static void must_say(const struct err *err)
{
	if (!err->text[0] || err->kind != ERR_INPUT)
		abort();
}

/* Prints, reads and prints again. */
static void check_round(struct arena *arena, const struct config *config)
{
	struct str first SCOPED(str_done) = STR_INIT(OUT_MAX);
	struct str again SCOPED(str_done) = STR_INIT(OUT_MAX);
	struct err err = ERR_INIT;
	struct config read;

	config_write(&first, config);

	struct config_input input = { .file = "again.yaml",
				      .text = str_text(&first),
				      .len = first.len,
				      .release = config->release };

	if (config_read(arena, &input, &read, &err) < 0)
		return; /* Talos prints texts that no reader takes, and so do we */
	config_write(&again, &read);
	if (strcmp(str_text(&first), str_text(&again)) != 0)
		abort();
}

static int patch_once(struct arena *arena, const struct split_text *text, struct config *config)
{
	struct patch_text input = { .name = "patch.yaml",
				    .text = text->text,
				    .len = text->len,
				    .release = config->release,
				    .strict = has_word(text, "strict"),
				    .on_main = has_word(text, "main") };
	struct patch *patch;
	struct err err = ERR_INIT;

	if (patch_read(arena, &input, &patch, &err) < 0 ||
	    patch_apply(arena, config, patch, config, &err) < 0) {
		must_say(&err);
		return -1;
	}
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena OWNED(arena_free) = arena_new("fuzz");
	struct split_text text[TEXTS_MAX];
	size_t texts = split_texts((const char *)data, size, text, TEXTS_MAX);
	struct config_input base = { .file = "base.yaml" };
	struct config config;
	struct err err = ERR_INIT;

	base.text = text[0].text;
	base.len = text[0].len;
	for (size_t i = 1; i < texts; i++)
		if (has_word(&text[i], "1.14"))
			base.release = RELEASE_1_14;
	if (config_read(arena, &base, &config, &err) < 0) {
		must_say(&err);
		return 0;
	}
	for (size_t i = 1; i < texts; i++)
		if (patch_once(arena, &text[i], &config) < 0)
			return 0;
	check_round(arena, &config);
	return 0;
}
