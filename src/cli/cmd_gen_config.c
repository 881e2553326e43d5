#include "base/clock.h"
#include "base/fs.h"
#include "cli/commands.h"
#include "cli/program.h"
#include "cli/talosctl.h"
#include "cluster/secrets.h"
#include "render/generate.h"
#include "render/schematic.h"
#include "render/talosconfig.h"
#include "render/unprinted.h"

#include <string.h>

#define INPUT_MAX ((size_t)16 << 20)

struct config_options {
	const char *name, *endpoint;
	const char *as, *version, *install_disk, *install_image, *dns_domain;
	const char *kubernetes_version, *talos_version, *secrets, *output, *folder;
	struct words sans, mirrors, types, patches, control_patches, worker_patches;
	bool docs, examples, discovery, kubespan, force;
};

static const struct config_options config_standard = {
	.install_disk = "/dev/sda",
	.dns_domain = "cluster.local",
	.discovery = true,
};

/* What the tool of each release takes when nothing is said. */
static const struct {
	const char *kubernetes, *image;
} release_standard[] = {
	[RELEASE_1_13] = { "1.36.3", "ghcr.io/siderolabs/installer:v1.13.9" },
	[RELEASE_1_14] = { "1.37.0", "factory.talos.dev/metal-installer/"
				     "376567988ad370138ad8b2698212367b8edcb69b5fd68c80be1f2ec7d603b"
				     "4ba:v1.14.0" },
};
_Static_assert(ARRAY_LEN(release_standard) == RELEASE_COUNT, "a row per release");

static const char *const config_versions[] = { "v1alpha1", NULL };

static const struct option config_flags[] = {
	{ "install-disk", 0, OPTION_TEXT, offsetof(struct config_options, install_disk),
	  .argument = "DISK", .empty = true, .doc = "without it /dev/sda" },
	{ "install-image", 0, OPTION_TEXT, offsetof(struct config_options, install_image),
	  .argument = "IMAGE", .empty = true, .doc = "the installer; without it the release's" },
	{ "additional-sans", 0, OPTION_CSV, offsetof(struct config_options, sans),
	  .argument = "A,B", .doc = "more names of the API servers" },
	{ "dns-domain", 0, OPTION_TEXT, offsetof(struct config_options, dns_domain),
	  .argument = "NAME", .empty = true, .doc = "of the cluster; without it cluster.local" },
	{ "kubernetes-version", 0, OPTION_TEXT, offsetof(struct config_options, kubernetes_version),
	  .argument = "V", .empty = true, .doc = "without it the release's" },
	{ "talos-version", 0, OPTION_TEXT, offsetof(struct config_options, talos_version),
	  .argument = "V", .empty = true,
	  .doc = "version contract, such as v1.13; without it the newest" },
	{ "config-patch", 0, OPTION_REPEAT, offsetof(struct config_options, patches),
	  .argument = "@FILE", .doc = "patch for all nodes" },
	{ "config-patch-control-plane", 0, OPTION_REPEAT,
	  offsetof(struct config_options, control_patches), .argument = "@FILE",
	  .doc = "patch for control planes, after those for all" },
	{ "config-patch-worker", 0, OPTION_REPEAT, offsetof(struct config_options, worker_patches),
	  .argument = "@FILE", .doc = "patch for workers, after those for all" },
	{ "registry-mirror", 0, OPTION_CSV, offsetof(struct config_options, mirrors),
	  .argument = "HOST=URL", .doc = "a mirror of an image registry" },
	{ "with-docs", 0, OPTION_FLAG, offsetof(struct config_options, docs),
	  .doc = "is false and cannot be true" },
	{ "with-examples", 0, OPTION_FLAG, offsetof(struct config_options, examples),
	  .doc = "is false and cannot be true" },
	{ "with-cluster-discovery", 0, OPTION_FLAG, offsetof(struct config_options, discovery),
	  .doc = "true unless =false is said" },
	{ "with-kubespan", 0, OPTION_FLAG, offsetof(struct config_options, kubespan),
	  .doc = "the KubeSpan network" },
	{ "with-secrets", 0, OPTION_TEXT, offsetof(struct config_options, secrets),
	  .argument = "FILE", .empty = true,
	  .doc = "secrets bundle; without it a new one is made and not kept" },
	{ "output-types", 't', OPTION_LIST, offsetof(struct config_options, types),
	  .argument = "A,B", .doc = "of controlplane, worker, talosconfig; without it all" },
	{ "output", 'o', OPTION_TEXT, offsetof(struct config_options, output), .argument = "PATH",
	  .no_env = true, .empty = true, .doc = "a folder; with one output type a file or -" },
	{ "output-dir", 0, OPTION_TEXT, offsetof(struct config_options, folder), .argument = "DIR",
	  .no_env = true, .empty = true },
	{ "version", 0, OPTION_CHOICE, offsetof(struct config_options, version),
	  .choices = config_versions, .argument = "V", .no_env = true,
	  .doc = "of the config's main document" },
	{ "as", 0, OPTION_CHOICE, offsetof(struct config_options, as), .choices = release_names,
	  .argument = "RELEASE", .doc = "whose behaviour is wanted; without it v1.13" },
	{ "force", 'f', OPTION_FLAG, offsetof(struct config_options, force),
	  .doc = "replace files that exist" },
	{ .name = NULL },
};

