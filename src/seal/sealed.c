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

/* What its exit codes mean where they are not about keys: its own, the same since version 3.0. */
static const struct {
	int code;
	enum err_kind kind;
	const char *text;
} verdicts[] = {
	{ 2, ERR_INPUT, "it cannot read the file" },
	{ 5, ERR_INPUT, "it cannot read .sops.yaml" },
	{ 21, ERR_INPUT, "it cannot encrypt the file" },
	{ 23, ERR_INPUT, "it cannot encrypt a value of the file" },
	{ 24, ERR_INPUT, "the file was changed since it was encrypted" },
	{ 25, ERR_INPUT, "a value of the file was changed since it was encrypted" },
	{ 51, ERR_INPUT, "the file was changed since it was encrypted" },
	{ 52, ERR_INPUT, "the file was cut short: it has no MAC" },
	{ 61, ERR_INPUT, "it finds no .sops.yaml" },
	{ 92, ERR_INPUT, "the file is empty" },
	{ 111, ERR_INPUT, "the rule names no key" },
	{ 112, ERR_INPUT, "the rule names a key twice" },
	{ 203, ERR_CONFLICT, "the file is encrypted already" },
};

/* Its own words are shown only where a key is missing: others of them quote values. */
static int judge(const struct process_result *result, struct err *err)
{
	struct arena *arena OWNED(arena_free) = arena_new("sops");
	const char *line = last_line(arena, result);

	if (result->code < 0)
		return err_set(err, ERR_SYSTEM, "the sops program was ended by signal %d",
			       result->signal);
	for (size_t i = 0; i < ARRAY_LEN(verdicts); i++)
		if (verdicts[i].code == result->code)
			return err_set(err, verdicts[i].kind,
				       "the sops program ended with exit code %d: %s",
				       result->code, verdicts[i].text);
	return err_set(err, ERR_AUTH, "the sops program ended with exit code %d%s%s", result->code,
		       line[0] ? ": " : "", line);
}

static int run_sops(const char *const *argv, const struct sops_input *input, struct str *out,
		    struct err *err)
{
	struct process_result result SCOPED(process_result_done) = { .code = -1 };
	const struct process_request request = { .argv = argv,
						 .name = "sops",
						 .input = input->text,
						 .input_len = input->len,
						 .output_max = 2 * FS_FILE_MAX,
						 .error_max = ERRORS_MAX,
						 .timeout = PROGRAM_TIME };
	struct err why = ERR_INIT;

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
	if (result.code != 0)
		return judge(&result, err);
	str_addn(out, str_text(&result.output), result.output.len);
	return 0;
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

/* ---- opening, by either ---- */

static int open_with_age(const struct sops_input *input, struct keyring *keyring, struct str *out,
			 struct err *err)
{
	static const struct age_identities nobody;
	struct err why = ERR_INIT, *local = err ? err : &why, missing = ERR_INIT;
	const struct age_identities *identities = keyring_age(keyring, &missing);

	if (sops_open(input, identities ? identities : &nobody, out, local) == 0)
		return 0;
	if (local->kind == ERR_AUTH && !identities) {
		const struct err place = *local;

		*local = missing;
		err_wrap(local, "open %s", input->file);
		err_at(local, place.file, place.line, place.column);
	}
	return -1;
}

int sealed_open(const struct sops_input *input, struct keyring *keyring, struct str *out,
		struct err *err)
{
	struct arena *arena OWNED(arena_free) = arena_new("sealed file");
	struct err ours = ERR_INIT, theirs = ERR_INIT;
	bool only;
	const char *foreign = sops_foreign_key(arena, input, &only);

	if (!foreign)
		return open_with_age(input, keyring, out, err);
	if (!only) {
		if (open_with_age(input, keyring, out, &ours) == 0)
			return 0;
		if (ours.kind != ERR_AUTH) {
			if (err)
				*err = ours;
			return -1;
		}
	}
	if (program_open(input, out, &theirs) == 0)
		return 0;
	if (err && err_is_set(&ours) && theirs.kind == ERR_AUTH) {
		*err = ours;
		return -1;
	}
	if (err)
		*err = theirs;
	err_wrap(err, "open %s, which is for a key of kind %s", input->file, foreign);
	return err_at(err, input->file, 0, 0);
}

/* ---- sealing, by either ---- */

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

int sealed_make_as(const struct sops_input *input, const struct sops_input *model,
		   const struct sealed_moment *moment, struct str *out, struct err *err)
{
	const struct sops_how how = how_of(NULL, moment);

	return sops_seal_as(input, model, &how, out, err);
}

struct renewal {
	const struct sops_input *input;
	struct keyring *keyring;
	const struct creation_rule *rule; /* or NULL */
	const struct sealed_moment *moment;
};

static int renew_with_age(const struct renewal *renewal, struct str *out, struct err *err)
{
	const struct sops_how how = how_of(renewal->rule, renewal->moment);
	const struct age_identities *identities = keyring_age(renewal->keyring, err);

	if (!identities)
		return err_wrap(err, "open %s", renewal->input->file);
	return sops_reseal(renewal->input, identities, &how, out, err);
}

static int renew_with_program(const struct renewal *renewal, struct str *out, struct err *err)
{
	struct str plain SCOPED(str_done) = STR_INIT(4 * FS_FILE_MAX);

	if (!renewal->rule)
		return err_set(err, ERR_NOT_FOUND, "no creation rule says who %s is for",
			       renewal->input->file);
	if (sealed_open(renewal->input, renewal->keyring, &plain, err) < 0)
		return -1;

	const struct sops_input clear = { renewal->input->file, str_text(&plain), plain.len };
	return sealed_make(&clear, renewal->rule, renewal->moment, out, err);
}

int sealed_renew(const struct sops_input *input, struct keyring *keyring,
		 const struct creation_rule *rule, const struct sealed_moment *moment,
		 struct str *out, struct err *err)
{
	struct arena *arena OWNED(arena_free) = arena_new("sealed file");
	const struct renewal renewal = { input, keyring, rule, moment };
	struct err why = ERR_INIT;
	bool only;
	const char *foreign = sops_foreign_key(arena, input, &only);

	if ((rule && rule->foreign) || (foreign && only))
		return renew_with_program(&renewal, out, err);
	if (renew_with_age(&renewal, out, &why) == 0)
		return 0;
	if (why.kind == ERR_AUTH && foreign && rule)
		return renew_with_program(&renewal, out, err);
	if (err)
		*err = why;
	return -1;
}
