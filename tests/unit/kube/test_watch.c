#include "script.h"

#include "base/str.h"
#include "kube/watch.h"

#include <criterion/criterion.h>
#include <string.h>

struct seen {
	struct kube_watch watch;
	struct str text; /* "+a *b -c ." */
	size_t stop_at;	 /* length of the text at which the watch is stopped */
	struct err err;
};

static void say(struct kube_watch *watch, const char *sign, const struct value *object)
{
	struct seen *seen = container_of(watch, struct seen, watch);

	str_addf(&seen->text, "%s%s ", sign, object ? kube_name(object) : "");
	if (seen->text.len >= seen->stop_at)
		kube_watch_stop(watch);
}

static void added(struct kube_watch *watch, const struct value *object)
{
	cr_assert_str_eq(value_get_text(object, "kind"), "Node");
	say(watch, "+", object);
}

static void modified(struct kube_watch *watch, const struct value *object)
{
	say(watch, "*", object);
}

static void deleted(struct kube_watch *watch, const struct value *object)
{
	say(watch, "-", object);
}

static void synced(struct kube_watch *watch)
{
	say(watch, ".", NULL);
}

static void trouble(struct kube_watch *watch, const struct err *err)
{
	say(watch, err->kind == ERR_NET ? "!net" : "!", NULL);
}

static void over(struct kube_watch *watch, const struct err *err)
{
	container_of(watch, struct seen, watch)->err = *err;
}

static const struct kube_watch_ops ops = { added, modified, deleted, synced, trouble, over };

static void run_watch(struct seen *seen, struct script *script, size_t stop_at)
{
	*seen = (struct seen){ .stop_at = stop_at };
	str_init(&seen->text, 1000);
	kube_watch_start(&seen->watch, script->kube,
			 &(struct kube_watch_options){ .kind = &kube_nodes }, &ops);
	cr_assert_eq(loop_run(script->loop, NULL), 0);
}

#define NODE(name, version)                                             \
	"{\"metadata\":{\"name\":\"" name "\",\"uid\":\"u" name "\",\"" \
	"resourceVersion\":\"" version "\"}}"
#define EVENT(type, name, version)                                                            \
	"{\"type\":\"" type "\",\"object\":{\"kind\":\"Node\",\"metadata\":{\"name\":\"" name \
	"\",\"uid\":\"u" name "\",\"resourceVersion\":\"" version "\"}}}\n"
#define LIST(version, items) \
	"{\"metadata\":{\"resourceVersion\":\"" version "\"},\"items\":[" items "]}"
#define GONE "{\"type\":\"ERROR\",\"object\":{\"code\":410,\"reason\":\"Expired\"}}\n"
#define BOOKMARK(version) \
	"{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"" version "\"}}}\n"

