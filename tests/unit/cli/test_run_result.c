#include "cli/run_result.h"

#include "tree/json.h"

#include <criterion/criterion.h>

static int work(struct step_run *run, struct err *err)
{
	if (run_arg(run, "fails"))
		return err_set(err, ERR_CONFLICT, "the disk is gone");
	return run_done(run);
}

static const struct step_kind change = { .name = "change",
					 .phrase = "change it",
					 .timeout_s = 1,
					 .danger = STEP_CHANGES,
					 .start = work };

static const char *no_env(const char *name)
{
	(void)name;
	return NULL;
}

static const struct node nodes[] = { { .name = "a" }, { .name = "b" } };
static const struct cluster lab = { .name = "lab", .node = nodes, .nodes = 2 };

static void add(struct plan *plan, const char *target, bool fails)
{
	struct map_builder *args = map_begin(plan->arena);

	if (fails)
		map_add(args, "fails", value_str(plan->arena, "yes"));
	plan_add(plan,
		 &(struct step){
			 .kind = &change, .target = target, .lane = "", .args = map_end(args) });
}

/* Runs a step per node and compares the result object. */
static int check(bool a_fails, bool b_fails, int exit_code, const char *expected)
{
	struct program *program OWNED(program_free) = program_new(no_env);
	struct loop *loop OWNED(loop_free) = loop_new_virtual(0);
	struct plan *plan OWNED(plan_free) = plan_new("up");
	struct str text SCOPED(str_done) = STR_INIT(10000);
	struct err err = ERR_INIT;

	plan->on_failure = PLAN_GOES_ON;
	add(plan, "a", a_fails);
	add(plan, "b", b_fails);
	struct exec *exec OWNED(exec_free) =
		exec_new(&(struct exec_options){ .loop = loop, .plan = plan });
	exec_start(exec);
	cr_assert_eq(loop_run(loop, &err), 0, "%s", err.text);

	const struct run_ending ending = { .plan = plan,
					   .exec = exec,
					   .cluster = &lab,
					   .run = "r1",
					   .elapsed = 1500 * MILLISECOND };
	int r = run_result(program, &ending, &err);
	json_write(&text, program->result.value, &(struct json_style){ .form = JSON_COMPACT });
	cr_assert_str_eq(str_text(&text), expected);
	cr_assert_eq(program->exit_code ? program->exit_code : err_exit_code(err.kind), exit_code);
	return r;
}

#define FAILED \
	"\"outcome\":\"failed\",\"err\":{\"kind\":\"conflict\",\"text\":\"the disk is gone\"}"
#define DONE "\"outcome\":\"done\",\"err\":null"

Test(run_result, done)
{
	cr_assert_eq(check(false, false, 0,
			   "{\"run\":\"r1\",\"operation\":\"up\",\"outcome\":\"done\","
			   "\"text\":\"up lab is done in 1.5 s: "
			   "2 of 2 steps changed something\","
			   "\"steps\":{\"done\":2,\"skipped\":0,\"failed\":0},"
			   "\"nodes\":[{\"name\":\"a\"," DONE "},{\"name\":\"b\"," DONE "}],"
			   "\"elapsed\":1.5}"),
		     0);
}

Test(run_result, partial)
{
	cr_assert_lt(check(true, false, 5,
			   "{\"run\":\"r1\",\"operation\":\"up\",\"outcome\":\"partial\","
			   "\"text\":\"up lab: partial after 1.5 s "
			   "(1 steps done, 0 skipped, 1 failed)\","
			   "\"steps\":{\"done\":1,\"skipped\":0,\"failed\":1},"
			   "\"nodes\":[{\"name\":\"a\"," FAILED "},{\"name\":\"b\"," DONE "}],"
			   "\"elapsed\":1.5}"),
		     0);
}

