#include "sim/kube_call.h"
#include "sim/kube_value.h"
#include "sim/world_impl.h"

#include <inttypes.h>
#include <string.h>

const struct value *scale_of(struct arena *arena, const struct value *object)
{
	const struct value *scale =
		kube_yaml(arena,
			  "{kind: Scale, apiVersion: autoscaling/v1, metadata: {name: '%s', "
			  "namespace: '%s', uid: '%s', resourceVersion: '%s'}, spec: {replicas: "
			  "%" PRId64 "}, status: {replicas: %" PRId64 "}}",
			  kube_text(object, "metadata.name"),
			  kube_text(object, "metadata.namespace"),
			  kube_text(object, "metadata.uid"),
			  kube_text(object, "metadata.resourceVersion"),
			  kube_int(object, "spec.replicas", 1),
			  kube_int(object, "status.replicas", 0));

	return scale;
}

static void reply_blocked(struct kube_call *call, const struct value *budget)
{
	struct arena *arena = call->arena;
	const struct value *details = kube_yaml(
		arena,
		"{causes: [{reason: DisruptionBudget, message: 'The disruption budget %s needs "
		"%" PRId64 " healthy pods and has %" PRId64 " currently'}]}",
		kube_text(budget, "metadata.name"), kube_int(budget, "status.desiredHealthy", 0),
		kube_int(budget, "status.currentHealthy", 0));

	reply_problem(call, &(struct kube_problem){ 429, "TooManyRequests", details },
		      "Cannot evict pod as it would violate the pod's disruption budget.");
}

static bool is_same_pod(struct kube_call *call, const struct kube_object *pod)
{
	const char *uid = kube_text(call->input, "deleteOptions.preconditions.uid");

	if (!*uid || !strcmp(uid, pod->uid))
		return true;
	reply_problem(call, &(struct kube_problem){ 409, "Conflict", NULL },
		      "Operation cannot be fulfilled on pods \"%s\": Precondition failed: UID in "
		      "precondition: %s, UID in object meta: %s",
		      call->name, uid, pod->uid);
	return false;
}

void sub_evict(struct kube_call *call)
{
	struct kube_object *pod = store_find(call->type, call->space, call->name);
	const struct value *budget = NULL;
	int r;

	if (!pod) {
		reply_not_found(call);
		return;
	}
	if (!is_same_pod(call, pod))
		return;
	r = budget_allows(call->kube, pod, &budget);
	if (r < 0) {
		reply_problem(call, &(struct kube_problem){ 500, "InternalError", NULL },
			      "This pod has more than one PodDisruptionBudget, which the eviction "
			      "subresource does not support.");
		return;
	}
	if (r > 0) {
		reply_blocked(call, budget);
		return;
	}
	if (!value_len(kube_at(call->input, "deleteOptions.dryRun")) &&
	    !*call_query(call, "dryRun"))
		kube_delete(call->kube, pod,
			    &(struct kube_removal){
				    .grace = kube_int(call->input,
						      "deleteOptions.gracePeriodSeconds", -1) });
	reply_value(call, 201,
		    status_value(call,
				 &(struct kube_problem){ 201, NULL,
							 map_end(map_begin(call->arena)) },
				 ""));
}

void sub_log(struct kube_call *call)
{
	const struct kube_object *pod = store_find(call->type, call->space, call->name);

	if (!pod)
		reply_not_found(call);
	else if (kube_is(pod->now->value, "status.phase", "Pending"))
		reply_problem(call, &(struct kube_problem){ 400, "BadRequest", NULL },
			      "container is waiting to start: ContainerCreating");
	else
		reply_text(call, 200,
			   arena_printf(call->arena, "%s started\n",
					kube_text(pod->now->value, "metadata.name")));
}

void sub_bind(struct kube_call *call)
{
	const struct kube_object *pod = store_find(call->type, call->space, call->name);

	if (!pod) {
		reply_not_found(call);
		return;
	}
	if (*pod->node) {
		reply_problem(call, &(struct kube_problem){ 409, "Conflict", NULL },
			      "Operation cannot be fulfilled on pods/binding \"%s\": pod %s is "
			      "already assigned to node \"%s\"",
			      call->name, call->name, pod->node);
		return;
	}
	store_put(&call->kube->store, call->type,
		  kube_with_text(call->arena, pod->now->value, "spec.nodeName",
				 kube_text(call->input, "target.name")));
	reply_value(call, 201,
		    status_value(call, &(struct kube_problem){ 201, NULL, NULL }, ""));
}
