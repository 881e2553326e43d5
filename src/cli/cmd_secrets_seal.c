#include "base/fs.h"
#include "base/text.h"
#include "cli/bundle_file.h"
#include "cli/commands.h"
#include "cli/program.h"
#include "cluster/gitignore.h"
#include "seal/sealed.h"

#include <string.h>

#define TEXT_MAX (4 * FS_FILE_MAX)
#define SEALED_MARK ".sops."

struct seal_options {
	const char *file, *to;
};

static const struct positional seal_positionals[] = {
	{ "FILE", offsetof(struct seal_options, file), .optional = true,
	  .doc = "a YAML file; without it the secrets bundle of the workspace" },
	{ .name = NULL },
};

/* A file that is turned into another form, or into itself. */
struct sealing {
	struct program *program;
	const char *from, *to; /* paths */
	struct sops_input input;
	struct keyring *keyring;
};

static int open_program(struct sealing *sealing, const struct seal_options *options,
			struct err *err)
{
	struct program *program = sealing->program;

	if (options->file && (!program->globals.workspace || fs_exists(options->file))) {
		const struct keyring_sources keys = program_keys(program);

		program->keyring = keyring_new(&keys);
		sealing->keyring = program->keyring;
		sealing->from = options->file;
		return 0;
	}
	if (program_workspace(program, err) < 0)
		return -1;
	if (!options->file && workspace_has_secrets_command(program->workspace)) {
		err_set(err, ERR_INPUT, "cluster.yaml has a command that prints the secrets "
					"bundle: there is no file of it");
		return err_hint(err, "name a file: talforge %s FILE", program->command->words);
	}
	sealing->keyring = workspace_keyring(program->workspace);
	sealing->from = workspace_path(
		program->workspace,
		options->file ? options->file : workspace_secrets_file(program->workspace));
	return 0;
}

static int read_file(struct sealing *sealing, struct err *err)
{
	char *text;

	if (fs_read(sealing->program->arena, sealing->from, FS_FILE_MAX, &text, &sealing->input.len,
		    err) < 0)
		return -1;
	sealing->input.text = text;
	sealing->input.file = sealing->from;
	return 0;
}

static void set_result(struct sealing *sealing, const char *verb, const char *more)
{
	struct arena *arena = sealing->program->arena;
	struct map_builder *map = map_begin(arena);
	const char *said = strcmp(sealing->from, sealing->to) == 0
				   ? arena_printf(arena, "%s %s%s", verb, sealing->to, more)
				   : arena_printf(arena, "%s %s as %s%s", verb, sealing->from,
						  sealing->to, more);

	map_add(map, "file", value_str(arena, sealing->to));
	sealing->program->result = (struct result){ .value = map_end(map), .text = said };
}

static const char *in_folder_of(struct arena *arena, const char *path, const char *name)
{
	size_t folder = (size_t)(fs_base(path) - path);

	return arena_printf(arena, "%.*s%s", (int)folder, path, name);
}

/* ---- encrypt ---- */

/* The bundle in clear, also where there is an encrypted one beside it: that one is replaced. */
static void choose_clear(struct sealing *sealing, const struct seal_options *options)
{
	struct arena *arena = sealing->program->arena;
	const char *clear = in_folder_of(arena, sealing->from, BUNDLE_FILE);

	if (!options->file && text_equal(fs_base(sealing->from), BUNDLE_SEALED) &&
	    fs_exists(clear))
		sealing->from = clear;
	sealing->to = sealing->from;
	if (text_equal(fs_base(sealing->from), BUNDLE_FILE))
		sealing->to = in_folder_of(arena, sealing->from, BUNDLE_SEALED);
}

static int find_rule(struct sealing *sealing, struct creation_rule *rule, struct err *err)
{
	int r = creation_rule_find(sealing->program->arena, sealing->to, rule, err);

	if (r <= 0)
		return r;
	err_set(err, ERR_INPUT, "no .sops.yaml has a creation rule for %s", sealing->to);
	return err_hint(err, "creation_rules: [{age: age1...}], the recipient that age-keygen "
			     "printed");
}

/* Whoever cannot open the old one must not replace it, and a clear text goes only when what takes
 * its place can be opened here. */
static bool opens(const struct sealing *sealing, const char *text, size_t len, struct err *err)
{
	const struct sops_input input = { sealing->to, text, len };
	struct str plain SCOPED(str_done) = STR_INIT(TEXT_MAX);

	return sealed_open(&input, sealing->keyring, &plain, err) == 0;
}

