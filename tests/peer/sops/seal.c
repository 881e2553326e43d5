/*
 * What run.sh asks of ours, one thing a run:
 *
 *	seal age-open KEYS FILE          with the keys of a file
 *	seal age-open -p PASSPHRASE FILE
 *	seal age-seal FILE RECIPIENT...  with armor
 *	seal age-seal -p PASSPHRASE FILE
 *	seal open KEYS FILE              a SOPS file, in clear on stdout
 *	seal seal FILE                   by the .sops.yaml around it, encrypted on stdout
 *	seal reseal KEYS FILE
 *
 * The exit code is that of the error, as the program has it.
 */
#include "base/clock.h"
#include "base/fs.h"
#include "seal/sealed.h"

#include <stdio.h>
#include <string.h>

#define TEXT_MAX ((size_t)256 << 20)

struct asked {
	struct arena *arena;
	const char *const *argv; /* behind the verb */
	struct str out;
};

static int read_file(struct asked *asked, const char *path, struct age_text *text, struct err *err)
{
	char *at;

	if (fs_read(asked->arena, path, TEXT_MAX, &at, &text->len, err) < 0)
		return -1;
	text->name = path;
	text->at = at;
	return 0;
}

static int age_open_file(struct asked *asked, struct err *err)
{
	bool passphrase = strcmp(asked->argv[0], "-p") == 0;
	struct age_identities identities = { 0 };
	struct age_text keys, text;

	if (passphrase)
		age_identities_add_passphrase(asked->arena, &identities, asked->argv[1]);
	else if (read_file(asked, asked->argv[0], &keys, err) < 0 ||
		 age_identities_read(asked->arena, &identities, &keys, err) < 0)
		return -1;
	if (read_file(asked, asked->argv[passphrase ? 2 : 1], &text, err) < 0)
		return -1;
	return age_open(&text, &identities, &asked->out, err);
}

static int age_seal_file(struct asked *asked, struct err *err)
{
	bool passphrase = strcmp(asked->argv[0], "-p") == 0;
	struct age_recipient recipients[64];
	struct age_seal seal = { .recipients = recipients, .random = random_system() };
	struct age_text text;

	if (passphrase) {
		seal.passphrase = asked->argv[1];
		seal.work = 12;
	}
	if (read_file(asked, asked->argv[passphrase ? 2 : 0], &text, err) < 0)
		return -1;
	for (size_t i = 1; !passphrase && asked->argv[i] && seal.count < 64; i++)
		if (age_recipient_read(asked->argv[i], &recipients[seal.count++], err) < 0)
			return -1;
	seal.armor = text.len % 2 == 0;
	return age_seal(&seal, text.at, text.len, &asked->out, err);
}

static int read_sops(struct asked *asked, const char *path, struct sops_input *input,
		     struct err *err)
{
	struct age_text text;

	if (read_file(asked, path, &text, err) < 0)
		return -1;
	*input = (struct sops_input){ .file = path, .text = text.at, .len = text.len };
	return 0;
}

static int open_file(struct asked *asked, struct err *err)
{
	struct keyring *keyring OWNED(keyring_free) =
		keyring_new(&(struct keyring_sources){ .age_key_file = asked->argv[0] });
	struct sops_input input;

	if (read_sops(asked, asked->argv[1], &input, err) < 0)
		return -1;
	return sealed_open(&input, keyring, &asked->out, err);
}

static int find_rule(struct asked *asked, const char *path, struct creation_rule *rule,
		     struct err *err)
{
	int r = creation_rule_find(asked->arena, path, rule, err);

	return r > 0 ? err_set(err, ERR_NOT_FOUND, "no rule is for %s", path) : r;
}

static int seal_file(struct asked *asked, struct err *err)
{
	const struct sealed_moment moment = { clock_system()->wall(clock_system()),
					      random_system() };
	struct creation_rule rule;
	struct sops_input input;

	if (read_sops(asked, asked->argv[0], &input, err) < 0 ||
	    find_rule(asked, asked->argv[0], &rule, err) < 0)
		return -1;
	return sealed_make(&input, &rule, &moment, &asked->out, err);
}

static int reseal_file(struct asked *asked, struct err *err)
{
	const struct sealed_moment moment = { clock_system()->wall(clock_system()),
					      random_system() };
	struct keyring *keyring OWNED(keyring_free) =
		keyring_new(&(struct keyring_sources){ .age_key_file = asked->argv[0] });
	struct creation_rule rule;
	struct sops_input input;

	if (read_sops(asked, asked->argv[1], &input, err) < 0 ||
	    find_rule(asked, asked->argv[1], &rule, err) < 0)
		return -1;
	return sealed_renew(&input, keyring, &rule, &moment, &asked->out, err);
}

static const struct {
	const char *name;
	int (*run)(struct asked *asked, struct err *err);
	int words; /* at least */
} verbs[] = {
	{ "age-open", age_open_file, 2 },
	{ "age-seal", age_seal_file, 2 },
	{ "open", open_file, 2 },
	{ "seal", seal_file, 1 },
	{ "reseal", reseal_file, 2 },
};

int main(int argc, char **argv)
{
	struct arena *arena OWNED(arena_free) = arena_new("peer");
	struct asked asked = { .arena = arena, .argv = (const char *const *)argv + 2 };
	struct err err = ERR_INIT;
	int r = -1;

	str_init(&asked.out, TEXT_MAX);
	err_set(&err, ERR_USAGE, "seal VERB ...");
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		if (argc > 1 && strcmp(argv[1], verbs[i].name) == 0 && argc - 2 >= verbs[i].words)
			r = verbs[i].run(&asked, &err);
	if (r == 0)
		fwrite(str_text(&asked.out), 1, asked.out.len, stdout);
	else
		fprintf(stderr, "%s:%u:%u: %s\n", err.file, err.line, err.column, err.text);
	str_done(&asked.out);
	return r == 0 ? 0 : err_exit_code(err.kind);
}