static const struct positional config_positionals[] = {
	{ "NAME", offsetof(struct config_options, name), .doc = "of the cluster" },
	{ "ENDPOINT", offsetof(struct config_options, endpoint),
	  .doc = "of the Kubernetes API: https://10.0.0.1:6443" },
	{ .name = NULL },
};

/* One `gen config` on its way. */
struct generation {
	struct program *program;
	const struct config_options *options;
	struct generate_input input;
	struct bundle *bundle; /* owned */
	enum release release;
	struct patch_list common, control, worker;
	struct findings traps;
};

struct output {
	const char *type, *file;
	bool always; /* made also when nobody wants it, since its patches must fit */
	int (*make)(struct generation *generation, struct str *out, struct err *err);
};

static int apply(struct generation *generation, const struct patch_list *patches,
		 struct config *config, struct err *err)
{
	for (size_t i = 0; i < patches->len; i++)
		if (patch_apply(generation->program->arena, config, patches->at[i], config, err) <
		    0)
			return -1;
	return 0;
}

static int make_config(struct generation *generation, enum role role, struct str *out,
		       struct err *err)
{
	struct config config;

	if (generate_config(generation->program->arena, &generation->input, role, &config, err) <
		    0 ||
	    apply(generation, &generation->common, &config, err) < 0 ||
	    apply(generation, role == ROLE_CONTROL ? &generation->control : &generation->worker,
		  &config, err) < 0)
		return err_wrap(err, "make the %s config", role_name(role));
	unprinted_drop(generation->program->arena, &config, &generation->traps);
	config_write(out, &config);
	return 0;
}

static int make_control(struct generation *generation, struct str *out, struct err *err)
{
	return make_config(generation, ROLE_CONTROL, out, err);
}

static int make_worker(struct generation *generation, struct str *out, struct err *err)
{
	return make_config(generation, ROLE_WORKER, out, err);
}

static int make_talosconfig(struct generation *generation, struct str *out, struct err *err)
{
	static const char *const roles[] = { "os:admin", NULL };
	const struct bundle *bundle = generation->bundle;
	struct talosconfig_context context = { .name = generation->options->name,
					       .ca = bundle->talos.cert };

	if (bundle_client(bundle, generation->program->arena,
			  &(struct client_request){ .roles = roles,
						    .now = program_wall(generation->program),
						    .lifetime = 365 * DAY },
			  &context.identity, err) < 0)
		return err_wrap(err, "make the talosconfig");
	talosconfig_write(out, &context);
	return 0;
}

static const struct output outputs[] = {
	{ "controlplane", "controlplane.yaml", true, make_control },
	{ "worker", "worker.yaml", true, make_worker },
	{ "talosconfig", "talosconfig", false, make_talosconfig },
};

static bool is_wanted(const struct config_options *options, const struct output *output)
{
	for (size_t i = 0; i < options->types.len; i++)
		if (strcmp(options->types.at[i], output->type) == 0)
			return true;
	return options->types.len == 0;
}

