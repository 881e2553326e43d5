#include "seal/sealed.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/secret.h"
#include "base/text.h"
#include "loop/process.h"

#include <string.h>

#define PROGRAM_TIME (60 * SECOND)
#define ERRORS_MAX ((size_t)4096)
#define LINE_SHOWN 160

/* ---- the sops program ---- */

/* Its last line, when it does not look like a secret; "". */
static const char *last_line(struct arena *arena, const struct process_result *result)
{
	const char *text = str_text(&result->errors);
	size_t len = result->errors.len, from;
	char *line;

	while (len > 0 && strchr(" \t\r\n", text[len - 1]))
		len--;
	for (from = len; from > 0 && text[from - 1] != '\n'; from--)
		;
	line = arena_strn(arena, text + from, len - from < LINE_SHOWN ? len - from : LINE_SHOWN);
	for (char *c = line; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	return secret_suspected(line) ? "" : line;
}

static int run_sops(const char *const *argv, const struct sops_input *input, struct str *out,
		    struct err *err)
{
	struct arena *arena OWNED(arena_free) = arena_new("sops");
	struct process_result result SCOPED(process_result_done) = { .code = -1 };
	const struct process_request request = { .argv = argv,
						 .name = "sops",
						 .input = input->text,
						 .input_len = input->len,
						 .output_max = 2 * FS_FILE_MAX,
						 .error_max = ERRORS_MAX,
						 .timeout = PROGRAM_TIME };
	struct err why = ERR_INIT;
	const char *line;

	if (process_output(&request, &result, &why) < 0) {
		if (err)
			*err = why;
		if (why.kind == ERR_NOT_FOUND && err) {
			err_set(err, ERR_AUTH, "the sops program is not installed");
			err_hint(err, "it is needed for keys that are not age's: "
				      "https://getsops.io");
		}
		return -1;
	}
	if (result.code == 0) {
		str_addn(out, str_text(&result.output), result.output.len);
		return 0;
	}
	line = last_line(arena, &result);
	return err_set(err, ERR_AUTH, "the sops program ended with exit code %d%s%s", result.code,
		       line[0] ? ": " : "", line);
}

/* sops takes the form of a file from its name, and we give it no name. */
static const char *form_of(const char *file)
{
	return text_ends(file, ".json") ? "json" : "yaml";
}

static int program_open(const struct sops_input *input, struct str *out, struct err *err)
{
	const char *form = form_of(input->file);
	const char *const argv[] = { "sops", "--decrypt", "--input-type", form, "--output-type",
				     form, "/dev/stdin", NULL };

	return run_sops(argv, input, out, err);
}

static int program_make(const struct sops_input *input, const struct creation_rule *rule,
			struct str *out, struct err *err)
{
	const char *form = form_of(input->file);
	const char *const argv[] = {
		"sops",
		"--config",
		rule->file,
		"--encrypt",
		"--input-type",
		form,
		"--output-type",
		form,
		"--filename-override",
		input->file,
		"/dev/stdin",
		NULL,
	};

	return run_sops(argv, input, out, err);
}

/* ---- either ---- */

int sealed_open(const struct sops_input *input, struct keyring *keyring, struct str *out,
		struct err *err)
{
	struct arena *arena OWNED(arena_free) = arena_new("sealed file");
	const char *foreign = sops_foreign_key(arena, input);
	static const struct age_identities nobody;
	const struct age_identities *identities;
	struct err why = ERR_INIT;

	if (foreign) {
		if (program_open(input, out, err) == 0)
			return 0;
		return err_wrap(err, "open %s, which is for a key of kind %s", input->file,
				foreign);
	}
	identities = keyring_age(keyring, &why);
	if (sops_open(input, identities ? identities : &nobody, out, err) == 0)
		return 0;
	if (err && err->kind == ERR_AUTH && !identities) {
		*err = why;
		err_wrap(err, "open %s", input->file);
	}
	return -1;
}

static struct sops_how how_of(const struct creation_rule *rule, const struct sealed_moment *moment)
{
	struct sops_how how = { .wall = moment->wall, .random = moment->random };

	if (!rule)
		return how;
	how.group = rule->group;
	how.groups = rule->groups;
	how.threshold = rule->threshold;
	how.rule = rule->which;
	how.indent = rule->indent;
	return how;
}

int sealed_make(const struct sops_input *input, const struct creation_rule *rule,
		const struct sealed_moment *moment, struct str *out, struct err *err)
{
	const struct sops_how how = how_of(rule, moment);

	if (!rule->foreign)
		return sops_seal(input, &how, out, err);
	if (program_make(input, rule, out, err) == 0)
		return 0;
	return err_wrap(err, "encrypt %s for a key of kind %s", input->file, rule->foreign);
}

int sealed_renew(const struct sops_input *input, struct keyring *keyring,
		 const struct creation_rule *rule, const struct sealed_moment *moment,
		 struct str *out, struct err *err)
{
	struct arena *arena OWNED(arena_free) = arena_new("sealed file");
	struct str plain SCOPED(str_done) = STR_INIT(4 * FS_FILE_MAX);
	const struct sops_how how = how_of(rule, moment);
	const struct age_identities *identities;

	if ((rule && rule->foreign) || sops_foreign_key(arena, input)) {
		if (!rule)
			return err_set(err, ERR_NOT_FOUND,
				       "no creation rule says who %s is for", input->file);
		if (sealed_open(input, keyring, &plain, err) < 0)
			return -1;

		const struct sops_input clear = { input->file, str_text(&plain), plain.len };
		return sealed_make(&clear, rule, moment, out, err);
	}
	identities = keyring_age(keyring, err);
	if (!identities)
		return err_wrap(err, "open %s", input->file);
	return sops_reseal(input, identities, &how, out, err);
}
