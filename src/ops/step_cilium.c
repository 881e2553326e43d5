/*
 * Cilium in the cluster: install or upgrade it, apply its resources, and see that both work.
 *
 * It is installed by the user's helm where the site has it, else by a Job whose name has the digest
 * of what it installs: who comes again, after a crash or a lost answer, finds it at work or done.
 * A ConfigMap says what was installed last; it is written when all else is through.
 */
#include "ops/kinds.h"

#include "base/text.h"
#include "loop/process.h"
#include "ops/cilium_look.h"
#include "ops/step_call.h"
#include "ops/step_kube.h"
#include "tree/yaml.h"

#include <string.h>

#define CHART_REPOSITORY "https://helm.cilium.io/"
#define HELM_TIME (10 * MINUTE)
#define OUTPUT_MAX ((size_t)4 << 20)
#define ERRORS_MAX 4096
#define SAID_MAX 200
#define DIGEST_LETTERS 10

/* ---- state ----------------------------------------------------------------------------------- */

struct cilium_work {
	struct cilium_look look;
	struct process process;
	struct arena *arena; /* owned: what the last look found */
	struct step_run *run;
	step_fn *next;
	struct err err;
	const struct value **object; /* to be applied or deleted, in this order */
	size_t objects, at;
};

static struct cilium_work *work_of(struct step_run *run)
{
	struct step_memory *memory = step_memory(run);
	struct cilium_work *work = memory->data;

	if (!work) {
		work = memory->data = arena_alloc(run_arena(run), sizeof(*work));
		work->run = run;
	}
	return work;
}

static void cilium_cancel(struct step_run *run)
{
	struct cilium_work *work = step_memory(run)->data;

	if (work) {
		cilium_look_done(&work->look);
		process_done(&work->process);
		arena_free(take(work->arena));
	}
	step_call_cancel(run);
}

static void looked(struct cilium_look *look, const struct err *err)
{
	struct cilium_work *work = container_of(look, struct cilium_work, look);

	work->err = *err;
	run_resume(work->run, work->next);
}

static int look_at(struct step_run *run, unsigned parts, step_fn *next)
{
	struct cilium_work *work = work_of(run);

	work->next = next;
	run_hold(run);
	cilium_look_done(&work->look);
	arena_free(work->arena);
	work->arena = arena_new("cilium");
	cilium_look_start(&work->look, step_site(run), work->arena, parts, looked);
	return 0;
}

/* The last look; NULL: it failed. */
static const struct cilium_live *live_of(struct step_run *run, struct err *err)
{
	struct cilium_work *work = work_of(run);

	if (!err_is_set(&work->err))
		return &work->look.live;
	if (err)
		*err = work->err;
	return NULL;
}

/* What a look may meet while a cluster comes up. */
static bool will_pass(const struct err *err)
{
	return err->kind == ERR_NET || err->kind == ERR_TIMEOUT || err->kind == ERR_REMOTE;
}

static int wait_for(struct step_run *run, const char *why, step_fn *again, struct err *err)
{
	run_say(run, "%s", why);
	return step_poll(run, again, err);
}

/* ---- Kubernetes answers ---------------------------------------------------------------------- */

static int kubernetes_start(struct step_run *run, struct err *err);

static int kubernetes_answered(struct step_run *run, struct err *err)
{
	if (step_kube_reply(run))
		return run_done(run);
	if (!will_pass(step_kube_err(run)))
		return step_kube_failed(run, err);
	return wait_for(run, step_kube_err(run)->text, kubernetes_start, err);
}

static int kubernetes_start(struct step_run *run, struct err *err)
{
	static const struct kube_request ask = { .verb = KUBE_PATH,
						 .name = "/readyz",
						 .timeout = 5 * SECOND };

	(void)err;
	return step_kube(run, &ask, kubernetes_answered);
}

const struct step_kind kind_kubernetes = {
	.name = "kubernetes",
	.phrase = "wait until the Kubernetes API answers",
	.timeout_s = 10 * 60,
	.danger = STEP_SAFE,
	.start = kubernetes_start,
	.cancel = step_call_cancel,
};

/* ---- install --------------------------------------------------------------------------------- */

static int install_checked(struct step_run *run, struct err *err)
{
	const struct cilium_live *live = live_of(run, err);

	if (!live)
		return -1;
	return cilium_is_current(live) ? run_done(run) : run_needed(run);
}

static int install_check(struct step_run *run, struct err *err)
{
	(void)err;
	return look_at(run, CILIUM_AGENT, install_checked);
}