static int check_replaced(const struct sealing *sealing, struct err *err)
{
	char *text;
	size_t len;

	if (strcmp(sealing->from, sealing->to) == 0 || !fs_exists(sealing->to))
		return 0;
	if (fs_read(sealing->program->arena, sealing->to, FS_FILE_MAX, &text, &len, err) < 0)
		return -1;
	return opens(sealing, text, len, err) ? 0 : -1;
}

/* A file that is there keeps its mode. */
static int write_sealed(const struct sealing *sealing, const struct str *sealed, struct err *err)
{
	mode_t mode = 0600;

	if (fs_exists(sealing->to) && fs_mode(sealing->to, &mode, err) < 0)
		return -1;
	return fs_write(sealing->to, str_text(sealed), sealed->len, mode, NULL, err);
}

static int drop_clear(struct sealing *sealing, const struct str *sealed, const char **said,
		      struct err *err)
{
	struct err why = ERR_INIT;

	*said = "";
	if (strcmp(sealing->from, sealing->to) == 0)
		return 0;
	if (!opens(sealing, str_text(sealed), sealed->len, &why)) {
		say_warning(&sealing->program->say,
			    "%s stays in clear, for no key here opens what it became: %s",
			    sealing->from, why.text);
		return 0;
	}
	if (fs_remove(sealing->from, err) < 0)
		return -1;
	*said = arena_printf(sealing->program->arena, " and removed %s", fs_base(sealing->from));
	return 0;
}

static int encrypt_run(struct program *program, const void *data, struct err *err)
{
	struct sealing sealing = { .program = program };
	struct str sealed SCOPED(str_done) = STR_INIT(TEXT_MAX);
	const struct sealed_moment moment = program_sealing(program);
	struct creation_rule rule;
	const char *said;

	if (open_program(&sealing, data, err) < 0)
		return -1;
	choose_clear(&sealing, data);
	if (read_file(&sealing, err) < 0 || find_rule(&sealing, &rule, err) < 0 ||
	    check_replaced(&sealing, err) < 0 ||
	    sealed_make(&sealing.input, &rule, &moment, &sealed, err) < 0 ||
	    write_sealed(&sealing, &sealed, err) < 0 ||
	    drop_clear(&sealing, &sealed, &said, err) < 0)
		return err_wrap(err, "encrypt %s", sealing.from);
	set_result(&sealing, "encrypted", said);
	return 0;
}

const struct command command_secrets_encrypt = {
	.words = "secrets encrypt",
	.brief = "encrypt a file by the rules of .sops.yaml",
	.about = "talsecret.yaml becomes talsecret.sops.yaml and is removed; any other FILE is "
		 "replaced\n"
		 "by its encrypted form. The values are encrypted for the age recipients of the "
		 "first\n"
		 "rule whose path_regex matches; the sops program reads the result, too. Rules\n"
		 "with pgp, kms and other services are left to the sops program.",
	.positionals = seal_positionals,
	.size = sizeof(struct seal_options),
	.run = encrypt_run,
};

/* ---- decrypt ---- */

/* "x.sops.yaml" as "x.yaml"; NULL when it is not called so. */
static const char *clear_name(struct arena *arena, const char *path)
{
	const char *mark = strstr(fs_base(path), SEALED_MARK);

	if (!mark)
		return NULL;
	return arena_printf(arena, "%.*s%s", (int)(mark - path), path,
			    mark + strlen(SEALED_MARK) - 1);
}

static int choose_target(struct sealing *sealing, const struct seal_options *options,
			 struct err *err)
{
	struct arena *arena = sealing->program->arena;

	sealing->to = options->to ? options->to : clear_name(arena, sealing->from);
	if (!sealing->to) {
		err_set(err, ERR_USAGE, "%s is not called x.sops.yaml, so it needs --to FILE",
			sealing->from);
		return err_hint(err, "--show-secrets prints it instead");
	}
	if (fs_exists(sealing->to)) {
		err_set(err, ERR_CONFLICT, "%s exists already", sealing->to);
		return err_hint(err, "move it away, or name another with --to FILE");
	}
	if (git_ignores(arena, sealing->to))
		return 0;
	err_set(err, ERR_REFUSED, "git does not ignore %s", sealing->to);
	return err_hint(err, "add %s to .gitignore", fs_base(sealing->to));
}

