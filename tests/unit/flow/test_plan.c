#include "tree/json.h"
#include "unit/flow/toy.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>

static struct plan *make_plan(void)
{
	static const struct toy_step steps[] = {
		{ .kind = &toy_work, .target = "cp-1" },
		{ .kind = &toy_work, .target = "cp-2", .lane = "control", AFTER(0) },
		{ .kind = &toy_once, .target = "", AFTER(1, 0) },
		{ .kind = &toy_gate, .target = "cp-1", AFTER(2, 0, 1) },
		{ .kind = &toy_work, .target = "cp-1", AFTER(3, 0) },
	};
	struct plan *plan = toy_plan(steps, ARRAY_LEN(steps));

	plan_lane(plan, "control", 2);
	plan_lane(plan, "workers", 7);
	plan_lane(plan, "control", 1);
	plan_bind(plan, "sha256:aa", "sha256:bb", "home");
	return plan;
}

Test(plan, makes_ids_and_copies_everything)
{
	struct plan *plan OWNED(plan_free) = make_plan();
	const char *ids[] = { "work/cp-1", "work/cp-2", "once", "gate/cp-1", "work/cp-1#2" };

	cr_assert_eq(plan->len, ARRAY_LEN(ids));
	for (size_t i = 0; i < ARRAY_LEN(ids); i++)
		cr_assert_str_eq(plan->at[i].id, ids[i]);
	cr_assert_str_eq(plan->at[0].lane, "");
	cr_assert_eq(plan->at[2].afters, 2);
	cr_assert_eq(plan->at[2].after[0], 1);
	cr_assert_str_eq(plan->inputs, "sha256:aa");
	cr_assert_str_eq(plan->identity, "sha256:bb");
	cr_assert_str_eq(plan->cluster, "home");
}

Test(plan, knows_the_width_of_lanes)
{
	struct plan *plan OWNED(plan_free) = make_plan();

	cr_assert_eq(plan->lanes, 2);
	cr_assert_eq(plan_lane_width(plan, "workers"), 7);
	cr_assert_eq(plan_lane_width(plan, "control"), 1);
	cr_assert_eq(plan_lane_width(plan, "unheard-of"), 1);
}

Test(plan, prints_numbered_lines)
{
	struct plan *plan OWNED(plan_free) = make_plan();
	struct str text SCOPED(str_done) = STR_INIT(4096);

	plan_text(&text, plan);
	cr_assert_str_eq(str_text(&text),
			 "1  work  cp-1           changes\n"
			 "2  work  cp-2  control  changes   after 1\n"
			 "3  once                 destroys  after 1-2\n"
			 "4  gate  cp-1           safe      after 1-3\n"
			 "5  work  cp-1           changes   after 1,4\n");
}

Test(plan, prints_nothing_when_empty)
{
	struct plan *plan OWNED(plan_free) = plan_new("toy");
	struct str text SCOPED(str_done) = STR_INIT(4096);

	plan_text(&text, plan);
	cr_assert_str_eq(str_text(&text), "");
}

static const char *as_json(struct arena *arena, const struct value *value)
{
	struct str text SCOPED(str_done) = STR_INIT(1 << 20);

	json_write(&text, value, &(struct json_style){ .form = JSON_COMPACT });
	return arena_str(arena, str_text(&text));
}

Test(plan, is_a_value_for_programs)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct plan *plan OWNED(plan_free) = plan_new("toy");
	unsigned a = toy_add(plan, &(struct toy_step){ .kind = &toy_gate, .target = "" });

	const struct step step = {
		.kind = &toy_once, .target = "n", .lane = "l", .after = &a, .afters = 1
	};
	plan_add(plan, &step);
	cr_assert_str_eq(as_json(arena, plan_value(arena, plan)),
			 "{\"operation\":\"toy\",\"digest\":null,\"steps\":["
			 "{\"id\":\"gate\",\"op\":\"gate\",\"target\":\"\",\"lane\":\"\","
			 "\"after\":[],\"danger\":\"safe\",\"args\":{\"take\":0,\"fail\":0}},"
			 "{\"id\":\"once/n\",\"op\":\"once\",\"target\":\"n\",\"lane\":\"l\","
			 "\"after\":[\"gate\"],\"danger\":\"destroys\",\"args\":{}}]}");
}

static struct plan *through_json(struct arena *arena, const struct plan *plan, struct err *err)
{
	const char *text = as_json(arena, plan_record(arena, plan));
	const struct value *value;
	struct plan *again = NULL;

	cr_assert_eq(json_read(arena, "plan", text, strlen(text), &value, err), 0);
	cr_assert_eq(plan_read(value, toy_kinds, toy_kind_count, &again, err), 0, "%s", err->text);
	return again;
}

Test(plan, comes_back_from_its_record)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct plan *plan OWNED(plan_free) = make_plan();
	struct err err = ERR_INIT;

	plan_seal(plan, toy_hash);
	struct plan *again OWNED(plan_free) = through_json(arena, plan, &err);
	cr_assert_str_eq(as_json(arena, plan_record(arena, again)),
			 as_json(arena, plan_record(arena, plan)));
	cr_assert_str_eq(again->digest, plan->digest);
	cr_assert_eq(plan_verify(again, toy_hash, &err), 0);
}