static int install_recorded(struct step_run *run, struct err *err)
{
	return step_kube_reply(run) ? run_done(run) : step_kube_failed(run, err);
}

static int install_record(struct step_run *run, struct err *err)
{
	const struct value *record = cilium_record(run_arena(run), site_cluster(step_site(run)),
						   work_of(run)->look.live.made.values);
	const struct kube_request request = { .verb = KUBE_APPLY, .body = record, .force = true };

	(void)err;
	return step_kube(run, &request, install_recorded);
}

/* What the Job needed may do everything in the cluster: it goes when it is through. */
static int install_clean(struct step_run *run, struct err *err)
{
	struct cilium_work *work = work_of(run);
	const struct err *why = step_kube_err(run);

	if (err_is_set(why) && why->kind != ERR_NOT_FOUND)
		return step_kube_failed(run, err);
	if (work->at == 0)
		return install_record(run, err);
	const struct value *object = work->object[--work->at];
	const struct kube_request request = { .verb = KUBE_DELETE,
					      .api_version = value_get_text(object, "apiVersion"),
					      .kind_name = value_get_text(object, "kind"),
					      .ns = CILIUM_NAMESPACE,
					      .name = kube_name(object) };

	return step_kube(run, &request, install_clean);
}

static int install_watch(struct step_run *run, struct err *err);

static int install_removed(struct step_run *run, struct err *err)
{
	if (!step_kube_reply(run) && step_kube_err(run)->kind != ERR_NOT_FOUND)
		return step_kube_failed(run, err);
	err_set(err, ERR_REMOTE, "the Job that installs Cilium has failed");
	return err_hint(err, "its pods' logs say why; it was removed, so that it can be run again");
}

static int install_watched(struct step_run *run, struct err *err)
{
	struct cilium_work *work = work_of(run);
	const struct value *job = step_kube_reply(run);

	if (!job && !will_pass(step_kube_err(run)))
		return step_kube_failed(run, err);
	if (!job)
		return wait_for(run, step_kube_err(run)->text, install_watch, err);
	if (text_equal(kube_condition(job, "Complete"), "True"))
		return install_clean(run, err);
	if (!text_equal(kube_condition(job, "Failed"), "True"))
		return wait_for(run, "the Job is at work", install_watch, err);
	const struct kube_request request = { .verb = KUBE_DELETE,
					      .kind = &kube_jobs,
					      .ns = CILIUM_NAMESPACE,
					      .name = kube_name(work->object[work->at - 1]) };

	return step_kube(run, &request, install_removed);
}

static int install_watch(struct step_run *run, struct err *err)
{
	struct cilium_work *work = work_of(run);
	const struct kube_request request = { .verb = KUBE_GET,
					      .kind = &kube_jobs,
					      .ns = CILIUM_NAMESPACE,
					      .name = kube_name(work->object[work->at - 1]),
					      .timeout = 10 * SECOND };

	(void)err;
	return step_kube(run, &request, install_watched);
}

static int install_apply(struct step_run *run, struct err *err)
{
	struct cilium_work *work = work_of(run);

	if (work->at > 0 && !step_kube_reply(run))
		return step_kube_failed(run, err);
	if (work->at == work->objects)
		return install_watch(run, err);
	const struct kube_request request = { .verb = KUBE_APPLY,
					      .body = work->object[work->at++],
					      .force = true };

	return step_kube(run, &request, install_apply);
}

/* One that is there goes on: whether it says install or upgrade was right when it was made. */
static int install_found(struct step_run *run, struct err *err)
{
	struct cilium_work *work = work_of(run);

	if (!step_kube_reply(run) && step_kube_err(run)->kind != ERR_NOT_FOUND)
		return step_kube_failed(run, err);
	if (!step_kube_reply(run))
		return install_apply(run, err);
	work->at = work->objects;
	return install_watch(run, err);
}

static int install_find(struct step_run *run)
{
	struct cilium_work *work = work_of(run);
	const struct kube_request request = { .verb = KUBE_GET,
					      .kind = &kube_jobs,
					      .ns = CILIUM_NAMESPACE,
					      .name = kube_name(work->object[work->objects - 1]) };

	return step_kube(run, &request, install_found);
}

