#include "base/text.h"
#include "cli/commands.h"
#include "cli/program.h"
#include "cluster/version.h"
#include "render/schematic.h"

#include <string.h>

#define TEXT_MAX ((size_t)64 << 10)

struct schematic_options {
	const char *file, *talos, *platform, *arch, *factory;
	bool secureboot;
};

static int read_schematic(struct program *program, const char *file, struct schematic *out,
			  struct err *err)
{
	struct findings findings;

	findings_init(&findings, program->arena);
	int r = schematic_read_file(program->arena, file, out, &findings, err);
	for (size_t i = 0; i < findings.len; i++)
		say_finding(&program->say, &findings.at[i]);
	return r;
}

static int id_run(struct program *program, const void *data, struct err *err)
{
	const struct schematic_options *options = data;
	struct map_builder *map = map_begin(program->arena);
	struct schematic schematic;

	if (read_schematic(program, options->file, &schematic, err) < 0)
		return -1;
	map_add(map, "id", value_str(program->arena, schematic.id));
	program->result = (struct result){ .value = map_end(map), .text = schematic.id };
	return 0;
}

static const struct positional id_positionals[] = {
	{ "FILE", offsetof(struct schematic_options, file),
	  .doc = "the schematic: overlay and customization, as YAML or JSON" },
	{ .name = NULL },
};

const struct command command_schematic_id = {
	.words = "schematic id",
	.brief = "the Image Factory's id of a schematic",
	.about = "Computed from the file alone; nothing is asked of the network. The factory "
		 "knows an id\n"
		 "once somebody has sent it the schematic.",
	.positionals = id_positionals,
	.size = sizeof(struct schematic_options),
	.run = id_run,
};

static const char *const arches[] = { "amd64", "arm64", NULL };

static const struct option url_flags[] = {
	{ "talos-version", 0, OPTION_TEXT, offsetof(struct schematic_options, talos),
	  .argument = "V", .doc = "release of Talos; without it the workspace's" },
	{ "platform", 0, OPTION_TEXT, offsetof(struct schematic_options, platform),
	  .argument = "NAME", .doc = "where it boots; without it metal" },
	{ "arch", 0, OPTION_CHOICE, offsetof(struct schematic_options, arch), .choices = arches,
	  .argument = "ARCH", .doc = "of the processor; without it amd64" },
	{ "factory", 0, OPTION_TEXT, offsetof(struct schematic_options, factory),
	  .argument = "HOST",
	  .doc = "an Image Factory of one's own; without it factory.talos.dev" },
	{ "secureboot", 0, OPTION_FLAG, offsetof(struct schematic_options, secureboot),
	  .doc = "the images signed for Secure Boot" },
	{ .name = NULL },
};

static int talos_version(struct program *program, const char *wanted, const char **out,
			 struct err *err)
{
	const struct cluster *cluster;
	struct version version;

	if (!wanted) {
		if (!program->globals.workspace && program_workspace(program, NULL) < 0)
			return err_set(err, ERR_USAGE,
				       "there is no workspace here that names a release of Talos: "
				       "give --talos-version");
		if (program_cluster(program, &cluster, err) < 0)
			return -1;
		*out = cluster->talos;
		return 0;
	}
	if (!version_parse(wanted, &version) || !version.has_patch)
		return err_set(err, ERR_USAGE, "--talos-version: \"%s\" is no release like v1.13.9",
			       wanted);
	*out = arena_printf(program->arena, "%s%s", wanted[0] == 'v' ? "" : "v", wanted);
	return 0;
}

/* It becomes part of a path. */
static int check_platform(const char *platform, struct err *err)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-";

	if (platform[0] && !platform[strspn(platform, letters)])
		return 0;
	return err_set(err, ERR_USAGE, "--platform: \"%s\" is no platform like metal", platform);
}

/* A host name or address, with a port where it needs one. */
static int check_factory(const char *host, struct err *err)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]";

	if (!host || (host[0] && !host[strspn(host, letters)]))
		return 0;
	err_set(err, ERR_USAGE, "--factory: \"%s\" is no host", host);
	return err_hint(err, "write factory.example.org, without https:// and path");
}

static int url_run(struct program *program, const void *data, struct err *err)
{
	const struct schematic_options *options = data;
	struct arena *arena = program->arena;
	struct map_builder *map = map_begin(arena);
	struct list_builder *list = list_begin(arena);
	struct schematic_target target = { .factory = options->factory,
					   .platform = options->platform,
					   .arch = options->arch,
					   .secureboot = options->secureboot };
	struct schematic schematic;
	struct str text SCOPED(str_done) = STR_INIT(TEXT_MAX);
	struct schematic_urls urls;

	if (check_platform(options->platform, err) < 0 ||
	    check_factory(options->factory, err) < 0 ||
	    read_schematic(program, options->file, &schematic, err) < 0 ||
	    talos_version(program, options->talos, &target.talos, err) < 0)
		return -1;
	target.id = schematic.id;
	schematic_urls(arena, &target, &urls);
	for (size_t i = 0; i < urls.len; i++) {
		struct map_builder *row = map_begin(arena);

		map_add(row, "name", value_str(arena, urls.at[i].name));
		map_add(row, "url", value_str(arena, urls.at[i].url));
		list_add(list, map_end(row));
		str_addf(&text, "%-10s %s\n", urls.at[i].name, urls.at[i].url);
	}
	map_add(map, "id", value_str(arena, schematic.id));
	map_add(map, "talos", value_str(arena, target.talos));
	map_add(map, "urls", list_end(list));
	/* a table would cut them, and they are there to be copied */
	program->result = (struct result){ .value = map_end(map),
					   .text = arena_str(arena, str_text(&text)) };
	return 0;
}

const struct command command_schematic_url = {
	.words = "schematic url",
	.brief = "where the Image Factory has the images of a schematic",
	.about = "ISO, disk image, kernel, network boot and installer, for one release of Talos, "
		 "platform\n"
		 "and architecture. Nothing is asked of the network.",
	.options = url_flags,
	.positionals = id_positionals,
	.size = sizeof(struct schematic_options),
	.standard = &(const struct schematic_options){ .platform = "metal", .arch = "amd64" },
	.run = url_run,
};
