#include "sim/kube.h"
#include "sim/kube_select.h"
#include "sim/kube_value.h"
#include "sim/world_impl.h"

#include <inttypes.h>
#include <string.h>

#define REVISION "controller-revision-hash"
#define TEMPLATE "pod-template-hash"

void workload_touch(struct kube *kube, const char *plural)
{
	const struct kube_type *type = kube_type(kube, plural);

	for (size_t i = 0; i < type->len; i++)
		store_touch(&kube->store, type->at[i]);
}

/* The pods of an owner that are not on their way out, or done. */
struct flock {
	struct kube_object **at;
	size_t len, cap, ready, ending;
};

static struct flock flock_of(struct kube *kube, struct arena *arena,
			     const struct kube_object *owner)
{
	const struct kube_type *pods = kube_type(kube, "pods");
	struct flock flock = { 0 };

	for (size_t i = store_place(pods, owner->space, "");
	     i < pods->len && !strcmp(pods->at[i]->space, owner->space); i++) {
		struct kube_object *pod = pods->at[i];

		if (strcmp(pod->owner, owner->uid) != 0)
			continue;
		if (pod_is_ending(pod->now->value)) {
			flock.ending++;
			continue;
		}
		flock.at = arena_grow(arena, flock.at, flock.len, &flock.cap,
				      sizeof(struct kube_object *));
		flock.at[flock.len++] = pod;
		flock.ready += pod_is_ready(pod->now->value);
	}
	return flock;
}

static void remove_pod(struct kube *kube, struct kube_object *pod)
{
	kube_delete(kube, pod, &(struct kube_removal){ .grace = -1 });
}

static const struct value *with_number(struct arena *arena, const struct value *object,
				       const char *path, size_t number)
{
	return kube_with(arena, object, path, value_of_u64(arena, number));
}

static const struct value *observed(struct arena *arena, const struct value *object)
{
	return kube_with(arena, object, "status.observedGeneration",
			 value_of_int(arena, kube_int(object, "metadata.generation", 1)));
}

/* The template with one more label. */
static const struct value *labelled(struct arena *arena, const struct value *template,
				    const char *key, const char *text)
{
	const struct value *labels = kube_at(template, "metadata.labels");

	labels = value_set(arena, labels ? labels : map_end(map_begin(arena)), key,
			   value_str(arena, text));
	return kube_with(arena, template, "metadata.labels", labels);
}

static bool has_label(const struct kube_object *object, const char *key, const char *text)
{
	return kube_is(kube_label_of(object->now->value, key), NULL, text);
}

/* ---- DaemonSets ------------------------------------------------------------------------------ */

static struct kube_object *pod_on(const struct flock *flock, const char *node)
{
	for (size_t i = 0; i < flock->len; i++) {
		if (!strcmp(flock->at[i]->node, node))
			return flock->at[i];
	}
	return NULL;
}

/* Whether a pod that ends is still on that node: the next one waits for it. */
static bool is_left(struct kube *kube, const struct kube_object *owner, const char *node)
{
	const struct kube_type *pods = kube_type(kube, "pods");

	for (size_t i = store_place(pods, owner->space, "");
	     i < pods->len && !strcmp(pods->at[i]->space, owner->space); i++) {
		if (!strcmp(pods->at[i]->owner, owner->uid) && !strcmp(pods->at[i]->node, node))
			return true;
	}
	return false;
}

static void daemon_pod(struct kube *kube, struct arena *arena, const struct kube_object *owner,
		       const struct value *template, const char *node)
{
	const struct value *pod = pod_of(kube, arena, owner, template);

	kube_put(kube, "pods", kube_with_text(arena, pod, "spec.nodeName", node));
}

/* One at a time, and only while all others are ready. */
static void roll_daemons(struct kube *kube, const struct kube_object *object,
			 const struct flock *flock, const char *hash)
{
	if (kube_is(object->now->value, "spec.updateStrategy.type", "OnDelete") || flock->ending)
		return;
	for (size_t i = 0; i < flock->len; i++) {
		bool old = !has_label(flock->at[i], REVISION, hash);

		bool ready = pod_is_ready(flock->at[i]->now->value);

		if (old && (flock->ready == flock->len || !ready)) {
			remove_pod(kube, flock->at[i]);
			return;
		}
	}
}

