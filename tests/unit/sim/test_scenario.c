#include "sim/scenario.h"
#include "stage.h"

#include "base/clock.h"
#include "base/text.h"
#include "rpc/status.h"

#include <criterion/criterion.h>
#include <string.h>

#define HOSTNAME "machine.MachineService/Hostname"

struct theatre {
	struct stage stage;
	struct scenario *scenario;
	struct scenario_run *run;
	struct str told; /* a line for each event */
};

static void on_event(void *context, const char *text)
{
	str_addf(context, "%s\n", text);
}

static int read_text(struct arena *arena, const char *text, struct scenario **out,
		     struct findings *findings)
{
	const struct yaml_input input = { .file = "s.yaml", .text = text, .len = strlen(text) };

	findings_init(findings, arena);
	return scenario_read(arena, &input, out, findings);
}

static void open_with(struct theatre *theatre, const char *text)
{
	struct findings findings;
	struct err err = ERR_INIT;

	stage_init(&theatre->stage, 1, 1);
	stage_install(&theatre->stage);
	str_init(&theatre->told, 1 << 20);
	cr_assert_eq(read_text(theatre->stage.arena, text, &theatre->scenario, &findings), 0,
		     "%s", findings.len ? findings.at[0].text : "");
	theatre->run = scenario_start(theatre->scenario,
				      &(struct scenario_stage){ .world = theatre->stage.world,
								.on_event = on_event,
								.context = &theatre->told },
				      &err);
	cr_assert_not_null(theatre->run, "%s", err.text);
}

static void close_it(struct theatre *theatre)
{
	scenario_stop(theatre->run);
	str_done(&theatre->told);
	stage_done(&theatre->stage);
}

static struct err ask(struct theatre *theatre, const char *address)
{
	return stage_ask(&theatre->stage, address, theatre->stage.admin, HOSTNAME)->err;
}

static const char *stage_of(struct theatre *theatre, const char *node)
{
	return stage_fact(&theatre->stage, node)->stage;
}

Test(scenario, a_cut_at_a_time_lasts_as_long_as_it_says)
{
	struct theatre theatre;

	open_with(&theatre, "events:\n"
			    "  - {at: 40s, node: cp1, do: drop, for: 15s}\n");
	cr_assert_eq(ask(&theatre, CP1).kind, ERR_NONE);
	stage_wait(&theatre.stage, 41 * SECOND);
	cr_assert_eq(ask(&theatre, CP1).kind, ERR_TIMEOUT);
	stage_wait(&theatre.stage, 10 * SECOND);
	cr_assert_eq(ask(&theatre, CP1).kind, ERR_NONE);
	cr_assert_str_eq(str_text(&theatre.told), "cp1 does not answer: Hostname\n");
	close_it(&theatre);
}

Test(scenario, the_nth_call_of_a_kind_is_refused)
{
	struct theatre theatre;

	open_with(&theatre,
		  "events:\n"
		  "  - {call: Hostname, nth: 2, node: cp1, do: refuse, code: NotFound}\n");
	cr_assert_eq(ask(&theatre, CP1).kind, ERR_NONE);
	cr_assert_eq(ask(&theatre, W1).kind, ERR_NONE);
	cr_assert_eq(ask(&theatre, CP1).remote, RPC_NOT_FOUND);
	cr_assert_eq(ask(&theatre, CP1).kind, ERR_NONE);
	close_it(&theatre);
}

Test(scenario, a_call_makes_its_node_lose_power_for_a_while)
{
	struct theatre theatre;

	open_with(&theatre, "events:\n"
			    "  - {call: Hostname, do: power-off, for: 30s}\n");
	ask(&theatre, W1);
	stage_wait(&theatre.stage, SECOND);
	cr_assert_str_eq(stage_of(&theatre, "w1"), "off");
	stage_wait(&theatre.stage, 5 * MINUTE);
	cr_assert_str_eq(stage_of(&theatre, "w1"), "running");
	cr_assert_str_eq(str_text(&theatre.told), "w1 loses its power\nw1 has power again\n");
	close_it(&theatre);
}

Test(scenario, delays_and_doubles)
{
	struct theatre theatre;

	open_with(&theatre, "events:\n"
			    "  - {call: Hostname, do: delay, for: 4s}\n"
			    "  - {call: Hostname, nth: 2, do: double}\n");
	uint64_t began = loop_now(theatre.stage.loop);

	cr_assert_eq(ask(&theatre, CP1).kind, ERR_NONE);
	cr_assert_geq(loop_now(theatre.stage.loop) - began, 4 * SECOND);
	cr_assert_eq(ask(&theatre, CP1).kind, ERR_NONE);
	cr_assert_str_eq(str_text(&theatre.told),
			 "cp1 answers late: Hostname\ncp1 obeys twice: Hostname\n");
	close_it(&theatre);
}

