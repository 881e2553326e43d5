#include "flow/event.h"

#include "base/clock.h"
#include "base/own.h"

#include <string.h>

static const char *const what_names[] = {
	[EVENT_PLAN] = "plan",
	[EVENT_BEGIN] = "begin",
	[EVENT_NOTE] = "note",
	[EVENT_RETRY] = "retry",
	[EVENT_END] = "end",
	[EVENT_OVER] = "over",
};
_Static_assert(ARRAY_LEN(what_names) == EVENT_WHAT_COUNT, "a name per event");

static const char *const how_names[] = {
	[HOW_NONE] = "none",
	[HOW_DONE] = "done",
	[HOW_SKIPPED] = "skipped",
	[HOW_FAILED] = "failed",
	[HOW_CANCELLED] = "cancelled",
};
_Static_assert(ARRAY_LEN(how_names) == HOW_COUNT, "a name per end");

const char *event_what_name(enum event_what what)
{
	return what_names[what];
}

const char *event_how_name(enum event_how how)
{
	return how_names[how];
}

bool event_how_parse(const char *name, enum event_how *out)
{
	for (unsigned i = HOW_NONE + 1; name && i < HOW_COUNT; i++) {
		if (strcmp(how_names[i], name) == 0) {
			*out = (enum event_how)i;
			return true;
		}
	}
	return false;
}

const struct value *event_err_value(struct arena *arena, const struct err *err)
{
	if (!err)
		return value_null(arena);

	struct map_builder *map = map_begin(arena);
	map_add(map, "kind", value_str(arena, err_kind_name(err->kind)));
	map_add(map, "text", value_str(arena, err->text));
	if (err->hint[0])
		map_add(map, "hint", value_str(arena, err->hint));
	return map_end(map);
}

const struct value *event_value(struct arena *arena, const struct event *event)
{
	char at[TIME_TEXT_MAX];
	bool of_step = event->what != EVENT_PLAN && event->what != EVENT_OVER;
	const struct step *step = of_step ? &event->plan->at[event->step] : NULL;
	const char *text = event->text;

	if (!text && event->how != HOW_NONE)
		text = event_how_name(event->how);

	struct map_builder *map = map_begin(arena);
	map_add(map, "at", value_str(arena, time_text_ms(event->at, at)));
	map_add(map, "event", value_str(arena, event_what_name(event->what)));
	map_add(map, "run", value_str(arena, event->run));
	map_add(map, "step", value_str(arena, step ? step->id : NULL));
	map_add(map, "op", value_str(arena, step ? step->kind->name : NULL));
	map_add(map, "target", value_str(arena, step ? step->target : NULL));
	map_add(map, "text", value_str(arena, text));
	map_add(map, "err", event_err_value(arena, event->err));
	return map_end(map);
}