static const struct {
	const char *name, *text;
	struct script_row rows[6];
	const char *last; /* part of the last path */
} streams[] = {
	{ "split lines",
	  "+a . +b *a -b ",
	  { { 200, LIST("5", NODE("a", "4")), 0, ERR_NONE },
	    { 200,
	      EVENT("ADDED", "b", "6")
		      EVENT("MODIFIED", "a", "7")
			      EVENT("DELETED", "b", "8"),
	      7, ERR_CANCELLED } },
	  "resourceVersion=5" },
	{ "lost, and taken up from the bookmark",
	  "+a . !net *a ",
	  { { 200, LIST("5", NODE("a", "4")), 0, ERR_NONE },
	    { 200, BOOKMARK("9"), 0, ERR_NET },
	    { 200, EVENT("MODIFIED", "a", "10"), 0, ERR_CANCELLED } },
	  "resourceVersion=9" },
	{ "expired in the stream: only differences are told",
	  "+a +b +c . *b +d -c . ",
	  { { 200, LIST("5", NODE("a", "1") "," NODE("b", "2") "," NODE("c", "3")), 0,
	      ERR_NONE },
	    { 200, GONE, 0, ERR_CANCELLED },
	    { 200, LIST("9", NODE("a", "1") "," NODE("b", "8") "," NODE("d", "9")), 0,
	      ERR_NONE } },
	  "limit=500" },
	{ "expired as a status",
	  "+a . -a . ",
	  { { 200, LIST("5", NODE("a", "1")), 0, ERR_NONE },
	    { 410, "{\"reason\":\"Gone\"}", 0, ERR_NONE },
	    { 200, LIST("9", ""), 0, ERR_NONE } },
	  "limit=500" },
	{ "a server that is busy",
	  "! +a . ! *a ",
	  { { 503, "", 0, ERR_NONE },
	    { 200, LIST("5", NODE("a", "1")), 0, ERR_NONE },
	    { 500, "", 0, ERR_NONE },
	    { 200, EVENT("MODIFIED", "a", "7"), 0, ERR_CANCELLED } },
	  "resourceVersion=5" },
	{ "ends by itself, goes on",
	  "+a . *a ",
	  { { 200, LIST("5", NODE("a", "1")), 0, ERR_NONE },
	    { 200, "", 0, ERR_NONE },
	    { 200, "", 0, ERR_NONE },
	    { 200, EVENT("MODIFIED", "a", "7"), 0, ERR_CANCELLED } },
	  "resourceVersion=5" },
	{ "told twice",
	  "+a . *a ",
	  { { 200, LIST("5", NODE("a", "5")), 0, ERR_NONE },
	    { 200, EVENT("ADDED", "a", "5") EVENT("MODIFIED", "a", "7"), 0,
	      ERR_CANCELLED } },
	  "resourceVersion=5" },
	{ "stopped in a callback",
	  "+a ",
	  { { 200, LIST("5", NODE("a", "4") "," NODE("b", "4")), 0, ERR_NONE } },
	  "limit" },
};

Test(kube_watch, streams_are_followed)
{
	for (size_t i = 0; i < ARRAY_LEN(streams); i++) {
		struct script script;
		struct seen seen;

		script_init(&script, streams[i].rows, ARRAY_LEN(streams[i].rows));
		run_watch(&seen, &script, strlen(streams[i].text));
		cr_assert_str_eq(str_text(&seen.text), streams[i].text, "%s", streams[i].name);
		cr_assert_eq(seen.err.kind, ERR_NONE, "%s: %s", streams[i].name, seen.err.text);
		cr_assert_not_null(strstr(script.path[script.asked - 1], streams[i].last), "%s: %s",
				   streams[i].name, script.path[script.asked - 1]);
		str_done(&seen.text);
		script_done(&script);
	}
}

Test(kube_watch, refusals_end_it)
{
	static const struct script_row rows[] = {
		{ 403, "{\"message\":\"nodes is forbidden\"}", 0, ERR_NONE },
	};
	struct script script;
	struct seen seen;

	script_init(&script, rows, ARRAY_LEN(rows));
	run_watch(&seen, &script, 100);
	cr_assert_eq(seen.err.kind, ERR_AUTH);
	cr_assert_str_eq(seen.err.text, "list Node: nodes is forbidden");
	cr_assert_eq(seen.watch.state, KUBE_WATCH_IDLE);
	str_done(&seen.text);
	script_done(&script);
}

Test(kube_watch, pauses_grow)
{
	struct script_row rows[12];
	struct script script;
	struct seen seen;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		rows[i] = (struct script_row){ .ends = ERR_NET };
	script_init(&script, rows, ARRAY_LEN(rows));
	run_watch(&seen, &script, 5 * ARRAY_LEN(rows));
	cr_assert_eq(script.asked, ARRAY_LEN(rows));
	cr_assert_eq(script.at[1] - script.at[0], 500 * MILLISECOND);
	cr_assert_eq(script.at[2] - script.at[1], SECOND);
	cr_assert_eq(script.at[11] - script.at[10], 30 * SECOND);
	str_done(&seen.text);
	script_done(&script);
}
