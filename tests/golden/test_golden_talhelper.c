#include "golden/cases.h"

#include "base/fs.h"
#include "base/text.h"
#include "cluster/workspace.h"
#include "convert/prove.h"
#include "convert/talhelper.h"
#include "convert/talhelper_write.h"
#include "crypto/random.h"
#include "render/render.h"
#include "tree/yaml.h"

#include <criterion/criterion.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX ((size_t)4 << 20)
#define NOW 1790000000000000000ull

/* Only what the case sets. */
static const char *variable(void *context, const char *name)
{
	const struct golden_case *c = context;

	return value_get_text(value_get(c->args, "env"), name);
}

static bool same_file(struct golden_case *c, const struct node *node, const struct config *config)
{
	struct prove_text theirs = { .file = node->output };
	struct prove proof;
	struct err err = ERR_INIT;

	theirs.text = golden_file(c, arena_printf(c->arena, "clusterconfig/%s", node->output),
				  &theirs.len);
	if (!theirs.text) {
		str_addf(c->why, "talhelper writes no %s", node->output);
		return false;
	}
	if (prove_config(c->arena, config, &theirs, &proof, &err) < 0) {
		str_addf(c->why, "%s: %s", node->output, err.text);
		return false;
	}
	for (size_t i = 0; i < proof.len; i++)
		str_addf(c->why, "\n%s: %s %s: %s, not %s", node->output, proof.at[i].document,
			 proof.at[i].path, proof.at[i].ours ? proof.at[i].ours : "nothing",
			 proof.at[i].theirs ? proof.at[i].theirs : "nothing");
	return proof.len == 0;
}

/* Files that talhelper wrote, in folders too. */
static size_t configs;

static int count_one(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
	(void)status;
	(void)ftw;
	configs += type == FTW_F && text_ends(path, ".yaml");
	return 0;
}

static bool same_files(struct golden_case *c, const char *folder, struct err *err)
{
	const struct keyring_sources keys = { .age_key = variable(c, "SOPS_AGE_KEY") };
	struct workspace *workspace OWNED(workspace_free) = NULL;
	struct render_input input = { .cluster = NULL };

	if (workspace_open_with(folder, &keys, &workspace, err) < 0)
		return false;
	input.cluster = workspace_cluster(workspace, err);
	input.bundle = input.cluster ? workspace_bundle(workspace, err) : NULL;
	if (!input.bundle)
		return false;
	for (size_t i = 0; i < input.cluster->nodes; i++) {
		struct config config;

		if (render_node(c->arena, &input, &input.cluster->node[i], &config, err) < 0 ||
		    !same_file(c, &input.cluster->node[i], &config))
			return false;
	}
	configs = 0;
	cr_assert_eq(nftw(fs_join(c->arena, c->folder, "clusterconfig"), count_one, 8, FTW_PHYS),
		     0);
	if (configs == input.cluster->nodes)
		return true;
	str_addf(c->why, "%zu nodes, talhelper writes %zu files", input.cluster->nodes, configs);
	return false;
}

/* `urls.txt`: one part each for the installers and the images; a single node's has no name. */
static bool same_urls(struct golden_case *c, const struct talhelper_workspace *made)
{
	struct str text SCOPED(str_done) = STR_INIT(TEXT_MAX);
	const char *expected = golden_file(c, "urls.txt", NULL);

	if (!expected)
		return true;
	for (int part = 0; part < 2; part++) {
		str_add(&text, part ? "# genurl image\n" : "# genurl installer\n");
		for (size_t i = 0; i < made->nodes; i++)
			str_addf(&text, "%s%s%s\n", made->nodes > 1 ? made->node[i].name : "",
				 made->nodes > 1 ? ": " : "",
				 part ? made->node[i].image : made->node[i].installer);
	}
	if (strcmp(str_text(&text), expected) == 0)
		return true;
	str_addf(c->why, "the URLs differ: %s", str_text(&text));
	return false;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
	(void)status;
	(void)type;
	(void)ftw;
	return remove(path);
}

static bool run_case(struct golden_case *c)
{
	char root[] = "/tmp/talforge-import-XXXXXX";
	struct findings findings;
	struct talhelper_workspace made;
	struct err err = ERR_INIT;
	const struct keyring_sources keys = { .age_key = variable(c, "SOPS_AGE_KEY") };
	struct keyring *keyring OWNED(keyring_free) = keyring_new(&keys);
	const struct talhelper_input input = { .source = c->folder,
					       .get = variable,
					       .context = c,
					       .keyring = keyring,
					       .now = NOW,
					       .random = random_system() };
	bool good;

	findings_init(&findings, c->arena);
	if (talhelper_import(c->arena, &input, &findings, &made, &err) < 0) {
		str_addf(c->why, "%s:%u:%u: %s", err.file, err.line, err.column, err.text);
		return golden_wants_error(c) && err.file[0] && (err.line || err.kind == ERR_AUTH);
	}
	if (golden_wants_error(c)) {
		str_add(c->why, "it must fail");
		return false;
	}
	cr_assert_not_null(mkdtemp(root));
	const char *folder = fs_join(c->arena, root, "workspace");
	good = talhelper_write(&made, folder, &err) == 0 && same_files(c, folder, &err) &&
	       same_urls(c, &made);
	if (err_is_set(&err))
		str_addf(c->why, "%s:%u:%u: %s", err.file, err.line, err.column, err.text);
	cr_assert_eq(nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
	return good;
}

Test(golden, talhelper)
{
	static const char *const pending[] = { NULL };

	golden_run(&(struct golden){ "talhelper", run_case, pending });
}
