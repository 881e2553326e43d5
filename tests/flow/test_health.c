/*
 * The gates of health on a simulated cluster: all of them well, each of them not, and those that
 * are passed over.
 */
#include "flow/scene.h"

#include "base/clock.h"
#include "kube/kind.h"
#include "kube/kube.h"
#include "ops/health.h"
#include "tree/json.h"

#include <criterion/criterion.h>
#include <string.h>

static int plan_health(const struct operation_input *input, struct plan **out, struct err *err)
{
	(void)err;
	*out = health_plan(input->inventory->cluster, input->gates);
	return 0;
}

static const struct operation health = { .name = "health", .plan = plan_health };

static int forget(struct journal_sink *sink, const char *line, size_t len, struct err *err)
{
	(void)sink;
	(void)line;
	(void)len;
	(void)err;
	return 0;
}

static void init(struct scene *scene, const char *settings)
{
	static struct journal_sink nowhere = { forget };

	scene_init(scene, &(struct scene_options){ .profile = "vip-and-workers",
						   .settings = settings,
						   .start = WORLD_RUNNING,
						   .sink = &nowhere });
	scene_wait(scene, 2 * MINUTE);
}

/* How the gate ended, "done", "skipped" or "failed"; "" when it was not asked. */
static const char *verdict(struct scene *scene, const char *gate)
{
	static const char end[] = "\"event\":\"end\",\"run\":\"\",\"step\"";
	const char *head = arena_printf(scene->arena, "%s:\"%s\"", end, gate);
	const char *at = strstr(str_text(&scene->events), head);
	const char *text = at ? strstr(at, "\"text\":\"") : NULL;

	if (!text)
		return "";
	text += strlen("\"text\":\"");
	return arena_strn(scene->arena, text, strcspn(text, "\""));
}

static const char *const gates[] = {
	"ready/control0",
	"ready/worker2",
	"memory/control0",
	"memory/worker0",
	"disk-size/control1",
	"diagnostics/worker1",
	"etcd",
	"etcd-members",
	"vip",
	"kube-api",
	"nodes-report",
	"control-pods",
	"nodes-ready",
	"kube-proxy",
	"coredns",
	"nodes-schedulable",
};

static bool is_ok(const char *verdict)
{
	return strcmp(verdict, "done") == 0 || strcmp(verdict, "skipped") == 0;
}

static void run(struct scene *scene)
{
	scene_run(scene, &(struct scene_order){ .operation = &health });
}

Test(health, of_a_healthy_cluster_is_ok, .timeout = 100)
{
	struct scene scene SCOPED(scene_done) = { 0 };
	init(&scene, "upgrade: {health_checks: [{apiVersion: v1, kind: Node, expr: "
		     "'has(status.conditions)'}]}\n");

	run(&scene);
	for (size_t i = 0; i < ARRAY_LEN(gates); i++)
		cr_assert(is_ok(verdict(&scene, gates[i])), "%s: %s", gates[i],
			  verdict(&scene, gates[i]));
	cr_assert_str_eq(verdict(&scene, "cel-check"), "done");
}

/* ---- each of them not ------------------------------------------------------------------------ */

static void merge(struct scene *scene, const struct kube_kind *kind, const char *name,
		  const char *patch)
{
	const struct value *body;
	struct err err = ERR_INIT;

	cr_assert_eq(json_read(scene->arena, NULL, patch, strlen(patch), &body, &err), 0, "%s",
		     err.text);
	cr_assert_eq(scene_kube(scene,
				&(struct kube_request){ .verb = KUBE_MERGE,
							.kind = kind,
							.name = name,
							.body = body },
				NULL, &err),
		     0, "%s", err.text);
}

static void broken(struct scene *scene, const char *method, int code)
{
	world_fault(scene->world, &(struct fault){ .kind = FAULT_STATUS,
						   .node = "control0",
						   .method = method,
						   .count = 100000,
						   .code = code });
}

static void no_memory(struct scene *scene)
{
	broken(scene, "Memory", 14);
}

static void no_list(struct scene *scene)
{
	broken(scene, "List", 14);
}

