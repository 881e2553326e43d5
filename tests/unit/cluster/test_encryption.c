#include "cluster/encryption.h"

#include "base/arena.h"
#include "base/text.h"
#include "tree/yaml.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct {
	const char *yaml;
	bool good;
	enum encryption form;
	const char *kms;
} rows[] = {
	{ "true", true, ENCRYPT_TPM, NULL },
	{ "false", true, ENCRYPT_NONE, NULL },
	{ "tpm", true, ENCRYPT_TPM, NULL },
	{ "node-id", true, ENCRYPT_NODE_ID, NULL },
	{ "{kms: 'https://kms:4050'}", true, ENCRYPT_KMS, "https://kms:4050" },
	{ "null", true, ENCRYPT_NONE, NULL },
	{ "luks", false, ENCRYPT_NONE, NULL },
	{ "1", false, ENCRYPT_NONE, NULL },
	{ "[tpm]", false, ENCRYPT_NONE, NULL },
	{ "{}", false, ENCRYPT_NONE, NULL },
	{ "{kms: ''}", false, ENCRYPT_NONE, NULL },
	{ "{kms: a, tpm: b}", false, ENCRYPT_NONE, NULL },
};

Test(encryption, every_form_is_told_apart)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct yaml_input input = { .file = "x",
						  .text = rows[i].yaml,
						  .len = strlen(rows[i].yaml) };
		struct encryption_choice choice = { .form = ENCRYPT_KMS };
		struct yaml_documents documents;
		struct err err = ERR_INIT;

		cr_assert_eq(yaml_read(arena, &input, &documents, &err), 0, "%s", err.text);
		cr_assert_eq(encryption_read(documents.at[0], &choice), rows[i].good, "%s",
			     rows[i].yaml);
		if (!rows[i].good)
			continue;
		cr_assert_eq(choice.form, rows[i].form, "%s", rows[i].yaml);
		cr_assert(text_equal(choice.kms, rows[i].kms), "%s", rows[i].yaml);
	}
}