/* The Job with the digest in its name, last. */
static int install_objects(struct step_run *run, struct err *err)
{
	struct cilium_work *work = work_of(run);
	struct arena *arena = run_arena(run);
	struct cilium_made made;
	const char *digest = strchr(work->look.live.digest, ':') + 1;
	size_t jobs = 0;

	if (cilium_wanted(step_site(run), arena, work->look.live.agent != NULL, &made, err) < 0)
		return -1;
	work->objects = work->at = 0;
	work->object = arena_calloc(arena, made.installs + 1, sizeof(*work->object));
	for (size_t i = 0; i < made.installs; i++) {
		const struct value *object = made.install[i];

		if (!text_equal(value_get_text(object, "kind"), "Job")) {
			work->object[work->objects++] = object;
			continue;
		}
		const struct value *meta = value_get(object, "metadata");
		const char *name = arena_printf(arena, "%s-%.*s", kube_name(object),
						DIGEST_LETTERS, digest);

		meta = value_set(arena, meta, "name", value_str(arena, name));
		work->object[made.installs - 1] = value_set(arena, object, "metadata", meta);
		jobs++;
	}
	work->objects = made.installs;
	if (jobs == 1)
		return install_find(run);
	return err_set(err, ERR_INPUT, "the template cilium-install.yaml has %zu Jobs, not one",
		       jobs);
}

/* The last line it said, without what does not belong into a sentence. */
static int helm_failed(const struct process *process, struct err *err)
{
	const char *line = "it says nothing";

	for (const char *at = str_text(&process->result.errors); *at;) {
		size_t len = strcspn(at, "\r\n");

		line = len ? at : line;
		at += len + (at[len] != '\0');
	}
	size_t len = strcspn(line, "\r\n");

	return err_set(err, ERR_REMOTE, "helm ends with %d: %.*s", process->result.code,
		       (int)(len < SAID_MAX ? len : SAID_MAX), line);
}

static int helm_over(struct step_run *run, struct err *err)
{
	struct cilium_work *work = work_of(run);

	if (err_is_set(&work->err)) {
		if (err)
			*err = work->err;
		return -1;
	}
	if (work->process.result.code != 0)
		return helm_failed(&work->process, err);
	return install_record(run, err);
}

static void helm_ended(struct process *process, const struct err *err)
{
	struct cilium_work *work = container_of(process, struct cilium_work, process);

	work->err = err ? *err : (struct err)ERR_INIT;
	run_resume(work->run, helm_over);
}

/* Values go over stdin: they are in no file and in no list of processes. */
static int install_by_helm(struct step_run *run, struct err *err)
{
	struct cilium_work *work = work_of(run);
	const char *const argv[] = { "helm", "upgrade", "--install", "cilium", "cilium", "--repo",
				     CHART_REPOSITORY, "--version",
				     site_cluster(step_site(run))->cilium.version, "--namespace",
				     CILIUM_NAMESPACE, "--kubeconfig",
				     site_options(step_site(run))->helm, "--values", "-", NULL };
	struct str values SCOPED(str_done) = STR_INIT(OUTPUT_MAX);

	yaml_write(&values, work->look.live.made.values, &yaml_style_talos);
	const struct process_request request = { .argv = argv,
						 .name = "helm",
						 .input = values.at,
						 .input_len = values.len,
						 .output_max = OUTPUT_MAX,
						 .error_max = ERRORS_MAX,
						 .timeout = HELM_TIME };

	run_say(run, "helm upgrade --install cilium --version %s",
		site_cluster(step_site(run))->cilium.version);
	run_hold(run);
	return process_start(&work->process, run_loop(run), &request, helm_ended, err);
}

static int install_looked(struct step_run *run, struct err *err)
{
	if (!live_of(run, err))
		return -1;
	if (text_equal(run_arg(run, "with"), "helm") && site_options(step_site(run))->helm)
		return install_by_helm(run, err);
	return install_objects(run, err);
}

static int install_start(struct step_run *run, struct err *err)
{
	(void)err;
	return look_at(run, CILIUM_AGENT, install_looked);
}

const struct step_kind kind_cilium_install = {
	.name = "cilium-install",
	.phrase = "install Cilium",
	.timeout_s = 15 * 60,
	.attempts = 5,
	.pause_s = 3,
	.danger = STEP_CHANGES,
	.check = install_check,
	.start = install_start,
	.cancel = cilium_cancel,
};

/* ---- gates ----------------------------------------------------------------------------------- */

/* Looks again until `why` is NULL. */
static int gate(struct step_run *run, const char *why, step_fn *again, struct err *err)
{
	return why ? wait_for(run, why, again, err) : run_done(run);
}

