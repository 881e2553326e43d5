#include "cluster/secrets_command.h"

#include "base/fs.h"
#include "base/text.h"
#include "tree/yaml.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define BUNDLE TEST_DATA_DIR "/golden/secrets/bundle-v1.13/secrets.yaml"

/* The command of a cluster.yaml whose first line is a comment. */
static const struct secrets_command *command_of(struct arena *arena, const char *text)
{
	const char *whole = arena_printf(arena, "# the cluster\nsecrets: {command: %s}\n", text);
	const struct yaml_input input = { .file = "cluster.yaml",
					  .text = whole,
					  .len = strlen(whole) };
	struct yaml_documents documents;
	struct err err = ERR_INIT;

	cr_assert_eq(yaml_read(arena, &input, &documents, &err), 0, "%s", err.text);
	return secrets_command_of(arena, value_get(documents.at[0], "secrets"));
}

static const struct {
	const char *name, *text;
	int words; /* 0: it is no command */
} forms[] = {
	{ "a text is for the shell", "pass show talsecret", 3 },
	{ "a list is taken as it is", "[pass, show, talsecret, 7]", 4 },
	{ "nothing", "", 0 },
	{ "blank", "'  '", 0 },
	{ "an empty list", "[]", 0 },
	{ "no program", "['', x]", 0 },
	{ "a list of lists", "[pass, []]", 0 },
	{ "a map", "{a: b}", 0 },
	{ "something besides", "pass, file: talsecret.yaml", 0 },
};

Test(secrets_command, forms)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");

	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		const struct secrets_command *command = command_of(arena, forms[i].text);
		int words = 0;

		while (command && command->argv[words])
			words++;
		cr_assert_eq(words, forms[i].words, "%s", forms[i].name);
	}
	cr_assert_null(secrets_command_of(arena, value_str(arena, "talsecret.yaml")));
	cr_assert_null(secrets_command_of(arena, NULL));
}

static int run(const char *text, struct bundle **out, struct err *err)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const struct secrets_command *command = command_of(arena, text);

	cr_assert_not_null(command, "%s", text);
	return secrets_command_run(command, TEST_DATA_DIR "/golden/secrets/bundle-v1.13", out, err);
}

Test(secrets_command, gives_the_bundle_of_a_file)
{
	static const char *const texts[] = { "cat secrets.yaml", "[cat, secrets.yaml]",
					     "\"echo note >&2; cat < secrets.yaml | cat\"" };
	struct arena *arena OWNED(arena_free) = arena_new("test");
	char *file;
	size_t len;

	cr_assert_eq(fs_read(arena, BUNDLE, FS_FILE_MAX, &file, &len, NULL), 0);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct bundle *bundle OWNED(bundle_free) = NULL;
		struct str text SCOPED(str_done) = STR_INIT(1 << 20);
		struct err err = ERR_INIT;

		cr_assert_eq(run(texts[i], &bundle, &err), 0, "%s: %s", texts[i], err.text);
		bundle_write(&text, bundle);
		cr_assert_str_eq(str_text(&text), file);
		cr_assert_str_eq(bundle->file, "cluster.yaml: secrets.command");
	}
}

/* What they print holds `hushed`, which no error may repeat. */
static const struct {
	const char *name, *text;
	enum err_kind kind;
	const char *says;
} faults[] = {
	{ "a wrong key", "\"echo hushed; echo no key fits >&2; exit 4\"", ERR_AUTH,
	  "ask for the secrets bundle: the command ended with exit code 4: no key fits" },
	{ "only the last line", "\"printf 'one\\\\ntwo\\\\n\\\\n' >&2; exit 1\"", ERR_AUTH,
	  "ask for the secrets bundle: the command ended with exit code 1: two" },
	{ "made printable", "\"printf 'a\\\\033[31mb\\\\n' >&2; exit 1\"", ERR_AUTH,
	  "ask for the secrets bundle: the command ended with exit code 1: a?[31mb" },
	{ "a line that was printed too", "\"echo hushed; echo hushed >&2; exit 1\"", ERR_AUTH,
	  "ask for the secrets bundle: the command ended with exit code 1" },
	{ "a token on stderr", "\"echo bad abcdef.0123456789abcdef >&2; exit 1\"", ERR_AUTH,
	  "ask for the secrets bundle: the command ended with exit code 1" },
	{ "silence", "[\"false\"]", ERR_AUTH,
	  "ask for the secrets bundle: the command ended with exit code 1" },
	{ "a signal", "kill -KILL $$", ERR_AUTH,
	  "ask for the secrets bundle: the command was ended by signal 9" },
	{ "no such program", "[no-such-program-here]", ERR_AUTH,
	  "ask for the secrets bundle: there is no program no-such-program-here" },
	{ "nothing", "[\"true\"]", ERR_INPUT,
	  "ask for the secrets bundle: the command printed nothing" },
	{ "no bundle", "echo 'hushed'", ERR_INPUT,
	  "ask for the secrets bundle: line 1 of what it printed: read the secrets bundle: "
	  "a secrets bundle must be a map" },
	{ "half a bundle", "head -n 8 secrets.yaml", ERR_INPUT, NULL },
	{ "a cut bundle", "head -c 3000 secrets.yaml", ERR_INPUT, NULL },
	{ "no YAML", "\"printf 'a: hushed\\\\n\\\\thushed: [}'\"", ERR_INPUT, NULL },
	{ "an encrypted bundle", "\"printf 'cluster: {}\\\\nsops:\\\\n  x: hushed\\\\n'\"",
	  ERR_INPUT,
	  "ask for the secrets bundle: the command printed a file that is still encrypted" },
	{ "no end", "\"yes hushed\"", ERR_INPUT,
	  "ask for the secrets bundle: the command printed more than 1048576 bytes" },
};

Test(secrets_command, faults)
{
	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		struct bundle *bundle OWNED(bundle_free) = NULL;
		struct err err = ERR_INIT;

		cr_assert_lt(run(faults[i].text, &bundle, &err), 0, "%s", faults[i].name);
		cr_assert_eq(err.kind, faults[i].kind, "%s: %s", faults[i].name, err.text);
		if (faults[i].says)
			cr_assert_str_eq(err.text, faults[i].says);
		cr_assert(text_starts(err.text, "ask for the secrets bundle: "), "%s", err.text);
		cr_assert_null(strstr(err.text, "hushed"), "%s: %s", faults[i].name, err.text);
		cr_assert_str_eq(err.file, "cluster.yaml", "%s", faults[i].name);
		cr_assert_eq(err.line, 2, "%s", faults[i].name);
		cr_assert_eq(err.column, 20, "%s: %u", faults[i].name, err.column);
	}
}
