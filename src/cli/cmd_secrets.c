#include "base/fs.h"
#include "cli/bundle_file.h"
#include "cli/commands.h"
#include "cli/program.h"
#include "crypto/random.h"
#include "tree/yaml.h"

#define CONFIG_MAX ((size_t)16 << 20)
#define BUNDLE_MAX ((size_t)4 << 20)

static void set_result(struct program *program, const char *verb, const char *name)
{
	struct arena *arena = program->arena;
	struct map_builder *map = map_begin(arena);

	map_add(map, "file", value_str(arena, name));
	program->result = (struct result){
		.value = map_end(map),
		.text = arena_printf(arena, "%s %s", verb, name),
	};
}

/* A file beside the command would never be read. */
static int refuse_command(struct program *program, struct err *err)
{
	if (!workspace_has_secrets_command(program->workspace))
		return 0;
	err_set(err, ERR_INPUT, "cluster.yaml has a command that prints the secrets bundle");
	return err_hint(err, "store the bundle where the command finds it, or take secrets out of "
			     "cluster.yaml first");
}

static int secrets_new(struct program *program, const void *options, struct err *err)
{
	const char *name;

	(void)options;
	if (program_workspace(program, err) < 0 || refuse_command(program, err) < 0 ||
	    bundle_file_new(program, workspace_folder(program->workspace), &name, err) < 0)
		return err_wrap(err, "make the secrets bundle");
	set_result(program, "wrote", name);
	return 0;
}

const struct command command_secrets_new = {
	.words = "secrets new",
	.brief = "make the secrets bundle of a new cluster",
	.about = "The certificate authorities, keys and tokens that are the cluster's identity,\n"
		 "in talsecret.sops.yaml, encrypted for the age recipients that .sops.yaml names,\n"
		 "or in talsecret.yaml, in clear. Mode 0600; one that exists is never replaced.",
	.run = secrets_new,
};

struct import_options {
	const char *source, *token;
};

static const struct option import_flags[] = {
	{ "kubernetes-bootstrap-token", 't', OPTION_TEXT, offsetof(struct import_options, token),
	  .argument = "TOKEN", .doc = "for a PKI folder; without it a new one is made" },
	{ .name = NULL },
};

static const struct positional import_positionals[] = {
	{ "SOURCE", offsetof(struct import_options, source),
	  .doc = "a control plane's machine config, or a Kubernetes PKI folder" },
	{ .name = NULL },
};

/* What was found must be enough for this workspace, as a bundle that is read must be. */
static int read_config(const char *name, const char *config, size_t len, struct bundle **out,
		       struct err *err)
{
	struct bundle *found OWNED(bundle_free) = NULL, *whole OWNED(bundle_free) = NULL;
	struct str text SCOPED(str_done) = STR_INIT(BUNDLE_MAX);

	if (bundle_import_config(name, config, len, &found, err) < 0)
		return -1;
	bundle_write(&text, found);
	if (bundle_read(name, str_text(&text), text.len, &whole, err) < 0) {
		err->file[0] = '\0'; /* its place is one in our text, not in the user's */
		err_hint(err, "only the config of a control plane holds all of it");
		return err_wrap(err, "%s", name);
	}
	*out = take(found);
	return 0;
}

static int read_source(struct program *program, const struct import_options *options,
		       struct bundle **out, struct err *err)
{
	const struct cluster *cluster;
	char *text;
	size_t len;

	if (!fs_is_dir(options->source)) {
		if (fs_read(program->arena, options->source, CONFIG_MAX, &text, &len, err) < 0)
			return -1;
		return read_config(options->source, text, len, out, err);
	}
	if (program_cluster(program, &cluster, err) < 0)
		return -1;

	const struct bundle_options made = { .contract = cluster->contract,
					     .now = program_wall(program),
					     .random = random_system() };
	return bundle_import_pki(options->source, options->token, &made, out, err);
}

static int secrets_import(struct program *program, const void *data, struct err *err)
{
	struct bundle *bundle OWNED(bundle_free) = NULL;
	const char *name;

	if (program_workspace(program, err) < 0)
		return -1;
	if (refuse_command(program, err) < 0 || read_source(program, data, &bundle, err) < 0 ||
	    bundle_file_write(program, bundle, workspace_folder(program->workspace), &name, err) <
		    0)
		return err_wrap(err, "import the secrets bundle");
	set_result(program, "imported", name);
	return 0;
}

const struct command command_secrets_import = {
	.words = "secrets import",
	.brief = "take the secrets bundle from a running cluster's files",
	.about = "From a control plane's machine config all of it; from a Kubernetes PKI folder "
		 "the\n"
		 "Kubernetes part, and the rest is made. A bundle that exists is never replaced.",
	.options = import_flags,
	.positionals = import_positionals,
	.size = sizeof(struct import_options),
	.run = secrets_import,
};

static int secrets_show(struct program *program, const void *options, struct err *err)
{
	struct str text SCOPED(str_done) = STR_INIT(BUNDLE_MAX);
	struct yaml_documents documents;
	const struct bundle *bundle;

	(void)options;
	if (program_bundle(program, &bundle, err) < 0)
		return -1;
	bundle_write(&text, bundle);

	const struct yaml_input input = {
		.file = BUNDLE_FILE, .text = str_text(&text), .len = text.len, .sensitive = true
	};
	if (yaml_read(program->arena, &input, &documents, err) < 0)
		return -1;

	struct yaml_style style = yaml_style_talos;
	struct str shown SCOPED(str_done) = STR_INIT(BUNDLE_MAX);
	style.stars = !program->globals.show_secrets;
	yaml_write(&shown, documents.at[0], &style);

	struct map_builder *map = map_begin(program->arena);
	map_add(map, "bundle", documents.at[0]);
	program->result = (struct result){ .value = map_end(map),
					   .text = arena_str(program->arena, str_text(&shown)) };
	return 0;
}

const struct command command_secrets_show = {
	.words = "secrets show",
	.brief = "what the secrets bundle holds, starred",
	.about = "--show-secrets prints the values.",
	.run = secrets_show,
};