static bool is_stdout(const struct config_options *options)
{
	const char *path = flag_is_given(options->folder) ? options->folder : options->output;

	return path && strcmp(path, "-") == 0;
}

static int check_types(const struct config_options *options, struct err *err)
{
	for (size_t t = 0; t < options->types.len; t++) {
		bool known = false;

		for (size_t i = 0; i < ARRAY_LEN(outputs); i++)
			known = known || strcmp(outputs[i].type, options->types.at[t]) == 0;
		if (!known)
			return err_set(err, ERR_USAGE,
				       "--output-types: \"%s\" is none of controlplane, worker, "
				       "talosconfig",
				       options->types.at[t]);
	}
	if (options->docs || options->examples)
		return err_set(err, ERR_USAGE, "--with-%s cannot be true",
			       options->docs ? "docs" : "examples");
	if (flag_is_given(options->folder) && flag_is_given(options->output))
		return err_set(err, ERR_USAGE, "--output and --output-dir are the same");
	if (is_stdout(options) && options->types.len != 1)
		return err_set(err, ERR_USAGE, "--output - needs one output type");
	return 0;
}

static int add_mirror(struct generation *generation, const char *text, struct err *err)
{
	struct arena *arena = generation->program->arena;
	struct generate_input *input = &generation->input;
	struct registry_mirror *mirror = (struct registry_mirror *)input->mirror;
	size_t host = strcspn(text, "="), at = 0;

	if (!text[host])
		return err_set(err, ERR_USAGE, "--registry-mirror: \"%s\" is no HOST=URL", text);
	const char *name = arena_strn(arena, text, host);
	while (at < input->mirrors && strcmp(mirror[at].host, name) != 0)
		at++;
	if (at == input->mirrors) {
		mirror[at].host = name;
		input->mirrors++;
	}

	size_t len = mirror[at].endpoints;
	const char **endpoint = arena_calloc(arena, len + 1, sizeof(*endpoint));
	if (len)
		memcpy(endpoint, mirror[at].endpoint, len * sizeof(*endpoint));
	endpoint[len] = text + host + 1;
	mirror[at].endpoint = endpoint;
	mirror[at].endpoints = len + 1;
	return 0;
}

static int read_bundle(struct generation *generation, struct err *err)
{
	const struct config_options *options = generation->options;
	struct bundle_options made;
	char *text;
	size_t len;

	if (!flag_is_given(options->secrets)) {
		if (bundle_terms(generation->program, options->talos_version, &made, err) < 0)
			return -1;
		return bundle_new(&made, &generation->bundle, err);
	}
	if (fs_read(generation->program->arena, options->secrets, INPUT_MAX, &text, &len, err) < 0)
		return -1;
	return bundle_read(options->secrets, text, len, &generation->bundle, err);
}

static int prepare(struct generation *generation, struct err *err)
{
	const struct config_options *options = generation->options;
	struct arena *arena = generation->program->arena;
	enum release release = release_named(options->as);
	const char *kubernetes = options->kubernetes_version, *image = options->install_image;

	if (contract_text(arena, options->talos_version, &generation->input.contract, err) < 0 ||
	    patches_from(arena, &options->patches, release, &generation->common, err) < 0 ||
	    patches_from(arena, &options->control_patches, release, &generation->control, err) <
		    0 ||
	    patches_from(arena, &options->worker_patches, release, &generation->worker, err) < 0 ||
	    read_bundle(generation, err) < 0)
		return -1;

	if (installer_is_dead(image))
		say_warning(&generation->program->say,
			    "--install-image: no image is published under that name since Talos "
			    "1.14");

	struct generate_input *input = &generation->input;
	input->cluster_name = options->name;
	input->endpoint = options->endpoint;
	input->kubernetes_version = kubernetes ? kubernetes : release_standard[release].kubernetes;
	input->install_disk = options->install_disk;
	input->install_image = image ? image : release_standard[release].image;
	input->dns_domain = options->dns_domain;
	input->san = (const char *const *)options->sans.at;
	input->sans = options->sans.len;
	input->no_discovery = !options->discovery;
	input->kubespan = options->kubespan;
	input->bundle = generation->bundle;
	input->release = release;
	input->mirror = arena_calloc(arena, options->mirrors.len + 1, sizeof(*input->mirror));
	for (size_t i = 0; i < options->mirrors.len; i++)
		if (add_mirror(generation, options->mirrors.at[i], err) < 0)
			return -1;
	return 0;
}

