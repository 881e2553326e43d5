#include "cluster/upgrade.h"

#include "base/clock.h"
#include "base/own.h"
#include "base/text.h"
#include "tree/path.h"

#include <string.h>

#define AT(type, member) offsetof(struct type, member)
#define PERCENT_MAX 100

static const char *const phase_names[] = {
	[HOOK_UP] = "up",
	[HOOK_APPLY] = "apply",
	[HOOK_RESET] = "reset",
	[HOOK_UPGRADE_TALOS] = "upgrade_talos",
	[HOOK_UPGRADE_K8S] = "upgrade_k8s",
	[HOOK_NODE] = "node",
};
_Static_assert(ARRAY_LEN(phase_names) == HOOK_PHASE_COUNT, "a phase has no name");

const char *hook_phase_name(enum hook_phase phase)
{
	return phase_names[phase];
}

void check_duration(const struct field *field, const struct value *value, const char *path,
		    struct findings *findings)
{
	const char *text = value_text(value);
	uint64_t duration;

	(void)field;
	if (strspn(text, "0123456789hms") == strlen(text) && !strstr(text, "ms") &&
	    duration_parse(text, &duration) == 0 && duration > 0)
		return;
	finding_add(findings, FINDING_ERROR, "bad-duration", value_src(value), path,
		    "\"%s\" is no duration above zero", text);
	finding_hint(findings, "write hours, minutes and seconds, as in 45m or 1h30m");
}

bool parallelism_read(const char *text, size_t total, size_t *out)
{
	size_t len = strlen(text), count;
	char digits[8];
	uint64_t number;
	bool percent = text_ends(text, "%");

	if (len == 0 || len >= sizeof(digits))
		return false;
	memcpy(digits, text, len + 1);
	if (percent)
		digits[len - 1] = '\0';
	if (!text_u64(digits, &number) || number == 0 || (percent && number > PERCENT_MAX))
		return false;
	count = percent ? total * (size_t)number / PERCENT_MAX : (size_t)number;
	*out = count > 0 ? count : 1;
	return true;
}

static void check_parallelism(const struct field *field, const struct value *value,
			      const char *path, struct findings *findings)
{
	size_t count;

	(void)field;
	if (parallelism_read(value_text(value), 1, &count))
		return;
	finding_add(findings, FINDING_ERROR, "bad-parallelism", value_src(value), path,
		    "\"%s\" is no number of nodes", value_text(value));
	finding_hint(findings, "write how many at once, as in 2 or \"25%%\"");
}

static void check_holds(const struct field *field, const struct value *value, const char *path,
			struct findings *findings)
{
	(void)field;
	for (size_t i = 0; i < value_len(value); i++) {
		const char *key = value_key_at(value, i);
		const struct value *reason = value_at(value, i);

		if (!value_is_str(reason) || text_is_blank(value_text(reason)))
			finding_add(findings, FINDING_ERROR, "no-reason", value_key_src(value, key),
				    path_key(findings->arena, path, key),
				    "a hold needs a reason: %s", key);
	}
}

static void check_one_line(const struct field *field, const struct value *value, const char *path,
			   struct findings *findings)
{
	const struct value *first = value_is_list(value) ? value_at(value, 0) : value;

	(void)field;
	if (!text_is_blank(value_text(first)))
		return;
	finding_add(findings, FINDING_ERROR, "empty", value_src(value), path, "%s names no command",
		    path);
}

static void check_filled(const struct field *field, const struct value *value, const char *path,
			 struct findings *findings)
{
	(void)field;
	if (text_is_blank(value_text(value)))
		finding_add(findings, FINDING_ERROR, "empty", value_src(value), path,
			    "%s is empty", path);
}

static const char *const operations[] = { "In", "NotIn", "Exists", "DoesNotExist", NULL };

/* clang-format off */
static const struct field rule_fields[] = {
	{ "key", FIELD_STR, AT(label_rule, key), .required = true, .check = check_filled,
	  .doc = "The label." },
	{ "operator", FIELD_STR, AT(label_rule, operation), .required = true,
	  .choices = operations, .doc = "How it is compared." },
	{ "values", FIELD_TEXTS, AT(label_rule, values),
	  .doc = "For In and NotIn: what it is compared with." },
	{ 0 },
};

const struct field label_selector_fields[] = {
	{ "matchLabels", FIELD_MAP, AT(label_selector, labels),
	  .doc = "Labels that must have these values." },
	{ "matchExpressions", FIELD_STRUCTS, AT(label_selector, rules), .inner = rule_fields,
	  .inner_size = sizeof(struct label_rule), .doc = "Rules that must all hold." },
	{ 0 },
};