Test(plan, has_a_digest_of_exactly_itself)
{
	struct plan *plan OWNED(plan_free) = make_plan();
	struct plan *same OWNED(plan_free) = make_plan();
	struct plan *longer OWNED(plan_free) = make_plan();
	struct plan *other OWNED(plan_free) = make_plan();
	struct err err = ERR_INIT;

	toy_add(longer, &(struct toy_step){ .kind = &toy_gate, .target = "x" });
	plan_bind(other, "sha256:ab", "sha256:bb", "home");
	cr_assert_lt(plan_verify(plan, toy_hash, &err), 0);
	cr_assert_str_eq(err.text, "the plan has no digest");
	plan_seal(plan, toy_hash);
	plan_seal(same, toy_hash);
	plan_seal(longer, toy_hash);
	plan_seal(other, toy_hash);
	cr_assert_str_eq(plan->digest, same->digest);
	cr_assert_str_neq(plan->digest, longer->digest);
	cr_assert_str_neq(plan->digest, other->digest);
}

Test(plan, notices_a_changed_plan)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct plan *plan OWNED(plan_free) = make_plan();
	struct plan *again OWNED(plan_free) = NULL;
	struct err err = ERR_INIT;

	plan_seal(plan, toy_hash);
	const struct value *record = value_set(arena, plan_record(arena, plan), "inputs",
					       value_str(arena, "sha256:00"));
	cr_assert_eq(plan_read(record, toy_kinds, toy_kind_count, &again, &err), 0);
	cr_assert_lt(plan_verify(again, toy_hash, &err), 0);
	cr_assert_eq(err.kind, ERR_INPUT);
	cr_assert_str_eq(err.text, "the plan was changed after it was made");
}

#define STEP(id, op, after) \
	"{\"id\":\"" id "\",\"op\":\"" op "\",\"target\":\"n\",\"lane\":\"\",\"after\":[" after "]}"

static const struct bad_plan {
	const char *name, *json, *text;
} bad_plans[] = {
	{ "no plan", "[]", "this is no plan: operation or steps are missing" },
	{ "no steps", "{\"operation\":\"x\"}", "this is no plan: operation or steps are missing" },
	{ "unknown kind", "{\"operation\":\"x\",\"steps\":[" STEP("fly/n", "fly", "") "]}",
	  "step 1 of the plan: unknown operation fly" },
	{ "unknown edge",
	  "{\"operation\":\"x\",\"steps\":[" STEP("gate/n", "gate", "\"moon\"") "]}",
	  "step 1 of the plan: waits for moon, which is no earlier step" },
	{ "waits for itself",
	  "{\"operation\":\"x\",\"steps\":[" STEP("gate/n", "gate", "\"gate/n\"") "]}",
	  "step 1 of the plan: waits for gate/n, which is no earlier step" },
	{ "wrong edge", "{\"operation\":\"x\",\"steps\":[" STEP("gate/n", "gate", "{}") "]}",
	  "step 1 of the plan: waits for something, which is no earlier step" },
	{ "wrong id", "{\"operation\":\"x\",\"steps\":[" STEP("gate/m", "gate", "") "]}",
	  "step 1 of the plan: the step is called gate/n, not gate/m" },
	{ "no target", "{\"operation\":\"x\",\"steps\":[{\"id\":\"gate\",\"op\":\"gate\"}]}",
	  "step 1 of the plan: id, op, target or lane is missing" },
	{ "args no map",
	  "{\"operation\":\"x\",\"steps\":[{\"id\":\"gate\",\"op\":\"gate\",\"target\":\"\","
	  "\"lane\":\"\",\"args\":3}]}",
	  "step 1 of the plan: args is no map" },
	{ "lane of no width",
	  "{\"operation\":\"x\",\"steps\":[],\"lanes\":[{\"name\":\"a\",\"width\":0}]}",
	  "lane 1 has no name or no width" },
};

Test(plan, refuses_what_is_no_plan)
{
	for (size_t i = 0; i < ARRAY_LEN(bad_plans); i++) {
		const struct bad_plan *row = &bad_plans[i];
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct plan *plan OWNED(plan_free) = NULL;
		const struct value *value;
		struct err err = ERR_INIT;

		cr_assert_eq(json_read(arena, NULL, row->json, strlen(row->json), &value, &err), 0,
			     "%s", row->name);
		cr_assert_lt(plan_read(value, toy_kinds, toy_kind_count, &plan, &err), 0, "%s",
			     row->name);
		cr_assert_eq(err.kind, ERR_INPUT, "%s", row->name);
		cr_assert_str_eq(err.text, row->text, "%s", row->name);
	}
}

static void add_with(const struct step_kind *kind, const struct value *args, unsigned after)
{
	struct plan *plan OWNED(plan_free) = plan_new("toy");

	toy_add(plan, &(struct toy_step){ .kind = &toy_gate, .target = "" });
	plan_add(plan, &(struct step){
			       .kind = kind, .args = args, .after = &after, .afters = 1 });
}

Test(plan, takes_no_sensitive_value, .signal = SIGABRT)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct map_builder *args = map_begin(arena);
	struct list_builder *list = list_begin(arena);

	list_add(list, value_with_sensitive(arena, value_str(arena, "hush")));
	map_add(args, "deep", list_end(list));
	add_with(&toy_gate, map_end(args), 0);
}

Test(plan, takes_no_edge_to_a_later_step, .signal = SIGABRT)
{
	add_with(&toy_gate, NULL, 1);
}

Test(plan, takes_no_kind_without_a_limit, .signal = SIGABRT)
{
	static const struct step_kind endless = { .name = "endless", .phrase = "go on" };

	add_with(&endless, NULL, 0);
}

Test(plan, takes_no_destroyer_without_a_check, .signal = SIGABRT)
{
	static const struct step_kind blind = {
		.name = "blind", .phrase = "destroy", .timeout_s = 1, .danger = STEP_DESTROYS
	};

	add_with(&blind, NULL, 0);
}

Test(plan, takes_nothing_once_sealed, .signal = SIGABRT)
{
	struct plan *plan OWNED(plan_free) = make_plan();

	plan_seal(plan, toy_hash);
	plan_lane(plan, "late", 1);
}
