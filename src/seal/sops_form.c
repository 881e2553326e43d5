#include "seal/sops_form.h"

#include "base/fs.h"
#include "base/text.h"
#include "tree/yaml.h"

#include <string.h>

/* How every encrypted value begins; less of it than what follows is left of one that is cut. */
#define VALUE_START "ENC[AES"

static bool has_line(const struct sops_input *input, const char *start)
{
	size_t len = strlen(start);
	const char *at = input->text, *end = input->text + input->len;

	while (at && (size_t)(end - at) >= len) {
		if (memcmp(at, start, len) == 0)
			return true;
		at = memchr(at, '\n', (size_t)(end - at));
		at = at ? at + 1 : NULL;
	}
	return false;
}

static bool has(const struct sops_input *input, const char *text)
{
	return memmem(input->text, input->len, text, strlen(text)) != NULL;
}

static bool begins_object(const struct sops_input *input)
{
	size_t blanks = 0;

	while (blanks < input->len && strchr(" \t\r\n", input->text[blanks]))
		blanks++;
	return blanks < input->len && input->text[blanks] == '{';
}

enum sops_form sops_form_of(const struct sops_input *input)
{
	if (text_ends(input->file, ".json"))
		return SOPS_FORM_JSON;
	if (text_ends(input->file, ".yaml") || text_ends(input->file, ".yml"))
		return SOPS_FORM_YAML;
	if (text_ends(input->file, ".env") || has_line(input, "sops_mac="))
		return SOPS_FORM_DOTENV;
	if (text_ends(input->file, ".ini") || has_line(input, "[sops]"))
		return SOPS_FORM_INI;
	if (begins_object(input) && has(input, "\"sops\":"))
		return SOPS_FORM_BINARY;
	return SOPS_FORM_YAML;
}

int sops_form_check(const struct sops_input *input, struct err *err)
{
	static const char *const names[] = {
		[SOPS_FORM_DOTENV] = "dotenv",
		[SOPS_FORM_INI] = "INI",
		[SOPS_FORM_BINARY] = "binary",
	};
	enum sops_form form = sops_form_of(input);

	if (form == SOPS_FORM_YAML || form == SOPS_FORM_JSON)
		return 0;
	err_set(err, ERR_INPUT, "SOPS files of the %s store are not supported, only those of YAML "
				"and JSON",
		names[form]);
	err_hint(err, "the sops program opens it: sops decrypt %s", fs_base(input->file));
	return err_at(err, input->file, 0, 0);
}

/* ---- whether it is one ---- */

static bool has_sealed_value(const struct value *value)
{
	const char *text = value_text(value);

	if (text)
		return text_starts(text, VALUE_START);
	for (size_t i = 0; i < value_len(value); i++)
		if (has_sealed_value(value_at(value, i)))
			return true;
	return false;
}

/* A text that holds an encrypted file, such as a manifest inside a patch, is none itself. */
static bool has_sealed_values(const struct sops_input *input)
{
	struct arena *arena OWNED(arena_free) = arena_new("SOPS values");
	const struct yaml_input yaml = { .file = input->file,
					 .text = input->text,
					 .len = input->len,
					 .keeps_merge = true };
	struct yaml_documents documents;

	if (yaml_read(arena, &yaml, &documents, NULL) < 0)
		return false;
	for (size_t i = 0; i < documents.len; i++)
		if (has_sealed_value(documents.at[i]))
			return true;
	return false;
}

bool sops_is_sealed(const struct sops_input *input)
{
	switch (sops_form_of(input)) {
	case SOPS_FORM_DOTENV:
		return has_line(input, "sops_mac=") || has(input, "=" VALUE_START);
	case SOPS_FORM_INI:
		return has_line(input, "[sops]") || has(input, VALUE_START);
	case SOPS_FORM_BINARY:
		return true;
	case SOPS_FORM_JSON:
		if (has(input, "\"sops\":"))
			return true;
		break;
	default:
		if (has_line(input, "sops:") || has_line(input, "\"sops\":"))
			return true;
		break;
	}
	return has(input, VALUE_START) &&
	       (strstr(fs_base(input->file), ".sops.") || has_sealed_values(input));
}
