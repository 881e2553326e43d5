#include "fixture.h"

#include "base/fs.h"

#include <string.h>

#define FOLDER TEST_DATA_DIR "/seal/"

struct age_text sealed_file(struct arena *arena, const char *name)
{
	struct err err = ERR_INIT;
	struct age_text text = { .name = name };
	char *at;

	cr_assert_eq(fs_read(arena, arena_printf(arena, FOLDER "%s", name), FS_FILE_MAX, &at,
			     &text.len, &err),
		     0, "%s", err.text);
	text.at = at;
	return text;
}

struct age_identities sealed_keys(struct arena *arena, const char *name)
{
	const struct age_text text = sealed_file(arena, name);
	struct age_identities keys = { 0 };
	struct err err = ERR_INIT;

	cr_assert_eq(age_identities_read(arena, &keys, &text, &err), 0, "%s", err.text);
	cr_assert_gt(keys.len, 0);
	return keys;
}

struct sops_input sops_file(struct arena *arena, const char *name)
{
	const struct age_text text = sealed_file(arena, name);

	return (struct sops_input){ .file = text.name, .text = text.at, .len = text.len };
}

const char *text_with(struct arena *arena, const char *text, const char *old, const char *new)
{
	const char *at = strstr(text, old);

	cr_assert_not_null(at, "%s", old);
	return arena_printf(arena, "%.*s%s%s", (int)(at - text), text, new, at + strlen(old));
}
