/*
 * The clock of the machine talforge runs on is set while it works; those of the nodes go on as
 * before. Waiting goes by another clock, so a run takes as long as ever; what goes by dates
 * (windows, certificates, journals) says so in one sentence, and a second run comes to the end.
 */
#include "flow/scene.h"

#include "base/clock.h"
#include "ops/reset.h"
#include "ops/upgrade_declared.h"
#include "ops/upgrade_talos.h"
#include "ops/zone.h"

#include <criterion/criterion.h>
#include <string.h>

#define YEAR (365 * DAY)
/* Scenes begin at 2027-01-02 00:00 UTC. */
#define WALL (UINT64_C(1798848000) * SECOND)

/* Somebody sets the clock in the middle of a run. */
struct setting {
	struct timer timer;
	uint64_t wall;
};

static void set_clock(struct timer *timer)
{
	const struct setting *setting = container_of(timer, struct setting, timer);

	loop_set_wall(timer->loop, setting->wall);
}

static void set_later(struct setting *setting, struct scene *scene, uint64_t when, uint64_t wall)
{
	setting->wall = wall;
	timer_init(&setting->timer, scene->loop, set_clock);
	timer_set(&setting->timer, loop_now(scene->loop) + when);
}

static const struct upgrade_options to_next = { .to = "v1.13.10" };
static const struct reset_options plain = { 0 };
static const char *const mini02[] = { "mini02", NULL };

static const struct task_row {
	const char *name;
	struct scene_options scene;
	struct scene_order order;
} orders[] = {
	{ "up", { .profile = "all-control-plane" }, { .operation = &operation_up } },
	{ "reset",
	  { .profile = "all-control-plane", .start = WORLD_RUNNING },
	  { .operation = &operation_reset, .options = &plain, .only = mini02 } },
	{ "upgrade talos",
	  { .profile = "vip-and-workers", .start = WORLD_RUNNING },
	  { .operation = &operation_upgrade_talos, .options = &to_next } },
};

/* How long the operation takes in virtual time when the clock says `wall` from `when` on. */
static uint64_t duration(const struct task_row *row, uint64_t when, uint64_t wall)
{
	struct scene scene SCOPED(scene_done) = { 0 };
	struct setting setting = { .timer = { 0 } };

	scene_init(&scene, &row->scene);
	scene_wait(&scene, MINUTE);
	uint64_t began = loop_now(scene.loop);

	if (when)
		set_later(&setting, &scene, when, wall);
	struct outcome outcome = scene_run(&scene, &row->order);

	cr_assert_eq(outcome.result.how, HOW_DONE, "%s: %s", row->name, outcome.err.text);
	if (when)
		cr_assert_not(timer_is_set(&setting.timer), "%s was over before", row->name);
	return loop_now(scene.loop) - began;
}

Test(clock, that_jumps_keeps_no_run_waiting, .timeout = 300)
{
	static const uint64_t whens[] = { SECOND, 15 * SECOND, 30 * SECOND };
	static const uint64_t walls[] = { WALL + 3 * HOUR, WALL + 40 * DAY };

	for (size_t i = 0; i < ARRAY_LEN(orders); i++) {
		uint64_t usual = duration(&orders[i], 0, 0);

		for (size_t k = 0; k < ARRAY_LEN(whens); k++)
			for (size_t w = 0; w < ARRAY_LEN(walls); w++)
				cr_assert_eq(duration(&orders[i], whens[k], walls[w]), usual,
					     "%s, clock %zu after %zu", orders[i].name, w, k);
	}
}

/* A certificate that a node makes when it boots is one of tomorrow for who lives yesterday. */
static const struct date_row {
	const char *name;
	uint64_t wall;
	const char *says, *hint;
} dates[] = {
	{ "decades ahead", WALL + 40 * YEAR, "the certificate of its authority expired on 2036-",
	  "the clock of this machine says 2066-12-23T00:" },
	{ "before the cluster was made", WALL - 20 * YEAR, "of its authority is not valid before ",
	  "the clock of this machine says 2007-01-07T00:" },
	{ "hours behind", WALL - 3 * HOUR, "the certificate is not valid before 2027-01-02T00:0",
	  "the clock of this machine says 2027-01-01T21:" },
};

