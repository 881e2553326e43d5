#include "cli/bundle_file.h"

#include "base/fs.h"
#include "cli/program.h"
#include "crypto/random.h"

#define BUNDLE_MAX ((size_t)4 << 20)

int bundle_file_write(const struct bundle *bundle, const char *path, struct err *err)
{
	struct str text SCOPED(str_done) = STR_INIT(BUNDLE_MAX);

	bundle_write(&text, bundle);
	if (fs_create(path, str_text(&text), text.len, 0600, err) == 0)
		return 0;
	if (err && err->kind == ERR_CONFLICT)
		err_hint(err, "a bundle is a cluster's identity: move the old one away first");
	return -1;
}

int bundle_file_new(struct program *program, const char *path, struct err *err)
{
	struct bundle *bundle OWNED(bundle_free) = NULL;
	const struct cluster *cluster;

	if (program_cluster(program, &cluster, err) < 0)
		return -1;

	const struct bundle_options options = { .contract = cluster->contract,
						.now = program_wall(program),
						.random = random_system() };
	if (bundle_new(&options, &bundle, err) < 0)
		return -1;
	return bundle_file_write(bundle, path, err);
}