/* The first step is not one of those that were asked for, and nothing came of it. */
Test(run_result, failed_before_anything_was_done)
{
	struct program *program OWNED(program_free) = program_new(no_env);
	struct loop *loop OWNED(loop_free) = loop_new_virtual(0);
	struct plan *plan OWNED(plan_free) = plan_new("reset");
	const char *const only[] = { "b", NULL };
	const unsigned first = 0;
	struct err err = ERR_INIT;

	add(plan, "a", true);
	plan_add(plan, &(struct step){ .kind = &change,
				       .target = "b",
				       .lane = "",
				       .after = &first,
				       .afters = 1 });
	struct exec *exec OWNED(exec_free) =
		exec_new(&(struct exec_options){ .loop = loop, .plan = plan });
	exec_start(exec);
	cr_assert_eq(loop_run(loop, NULL), 0);

	const struct run_ending ending = {
		.plan = plan, .exec = exec, .cluster = &lab, .only = only, .run = "r1"
	};
	cr_assert_lt(run_result(program, &ending, &err), 0);
	cr_assert_eq(program->exit_code, 0);
	cr_assert_eq(err_exit_code(err.kind), 1);
	cr_assert_str_eq(value_get_text(program->result.value, "outcome"), "failed");
}

Test(run_result, failed)
{
	cr_assert_lt(check(true, true, 1,
			   "{\"run\":\"r1\",\"operation\":\"up\",\"outcome\":\"failed\","
			   "\"text\":\"up lab: failed after 1.5 s "
			   "(0 steps done, 0 skipped, 2 failed)\","
			   "\"steps\":{\"done\":0,\"skipped\":0,\"failed\":2},"
			   "\"nodes\":[{\"name\":\"a\"," FAILED "},{\"name\":\"b\"," FAILED "}],"
			   "\"elapsed\":1.5}"),
		     0);
}

Test(run_result, refused_before_anything_ran)
{
	struct program *program OWNED(program_free) = program_new(no_env);
	struct node_state seen[] = { { .sight = SIGHT_OURS }, { .sight = SIGHT_DENIED } };
	const struct inventory inventory = { .at = seen, .len = 2 };
	const struct run_failure failure = { "up", &lab, &inventory, 0 };
	struct err err = ERR_INIT;

	err_set(&err, ERR_REFUSED, "b is locked");
	err_set(&seen[1].err, ERR_CONFLICT, "the disk is gone");
	run_failed(program, &failure, &err);

	struct str text SCOPED(str_done) = STR_INIT(10000);
	json_write(&text, program->result.value, &(struct json_style){ .form = JSON_COMPACT });
	cr_assert_str_eq(str_text(&text),
			 "{\"run\":null,\"operation\":\"up\",\"outcome\":\"refused\","
			 "\"text\":\"up lab: refused after 0.0 s "
			 "(0 steps done, 0 skipped, 0 failed)\","
			 "\"steps\":{\"done\":0,\"skipped\":0,\"failed\":0},"
			 "\"nodes\":[{\"name\":\"a\",\"outcome\":\"skipped\",\"err\":null},"
			 "{\"name\":\"b\"," FAILED "}],\"elapsed\":0}");
}

Test(run_result, nothing_was_to_be_done)
{
	struct program *program OWNED(program_free) = program_new(no_env);
	const struct run_idle idle = { "resume", NULL, "nothing to do: no run is unfinished" };
	struct str text SCOPED(str_done) = STR_INIT(10000);

	run_nothing(program, &idle);
	json_write(&text, program->result.value, &(struct json_style){ .form = JSON_COMPACT });
	cr_assert_str_eq(str_text(&text),
			 "{\"run\":null,\"operation\":\"resume\",\"outcome\":\"done\","
			 "\"text\":\"nothing to do: no run is unfinished\","
			 "\"steps\":{\"done\":0,\"skipped\":0,\"failed\":0},"
			 "\"nodes\":[],\"elapsed\":0}");
	cr_assert_str_eq(program->result.text, "nothing to do: no run is unfinished");
}
