#include "base/clock.h"
#include "base/text.h"
#include "rpc/status.h"
#include "sim/scenario_parts.h"

#include <stdio.h>
#include <string.h>

#define EVENTS_MAX 10000
#define AT(member) offsetof(struct scenario_event, member)

static bool code_read(const char *text, int *out)
{
	uint64_t number;

	for (enum rpc_code code = RPC_CANCELED; code < RPC_CODE_COUNT; code++)
		if (strcmp(rpc_code_name(code), text) == 0) {
			*out = (int)code;
			return true;
		}
	if (!text_u64(text, &number) || number < 400 || number > 599)
		return false;
	*out = (int)number;
	return true;
}

/* Nought and parts of a second count here. */
static void check_time(const struct field *field, const struct value *value, const char *path,
		       struct findings *findings)
{
	uint64_t duration;

	(void)field;
	if (duration_parse(value_text(value), &duration) == 0)
		return;
	finding_add(findings, FINDING_ERROR, "bad-duration", value_src(value), path,
		    "\"%s\" is no duration", value_text(value));
	finding_hint(findings, "write it as in 1m30s");
}

static void check_code(const struct field *field, const struct value *value, const char *path,
		       struct findings *findings)
{
	int code;

	(void)field;
	if (code_read(value_text(value), &code))
		return;
	finding_add(findings, FINDING_ERROR, "bad-code", value_src(value), path,
		    "\"%s\" is neither a code of gRPC nor one of HTTP", value_text(value));
	finding_hint(findings, "write it as in Unavailable, or as in 503");
}

static void check_action(const struct field *field, const struct value *value, const char *path,
			 struct findings *findings)
{
	const char *names[64];
	size_t count = 0;

	(void)field;
	if (scenario_action_named(value_text(value)))
		return;
	for (; count < ARRAY_LEN(names) && scenario_actions[count].name; count++)
		names[count] = scenario_actions[count].name;
	finding_add(findings, FINDING_ERROR, "bad-choice", value_src(value), path,
		    "\"%s\" is nothing that can happen", value_text(value));

	const char *near = text_nearest(value_text(value), names, count);
	if (near)
		finding_hint(findings, "did you mean %s?", near);
}

static const char *const alarms[] = { "NOSPACE", "CORRUPT", NULL };

static const struct field event_fields[] = {
	{ "at", FIELD_STR, AT(at), .check = check_time,
	  .doc = "when, from the start; without `call` it is due then" },
	{ "call", FIELD_STR, AT(call),
	  .doc = "which call: a method, `kube:VERB RESOURCE`, or `any`" },
	{ "nth", FIELD_UINT, AT(nth), .min = 1, .max = 1000000, .standard = "1",
	  .doc = "which one of them" },
	{ "node", FIELD_STR, AT(node), .doc = "where; without it the node that is called" },
	{ "do", FIELD_STR, AT(action), .required = true, .check = check_action,
	  .doc = "what happens" },
	{ "for", FIELD_STR, AT(lasts), .check = check_time, .doc = "how long" },
	{ "count", FIELD_UINT, AT(count), .min = 1, .max = SCENARIO_EVERY,
	  .doc = "how many calls it befalls" },
	{ "code", FIELD_STR, AT(code), .check = check_code, .doc = "of a refusal" },
	{ "alarm", FIELD_STR, AT(alarm), .choices = alarms, .standard = SCENARIO_ALARM,
	  .doc = "of etcd" },
	{ "entries", FIELD_UINT, AT(entries), .min = 1, .doc = "of etcd's log, of a lag" },
	{ .name = NULL },
};

struct scenario_file {
	struct structs events;
};

static const struct field file_fields[] = {
	{ "events", FIELD_STRUCTS, offsetof(struct scenario_file, events), .required = true,
	  .inner = event_fields, .inner_size = sizeof(struct scenario_event),
	  .doc = "what happens, in any order" },
	{ .name = NULL },
};

static void complain(struct findings *findings, const struct scenario_event *event, size_t index,
		     const char *id, const char *text)
{
	char path[64];

	snprintf(path, sizeof(path), "events[%zu]", index);
	finding_add(findings, FINDING_ERROR, id, event->src, path, "%s", text);
}

/* What no single key can tell. */
static void judge(struct findings *findings, const struct scenario_event *event, size_t index)
{
	if (!event->what)
		return; /* a finding of its own */
	if (!event->at && !event->call)
		complain(findings, event, index, "no-time", "it says neither `at` nor `call`");
	if (event->nth && !event->call)
		complain(findings, event, index, "nth-of-nothing",
			 "`nth` counts calls: say which with `call`");
	if ((event->what->wants & WANTS_FOR) && !event->lasts)
		complain(findings, event, index, "missing-key", "it needs `for`: how long");
	if ((event->what->wants & WANTS_ENTRIES) && !event->entries)
		complain(findings, event, index, "missing-key", "it needs `entries`: how many");
	if (event->what->kind == ACTION_NODE && !event->call && !event->node)
		complain(findings, event, index, "missing-key", "it needs `node`: which");
}

static void derive(struct scenario_event *event)
{
	event->what = event->action ? scenario_action_named(event->action) : NULL;
	if (!event->what)
		return;
	event->status = event->what->code;
	if (event->code)
		code_read(event->code, &event->status);
	if (event->at)
		duration_parse(event->at, &event->due);
	if (event->lasts)
		duration_parse(event->lasts, &event->duration);
}

