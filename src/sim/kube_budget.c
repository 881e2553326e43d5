#include "base/text.h"
#include "sim/kube.h"
#include "sim/kube_select.h"
#include "sim/kube_value.h"

#include <string.h>

struct budget {
	int64_t expected, healthy, wanted;
};

/* A number, or a share of all rounded up. */
static int64_t amount(struct arena *arena, const struct value *value, int64_t all)
{
	const char *text = value_text(value);
	size_t len = text ? strlen(text) : 0;
	int64_t number = 0;

	if (!len || text[len - 1] != '%')
		return text && text_i64(text, &number) ? number : 0;
	if (!text_i64(arena_strn(arena, text, len - 1), &number))
		return 0;
	return (all * number + 99) / 100;
}

/* How many there should be: what the owner says, or as many as there are. */
static int64_t expected_of(struct kube *kube, const struct kube_object *pod)
{
	const struct value *owner = value_at(kube_at(pod->now->value, "metadata.ownerReferences"),
					     0);
	const struct kube_object *set =
		kube_is(owner, "kind", "ReplicaSet")
			? kube_find(kube, "replicasets", pod->space, kube_text(owner, "name"))
			: NULL;

	return set ? kube_int(set->now->value, "spec.replicas", 1) : -1;
}

static struct budget budget_of(struct kube *kube, const struct kube_object *object)
{
	struct arena *arena OWNED(arena_free) = arena_new("budget");
	const struct value *value = object->now->value;
	const struct kube_type *pods = kube_type(kube, "pods");
	struct kube_selector selector = selector_of(arena, kube_at(value, "spec.selector"));
	const struct value *least = kube_at(value, "spec.minAvailable");
	struct budget budget = { 0 };
	const char *last = "";

	for (size_t i = store_place(pods, object->space, "");
	     i < pods->len && !strcmp(pods->at[i]->space, object->space); i++) {
		const struct kube_object *pod = pods->at[i];

		if (!selector_matches(&selector, kube_at(pod->now->value, "metadata.labels")) ||
		    pod_is_over(pod->now->value))
			continue;
		budget.healthy += pod_is_ready(pod->now->value) && !pod_is_ending(pod->now->value);
		if (expected_of(kube, pod) < 0)
			budget.expected++;
		else if (strcmp(last, pod->owner) != 0)
			budget.expected += expected_of(kube, pod);
		last = pod->owner;
	}
	if (least)
		budget.wanted = amount(arena, least, budget.expected);
	else
		budget.wanted = budget.expected - amount(arena,
							 kube_at(value, "spec.maxUnavailable"),
							 budget.expected);
	if (budget.wanted < 0)
		budget.wanted = 0;
	return budget;
}

void budget_look(struct kube *kube, struct kube_object *object)
{
	struct arena *arena OWNED(arena_free) = arena_new("budget");
	struct budget budget = budget_of(kube, object);
	int64_t spare = budget.healthy > budget.wanted ? budget.healthy - budget.wanted : 0;
	const struct kube_condition allowed = { "DisruptionAllowed", spare ? "True" : "False",
						spare ? "SufficientPods" : "InsufficientPods", "" };
	const struct value *value = object->now->value;
	const struct {
		const char *path;
		int64_t number;
	} rows[] = {
		{ "status.observedGeneration", kube_int(value, "metadata.generation", 1) },
		{ "status.expectedPods", budget.expected },
		{ "status.currentHealthy", budget.healthy },
		{ "status.desiredHealthy", budget.wanted },
		{ "status.disruptionsAllowed", spare },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		value = kube_with(arena, value, rows[i].path, value_of_int(arena, rows[i].number));
	store_put(&kube->store, object->type,
		  kube_with_condition(arena, value, &allowed, kube_wall(kube)));
}

int budget_allows(struct kube *kube, const struct kube_object *pod, const struct value **out)
{
	const struct kube_type *type = kube_type(kube, "poddisruptionbudgets");
	const struct value *labels = kube_at(pod->now->value, "metadata.labels");
	struct kube_object *found = NULL;

	if (pod_is_over(pod->now->value) || kube_is(pod->now->value, "status.phase", "Pending") ||
	    pod_is_ending(pod->now->value))
		return 0;
	for (size_t i = 0; i < type->len; i++) {
		struct arena *arena OWNED(arena_free) = arena_new("budgets");
		struct kube_selector selector =
			selector_of(arena, kube_at(type->at[i]->now->value, "spec.selector"));

		if (strcmp(type->at[i]->space, pod->space) != 0 ||
		    !selector_matches(&selector, labels))
			continue;
		if (found)
			return -1;
		found = type->at[i];
	}
	if (!found)
		return 0;

	struct budget budget = budget_of(kube, found);
	bool ready = pod_is_ready(pod->now->value);

	/* its status may be of before the last change */
	budget_look(kube, found);
	*out = found->now->value;
	if (!ready && kube_is(*out, "spec.unhealthyPodEvictionPolicy", "AlwaysAllow"))
		return 0;
	if (!ready)
		return budget.healthy >= budget.wanted && budget.wanted > 0 ? 0 : 1;
	return budget.healthy > budget.wanted ? 0 : 1;
}
