#include "talforge/talforge.h"

#include "base/arena.h"
#include "base/fs.h"
#include "base/text.h"
#include "cluster/profile.h"
#include "seal/sealed.h"
#include "version.h"

#include <criterion/criterion.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUNDLE TEST_DATA_DIR "/golden/gen/c113-defaults/secrets.yaml"

struct place {
	struct arena *arena;
	char folder[40];
};

static void write_text(struct place *place, const char *name, const char *text, size_t len)
{
	const char *path = fs_join(place->arena, place->folder, name);

	cr_assert_eq(fs_write(path, text, len, 0600, NULL, NULL), 0, "%s", name);
}

static void place_make(struct place *place)
{
	size_t len;
	char *text;

	place->arena = arena_new("place");
	strncpy(place->folder, "/tmp/talforge-facade-XXXXXX", sizeof(place->folder) - 1);
	cr_assert(mkdtemp(place->folder));
	cr_assert_eq(profile_write("all-control-plane", place->folder, NULL), 0);
	cr_assert_eq(fs_read(place->arena, BUNDLE, FS_FILE_MAX, &text, &len, NULL), 0);
	write_text(place, "talsecret.yaml", text, len);
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
	(void)status;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void place_done(struct place *place)
{
	nftw(place->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	arena_free(place->arena);
}

Test(facade, tells_its_version)
{
	cr_assert_str_eq(talforge_version(), TALFORGE_VERSION);
}

Test(facade, renders_the_nodes_of_a_workspace)
{
	struct place place SCOPED(place_done) = { 0 };
	struct talforge *t;
	place_make(&place);

	cr_assert_eq(talforge_open(place.folder, &t, NULL), 0);
	cr_assert_eq(talforge_finding_count(t), 0);
	cr_assert_eq(talforge_node_count(t), 3);
	cr_assert_str_eq(talforge_node_name(t, 1), "mini02");
	for (size_t i = 0; i < 3; i++) {
		struct talforge_text text = { 0 };

		cr_assert_eq(talforge_render(t, talforge_node_name(t, i), &text, NULL), 0);
		cr_assert(text_starts(text.at, "version: v1alpha1\n"));
		cr_assert_eq(strlen(text.at), text.len);
		cr_assert(strstr(text.at, talforge_node_name(t, i)));
		talforge_text_free(&text);
		cr_assert_null(text.at);
	}
	talforge_close(t);
}

Test(facade, tells_what_is_wrong)
{
	static const char nodes[] = "nodes:\n  - {name: a, adress: 172.29.51.11, disk: /dev/sda, "
				    "controller: true}\n";
	struct place place SCOPED(place_done) = { 0 };
	struct talforge_error error;
	struct talforge_text text = { 0 };
	struct talforge *t;
	bool found = false;
	place_make(&place);
	write_text(&place, "nodes.yaml", nodes, sizeof(nodes) - 1);

	cr_assert_eq(talforge_open(place.folder, &t, &error), 0);
	for (size_t i = 0; i < talforge_finding_count(t); i++) {
		struct talforge_finding finding = talforge_finding_at(t, i);

		if (strcmp(finding.id, "unknown-key") != 0)
			continue;
		found = true;
		cr_assert_eq(finding.severity, TALFORGE_ERROR);
		cr_assert_str_eq(finding.file, "nodes.yaml");
		cr_assert_eq(finding.line, 2);
		cr_assert(strstr(finding.hint, "address"), "%s", finding.hint);
	}
	cr_assert(found);
	cr_assert_eq(talforge_node_count(t), 0);
	cr_assert_lt(talforge_render(t, "a", &text, &error), 0);
	cr_assert_str_eq(error.kind, "input");
	cr_assert_eq(error.exit_code, 3);
	cr_assert_null(text.at);
	talforge_close(t);
}

struct failure_row {
	const char *name, *node, *kind;
	int exit_code;
	mode_t bundle; /* 0: none */
};

static const struct failure_row failures[] = {
	{ "unknown node", "mini09", "not-found", 1, 0600 },
	{ "no bundle", "mini01", "not-found", 1, 0 },
	{ "a bundle for all to read", "mini01", "refused", 4, 0644 },
};

Test(facade, fails_with_a_kind)
{
	for (size_t i = 0; i < ARRAY_LEN(failures); i++) {
		const struct failure_row *row = &failures[i];
		struct place place SCOPED(place_done) = { 0 };
		struct talforge_error error;
		struct talforge_text text = { 0 };
		struct talforge *t;
		place_make(&place);
		const char *bundle = fs_join(place.arena, place.folder, "talsecret.yaml");

		if (row->bundle)
			cr_assert_eq(chmod(bundle, row->bundle), 0);
		else
			cr_assert_eq(fs_remove(bundle, NULL), 0);
		cr_assert_eq(talforge_open(place.folder, &t, &error), 0);
		cr_assert_lt(talforge_render(t, row->node, &text, &error), 0, "%s", row->name);
		cr_assert_str_eq(error.kind, row->kind, "%s: %s", row->name, error.text);
		cr_assert_eq(error.exit_code, row->exit_code, "%s", row->name);
		talforge_close(t);
	}
}

#define KEY TEST_DATA_DIR "/seal/key.txt"

/* The bundle as talsecret.sops.yaml, for the key of KEY. */
static void seal_bundle(struct place *place)
{
	static const char *recipients[] = { NULL, NULL };
	const struct sops_recipients group = { recipients };
	const struct sops_how how = { .group = &group, .groups = 1, .random = random_system() };
	struct str sealed SCOPED(str_done) = STR_INIT(FS_FILE_MAX);
	struct sops_input clear = { .file = "talsecret.sops.yaml" };
	struct age_text keys = { .name = KEY };
	struct age_identities identities = { 0 };
	char *text;

	cr_assert_eq(fs_read(place->arena, KEY, FS_FILE_MAX, &text, &keys.len, NULL), 0);
	keys.at = text;
	cr_assert_eq(age_identities_read(place->arena, &identities, &keys, NULL), 0);
	recipients[0] = age_identity_recipient(place->arena, &identities.at[0]);
	cr_assert_eq(fs_read(place->arena, BUNDLE, FS_FILE_MAX, &text, &clear.len, NULL), 0);
	clear.text = text;
	cr_assert_eq(sops_seal(&clear, &how, &sealed, NULL), 0);
	write_text(place, clear.file, str_text(&sealed), sealed.len);
	cr_assert_eq(fs_remove(fs_join(place->arena, place->folder, "talsecret.yaml"), NULL), 0);
}

Test(facade, opens_what_is_encrypted)
{
	struct place place SCOPED(place_done) = { 0 };
	const struct talforge_keys other = { .age_key_file = TEST_DATA_DIR "/seal/other.txt" };
	const struct talforge_keys none = { .age_key_file = TEST_DATA_DIR "/seal/nothing.txt" };
	const struct talforge_keys *const wrong[] = { NULL, &other, &none };
	const struct talforge_keys right = { .age_key_file = KEY };
	struct talforge_text text = { 0 };
	struct talforge *t;
	place_make(&place);
	seal_bundle(&place);

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct talforge_error error;

		cr_assert_eq(talforge_open_with(place.folder, wrong[i], &t, &error), 0);
		cr_assert_lt(talforge_render(t, "mini01", &text, &error), 0);
		cr_assert_str_eq(error.kind, "auth", "%s", error.text);
		cr_assert_eq(error.exit_code, 7);
		cr_assert_null(text.at);
		talforge_close(t);
	}
	cr_assert_eq(talforge_open_with(place.folder, &right, &t, NULL), 0);
	cr_assert_eq(talforge_render(t, "mini01", &text, NULL), 0);
	cr_assert(text_starts(text.at, "version: v1alpha1\n"));
	talforge_text_free(&text);
	talforge_close(t);
}

Test(facade, needs_a_folder)
{
	struct talforge_error error;
	struct talforge *t = NULL;

	cr_assert_lt(talforge_open("/nonexistent/folder", &t, &error), 0);
	cr_assert_str_eq(error.kind, "not-found");
	cr_assert_null(t);
	talforge_close(NULL);
}
