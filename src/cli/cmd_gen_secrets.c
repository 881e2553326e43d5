#include "base/fs.h"
#include "cli/commands.h"
#include "cli/program.h"
#include "cli/talosctl.h"
#include "cluster/secrets.h"
#include "render/config.h"

#include <string.h>

#define INPUT_MAX ((size_t)16 << 20)
#define BUNDLE_MAX ((size_t)4 << 20)

struct secrets_options {
	const char *output, *talos_version, *config, *pki, *token;
	bool force;
};

static const struct secrets_options secrets_standard = { .output = "secrets.yaml" };

static const struct option secrets_flags[] = {
	{ "output", 'o', OPTION_TEXT, offsetof(struct secrets_options, output), .argument = "FILE",
	  .no_env = true,
	  .doc = "where to write it, mode 0600; - is stdout; without it secrets.yaml" },
	{ "output-file", 0, OPTION_TEXT, offsetof(struct secrets_options, output),
	  .argument = "FILE", .no_env = true },
	{ "talos-version", 0, OPTION_TEXT, offsetof(struct secrets_options, talos_version),
	  .argument = "V", .empty = true,
	  .doc = "version contract, such as v1.13; without it the newest" },
	{ "from-controlplane-config", 0, OPTION_TEXT, offsetof(struct secrets_options, config),
	  .argument = "FILE", .empty = true,
	  .doc = "take them from a control plane's machine config" },
	{ "from-kubernetes-pki", 'p', OPTION_TEXT, offsetof(struct secrets_options, pki),
	  .argument = "DIR", .empty = true,
	  .doc = "take the Kubernetes part from a PKI folder" },
	{ "kubernetes-bootstrap-token", 't', OPTION_TEXT, offsetof(struct secrets_options, token),
	  .argument = "TOKEN", .empty = true,
	  .doc = "for a PKI folder; without it a new one is made" },
	{ "force", 'f', OPTION_FLAG, offsetof(struct secrets_options, force),
	  .doc = "replace a file that exists" },
	{ .name = NULL },
};

/* Strictly, as Talos does; secrets may come from a config of any release. */
static int check_config(struct arena *arena, struct config_input *input, struct err *err)
{
	struct config config;

	for (unsigned release = 0; release < RELEASE_COUNT; release++) {
		err_clear(err);
		input->release = (enum release)release;
		if (config_read(arena, input, &config, err) == 0)
			return 0;
	}
	return -1;
}

static int import_config(struct program *program, const char *file, struct bundle **out,
			 struct err *err)
{
	struct config_input input = { .file = file };
	char *text;

	if (fs_read(program->arena, file, INPUT_MAX, &text, &input.len, err) < 0)
		return -1;
	input.text = text;
	if (check_config(program->arena, &input, err) < 0 ||
	    bundle_import_config(file, text, input.len, out, err) < 0)
		return -1;

	const char *token = (*out)->bootstrap_token, *dot = token ? strchr(token, '.') : NULL;
	if (!dot || strchr(dot + 1, '.')) {
		(*out)->bootstrap_token = ".";
		say_warning(&program->say,
			    "%s: the cluster has no token of two parts, ID.SECRET; nor has the "
			    "bundle",
			    file);
	}
	return 0;
}

static int take_bundle(struct program *program, const struct secrets_options *options,
		       struct bundle **out, struct err *err)
{
	struct bundle_options made;

	if (bundle_terms(program, options->talos_version, &made, err) < 0)
		return -1;
	if (flag_is_given(options->pki))
		return bundle_import_pki(options->pki, options->token, &made, out, err);
	if (flag_is_given(options->config))
		return import_config(program, options->config, out, err);
	return bundle_new(&made, out, err);
}

static int gen_secrets(struct program *program, const void *data, struct err *err)
{
	const struct secrets_options *options = data;
	struct bundle *bundle OWNED(bundle_free) = NULL;
	struct str text SCOPED(str_done) = STR_INIT(BUNDLE_MAX);

	if (take_bundle(program, options, &bundle, err) < 0)
		return -1;
	bundle_write(&text, bundle);
	if (strcmp(options->output, "-") == 0)
		return program_print_text(&text, err);

	const struct output_file file = { .path = options->output,
					  .text = str_text(&text),
					  .len = text.len,
					  .force = options->force };
	return output_file_write(&file, err);
}

const struct command command_gen_secrets = {
	.words = "gen secrets",
	.brief = "make a secrets bundle, as talosctl does",
	.traits = COMMAND_OWN_OUTPUT,
	.options = secrets_flags,
	.size = sizeof(struct secrets_options),
	.standard = &secrets_standard,
	.run = gen_secrets,
};
