#include "ops/declared_fields.h"

#include "base/text.h"
#include "ops/declared.h"

#include <string.h>

#define AT(type, member) offsetof(struct type, member)
#define HOOK_NAME_MAX 63

static void check_version(const struct field *field, const struct value *value, const char *path,
			  struct findings *findings)
{
	const char *text = value_text(value);

	(void)field;
	if (declared_version(text))
		return;
	finding_add(findings, FINDING_ERROR, "bad-version", value_src(value), path,
		    "\"%s\" is no version", text);
	finding_hint(findings, "write it as in v1.13.9");
}

static void check_parallelism(const struct field *field, const struct value *value,
			      const char *path, struct findings *findings)
{
	size_t count;

	(void)field;
	if (!parallelism_read(value_text(value), 1, &count))
		finding_add(findings, FINDING_ERROR, "bad-parallelism", value_src(value), path,
			    "\"%s\" is no number of nodes", value_text(value));
}

static void check_filled(const struct field *field, const struct value *value, const char *path,
			 struct findings *findings)
{
	bool list = value_is_list(value);

	(void)field;
	if (list ? value_len(value) == 0 : text_is_blank(value_text(value)))
		finding_add(findings, FINDING_ERROR, "empty", value_src(value), path,
			    "%s is empty", path);
}

static void check_hook_name(const struct field *field, const struct value *value, const char *path,
			    struct findings *findings)
{
	const char *name = value_text(value);
	size_t len = strlen(name);

	(void)field;
	if (len > 0 && len <= HOOK_NAME_MAX &&
	    strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == len && name[0] != '-' &&
	    name[len - 1] != '-')
		return;
	finding_add(findings, FINDING_ERROR, "bad-name", value_src(value), path,
		    "\"%s\" is no name of a hook", name);
	finding_hint(findings, "small letters, digits and dashes, at most 63");
}

static void check_endpoint(const struct field *field, const struct value *value, const char *path,
			   struct findings *findings)
{
	const char *url = value_text(value);

	(void)field;
	if (text_starts(url, "https://") && url[8] && !strchr("/ \t", url[8]))
		return;
	finding_add(findings, FINDING_ERROR, "bad-endpoint", value_src(value), path,
		    "\"%s\" is no https URL", url);
}

static const char *const pull_policies[] = { "Always", "Never", "IfNotPresent", NULL };
static const char *const placements[] = { "hard", "soft", NULL };
static const char *const reboot_modes[] = { "default", "powercycle", NULL };
static const char *const match_types[] = { "=", "!=", "=~", "!~", NULL };

/* What is only looked at, not kept. */
struct matcher_input {
	const char *name, *value, *type;
};
struct silence_input {
	struct structs matchers;
	const char *longest;
};

/* clang-format off */
static const struct field matcher_fields[] = {
	{ "name", FIELD_STR, AT(matcher_input, name), .required = true, .check = check_filled },
	{ "value", FIELD_STR, AT(matcher_input, value), .required = true, .check = check_filled },
	{ "matchType", FIELD_STR, AT(matcher_input, type), .choices = match_types },
	{ 0 },
};

static const struct field silence_fields[] = {
	{ "matchers", FIELD_STRUCTS, AT(silence_input, matchers), .required = true,
	  .check = check_filled, .inner = matcher_fields,
	  .inner_size = sizeof(struct matcher_input) },
	{ "maxDuration", FIELD_STR, AT(silence_input, longest), .check = check_duration },
	{ 0 },
};

static const struct field hook_fields[] = {
	{ "name", FIELD_STR, AT(hook_input, name), .required = true, .check = check_hook_name },
	{ "image", FIELD_STR, AT(hook_input, image), .required = true, .check = check_filled },
	{ "imagePullPolicy", FIELD_STR, AT(hook_input, pull_policy), .choices = pull_policies },
	{ "command", FIELD_TEXTS, AT(hook_input, command) },
	{ "args", FIELD_TEXTS, AT(hook_input, args) },
	{ "env", FIELD_LIST, AT(hook_input, env) },
	{ "envFrom", FIELD_LIST, AT(hook_input, env_from) },
	{ "volumes", FIELD_LIST, AT(hook_input, volumes) },
	{ "volumeMounts", FIELD_LIST, AT(hook_input, mounts) },
	{ "serviceAccountName", FIELD_STR, AT(hook_input, service_account) },
	{ "activeDeadlineSeconds", FIELD_UINT, AT(hook_input, deadline_s), .min = 1 },
	{ "backoffLimit", FIELD_UINT, AT(hook_input, backoff_limit) },
	{ 0 },
};

static const struct field hooks_rows[] = {
	{ "pre", FIELD_STRUCTS, AT(talos_input, before), .inner = hook_fields,
	  .inner_size = sizeof(struct hook_input) },
	{ "post", FIELD_STRUCTS, AT(talos_input, after), .inner = hook_fields,
	  .inner_size = sizeof(struct hook_input) },
	{ 0 },
};

static const struct field talos_rows[] = {
	{ "version", FIELD_STR, AT(talos_input, talos.version), .required = true,
	  .check = check_version },
	{ "prePull", FIELD_BOOL, AT(talos_input, talos.pre_pull) },
	{ 0 },
};

