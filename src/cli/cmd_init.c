#include "base/fs.h"
#include "base/text.h"
#include "cli/bundle_file.h"
#include "cli/commands.h"
#include "cli/program.h"
#include "cluster/profile.h"

#include <string.h>

struct init_options {
	const char *folder, *profile;
	bool list;
};

static const char *const *profile_names(struct arena *arena)
{
	struct words names = { 0 };
	size_t count;
	const struct profile *profile = profile_all(arena, &count);

	for (size_t i = 0; i < count; i++)
		words_add(&names, arena, profile[i].name);
	return names.at;
}

static const struct option init_flags[] = {
	{ "profile", 'p', OPTION_TEXT, offsetof(struct init_options, profile), .argument = "NAME",
	  .offers = profile_names, .doc = "what to start from" },
	{ "list", 0, OPTION_FLAG, offsetof(struct init_options, list), .doc = "list the profiles" },
	{ .name = NULL },
};

static const struct positional init_positionals[] = {
	{ "DIR", offsetof(struct init_options, folder), .optional = true,
	  .doc = "the folder of the new workspace; made when it is absent" },
	{ .name = NULL },
};

static int list_profiles(struct program *program)
{
	static const struct column columns[] = { { "name", "PROFILE" },
						 { "about", "WHAT" },
						 { 0 } };
	struct arena *arena = program->arena;
	struct list_builder *list = list_begin(arena);
	size_t count;
	const struct profile *profile = profile_all(arena, &count);

	for (size_t i = 0; i < count; i++) {
		struct map_builder *row = map_begin(arena);

		map_add(row, "name", value_str(arena, profile[i].name));
		map_add(row, "about", value_str(arena, profile[i].about));
		list_add(list, map_end(row));
	}

	struct map_builder *map = map_begin(arena);
	map_add(map, "profiles", list_end(list));
	program->result =
		(struct result){ .value = map_end(map), .rows = "profiles", .columns = columns };
	return 0;
}

static int check_profile(struct arena *arena, const char *name, struct err *err)
{
	const char *const *names = profile_names(arena);
	size_t count = 0;

	for (; names[count]; count++)
		if (strcmp(names[count], name) == 0)
			return 0;
	err_set(err, ERR_USAGE, "there is no profile %s", name);

	const char *near = text_nearest(name, names, count);
	if (near)
		return err_hint(err, "did you mean \"%s\"?", near);
	return err_hint(err, "talforge init --list shows the profiles");
}

static int check_options(struct arena *arena, const struct init_options *options, struct err *err)
{
	if (!options->folder) {
		err_set(err, ERR_USAGE, "`init` needs DIR: the folder of the new workspace");
		return err_hint(err, "talforge init --list shows the profiles");
	}
	if (!options->profile) {
		err_set(err, ERR_USAGE, "`init` needs --profile NAME");
		return err_hint(err, "talforge init --list shows the profiles");
	}
	return check_profile(arena, options->profile, err);
}

static const char *next_steps(struct program *program, const char *folder)
{
	return arena_printf(
		program->arena,
		"%s is ready. Next:\n"
		"  edit %s/cluster.yaml and nodes.yaml     networks, names, disks\n"
		"  talforge -C %s check                    what is wrong with them\n"
		"  talforge -C %s up --sim --yes           rehearse on simulated nodes\n"
		"  talforge -C %s up                       the real ones\n",
		folder, folder, folder, folder, folder);
}

static int init_run(struct program *program, const void *data, struct err *err)
{
	const struct init_options *options = data;
	struct map_builder *map = map_begin(program->arena);
	const char *name;

	if (options->list)
		return list_profiles(program);
	if (check_options(program->arena, options, err) < 0)
		return -1;

	if (bundle_file_absent(program, options->folder, err) < 0)
		return err_wrap(err, "start a workspace where there is a cluster");
	if (profile_write(options->profile, options->folder, err) < 0)
		return err_wrap(err, "start a workspace in %s", options->folder);
	program->globals.workspace = options->folder;
	if (bundle_file_new(program, options->folder, &name, err) < 0)
		return err_wrap(err, "make the secrets bundle");

	map_add(map, "workspace", value_str(program->arena, options->folder));
	map_add(map, "profile", value_str(program->arena, options->profile));
	program->result = (struct result){ .value = map_end(map),
					   .text = next_steps(program, options->folder) };
	return 0;
}

const struct command command_init = {
	.words = "init",
	.brief = "start a workspace from a profile and make its secrets bundle",
	.about = "Writes cluster.yaml, nodes.yaml, patches and a .gitignore into DIR, and the "
		 "secrets of\n"
		 "the new cluster into talsecret.yaml (mode 0600), or, encrypted, into\n"
		 "talsecret.sops.yaml where a .sops.yaml around DIR says for whom. What exists is "
		 "never\n"
		 "overwritten.",
	.options = init_flags,
	.positionals = init_positionals,
	.size = sizeof(struct init_options),
	.run = init_run,
};