Test(scenario, repairing_gives_power_and_ends_faults)
{
	struct theatre theatre;

	open_with(&theatre, "events:\n"
			    "  - {at: 1s, node: w1, do: power-off}\n"
			    "  - {at: 1s, node: cp1, do: drop, for: 10h}\n");
	stage_wait(&theatre.stage, MINUTE);
	cr_assert_str_eq(stage_of(&theatre, "w1"), "off");
	scenario_repair(theatre.stage.world);
	stage_wait(&theatre.stage, 5 * MINUTE);
	cr_assert_str_eq(stage_of(&theatre, "w1"), "running");
	cr_assert_eq(ask(&theatre, CP1).kind, ERR_NONE);
	close_it(&theatre);
}

Test(scenario, mistakes_are_found_with_their_places)
{
	static const struct {
		const char *name, *text, *id;
		unsigned line;
	} rows[] = {
		{ "no events", "a: 1\n", "unknown-key", 1 },
		{ "nothing at all", "", "wrong-type", 1 },
		{ "broken", "events: [\n", "bad-yaml", 2 },
		{ "no time", "events:\n- do: reset\n", "no-time", 2 },
		{ "no such thing", "events:\n- do: rest\n  at: 1s\n", "bad-choice", 2 },
		{ "no duration", "events:\n- do: reset\n  at: soon\n", "bad-duration", 3 },
		{ "no code", "events:\n- {do: refuse, call: any, code: Maybe}\n", "bad-code", 2 },
		{ "nth of nothing", "events:\n- {do: reset, at: 1s, nth: 2}\n", "nth-of-nothing",
		  2 },
		{ "late by how much", "events:\n- {do: delay, call: any}\n", "missing-key", 2 },
		{ "lag by how much", "events:\n- {do: lag, at: 1s, node: cp1}\n", "missing-key",
		  2 },
		{ "who", "events:\n- {do: power-off, at: 1s}\n", "missing-key", 2 },
		{ "no first call", "events:\n- {do: reset, call: any, nth: 0}\n", "out-of-range",
		  2 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("scenario");
		struct scenario *scenario;
		struct findings findings;

		cr_assert_lt(read_text(arena, rows[i].text, &scenario, &findings), 0, "%s",
			     rows[i].name);
		cr_assert_str_eq(findings.at[0].id, rows[i].id, "%s", rows[i].name);
		cr_assert_eq(findings.at[0].src.line, rows[i].line, "%s: line %u", rows[i].name,
			     findings.at[0].src.line);
	}
}

Test(scenario, a_node_that_is_not_there_is_an_error_with_its_place)
{
	struct stage stage;
	struct scenario *scenario;
	struct findings findings;
	struct err err = ERR_INIT;

	stage_init(&stage, 1, 0);
	cr_assert_eq(read_text(stage.arena, "events:\n- {at: 1s, node: cp9, do: drop}\n", &scenario,
			       &findings),
		     0);
	cr_assert_null(scenario_start(scenario, &(struct scenario_stage){ .world = stage.world },
				      &err));
	cr_assert_eq(err.kind, ERR_INPUT);
	cr_assert_str_eq(err.text, "there is no node cp9");
	cr_assert_eq(err.line, 2);
	stage_done(&stage);
}

static struct scenario *random_scenario(struct arena *arena, uint64_t seed)
{
	static const char *const nodes[] = { "cp1", "w1" };
	struct random_seeded random;

	random_seeded_init(&random, seed);
	return scenario_random(arena, &(struct scenario_bounds){ .random = &random.source,
								 .node = nodes,
								 .nodes = 2,
								 .lasts = HOUR,
								 .calls = 100,
								 .events = 6,
								 .lasting = true });
}

Test(scenario, a_seed_gives_the_same_scenario_and_its_text_reads_back)
{
	for (uint64_t seed = 1; seed <= 200; seed++) {
		struct arena *arena OWNED(arena_free) = arena_new("scenario");
		struct str one SCOPED(str_done) = STR_INIT(1 << 20);
		struct str two SCOPED(str_done) = STR_INIT(1 << 20);
		struct scenario *again;
		struct findings findings;

		scenario_write(&one, random_scenario(arena, seed));
		scenario_write(&two, random_scenario(arena, seed));
		cr_assert_str_eq(str_text(&one), str_text(&two));
		cr_assert_eq(read_text(arena, str_text(&one), &again, &findings), 0, "%s: %s",
			     str_text(&one), findings.len ? findings.at[0].text : "");
		str_clear(&two);
		scenario_write(&two, again);
		cr_assert_str_eq(str_text(&one), str_text(&two));
	}
}