static int show_plain(struct sealing *sealing, const struct str *plain)
{
	struct arena *arena = sealing->program->arena;
	struct map_builder *map = map_begin(arena);
	const char *text = arena_strn(arena, str_text(plain), plain->len);

	map_add(map, "file", value_str(arena, sealing->from));
	map_add(map, "text", value_with_sensitive(arena, value_str(arena, text)));
	sealing->program->result = (struct result){ .value = map_end(map), .text = text };
	return 0;
}

static int decrypt_run(struct program *program, const void *data, struct err *err)
{
	struct sealing sealing = { .program = program };
	struct str plain SCOPED(str_done) = STR_INIT(TEXT_MAX);
	bool shows = program->globals.show_secrets && !((const struct seal_options *)data)->to;

	if (open_program(&sealing, data, err) < 0)
		return -1;
	if (read_file(&sealing, err) < 0 ||
	    (!shows && choose_target(&sealing, data, err) < 0) ||
	    sealed_open(&sealing.input, sealing.keyring, &plain, err) < 0)
		return err_wrap(err, "decrypt %s", sealing.from);
	if (shows)
		return show_plain(&sealing, &plain);
	if (fs_create(sealing.to, str_text(&plain), plain.len, 0600, err) < 0)
		return err_wrap(err, "decrypt %s", sealing.from);
	say_warning(&program->say, BUNDLE_IN_CLEAR, sealing.to);
	set_result(&sealing, "decrypted", "");
	return 0;
}

static const struct option decrypt_flags[] = {
	{ "to", 0, OPTION_TEXT, offsetof(struct seal_options, to), .argument = "FILE",
	  .doc = "write it there; without it x.sops.yaml becomes x.yaml" },
	{ .name = NULL },
};

const struct command command_secrets_decrypt = {
	.words = "secrets decrypt",
	.brief = "an encrypted file in clear, beside it",
	.about = "talsecret.sops.yaml becomes talsecret.yaml, mode 0600, and stays; nothing is "
		 "ever\n"
		 "overwritten, and git must ignore the new file. --show-secrets prints the text "
		 "instead.\n"
		 "Keys come from SOPS_AGE_KEY, SOPS_AGE_KEY_FILE, SOPS_AGE_KEY_CMD and\n"
		 "~/.config/sops/age/keys.txt.",
	.options = decrypt_flags,
	.positionals = seal_positionals,
	.size = sizeof(struct seal_options),
	.run = decrypt_run,
};

/* ---- rotate ---- */

static int check_sealed(const struct sealing *sealing, struct err *err)
{
	if (sops_is_sealed(&sealing->input))
		return 0;
	err_set(err, ERR_INPUT, "%s is not encrypted", sealing->from);
	return err_hint(err, "encrypt it first: talforge secrets encrypt");
}

static int rotate_run(struct program *program, const void *data, struct err *err)
{
	struct sealing sealing = { .program = program };
	struct str sealed SCOPED(str_done) = STR_INIT(TEXT_MAX);
	const struct sealed_moment moment = program_sealing(program);
	struct creation_rule rule;
	int r;

	if (open_program(&sealing, data, err) < 0)
		return -1;
	sealing.to = sealing.from;
	if (read_file(&sealing, err) < 0 || check_sealed(&sealing, err) < 0)
		return err_wrap(err, "rotate %s", sealing.from);
	r = creation_rule_find(program->arena, sealing.from, &rule, err);
	if (r < 0 ||
	    sealed_renew(&sealing.input, sealing.keyring, r > 0 ? NULL : &rule, &moment, &sealed,
			 err) < 0 ||
	    write_sealed(&sealing, &sealed, err) < 0)
		return err_wrap(err, "rotate %s", sealing.from);
	set_result(&sealing, "encrypted",
		   r > 0 ? " with a new key, for the same recipients"
			 : " with a new key, for the recipients of .sops.yaml");
	return 0;
}

const struct command command_secrets_rotate = {
	.words = "secrets rotate",
	.brief = "a new key for an encrypted file, for who .sops.yaml names now",
	.about = "Every value is encrypted again with a new data key, for the recipients of the "
		 "file's\n"
		 "creation rule; whoever is no longer one of them cannot open what comes from now "
		 "on.\n"
		 "What they have seen they still know: the cluster's own keys are not changed.",
	.positionals = seal_positionals,
	.size = sizeof(struct seal_options),
	.run = rotate_run,
};
