#include "convert/sealed_text.h"

#include "base/fs.h"
#include "base/own.h"
#include "seal/sealed.h"
#include "tree/yaml.h"

/* Only where it is one group of age's: others are for the user to set up. */
static const char *const *recipients_of(struct arena *arena, const struct source_text *text)
{
	const struct yaml_input input = { text->file, text->text, text->len, NULL, false };
	struct yaml_documents documents;
	const struct value *keys;
	const char **list;

	if (yaml_read(arena, &input, &documents, NULL) < 0 || documents.len != 1)
		return NULL;
	keys = value_get(value_get(documents.at[0], "sops"), "age");
	list = arena_calloc(arena, value_len(keys) + 1, sizeof(*list));
	for (size_t i = 0; i < value_len(keys); i++)
		list[i] = value_get_text(value_at(keys, i), "recipient");
	return value_len(keys) ? list : NULL;
}

int sealed_text_open(struct talhelper_source *source, struct source_text *text, struct err *err)
{
	struct str plain SCOPED(str_done) = STR_INIT(FS_FILE_MAX);
	const struct sops_input input = { text->file, text->text, text->len };

	if (!sops_is_sealed(&input))
		return 0;
	if (sealed_open(&input, source->keyring, &plain, err) < 0) {
		if (err && !err->line)
			err->file[0] = '\0';
		return err_at(err, text->file, 1, 1);
	}
	source->sealed = true;
	if (!source->recipients)
		source->recipients = recipients_of(source->arena, text);
	text->text = arena_strn(source->arena, str_text(&plain), plain.len);
	text->len = plain.len;
	text->secret = true;
	return 0;
}

int sealed_text_make(const struct talhelper_source *source, const struct sealed_moment_of *moment,
		     const struct source_text *text, struct str *out)
{
	const struct sops_recipients group = { source->recipients };
	const struct sops_input input = { moment->file, text->text, text->len };
	const struct sops_how how = { .group = &group,
				      .groups = 1,
				      .indent = 2,
				      .wall = moment->now,
				      .random = moment->random };

	if (!source->recipients || sops_seal(&input, &how, out, NULL) < 0)
		return 1;
	return 0;
}