static const struct field policy_rows[] = {
	{ "debug", FIELD_BOOL, AT(talos_input, policy.debug) },
	{ "force", FIELD_BOOL, AT(talos_input, policy.force) },
	{ "nodrain", FIELD_BOOL, AT(talos_input, policy.nodrain) },
	{ "waitForVolumeDetach", FIELD_BOOL, AT(talos_input, policy.wait_for_volumes) },
	{ "placement", FIELD_STR, AT(talos_input, policy.placement), .choices = placements },
	{ "rebootMode", FIELD_STR, AT(talos_input, policy.reboot_mode), .choices = reboot_modes },
	{ "stage", FIELD_BOOL, AT(talos_input, policy.stage) },
	{ "priorityClassName", FIELD_STR, AT(talos_input, policy.priority_class) },
	{ "timeout", FIELD_STR, AT(talos_input, policy.timeout), .check = check_duration },
	{ "drainTimeout", FIELD_STR, AT(talos_input, policy.drain_timeout),
	  .check = check_duration },
	{ 0 },
};

static const struct field drain_rows[] = {
	{ "enabled", FIELD_BOOL, AT(talos_input, drain.enabled), .required = true },
	{ "disableEviction", FIELD_BOOL, AT(talos_input, drain.disable_eviction) },
	{ 0 },
};

#define COMMON_ROWS(type)                                                                         \
	static const struct field type##_window_rows[] = {                                        \
		{ "windows", FIELD_STRUCTS, AT(type, windows), .check = check_filled,             \
		  .inner = window_fields, .inner_size = sizeof(struct window_setting) },          \
		{ 0 },                                                                            \
	};                                                                                        \
	static const struct field type##_image_rows[] = {                                         \
		{ "repository", FIELD_STR, AT(type, image_repository) },                          \
		{ "tag", FIELD_STR, AT(type, image_tag) },                                        \
		{ "pullPolicy", FIELD_STR, AT(type, pull_policy), .choices = pull_policies },     \
		{ 0 },                                                                            \
	};                                                                                        \
	static const struct field type##_talosctl_rows[] = {                                      \
		{ "image", FIELD_STRUCT, 0, .inner = type##_image_rows },                         \
		{ 0 },                                                                            \
	}

COMMON_ROWS(talos_input);
COMMON_ROWS(kube_input);

const struct field talos_spec_fields[] = {
	{ "talos", FIELD_STRUCT, 0, .required = true, .inner = talos_rows },
	{ "talosctl", FIELD_STRUCT, 0, .inner = talos_input_talosctl_rows },
	{ "policy", FIELD_STRUCT, 0, .inner = policy_rows },
	{ "nodeSelector", FIELD_VALUE, AT(talos_input, selector) },
	{ "parallelism", FIELD_STR, AT(talos_input, parallelism), .check = check_parallelism },
	{ "maintenance", FIELD_STRUCT, 0, .inner = talos_input_window_rows },
	{ "healthChecks", FIELD_STRUCTS, AT(talos_input, checks), .inner = health_check_fields,
	  .inner_size = sizeof(struct health_check) },
	{ "hooks", FIELD_STRUCT, 0, .inner = hooks_rows },
	{ "drain", FIELD_STRUCT, 0, .inner = drain_rows },
	{ "silences", FIELD_STRUCTS, AT(talos_input, silences), .check = check_filled,
	  .inner = silence_fields, .inner_size = sizeof(struct silence_input) },
	{ 0 },
};

static const struct field kubernetes_rows[] = {
	{ "version", FIELD_STR, AT(kube_input, kubernetes.version), .required = true,
	  .check = check_version },
	{ "imageRepository", FIELD_STR, AT(kube_input, kubernetes.image_repository) },
	{ "endpoint", FIELD_STR, AT(kube_input, kubernetes.endpoint), .check = check_endpoint },
	{ 0 },
};

const struct field kube_spec_fields[] = {
	{ "kubernetes", FIELD_STRUCT, 0, .required = true, .inner = kubernetes_rows },
	{ "talosctl", FIELD_STRUCT, 0, .inner = kube_input_talosctl_rows },
	{ "maintenance", FIELD_STRUCT, 0, .inner = kube_input_window_rows },
	{ "healthChecks", FIELD_STRUCTS, AT(kube_input, checks), .inner = health_check_fields,
	  .inner_size = sizeof(struct health_check) },
	{ 0 },
};

const struct old_key old_keys[] = {
	{ "drain", "deleteLocalData", true, "pods with local data are always moved" },
	{ "drain", "ignoreDaemonSets", true, "pods of a DaemonSet always stay" },
	{ "drain", "force", true, "pods without an owner are always moved" },
	{ "drain", "skipWaitForDeleteTimeout", true, "leave it out" },
	{ "kubernetes", "hostAliases", true, "leave it out" },
	{ "", "maintenanceWindow", false, "write maintenance: {windows: [...]}" },
	{ "", "version", false, "write talos: {version: ...} or kubernetes: {version: ...}" },
	{ "", "target", false, "write talos: {version: ...} or kubernetes: {version: ...}" },
	{ 0 },
};

const struct idle_key idle_keys[] = {
	{ "", "talosctl", "no talosctl is run" },
	{ "", "silences", "no alerts are silenced" },
	{ "policy", "placement", "no pod does the upgrade" },
	{ "policy", "priorityClassName", "no pod does the upgrade" },
	{ "policy", "debug", "no talosctl is run" },
	{ 0 },
};
/* clang-format on */