static const char *output_folder(const struct config_options *options)
{
	if (flag_is_given(options->folder))
		return options->folder;
	return !flag_is_given(options->output) ? "." : options->output;
}

/* With one output type --output is a file. */
static bool is_one_file(const struct config_options *options)
{
	return options->types.len == 1 && flag_is_given(options->output);
}

static const char *output_path(const struct generation *generation, const struct output *output)
{
	const struct config_options *options = generation->options;

	if (is_one_file(options))
		return options->output;
	return fs_join(generation->program->arena, output_folder(options), output->file);
}

/* What cannot be written is told before the first is. */
static int check_outputs(const struct generation *generation, struct err *err)
{
	const struct config_options *options = generation->options;

	for (size_t i = 0; i < ARRAY_LEN(outputs) && !is_stdout(options); i++) {
		const struct output_file file = { .path = output_path(generation, &outputs[i]),
						  .force = options->force };

		if (!is_wanted(options, &outputs[i]) || output_file_check(&file, err) == 0)
			continue;
		if (err->kind == ERR_USAGE && is_one_file(options))
			return err_hint(err, "with one output type --output is a file; "
					     "--output-dir takes a folder");
		return -1;
	}
	return 0;
}

/* What is wanted, in memory: a failure leaves nothing half-written. */
static int make_outputs(struct generation *generation, struct output_file *files, size_t *count,
			struct err *err)
{
	const struct config_options *options = generation->options;

	for (size_t i = 0; i < ARRAY_LEN(outputs); i++) {
		struct str text SCOPED(str_done) = STR_INIT(INPUT_MAX);
		bool wanted = is_wanted(options, &outputs[i]);

		if (!wanted && !outputs[i].always)
			continue;
		if (outputs[i].make(generation, &text, err) < 0)
			return -1;
		if (!wanted)
			continue;
		files[(*count)++] = (struct output_file){
			.path = output_path(generation, &outputs[i]),
			.text = arena_strn(generation->program->arena, str_text(&text), text.len),
			.len = text.len,
			.force = options->force,
			/* without a bundle these files are all that holds the new secrets */
			.again = flag_is_given(options->secrets),
			.folder = true,
		};
	}
	return 0;
}

static int write_outputs(struct generation *generation, struct err *err)
{
	struct program *program = generation->program;
	struct output_file files[ARRAY_LEN(outputs)];
	size_t count = 0;

	if (make_outputs(generation, files, &count, err) < 0)
		return -1;
	if (is_stdout(generation->options)) {
		struct str text SCOPED(str_done) = STR_INIT(INPUT_MAX);

		str_addn(&text, files[0].text, files[0].len);
		return program_print_text(&text, err);
	}
	for (size_t i = 0; i < count; i++) {
		if (output_file_write(&files[i], err) < 0)
			return -1;
		say_note(&program->say, "wrote %s", files[i].path);
	}
	return 0;
}

static int gen_config(struct program *program, const void *data, struct err *err)
{
	struct generation generation = { .program = program, .options = data };
	struct patch_list none = { .traps = &generation.traps };
	int r = -1;

	findings_init(&generation.traps, program->arena);
	generation.common = generation.control = generation.worker = none;

	if (check_types(data, err) == 0 && check_outputs(&generation, err) == 0 &&
	    prepare(&generation, err) == 0)
		r = write_outputs(&generation, err);
	if (r == 0)
		traps_say(&program->say, &generation.traps);
	bundle_free(generation.bundle);
	return r;
}

const struct command command_gen_config = {
	.words = "gen config",
	.brief = "make the configs of a cluster from its name and endpoint, as talosctl does",
	.about = "Writes controlplane.yaml, worker.yaml and talosconfig, mode 0600.",
	.traits = COMMAND_OWN_OUTPUT,
	.options = config_flags,
	.positionals = config_positionals,
	.size = sizeof(struct config_options),
	.standard = &config_standard,
	.run = gen_config,
};
