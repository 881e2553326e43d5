/*
 * Encrypted files from anybody: opened or refused. Any YAML that can be encrypted opens again, as
 * YAML with as many documents.
 */
#include "base/own.h"
#include "crypto/random.h"
#include "seal/age.h"
#include "seal/sops.h"
#include "tree/yaml.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define OUT_MAX ((size_t)16 << 20)
/* a throw-away key: it protects nothing */
#define KEY "AGE-SECRET-KEY-12AH2YZGJCGJ49ZQFTV828G848PSTENL9XDZD88FZSYMVUWN0YGWQX3LDA7"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct age_identities keys_of(struct arena *arena)
{
	const struct age_text text = { "key", KEY, sizeof(KEY) - 1 };
	struct age_identities keys = { 0 };

	if (age_identities_read(arena, &keys, &text, NULL) < 0)
		abort();
	return keys;
}

static void check_refusal(const struct err *err, const struct str *plain)
{
	if ((err->kind != ERR_INPUT && err->kind != ERR_AUTH) || !err->text[0] || plain->len > 0)
		abort();
}

static void open_age(struct arena *arena, const struct age_text *text)
{
	const struct age_identities keys = keys_of(arena);
	struct str plain SCOPED(str_done) = STR_INIT(OUT_MAX);
	struct err err = ERR_INIT;

	if (age_open(text, &keys, &plain, &err) < 0)
		check_refusal(&err, &plain);
}

static size_t documents_of(struct arena *arena, const char *text, size_t len)
{
	const struct yaml_input input = {
		.file = "fuzz.yaml", .text = text, .len = len, .keeps_merge = true
	};
	struct yaml_documents documents;

	if (yaml_read(arena, &input, &documents, NULL) < 0)
		abort();
	return documents.len;
}

static void open_again(struct arena *arena, const struct sops_input *clear,
		       const struct str *sealed)
{
	const struct sops_input input = { "fuzz.sops.yaml", str_text(sealed), sealed->len };
	const struct age_identities keys = keys_of(arena);
	struct str plain SCOPED(str_done) = STR_INIT(OUT_MAX);

	if (!sops_is_sealed(&input) || sops_open(&input, &keys, &plain, NULL) < 0)
		abort();
	if (documents_of(arena, clear->text, clear->len) !=
	    documents_of(arena, str_text(&plain), plain.len))
		abort();
}

static void seal(struct arena *arena, const struct sops_input *input)
{
	const struct age_identities keys = keys_of(arena);
	const char *const names[] = { age_identity_recipient(arena, &keys.at[0]), NULL };
	const struct sops_recipients group = { names };
	struct str sealed SCOPED(str_done) = STR_INIT(OUT_MAX);
	struct random_seeded random;
	struct err err = ERR_INIT;
	struct sops_how how = { .group = &group, .groups = 1, .random = &random.source };

	random_seeded_init(&random, 1);
	if (sops_seal(input, &how, &sealed, &err) == 0)
		open_again(arena, input, &sealed);
	else if (err.kind != ERR_INPUT && err.kind != ERR_CONFLICT)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena OWNED(arena_free) = arena_new("fuzz");
	const struct sops_input input = { "fuzz.yaml", arena_strn(arena, (const char *)data, size),
					  size };
	const struct age_text text = { "fuzz.age", input.text, size };
	const struct age_identities keys = keys_of(arena);
	struct str plain SCOPED(str_done) = STR_INIT(OUT_MAX);
	struct err err = ERR_INIT;

	if (size > (size_t)1 << 18)
		return 0;
	if (age_is(text.at, text.len)) {
		open_age(arena, &text);
		return 0;
	}
	if (sops_open(&input, &keys, &plain, &err) < 0)
		check_refusal(&err, &plain);
	seal(arena, &input);
	return 0;
}