int scenario_read(struct arena *arena, const struct yaml_input *input, struct scenario **out,
		  struct findings *findings)
{
	struct scenario *scenario = arena_alloc(arena, sizeof(*scenario));
	struct scenario_file file = { 0 };
	struct yaml_documents documents;
	struct err err = ERR_INIT;
	size_t errors = findings->errors;

	if (yaml_read(arena, input, &documents, &err) < 0) {
		finding_add_err(findings, "bad-yaml", &err);
		return -1;
	}
	if (documents.len != 1 || !value_is_map(documents.at[0])) {
		finding_add(findings, FINDING_ERROR, "wrong-type",
			    (struct src){ .file = arena_str(arena, input->file), .line = 1 }, "",
			    "a scenario is one document with `events`");
		return -1;
	}
	if (value_decode(documents.at[0], file_fields, "", &file, findings) < 0)
		return -1;

	const struct value *list = value_get(documents.at[0], "events");
	scenario->event = file.events.at;
	scenario->events = file.events.len;
	for (size_t i = 0; i < scenario->events; i++) {
		scenario->event[i].src = value_src(value_at(list, i));
		derive(&scenario->event[i]);
		judge(findings, &scenario->event[i], i);
	}
	*out = scenario;
	return findings->errors > errors ? -1 : 0;
}

/* ---- from a seed ----------------------------------------------------------------------------- */

static const struct scenario_action *choose_action(const struct scenario_bounds *bounds)
{
	size_t all = 0;

	while (scenario_actions[all].name)
		all++;
	for (;;) {
		const struct scenario_action *row =
			&scenario_actions[random_below(bounds->random, all)];

		if (bounds->lasting || !row->lasting)
			return row;
	}
}

static const char *duration_of(struct arena *arena, uint64_t duration)
{
	char text[TIME_TEXT_MAX];

	return arena_str(arena, duration_text(duration, text));
}

static void choose_time(struct arena *arena, const struct scenario_bounds *bounds,
			struct scenario_event *event)
{
	if (random_below(bounds->random, 2) == 0) {
		event->call = "any";
		event->nth = 1 + random_below(bounds->random, bounds->calls);
	} else {
		uint64_t seconds = bounds->lasts / SECOND;

		event->at = duration_of(arena,
					random_below(bounds->random, seconds + 1) * SECOND);
	}
	if (!event->call || random_below(bounds->random, 2) == 0)
		event->node = bounds->node[random_below(bounds->random, bounds->nodes)];
}

static void choose_event(struct arena *arena, const struct scenario_bounds *bounds,
			 struct scenario_event *event)
{
	const struct scenario_action *what = choose_action(bounds);

	event->action = what->name;
	choose_time(arena, bounds, event);
	if (what->kind == ACTION_FAULT)
		event->count = 1 + random_below(bounds->random, 3);
	if ((what->wants & WANTS_FOR) || what->kind == ACTION_NODE)
		event->lasts =
			duration_of(arena, (1 + random_below(bounds->random, 120)) * SECOND);
	if (what->wants & WANTS_ENTRIES)
		event->entries = 1 + random_below(bounds->random, 100000);
	derive(event);
}

struct scenario *scenario_random(struct arena *arena, const struct scenario_bounds *bounds)
{
	struct scenario *scenario = arena_alloc(arena, sizeof(*scenario));

	scenario->events = 1 + random_below(bounds->random, bounds->events);
	scenario->event = arena_calloc(arena, scenario->events, sizeof(*scenario->event));
	for (size_t i = 0; i < scenario->events; i++)
		choose_event(arena, bounds, &scenario->event[i]);
	return scenario;
}

/* ---- as text --------------------------------------------------------------------------------- */

static void put_text(struct arena *arena, struct map_builder *map, const char *key,
		     const char *text)
{
	if (text)
		map_add(map, key, value_str(arena, text));
}

static void put_number(struct arena *arena, struct map_builder *map, const char *key,
		       uint64_t number)
{
	if (number)
		map_add(map, key, value_of_int(arena, (int64_t)number));
}

static const struct value *value_of_event(struct arena *arena, const struct scenario_event *event)
{
	struct map_builder *map = map_begin(arena);

	put_text(arena, map, "at", event->at);
	put_text(arena, map, "call", event->call);
	put_number(arena, map, "nth", event->nth);
	put_text(arena, map, "node", event->node);
	put_text(arena, map, "do", event->action);
	put_text(arena, map, "for", event->lasts);
	put_number(arena, map, "count", event->count);
	put_text(arena, map, "code", event->code);
	put_text(arena, map, "alarm", event->alarm);
	put_number(arena, map, "entries", event->entries);
	return map_end(map);
}

void scenario_write(struct str *out, const struct scenario *scenario)
{
	static const struct yaml_style style = { .indent = 2 };
	struct arena *arena OWNED(arena_free) = arena_new("scenario as text");
	struct map_builder *map = map_begin(arena);
	struct list_builder *list = list_begin(arena);

	for (size_t i = 0; i < scenario->events; i++)
		list_add(list, value_of_event(arena, &scenario->event[i]));
	map_add(map, "events", list_end(list));
	yaml_write(out, map_end(map), &style);
}