/* NULL with the attempt over (<0) or to be gone on with (0) in *r. */
static const struct cilium_live *gate_live(struct step_run *run, step_fn *again, int *r,
					   struct err *err)
{
	const struct cilium_live *live = live_of(run, err);

	if (live)
		return live;
	*r = will_pass(&work_of(run)->err)
		     ? wait_for(run, work_of(run)->err.text, again, err)
		     : -1;
	return NULL;
}

static int ready_start(struct step_run *run, struct err *err);

static int ready_looked(struct step_run *run, struct err *err)
{
	int r = 0;
	const struct cilium_live *live = gate_live(run, ready_start, &r, err);

	if (!live)
		return r;
	const char *why = cilium_unready(run_arena(run), live);

	if (!why)
		why = cilium_undefined(run_arena(run), live);
	return gate(run, why, ready_start, err);
}

static int ready_start(struct step_run *run, struct err *err)
{
	(void)err;
	return look_at(run, CILIUM_AGENT | CILIUM_DEFINITIONS, ready_looked);
}

const struct step_kind kind_cilium_ready = {
	.name = "cilium-ready",
	.phrase = "wait until Cilium runs on every node",
	.timeout_s = 15 * 60,
	.danger = STEP_SAFE,
	.start = ready_start,
	.cancel = cilium_cancel,
};

static int announce_start(struct step_run *run, struct err *err);

static int announce_looked(struct step_run *run, struct err *err)
{
	int r = 0;
	const struct cilium_live *live = gate_live(run, announce_start, &r, err);

	if (!live)
		return r;
	return gate(run,
		    cilium_unannounced(run_arena(run), site_cluster(step_site(run)), live),
		    announce_start, err);
}

static int announce_start(struct step_run *run, struct err *err)
{
	const struct cluster *cluster = site_cluster(step_site(run));
	unsigned parts = CILIUM_RESOURCES | (cluster->bgp.asn ? CILIUM_SESSIONS : 0u);

	(void)err;
	return look_at(run, parts, announce_looked);
}

const struct step_kind kind_cilium_announce = {
	.name = "cilium-announce",
	.phrase = "wait until pools are accepted and BGP sessions established",
	.timeout_s = 3 * 60,
	.danger = STEP_SAFE,
	.start = announce_start,
	.cancel = cilium_cancel,
};

/* ---- resources ------------------------------------------------------------------------------- */

static size_t next_stale(const struct cilium_live *live, size_t from)
{
	while (from < live->made.resources && cilium_resource_is_current(live, from))
		from++;
	return from;
}

static int resources_checked(struct step_run *run, struct err *err)
{
	const struct cilium_live *live = live_of(run, err);

	if (!live)
		return -1;
	return next_stale(live, 0) == live->made.resources ? run_done(run) : run_needed(run);
}

static int resources_check(struct step_run *run, struct err *err)
{
	(void)err;
	return look_at(run, CILIUM_RESOURCES, resources_checked);
}

static int resources_applied(struct step_run *run, struct err *err);

static int resources_apply(struct step_run *run, struct err *err)
{
	struct cilium_work *work = work_of(run);
	const struct cilium_live *live = &work->look.live;

	(void)err;
	work->at = next_stale(live, work->at);
	if (work->at == live->made.resources)
		return run_done(run);
	const struct kube_request request = { .verb = KUBE_APPLY,
					      .body = live->made.resource[work->at],
					      .ns = CILIUM_NAMESPACE,
					      .force = true };
	run_say(run, "%s", cilium_resource_name(run_arena(run), request.body));
	return step_kube(run, &request, resources_applied);
}

static int resources_applied(struct step_run *run, struct err *err)
{
	if (!step_kube_reply(run))
		return step_kube_failed(run, err);
	work_of(run)->at++;
	return resources_apply(run, err);
}

static int resources_looked(struct step_run *run, struct err *err)
{
	return live_of(run, err) ? resources_apply(run, err) : -1;
}

static int resources_start(struct step_run *run, struct err *err)
{
	(void)err;
	return look_at(run, CILIUM_RESOURCES, resources_looked);
}

const struct step_kind kind_cilium_resources = {
	.name = "cilium-resources",
	.phrase = "apply the pools and sessions of Cilium",
	.timeout_s = 5 * 60,
	.attempts = 5,
	.pause_s = 3,
	.danger = STEP_CHANGES,
	.check = resources_check,
	.start = resources_start,
	.cancel = cilium_cancel,
};