static void no_get(struct scene *scene)
{
	broken(scene, "Get", 14);
}

static void no_members(struct scene *scene)
{
	broken(scene, "EtcdMemberList", 14);
}

static void no_worker(struct scene *scene)
{
	world_power(scene->world, "worker1", false);
	scene_wait(scene, 2 * MINUTE);
}

static void no_control(struct scene *scene)
{
	world_power(scene->world, "control0", false);
	world_power(scene->world, "control1", false);
}

static void a_stranger(struct scene *scene)
{
	scene_create(scene, "{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{\"name\":"
			    "\"stranger\"}}");
}

static void a_cordon(struct scene *scene)
{
	merge(scene, &kube_nodes, "worker0", "{\"spec\":{\"unschedulable\":true}}");
}

static void a_label_too_many(struct scene *scene)
{
	merge(scene, &kube_nodes, "worker1",
	      "{\"metadata\":{\"labels\":{\"node-role.kubernetes.io/control-plane\":\"\"}}}");
}

static const struct {
	const char *name;
	void (*before)(struct scene *scene);
	const char *gate, *says, *settings;
} rows[] = {
	{ "memory that nobody tells", no_memory, "memory/control0", "control0" },
	{ "diagnostics that nobody tells", no_list, "diagnostics/control0", "" },
	{ "a disk that nobody tells", no_get, "disk-size/control0", "" },
	{ "members that nobody tells", no_members, "etcd", "control0" },
	{ "members that nobody tells", no_members, "etcd-members", "control0" },
	{ "a worker without power", no_worker, "nodes-ready", "Node worker1 is not Ready" },
	{ "a worker without power", no_worker, "ready/worker1", "" },
	{ "no control plane", no_control, "vip", "" },
	{ "no control plane", no_control, "kube-api", "" },
	{ "no control plane", no_control, "control-pods", "" },
	{ "no control plane", no_control, "coredns", "" },
	{ "no control plane", no_control, "kube-proxy", "" },
	{ "a Node of nobody", a_stranger, "nodes-report", "Node stranger is no node" },
	{ "a label too many", a_label_too_many, "nodes-report",
	  "worker1 is labelled as a control plane" },
	{ "a cordoned Node", a_cordon, "nodes-schedulable", "Node worker0 is cordoned" },
	{ "an expression that is false", NULL, "cel-check", "the expression is false",
	  "upgrade: {health_checks: [{apiVersion: v1, kind: Node, expr: 'false', "
	  "timeout: 1m}]}\n" },
};

Test(health, each_gate_says_what_is_wrong, .timeout = 300)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct scene scene SCOPED(scene_done) = { 0 };
		init(&scene, rows[i].settings);

		if (rows[i].before)
			rows[i].before(&scene);
		size_t from = scene.events.len;
		run(&scene);
		cr_assert_str_eq(verdict(&scene, rows[i].gate), "failed", "%s: %s is %s",
				 rows[i].name, rows[i].gate, verdict(&scene, rows[i].gate));
		cr_assert_not_null(strstr(str_text(&scene.events) + from, rows[i].says),
				   "%s: nobody says %s", rows[i].name, rows[i].says);
	}
}

/* A reader of the cluster may not know everything, and old releases cannot say it. */
Test(health, what_may_not_be_known_is_passed_over, .timeout = 100)
{
	static const struct {
		const char *method, *gate;
		int code;
	} unknown[] = {
		{ "Memory", "memory/control0", 7 },
		{ "Memory", "memory/control0", 12 },
		{ "List", "diagnostics/control0", 7 },
	};

	for (size_t i = 0; i < ARRAY_LEN(unknown); i++) {
		struct scene scene SCOPED(scene_done) = { 0 };
		init(&scene, NULL);
		broken(&scene, unknown[i].method, unknown[i].code);

		run(&scene);
		cr_assert_str_eq(verdict(&scene, unknown[i].gate), "skipped", "%s: %s",
				 unknown[i].gate, verdict(&scene, unknown[i].gate));
		cr_assert_not_null(strstr(str_text(&scene.events), "skipped: "), "%s",
				   unknown[i].gate);
	}
}