static void goes_wrong(const struct task_row *row, const struct date_row *date)
{
	struct scene scene SCOPED(scene_done) = { 0 };
	struct setting setting;

	scene_init(&scene, &row->scene);
	scene_wait(&scene, MINUTE);
	set_later(&setting, &scene, 15 * SECOND, date->wall);
	struct outcome outcome = scene_run(&scene, &row->order);

	cr_assert_eq(outcome.result.how, HOW_FAILED, "%s, %s", row->name, date->name);
	cr_assert_eq(outcome.err.kind, ERR_AUTH, "%s, %s: %s", row->name, date->name,
		     outcome.err.text);
	cr_assert(strstr(outcome.err.text, date->says), "%s, %s: %s", row->name, date->name,
		  outcome.err.text);
	cr_assert_not(strstr(outcome.err.text, "not for us"), "%s", outcome.err.text);
	cr_assert(strstr(outcome.err.hint, date->hint), "%s, %s: %s", row->name, date->name,
		  outcome.err.hint);

	loop_set_wall(scene.loop, WALL + HOUR);
	scene_wait(&scene, 10 * MINUTE);
	outcome = scene_run(&scene, &row->order);
	cr_assert(outcome.resumed, "%s, %s", row->name, date->name);
	cr_assert_eq(outcome.result.how, HOW_DONE, "%s, %s: %s", row->name, date->name,
		     outcome.err.text);
}

Test(clock, that_is_wrong_ends_a_run_that_can_go_on, .timeout = 300)
{
	for (size_t i = 0; i < ARRAY_LEN(orders); i++)
		for (size_t k = 0; k < ARRAY_LEN(dates); k++)
			goes_wrong(&orders[i], &dates[k]);
}

static struct outcome begins_at(struct scene *scene, uint64_t wall)
{
	scene_init(scene, &orders[2].scene);
	scene_wait(scene, MINUTE);
	loop_set_wall(scene->loop, wall);
	return scene_run(scene, &orders[2].order);
}

Test(clock, that_is_ahead_by_hours_is_good_enough)
{
	struct scene scene SCOPED(scene_done) = { 0 };
	struct outcome outcome = begins_at(&scene, WALL + 14 * HOUR);

	cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
}

Test(clock, that_is_ahead_by_days_is_told_of_and_no_stranger_s_cluster)
{
	struct scene scene SCOPED(scene_done) = { 0 };
	struct outcome outcome = begins_at(&scene, WALL + 3 * DAY);

	cr_assert_not(outcome.planned);
	cr_assert_eq(outcome.err.kind, ERR_AUTH);
	cr_assert(strstr(outcome.err.text, "the node refused our certificate: expired certificate"),
		  "%s", outcome.err.text);
	cr_assert_not(strstr(outcome.err.text, "not for us"), "%s", outcome.err.text);
	cr_assert(strstr(outcome.err.hint, "clock"), "%s", outcome.err.hint);
}

/* ---- windows --------------------------------------------------------------------------------- */

static const char windowed[] =
	"apiVersion: tuppr.home-operations.com/v1alpha1\nkind: TalosUpgrade\n"
	"metadata: {name: fleet}\nspec:\n  talos: {version: v1.13.10}\n"
	"  maintenance:\n    windows:\n    - {start: '0 0 * * *', duration: 4h}\n";

static void read_declared(struct arena *arena, struct declared *out)
{
	const struct yaml_input input = { .file = "up.yaml",
					  .text = windowed,
					  .len = strlen(windowed) };
	const struct declared_place place = { ZONE_FOLDER, WALL };
	struct findings findings;
	struct err err = ERR_INIT;

	findings_init(&findings, arena);
	cr_assert_eq(declared_read(arena, &input, &place, out, &findings, &err), 0, "%s", err.text);
	cr_assert_eq(findings.errors, 0);
}

/* Four hours on, nothing more begins; what has begun is finished. */
Test(clock, that_jumps_out_of_a_window_lets_nothing_more_begin, .timeout = 300)
{
	struct scene scene SCOPED(scene_done) = { 0 };
	struct setting setting;
	struct declared declared;

	scene_init(&scene, &orders[2].scene);
	read_declared(scene.arena, &declared);
	const struct upgrade_declared_options options = { .declared = &declared };
	const struct scene_order order = { .operation = &operation_upgrade, .options = &options };

	set_later(&setting, &scene, 2 * MINUTE, WALL + 4 * HOUR);
	struct outcome outcome = scene_run(&scene, &order);
	cr_assert_eq(outcome.result.how, HOW_FAILED);
	cr_assert_eq(outcome.err.kind, ERR_REFUSED, "%s", outcome.err.text);
	cr_assert(strstr(outcome.err.text, "it opens at 2027-01-03T00:00:00Z"), "%s",
		  outcome.err.text);
	scene_is_healthy(&scene);

	loop_set_wall(scene.loop, WALL + HOUR);
	outcome = scene_run(&scene, &order);
	cr_assert(outcome.resumed);
	cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
}