const struct field health_check_fields[] = {
	{ "apiVersion", FIELD_STR, AT(health_check, api_version), .required = true,
	  .check = check_filled, .doc = "API group and version of the objects." },
	{ "kind", FIELD_STR, AT(health_check, kind), .required = true, .check = check_filled,
	  .doc = "Kind of the objects." },
	{ "namespace", FIELD_STR, AT(health_check, namespace),
	  .doc = "Only those of a namespace." },
	{ "name", FIELD_STR, AT(health_check, name), .doc = "One object; by default all." },
	{ "labelSelector", FIELD_VALUE, AT(health_check, selector_value),
	  .doc = "Only those whose labels match." },
	{ "expr", FIELD_STR, AT(health_check, expr), .required = true, .check = check_filled,
	  .doc = "CEL expression over object and status; true is healthy." },
	{ "timeout", FIELD_STR, AT(health_check, timeout), .check = check_duration,
	  .standard = "10m", .doc = "How long it may take to become true." },
	{ "description", FIELD_STR, AT(health_check, description), .doc = "Shown while waiting." },
	{ 0 },
};

const struct field window_fields[] = {
	{ "start", FIELD_STR, AT(window_setting, start), .required = true, .check = check_filled,
	  .doc = "Cron schedule of the openings." },
	{ "duration", FIELD_STR, AT(window_setting, duration), .required = true,
	  .check = check_duration, .doc = "How long it stays open; at most 168h." },
	{ "timezone", FIELD_STR, AT(window_setting, timezone), .standard = "UTC",
	  .doc = "Time zone of the schedule." },
	{ 0 },
};

static const struct field drain_fields[] = {
	{ "enabled", FIELD_BOOL, AT(drain_setting, enabled), .standard = "true",
	  .doc = "Move pods away before a node restarts." },
	{ "timeout", FIELD_STR, AT(drain_setting, timeout), .check = check_duration,
	  .standard = "5m", .doc = "How long pods may take to leave." },
	{ "disable_eviction", FIELD_BOOL, AT(drain_setting, disable_eviction), .standard = "false",
	  .doc = "Delete a pod that its disruption budget keeps." },
	{ "wait_for_volumes", FIELD_BOOL, AT(drain_setting, wait_for_volumes), .standard = "false",
	  .doc = "Wait until the volumes of those pods are detached." },
	{ 0 },
};

const struct field upgrade_fields[] = {
	{ "parallelism", FIELD_STR, AT(upgrade_settings, parallelism), .check = check_parallelism,
	  .standard = "1", .doc = "How many workers at once: a number, or a percentage." },
	{ "drain", FIELD_STRUCT, AT(upgrade_settings, drain), .inner = drain_fields,
	  .doc = "How pods leave a node." },
	{ "health_checks", FIELD_STRUCTS, AT(upgrade_settings, health_checks),
	  .inner = health_check_fields, .inner_size = sizeof(struct health_check),
	  .doc = "What must be true before each node." },
	{ "windows", FIELD_STRUCTS, AT(upgrade_settings, windows), .inner = window_fields,
	  .inner_size = sizeof(struct window_setting), .doc = "When upgrades may begin." },
	{ "holds", FIELD_MAP, AT(upgrade_settings, hold_map), .check = check_holds,
	  .doc = "Nodes or versions that are left out: name or pattern to reason." },
	{ 0 },
};

#define HOOK_ROW(phase, text) \
	{ text, FIELD_TEXT_OR_TEXTS, \
	  offsetof(struct hook_set, command) + (phase) * sizeof(struct texts), \
	  .check = check_one_line, \
	  .doc = "A line for the shell, or a list: program and arguments." }

static const struct field hook_set_fields[] = {
	HOOK_ROW(HOOK_UP, "up"),
	HOOK_ROW(HOOK_APPLY, "apply"),
	HOOK_ROW(HOOK_RESET, "reset"),
	HOOK_ROW(HOOK_UPGRADE_TALOS, "upgrade_talos"),
	HOOK_ROW(HOOK_UPGRADE_K8S, "upgrade_k8s"),
	HOOK_ROW(HOOK_NODE, "node"),
	{ 0 },
};

const struct field hooks_fields[] = {
	{ "before", FIELD_STRUCT, AT(hooks, before), .inner = hook_set_fields,
	  .doc = "Commands to run before an operation; one that fails stops it." },
	{ "after", FIELD_STRUCT, AT(hooks, after), .inner = hook_set_fields,
	  .doc = "Commands to run after an operation, however it ended." },
	{ 0 },
};
/* clang-format on */

void upgrade_settings_resolve(struct arena *arena, struct upgrade_settings *settings)
{
	const struct value *map = settings->hold_map;
	struct hold *hold = arena_calloc(arena, value_len(map) + 1, sizeof(*hold));

	for (size_t i = 0; i < value_len(map); i++)
		hold[i] = (struct hold){ value_key_at(map, i), value_text(value_at(map, i)) };
	settings->hold = hold;
	settings->holds = value_len(map);
}