static void daemon_status(struct kube *kube, struct kube_object *object, const struct flock *flock,
			  size_t wanted, const char *hash)
{
	struct arena *arena OWNED(arena_free) = arena_new("daemon set");
	const struct value *value = observed(arena, object->now->value);
	size_t updated = 0;

	for (size_t i = 0; i < flock->len; i++)
		updated += has_label(flock->at[i], REVISION, hash);
	value = with_number(arena, value, "status.desiredNumberScheduled", wanted);
	value = with_number(arena, value, "status.currentNumberScheduled", flock->len);
	value = with_number(arena, value, "status.updatedNumberScheduled", updated);
	value = with_number(arena, value, "status.numberReady", flock->ready);
	value = with_number(arena, value, "status.numberAvailable", flock->ready);
	value = with_number(arena, value, "status.numberUnavailable",
			    wanted > flock->ready ? wanted - flock->ready : 0);
	value = with_number(arena, value, "status.numberMisscheduled", 0);
	store_put(&kube->store, object->type, value);
}

void daemonset_look(struct kube *kube, struct kube_object *object)
{
	struct arena *arena OWNED(arena_free) = arena_new("daemon set");
	const struct kube_type *nodes = kube_type(kube, "nodes");
	const struct value *template = kube_at(object->now->value, "spec.template");
	const char *hash = kube_hash(arena, template);
	struct flock flock = flock_of(kube, arena, object);
	size_t wanted = 0;

	template = labelled(arena, template, REVISION, hash);
	for (size_t i = 0; i < nodes->len; i++) {
		const char *node = nodes->at[i]->name;
		struct kube_object *pod = pod_on(&flock, node);
		bool fits = pod_fits(value_get(template, "spec"), nodes->at[i]->now->value, true);

		wanted += fits;
		if (pod && !fits)
			remove_pod(kube, pod);
		else if (!pod && fits && !is_left(kube, object, node))
			daemon_pod(kube, arena, object, template, node);
	}
	flock = flock_of(kube, arena, object);
	roll_daemons(kube, object, &flock, hash);
	flock = flock_of(kube, arena, object);
	daemon_status(kube, object, &flock, wanted, hash);
}

/* ---- ReplicaSets ----------------------------------------------------------------------------- */

static size_t count_open(const struct flock *flock)
{
	size_t count = 0;

	for (size_t i = 0; i < flock->len; i++)
		count += !pod_is_over(flock->at[i]->now->value);
	return count;
}

/* Those that are not ready go first. */
static void remove_surplus(struct kube *kube, const struct flock *flock, size_t surplus)
{
	for (int ready = 0; ready <= 1; ready++) {
		for (size_t i = 0; i < flock->len && surplus; i++) {
			if (!flock->at[i] || pod_is_ready(flock->at[i]->now->value) != ready)
				continue;
			remove_pod(kube, flock->at[i]);
			flock->at[i] = NULL;
			surplus--;
		}
	}
}

void replicaset_look(struct kube *kube, struct kube_object *object)
{
	struct arena *arena OWNED(arena_free) = arena_new("replica set");
	const struct value *value = object->now->value;
	struct flock flock = flock_of(kube, arena, object);
	size_t wanted = (size_t)kube_int(value, "spec.replicas", 1), there = count_open(&flock);

	if (there > wanted)
		remove_surplus(kube, &flock, there - wanted);
	for (; there < wanted; there++)
		kube_put(kube, "pods",
			 pod_of(kube, arena, object, kube_at(value, "spec.template")));
	flock = flock_of(kube, arena, object);
	value = observed(arena, value);
	value = with_number(arena, value, "status.replicas", flock.len);
	value = with_number(arena, value, "status.readyReplicas", flock.ready);
	value = with_number(arena, value, "status.availableReplicas", flock.ready);
	store_put(&kube->store, object->type, value);
}

/* ---- Deployments ----------------------------------------------------------------------------- */

