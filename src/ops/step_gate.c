/*
 * Gates that the user wrote: expressions over Kubernetes objects, and maintenance windows.
 *
 * All expressions of one gate must hold in the same look; each may take its own time until it does.
 */
#include "ops/kinds.h"

#include "base/clock.h"
#include "base/text.h"
#include "ops/object_check.h"
#include "ops/step_call.h"
#include "ops/step_kube.h"
#include "ops/window.h"

#include <string.h>

#define LONGEST_S (7 * 24 * 3600)

static int checks_look(struct step_run *run, struct err *err);

static const struct value *check_now(const struct step_run *run)
{
	return value_at(value_get(run_args(run), "checks"),
			step_memory((struct step_run *)(uintptr_t)run)->index);
}

/* What a check is called when it fails. */
static const char *check_name(const struct value *check)
{
	const char *description = value_get_text(check, "description");

	return description ? description : value_get_text(check, "expr");
}

/* It does not hold now: looks at all of them again, unless its time is over. */
static int not_yet(struct step_run *run, const char *object, const char *why, struct err *err)
{
	const struct value *check = check_now(run);
	uint64_t timeout = 0, since = loop_now(run_loop(run)) - run_started(run);
	char limit[TIME_TEXT_MAX];

	duration_parse(value_get_text(check, "timeout"), &timeout);
	run_say(run, "%s: %s", object, why);
	step_memory(run)->index = 0;
	if (since < timeout)
		return step_poll(run, checks_look, err);
	err_set(err, ERR_TIMEOUT, "%s: %s", object, why);
	err_hint(err, "the check is: %s", value_get_text(check, "expr"));
	return err_wrap(err, "%s: not within %s", check_name(check),
			duration_text(timeout, limit));
}

static const char *object_name(struct step_run *run, const struct value *check,
			       const struct value *object)
{
	const char *space = kube_namespace(object);

	return arena_printf(run_arena(run), "%s %s%s%s", value_get_text(check, "kind"), space,
			    *space ? "/" : "", kube_name(object));
}

/* Lists leave out what all their entries have in common. */
static const struct value *with_kind(struct step_run *run, const struct value *check,
				     const struct value *object)
{
	static const char *const keys[] = { "kind", "apiVersion" };

	for (size_t i = 0; i < 2; i++)
		if (!value_has(object, keys[i]))
			object = value_set(run_arena(run), object, keys[i],
					   value_get(check, keys[i]));
	return object;
}

/* 0: it holds; >0: *why says why not. */
static int judge(struct step_run *run, const struct cel_program *program,
		 const struct value *object, const char **why)
{
	struct arena *scratch OWNED(arena_free) = arena_new("health check");
	struct err wrong = ERR_INIT;
	bool holds;

	if (object_check(program, object, scratch, &holds, &wrong) < 0) {
		*why = arena_printf(run_arena(run), "the expression has no answer: %s",
				    wrong.text);
		return 1;
	}
	*why = "the expression is false";
	return holds ? 0 : 1;
}

static int checks_next(struct step_run *run, struct err *err)
{
	step_memory(run)->index++;
	return checks_look(run, err);
}

static int judge_all(struct step_run *run, const struct cel_program *program,
		     const struct value *items, struct err *err)
{
	const struct value *check = check_now(run);
	const char *why;

	for (size_t i = 0; i < value_len(items); i++) {
		const struct value *object = with_kind(run, check, value_at(items, i));

		if (judge(run, program, object, &why) != 0)
			return not_yet(run, object_name(run, check, object), why, err);
	}
	if (value_len(items) == 0 && value_get_text(check, "labels"))
		return not_yet(run, value_get_text(check, "kind"), "no object has these labels",
			       err);
	if (value_len(items) == 0)
		run_say(run, "there is no %s: the check holds for none",
			value_get_text(check, "kind"));
	return checks_next(run, err);
}

static int checks_read(struct step_run *run, struct err *err)
{
	const struct value *check = check_now(run);
	const struct value *reply = step_kube_reply(run);
	const char *name = value_get_text(check, "name");
	const char *kind = value_get_text(check, "kind");
	const char *called = name ? arena_printf(run_arena(run), "%s %s", kind, name) : kind;
	const struct cel_program *program;
	const char *why;

	if (!reply && (step_kube_err(run)->kind == ERR_AUTH ||
		       step_kube_err(run)->kind == ERR_USAGE))
		return step_kube_failed(run, err);
	if (!reply)
		return not_yet(run, called, step_kube_err(run)->text, err);
	if (object_check_compile(run_arena(run), value_get_text(check, "expr"), &program, err) < 0)
		return err_wrap(err, "read the health check %s", check_name(check));
	if (!name)
		return judge_all(run, program, value_get(reply, "items"), err);
	if (judge(run, program, reply, &why) != 0)
		return not_yet(run, object_name(run, check, reply), why, err);
	return checks_next(run, err);
}

static int checks_look(struct step_run *run, struct err *err)
{
	const struct value *check = check_now(run);
	const char *name = value_get_text(check, "name");
	const struct kube_request request = {
		.verb = name ? KUBE_GET : KUBE_LIST,
		.api_version = value_get_text(check, "apiVersion"),
		.kind_name = value_get_text(check, "kind"),
		.ns = value_get_text(check, "namespace"),
		.name = name,
		.labels = value_get_text(check, "labels"),
	};

	(void)err;
	if (!check)
		return run_done(run);
	return step_kube(run, &request, checks_read);
}

const struct step_kind kind_cel_check = {
	.name = "cel-check",
	.phrase = "wait until the health checks hold",
	.timeout_s = LONGEST_S,
	.fresh = true,
	.danger = STEP_SAFE,
	.start = checks_look,
	.cancel = step_call_cancel,
};

/* ---- windows --------------------------------------------------------------------------------- */

static int window_start(struct step_run *run, struct err *err)
{
	const struct value *list = value_get(run_args(run), "windows");
	struct window *window = arena_calloc(run_arena(run), value_len(list) + 1, sizeof(*window));
	uint64_t wall = loop_wall(run_loop(run)), needed = 0;

	duration_parse(run_arg(run, "needed"), &needed);
	for (size_t i = 0; i < value_len(list); i++) {
		const struct value *one = value_at(list, i);
		const struct window_input input = { value_get_text(one, "start"),
						    value_get_text(one, "duration"),
						    value_get_text(one, "timezone") };

		if (window_read(run_arena(run), &input, ZONE_FOLDER, wall, &window[i], err) < 0)
			return err_wrap(err, "read a maintenance window");
	}
	if (windows_require(window, value_len(list), wall, needed, err) == 0)
		return run_done(run);
	err_hint(err, "no further node begins; the same command goes on when it is open");
	return -1;
}

const struct step_kind kind_window = {
	.name = "window",
	.phrase = "see that the maintenance window is open long enough",
	.timeout_s = 60,
	.fresh = true,
	.danger = STEP_SAFE,
	.start = window_start,
	.cancel = step_call_cancel,
};
