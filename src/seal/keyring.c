#include "seal/keyring.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/text.h"
#include "loop/process.h"

#include <string.h>

#define KEYS_MAX ((size_t)1 << 20)
#define COMMAND_TIME (60 * SECOND)
#define BELOW_CONFIG "sops/age/keys.txt"

struct keyring {
	struct arena *arena; /* owned */
	struct keyring_sources sources;
	struct age_identities identities;
	struct err fault; /* the first source that gave none */
	bool read;
};

struct keyring *keyring_new(const struct keyring_sources *sources)
{
	struct keyring *keyring = mem_new(sizeof(*keyring));

	keyring->arena = arena_new("keyring");
	if (!sources)
		return keyring;
	keyring->sources = (struct keyring_sources){
		.age_key = arena_str(keyring->arena, sources->age_key),
		.age_key_file = arena_str(keyring->arena, sources->age_key_file),
		.age_key_command = arena_str(keyring->arena, sources->age_key_command),
		.config_folder = arena_str(keyring->arena, sources->config_folder),
	};
	return keyring;
}

void keyring_free(struct keyring *keyring)
{
	if (!keyring)
		return;
	arena_free(keyring->arena);
	mem_free(keyring, sizeof(*keyring));
}

/* Whoever cannot read a key has none, whatever the reason. */
static int blame(struct keyring *keyring, const struct err *why)
{
	if (err_is_set(&keyring->fault))
		return -1;
	keyring->fault = *why;
	keyring->fault.kind = ERR_AUTH;
	return -1;
}

static int add_text(struct keyring *keyring, const struct age_text *text)
{
	struct err err = ERR_INIT;

	if (age_is(text->at, text->len)) {
		err_set(&err, ERR_AUTH, "%s is protected by a passphrase, which is not supported",
			text->name);
		err_hint(&err, "give what `age -d FILE` prints in SOPS_AGE_KEY");
		return blame(keyring, &err);
	}
	if (age_identities_read(keyring->arena, &keyring->identities, text, &err) < 0)
		return blame(keyring, &err);
	return 0;
}

static int add_file(struct keyring *keyring, const char *name, const char *path)
{
	struct err err = ERR_INIT;
	struct age_text text = { .name = path };
	char *at;

	if (fs_read(keyring->arena, path, KEYS_MAX, &at, &text.len, &err) < 0) {
		err_wrap(&err, "%s", name);
		return blame(keyring, &err);
	}
	text.at = at;
	return add_text(keyring, &text);
}

static int add_command(struct keyring *keyring, const char *command)
{
	const char *const argv[] = { "/bin/sh", "-c", command, NULL };
	const struct process_request request = { .argv = argv,
						 .name = "SOPS_AGE_KEY_CMD",
						 .output_max = KEYS_MAX,
						 .error_max = 1,
						 .timeout = COMMAND_TIME };
	struct process_result result SCOPED(process_result_done) = { .code = -1 };
	struct err err = ERR_INIT;
	struct age_text text = { .name = "SOPS_AGE_KEY_CMD" };

	if (process_output(&request, &result, &err) < 0)
		return blame(keyring, &err);
	if (result.code != 0) {
		err_set(&err, ERR_AUTH, "SOPS_AGE_KEY_CMD ended with exit code %d", result.code);
		return blame(keyring, &err);
	}
	text.at = str_text(&result.output);
	text.len = result.output.len;
	return add_text(keyring, &text);
}

static void read_sources(struct keyring *keyring)
{
	const struct keyring_sources *sources = &keyring->sources;

	if (!text_is_blank(sources->age_key))
		add_text(keyring, &(struct age_text){ "SOPS_AGE_KEY", sources->age_key,
						      strlen(sources->age_key) });
	if (!text_is_blank(sources->age_key_file))
		add_file(keyring, "SOPS_AGE_KEY_FILE", sources->age_key_file);
	if (!text_is_blank(sources->age_key_command))
		add_command(keyring, sources->age_key_command);
	if (!text_is_blank(sources->config_folder)) {
		const char *path = fs_join(keyring->arena, sources->config_folder, BELOW_CONFIG);

		if (fs_exists(path))
			add_file(keyring, "the key file", path);
	}
}

static void say_none(const struct keyring *keyring, struct err *err)
{
	const char *folder = keyring ? keyring->sources.config_folder : NULL;

	if (keyring && err_is_set(&keyring->fault) && err) {
		*err = keyring->fault;
		return;
	}
	if (keyring && keyring->identities.foreign > 0)
		err_set(err, ERR_AUTH, "the age keys given are of plugins or post-quantum ones, "
				       "which are not supported");
	else if (folder)
		err_set(err, ERR_AUTH, "there is no age key: SOPS_AGE_KEY_FILE and SOPS_AGE_KEY "
				       "are not set, and there is no %s/" BELOW_CONFIG,
			folder);
	else
		err_set(err, ERR_AUTH, "there is no age key: SOPS_AGE_KEY_FILE and SOPS_AGE_KEY "
				       "are not set");
	err_hint(err, "SOPS_AGE_KEY_FILE names a file that age-keygen made");
}

const struct age_identities *keyring_age(struct keyring *keyring, struct err *err)
{
	if (keyring && !keyring->read) {
		keyring->read = true;
		read_sources(keyring);
	}
	if (keyring && keyring->identities.len > 0)
		return &keyring->identities;
	say_none(keyring, err);
	return NULL;
}