static struct kube_object *make_set(struct kube *kube, struct arena *arena,
				    const struct kube_object *object, const char *hash)
{
	const struct value *spec = kube_at(object->now->value, "spec");
	const struct value *template =
		labelled(arena, value_get(spec, "template"), TEMPLATE, hash);
	const struct value *set = kube_yaml(
		arena,
		"{apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: '%s-%s', namespace: "
		"'%s', generation: 1, ownerReferences: [{apiVersion: apps/v1, kind: Deployment, "
		"name: '%s', uid: '%s', controller: true, blockOwnerDeletion: true}]}}",
		object->name, hash, object->space, object->name, object->uid);

	set = kube_with(arena, set, "metadata.labels", kube_at(template, "metadata.labels"));
	set = kube_with(arena, set, "spec.replicas", value_get(spec, "replicas"));
	set = kube_with(arena, set, "spec.selector", value_get(spec, "selector"));
	set = kube_with(arena, set, "spec.template", template);
	return kube_put(kube, "replicasets", set);
}

static void scale_set(struct kube *kube, struct kube_object *set, int64_t replicas)
{
	struct arena *arena OWNED(arena_free) = arena_new("scaled set");

	if (kube_int(set->now->value, "spec.replicas", 1) != replicas)
		store_put(&kube->store, set->type,
			  kube_with(arena, set->now->value, "spec.replicas",
				    value_of_int(arena, replicas)));
}

struct tally {
	size_t all, ready, old;
};

static struct tally tally_of(const struct kube *kube, const struct kube_object *owner,
			     const struct kube_object *now)
{
	const struct kube_type *sets = kube_type(kube, "replicasets");
	struct tally tally = { 0 };

	for (size_t i = 0; i < sets->len; i++) {
		const struct kube_object *set = sets->at[i];
		size_t count = (size_t)kube_int(set->now->value, "status.replicas", 0);

		if (strcmp(set->owner, owner->uid) != 0)
			continue;
		tally.all += count;
		tally.ready += (size_t)kube_int(set->now->value, "status.readyReplicas", 0);
		tally.old += set == now ? 0 : count;
	}
	return tally;
}

static void deployment_status(struct kube *kube, struct kube_object *object,
			      const struct kube_object *now)
{
	struct arena *arena OWNED(arena_free) = arena_new("deployment");
	const struct value *value = observed(arena, object->now->value);
	struct tally tally = tally_of(kube, object, now);
	size_t wanted = (size_t)kube_int(value, "spec.replicas", 1);
	bool whole = tally.ready >= wanted;
	const struct kube_condition available = {
		"Available", whole ? "True" : "False",
		whole ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable", ""
	};
	const struct kube_condition progress = {
		"Progressing", "True",
		whole && !tally.old ? "NewReplicaSetAvailable" : "ReplicaSetUpdated", ""
	};

	value = with_number(arena, value, "status.replicas", tally.all);
	value = with_number(arena, value, "status.updatedReplicas", tally.all - tally.old);
	value = with_number(arena, value, "status.readyReplicas", tally.ready);
	value = with_number(arena, value, "status.availableReplicas", tally.ready);
	value = with_number(arena, value, "status.unavailableReplicas",
			    wanted > tally.ready ? wanted - tally.ready : 0);
	value = kube_with_condition(arena, value, &available, kube_wall(kube));
	value = kube_with_condition(arena, value, &progress, kube_wall(kube));
	store_put(&kube->store, object->type, value);
}

void deployment_look(struct kube *kube, struct kube_object *object)
{
	struct arena *arena OWNED(arena_free) = arena_new("deployment");
	const struct kube_type *sets = kube_type(kube, "replicasets");
	const struct value *value = object->now->value;
	const char *hash = kube_hash(arena, kube_at(value, "spec.template"));
	struct kube_object *now = store_find(sets, object->space,
					     arena_printf(arena, "%s-%s", object->name, hash));
	int64_t wanted = kube_int(value, "spec.replicas", 1);

	if (!now)
		now = make_set(kube, arena, object, hash);
	scale_set(kube, now, wanted);
	/* the old ones go when the new one is whole */
	for (size_t i = 0; i < sets->len; i++) {
		if (sets->at[i] != now && !strcmp(sets->at[i]->owner, object->uid) &&
		    kube_int(now->now->value, "status.readyReplicas", 0) >= wanted)
			scale_set(kube, sets->at[i], 0);
	}
	deployment_status(kube, object, now);
}

/* ---- Jobs ------------------------------------------------------------------------------------ */

