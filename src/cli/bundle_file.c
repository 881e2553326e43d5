#include "cli/bundle_file.h"

#include "base/fs.h"
#include "cli/program.h"
#include "crypto/random.h"

#define BUNDLE_MAX ((size_t)4 << 20)

struct sealed_moment program_sealing(const struct program *program)
{
	return (struct sealed_moment){ .wall = program_wall(program), .random = random_system() };
}

int bundle_file_absent(struct program *program, const char *folder, struct err *err)
{
	static const char *const names[] = { BUNDLE_FILE, BUNDLE_SEALED };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const char *path = fs_join(program->arena, folder, names[i]);

		if (!fs_exists(path))
			continue;
		err_set(err, ERR_CONFLICT, "%s exists already", path);
		return err_hint(err, "a bundle is a cluster's identity: move the old one away "
				     "first");
	}
	return 0;
}

/* >0: there is no rule for it. */
static int write_sealed(struct program *program, const struct str *text, const char *folder,
			struct err *err)
{
	const char *path = fs_join(program->arena, folder, BUNDLE_SEALED);
	const struct sops_input input = { path, str_text(text), text->len };
	const struct sealed_moment moment = program_sealing(program);
	struct str sealed SCOPED(str_done) = STR_INIT(BUNDLE_MAX);
	struct creation_rule rule;
	int r = creation_rule_find(program->arena, path, &rule, err);

	if (r != 0)
		return r;
	if (sealed_make(&input, &rule, &moment, &sealed, err) < 0)
		return -1;
	return fs_create(path, str_text(&sealed), sealed.len, 0600, err);
}

int bundle_file_write(struct program *program, const struct bundle *bundle, const char *folder,
		      const char **name, struct err *err)
{
	struct str text SCOPED(str_done) = STR_INIT(BUNDLE_MAX);
	int r;

	bundle_write(&text, bundle);
	if (bundle_file_absent(program, folder, err) < 0)
		return -1;
	r = write_sealed(program, &text, folder, err);
	*name = r > 0 ? BUNDLE_FILE : BUNDLE_SEALED;
	if (r <= 0)
		return r;
	if (fs_create(fs_join(program->arena, folder, BUNDLE_FILE), str_text(&text), text.len, 0600,
		      err) < 0)
		return -1;
	say_warning(&program->say, BUNDLE_IN_CLEAR, BUNDLE_FILE);
	return 0;
}

int bundle_file_new(struct program *program, const char *folder, const char **name, struct err *err)
{
	struct bundle *bundle OWNED(bundle_free) = NULL;
	const struct cluster *cluster;

	if (bundle_file_absent(program, folder, err) < 0 ||
	    program_cluster(program, &cluster, err) < 0)
		return -1;

	const struct bundle_options options = { .contract = cluster->contract,
						.now = program_wall(program),
						.random = random_system() };
	if (bundle_new(&options, &bundle, err) < 0)
		return -1;
	return bundle_file_write(program, bundle, folder, name, err);
}
