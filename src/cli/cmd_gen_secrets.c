#include "base/fs.h"
#include "cli/commands.h"
#include "cli/program.h"
#include "cli/talosctl.h"
#include "cluster/secrets.h"

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
	  .argument = "V", .doc = "version contract, such as v1.13; without it the newest" },
	{ "from-controlplane-config", 0, OPTION_TEXT, offsetof(struct secrets_options, config),
	  .argument = "FILE", .doc = "take them from a control plane's machine config" },
	{ "from-kubernetes-pki", 'p', OPTION_TEXT, offsetof(struct secrets_options, pki),
	  .argument = "DIR", .doc = "take the Kubernetes part from a PKI folder" },
	{ "kubernetes-bootstrap-token", 't', OPTION_TEXT, offsetof(struct secrets_options, token),
	  .argument = "TOKEN", .doc = "for a PKI folder; without it a new one is made" },
	{ "force", 'f', OPTION_FLAG, offsetof(struct secrets_options, force),
	  .doc = "replace a file that exists" },
	{ .name = NULL },
};

static int take_bundle(struct program *program, const struct secrets_options *options,
		       struct bundle **out, struct err *err)
{
	struct bundle_options made;
	char *text;
	size_t len;

	if (bundle_terms(program, options->talos_version, &made, err) < 0)
		return -1;
	if (options->pki)
		return bundle_import_pki(options->pki, options->token, &made, out, err);
	if (!options->config)
		return bundle_new(&made, out, err);
	if (fs_read(program->arena, options->config, INPUT_MAX, &text, &len, err) < 0)
		return -1;
	return bundle_import_config(options->config, text, len, out, err);
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

	const struct output_file file = { options->output, str_text(&text), text.len,
					  options->force };
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