static bool job_is_over(const struct value *job)
{
	return kube_has_condition(job, "Complete") || kube_has_condition(job, "Failed");
}

static bool is_cilium(const struct value *job)
{
	const struct value *containers = kube_at(job, "spec.template.spec.containers");

	for (size_t i = 0; i < value_len(containers); i++) {
		if (strstr(kube_text(value_at(containers, i), "image"), "cilium-cli"))
			return true;
	}
	return false;
}

static void complete(struct kube *kube, struct kube_object *object)
{
	struct arena *arena OWNED(arena_free) = arena_new("finished job");
	const struct value *job = object->now->value;
	const struct kube_condition done = { "Complete", "True", "CompletionsReached", "" };

	if (is_cilium(job))
		cilium_install(kube, job);
	job = with_number(arena, job, "status.active", 0);
	job = with_number(arena, job, "status.succeeded", 1);
	job = kube_with(arena, job, "status.completionTime", kube_time(arena, kube_wall(kube)));
	store_put(&kube->store, object->type,
		  kube_with_condition(arena, job, &done, kube_wall(kube)));
}

static void give_up(struct kube *kube, struct kube_object *object, const struct flock *flock,
		    const struct kube_condition *failed)
{
	struct arena *arena OWNED(arena_free) = arena_new("failed job");
	const struct value *job = with_number(arena, object->now->value, "status.active", 0);

	object->due = 0;
	for (size_t i = 0; i < flock->len; i++)
		if (!pod_is_over(flock->at[i]->now->value))
			remove_pod(kube, flock->at[i]);
	store_put(&kube->store, object->type,
		  kube_with_condition(arena, job, failed, kube_wall(kube)));
}

/* Its time counts from its start, whether a pod of it ever ran or not. */
static bool job_is_late(struct kube *kube, struct kube_object *object)
{
	const struct value *job = object->now->value;
	int64_t limit = kube_int(job, "spec.activeDeadlineSeconds", 0);
	uint64_t start;

	if (limit <= 0 || time_parse(kube_text(job, "status.startTime"), &start) < 0)
		return false;
	object->due = start + (uint64_t)limit * SECOND;
	return kube_wall(kube) >= object->due;
}

static void job_begin(struct kube *kube, struct kube_object *object, size_t failed)
{
	struct arena *arena OWNED(arena_free) = arena_new("job's pod");
	const struct value *job = object->now->value, *template = kube_at(job, "spec.template");

	template = labelled(arena, template, "batch.kubernetes.io/job-name", object->name);
	template = labelled(arena, template, "job-name", object->name);
	kube_put(kube, "pods", pod_of(kube, arena, object, template));
	job = with_number(arena, job, "status.active", 1);
	if (failed)
		job = with_number(arena, job, "status.failed", failed);
	if (!kube_at(job, "status.startTime"))
		job = kube_with(arena, job, "status.startTime", kube_time(arena, kube_wall(kube)));
	store_put(&kube->store, object->type, job);
}

void job_look(struct kube *kube, struct kube_object *object)
{
	static const struct kube_condition late = { "Failed", "True", "DeadlineExceeded",
						    "Job was active longer than specified "
						    "deadline" };
	static const struct kube_condition tried = { "Failed", "True", "BackoffLimitExceeded",
						     "Job has reached the specified backoff "
						     "limit" };
	struct arena *arena OWNED(arena_free) = arena_new("job");
	struct flock flock = flock_of(kube, arena, object);
	const struct value *job = object->now->value;
	size_t failed = 0;

	object->due = 0;
	if (job_is_over(job) || kube_flag(job, "spec.suspend"))
		return;
	for (size_t i = 0; i < flock.len; i++) {
		const struct value *pod = flock.at[i]->now->value;

		if (kube_is(pod, "status.phase", "Succeeded")) {
			complete(kube, object);
			return;
		}
		failed += kube_is(pod, "status.phase", "Failed");
	}
	if (job_is_late(kube, object))
		give_up(kube, object, &flock, &late);
	else if ((int64_t)failed > kube_int(job, "spec.backoffLimit", 6))
		give_up(kube, object, &flock, &tried);
	else if (flock.len == failed)
		job_begin(kube, object, failed);
}
