#include "tree/json.h"
#include "unit/flow/toy.h"

#include <criterion/criterion.h>
#include <string.h>

Test(event, has_names_that_can_be_read_back)
{
	enum event_how how;

	for (unsigned i = HOW_NONE + 1; i < HOW_COUNT; i++) {
		cr_assert(event_how_parse(event_how_name((enum event_how)i), &how));
		cr_assert_eq(how, (enum event_how)i);
	}
	cr_assert_not(event_how_parse("none", &how));
	cr_assert_not(event_how_parse("moon", &how));
	cr_assert_not(event_how_parse(NULL, &how));
	for (unsigned i = 0; i < EVENT_WHAT_COUNT; i++)
		cr_assert_gt(strlen(event_what_name((enum event_what)i)), 0);
}

static const struct event_row {
	const char *name;
	struct event event;
	struct err err;
	const char *json;
} event_rows[] = {
	{ "begin",
	  { .what = EVENT_BEGIN, .text = "do some work" },
	  ERR_INIT,
	  "{\"at\":\"1970-01-01T00:00:01.500Z\",\"event\":\"begin\",\"run\":\"r\","
	  "\"step\":\"work/a\",\"op\":\"work\",\"target\":\"a\",\"text\":\"do some work\","
	  "\"err\":null}" },
	{ "retry",
	  { .what = EVENT_RETRY },
	  { .kind = ERR_NET, .text = "gone", .hint = "look" },
	  "{\"at\":\"1970-01-01T00:00:01.500Z\",\"event\":\"retry\",\"run\":\"r\","
	  "\"step\":\"work/a\",\"op\":\"work\",\"target\":\"a\",\"text\":null,"
	  "\"err\":{\"kind\":\"net\",\"text\":\"gone\",\"hint\":\"look\"}}" },
	{ "end",
	  { .what = EVENT_END, .how = HOW_SKIPPED },
	  ERR_INIT,
	  "{\"at\":\"1970-01-01T00:00:01.500Z\",\"event\":\"end\",\"run\":\"r\","
	  "\"step\":\"work/a\",\"op\":\"work\",\"target\":\"a\",\"text\":\"skipped\","
	  "\"err\":null}" },
	{ "over",
	  { .what = EVENT_OVER, .how = HOW_CANCELLED },
	  { .kind = ERR_CANCELLED, .text = "cancelled" },
	  "{\"at\":\"1970-01-01T00:00:01.500Z\",\"event\":\"over\",\"run\":\"r\","
	  "\"step\":null,\"op\":null,\"target\":null,\"text\":\"cancelled\","
	  "\"err\":{\"kind\":\"cancelled\",\"text\":\"cancelled\"}}" },
};

Test(event, is_a_value_with_all_eight_fields)
{
	static const struct toy_step work = { .kind = &toy_work, .target = "a" };
	struct plan *plan OWNED(plan_free) = toy_plan(&work, 1);

	for (size_t i = 0; i < ARRAY_LEN(event_rows); i++) {
		const struct event_row *row = &event_rows[i];
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct str text SCOPED(str_done) = STR_INIT(4096);
		struct event event = row->event;

		event.at = 1500 * MILLISECOND;
		event.plan = plan;
		event.run = "r";
		event.err = err_is_set(&row->err) ? &row->err : NULL;
		json_write(&text, event_value(arena, &event),
			   &(struct json_style){ .form = JSON_COMPACT });
		cr_assert_str_eq(str_text(&text), row->json, "%s", row->name);
	}
}
