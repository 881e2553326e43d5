#include "flow/conformance.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/text.h"
#include "ops/upgrade_declared.h"

#include <criterion/criterion.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>

/* Scenes begin at 2027-01-02 00:00 UTC. */
#define WALL (UINT64_C(1798848000) * SECOND)
#define VERSION "v1.12.0" /* of images */

static const char *finding_that_says(const struct findings *findings, bool error, const char *text)
{
	for (size_t i = 0; i < findings->len; i++)
		if ((findings->at[i].severity == FINDING_ERROR) == error &&
		    strstr(findings->at[i].text, text))
			return findings->at[i].text;
	return NULL;
}

static void read_file(struct arena *arena, const char *text, struct declared *out,
		      struct findings *findings)
{
	const struct yaml_input input = { .file = "up.yaml", .text = text, .len = strlen(text) };
	const struct declared_place place = { ZONE_FOLDER, WALL };
	struct err err = ERR_INIT;

	findings_init(findings, arena);
	cr_assert_eq(declared_read(arena, &input, &place, out, findings, &err), 0, "%s", err.text);
}

static void judge_file(struct arena *arena, const struct conformance *row)
{
	struct declared declared = { 0 };
	struct findings findings;
	bool wrong = row->how == WRONG_FILE;

	read_file(arena, row->text, &declared, &findings);
	cr_assert_eq(findings.errors > 0, wrong, "%s: %s", row->id,
		     findings.len ? findings.at[0].text : "nothing is said");
	cr_assert_not_null(finding_that_says(&findings, wrong, row->says), "%s: %s", row->id,
			   findings.len ? findings.at[0].text : "nothing is said");
}

static void judge_window(struct arena *arena, const struct conformance *row)
{
	const char *text = arena_printf(
		arena, "apiVersion: tuppr.home-operations.com/v1alpha1\nkind: TalosUpgrade\n"
		       "metadata: {name: w}\nspec:\n  talos: {version: v1.13.10}\n"
		       "  maintenance: {windows: %s}\n",
		row->text);
	struct declared declared = { 0 };
	struct findings findings;
	uint64_t now;

	read_file(arena, text, &declared, &findings);
	cr_assert_eq(findings.errors, 0, "%s: %s", row->id, findings.at[0].text);
	cr_assert_eq(time_parse(row->at, &now), 0);
	const struct declared_gates *gates = &declared.talos[0].gates;
	struct window_state state = windows_at(gates->window, gates->windows, now);
	char next[TIME_TEXT_MAX];

	cr_assert_eq(state.open, row->how == OPEN, "%s at %s", row->id, row->at);
	if (row->says)
		cr_assert_str_eq(time_text(state.next, next), row->says, "%s", row->id);
}

static void judge_image(struct arena *arena, const struct conformance *row)
{
	struct installer_choice choice = { 0 };
	struct err err = ERR_INIT;
	int r = installer_image(arena, row->facts, VERSION, &choice, &err);

	if (row->how == IMAGE) {
		cr_assert_eq(r, 0, "%s: %s", row->id, err.text);
		cr_assert_str_eq(choice.image, row->says, "%s", row->id);
		return;
	}
	cr_assert_lt(r, 0, "%s gives %s", row->id, r < 0 ? "" : choice.image);
	cr_assert_eq(err.kind, ERR_REFUSED, "%s: %s", row->id, err.text);
	cr_assert_not_null(strstr(err.text, row->says), "%s: %s", row->id, err.text);
}

/* The nodes in the order in which, since then, their new system is written: "control0 worker1". */
static const char *written(struct scene *scene, size_t from)
{
	static const char begin[] = "\"event\":\"begin\"", *const kinds[] = {
		"\"step\":\"lifecycle-upgrade/", "\"step\":\"upgrade/"
	};
	const char *names = "";

	const char *line = str_text(&scene->events) + from;

	for (const char *end; (end = strchr(line, '\n')); line = end + 1) {
		const char *found = NULL;

		for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
			const char *at = strstr(line, kinds[i]);

			if (at && at < end)
				found = at + strlen(kinds[i]);
		}
		const char *began = strstr(line, begin);

		if (found && began && began < end)
			names = arena_printf(scene->arena, "%s%s%.*s", names, *names ? " " : "",
					     (int)strcspn(found, "\"#"), found);
	}
	return names;
}

static void judge_end(struct scene *scene, const struct conformance *row,
		      const struct outcome *outcome, size_t from)
{
	const char *why = outcome->err.text;

	cr_assert_eq(outcome->planned, row->how != REFUSED, "%s: %s", row->id, why);
	if (row->how == REFUSED)
		cr_assert_eq(outcome->err.kind, ERR_REFUSED, "%s: %s", row->id, why);
	if (row->how == REFUSED || row->how == FAILS) {
		cr_assert_neq(outcome->result.how, HOW_DONE, "%s", row->id);
		cr_assert_not_null(strstr(why, row->says), "%s: %s", row->id, why);
		return;
	}
	cr_assert_eq(outcome->result.how, HOW_DONE, "%s: %s", row->id, why);
	if (row->how == IDLE)
		cr_assert_eq(outcome->result.done, 0, "%s changed something", row->id);
	else if (row->says)
		cr_assert_str_eq(written(scene, from), row->says, "%s", row->id);
}

static void judge_run(const struct conformance *row)
{
	struct scene scene SCOPED(scene_done) = { 0 };
	struct declared declared = { 0 };
	const struct upgrade_declared_options options = { .declared = &declared };
	struct findings findings;

	scene_init(&scene, &(struct scene_options){ .profile = "vip-and-workers",
						    .talos = row->talos,
						    .settings = row->settings,
						    .start = WORLD_RUNNING });
	read_file(scene.arena, row->text, &declared, &findings);
	cr_assert_eq(findings.errors, 0, "%s: %s", row->id,
		     findings.len ? findings.at[0].text : "");
	if (row->before)
		row->before(&scene);
	size_t from = scene.events.len;
	struct outcome outcome =
		scene_run(&scene, &(struct scene_order){ .operation = &operation_upgrade,
							 .options = &options });

	judge_end(&scene, row, &outcome, from);
}

/* ---- tests that stand elsewhere -------------------------------------------------------------- */

#define ROOT TEST_DATA_DIR "/../../"

static bool file_has(struct arena *arena, const char *path, const char *text)
{
	char *content;
	size_t len;

	return fs_read(arena, path, FS_FILE_MAX, &content, &len, NULL) == 0 &&
	       strstr(content, text);
}

static bool any_has(struct arena *arena, const char *pattern, const char *text)
{
	glob_t found = { 0 };
	bool has = false;

	if (glob(pattern, 0, NULL, &found) == 0)
		for (size_t i = 0; i < found.gl_pathc && !has; i++)
			has = file_has(arena, found.gl_pathv[i], text);
	globfree(&found);
	return has;
}

static bool is_test(struct arena *arena, const char *head)
{
	return any_has(arena, ROOT "tests/flow/*.c", head) ||
	       any_has(arena, ROOT "tests/unit/*/*.c", head);
}

/* Another row that shows it itself. */
static bool is_row(const char *id)
{
	for (size_t i = 0; i < conformance_count; i++)
		if (strcmp(conformance_rows[i].id, id) == 0 && conformance_rows[i].how != SHOWN_BY)
			return true;
	return false;
}

static bool is_there(struct arena *arena, const char *says)
{
	static const char matrix[] = "matrix, ";
	const char *colon = strstr(says, ": ");

	if (strncmp(says, matrix, strlen(matrix)) == 0)
		return is_test(arena, arena_printf(arena, "\nMATRIX(%s,", says + strlen(matrix)));
	if (colon)
		return file_has(arena,
				arena_printf(arena, ROOT "%.*s", (int)(colon - says), says),
				colon + 2);
	return is_row(says) || is_test(arena, arena_printf(arena, "\nTest(%s,", says)) ||
	       is_test(arena, arena_printf(arena, "\nTest(%s)", says));
}

static void judge(const struct conformance *row)
{
	struct arena *arena OWNED(arena_free) = arena_new("conformance");

	switch (row->how) {
	case WRONG_FILE:
	case DOUBTED:
		judge_file(arena, row);
		break;
	case OPEN:
	case CLOSED:
		judge_window(arena, row);
		break;
	case IMAGE:
	case NO_IMAGE:
		judge_image(arena, row);
		break;
	case REFUSED:
	case GOES:
	case IDLE:
	case FAILS:
		judge_run(row);
		break;
	case SHOWN_BY:
		cr_assert(is_there(arena, row->says), "%s: there is no %s", row->id, row->says);
		break;
	case NO_CONTROLLER:
		cr_assert(row->says && *row->says, "%s", row->id);
	}
}

Test(conformance, every_case_ends_as_it_should, .timeout = 600)
{
	for (size_t i = 0; i < conformance_count; i++)
		judge(&conformance_rows[i]);
}

/* How many cases each letter has. */
static const struct {
	char letter;
	unsigned cases;
} letters[] = {
	{ 'L', 17 },
	{ 'N', 22 },
	{ 'C', 12 },
	{ 'W', 17 },
	{ 'H', 15 },
	{ 'I', 23 },
	{ 'J', 20 },
	{ 'V', 18 },
	{ 'K', 9 },
	{ 'S', 9 },
	{ 'U', 21 },
	{ 'X', 15 },
};

Test(conformance, no_case_is_left_out)
{
	for (size_t l = 0; l < ARRAY_LEN(letters); l++) {
		for (unsigned number = 1; number <= letters[l].cases; number++) {
			unsigned found = 0;
			char id[8];

			snprintf(id, sizeof(id), "%c%u", letters[l].letter, number);
			for (size_t i = 0; i < conformance_count; i++)
				found += strcmp(conformance_rows[i].id, id) == 0;
			cr_assert_geq(found, 1, "%s has no row", id);
		}
	}
}
