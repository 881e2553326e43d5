#include "ops/hops.h"

#include "base/text.h"
#include "cluster/version.h"
#include "ops/releases.h"

#include <string.h>

/* More steps than minors that will ever lie between two releases; ends every loop. */
#define LADDER_MAX 64

/* The versions one thing goes through. */
struct ladder {
	const char *to[LADDER_MAX];
	size_t len;
};

struct planner {
	struct arena *arena;
	const struct hop_node *node;
	size_t count;
	const struct hop_goal *goal;
	struct ladder *of_node;
	struct ladder talos; /* all versions of those ladders, ascending */
	struct ladder kube;
	const char **runs;    /* Talos of each node while the plan is walked */
	const char **kubelet; /* likewise; NULL: not known */
	const char *apiserver;
	bool *stays; /* held as a node */
	struct hop *hop;
	size_t hops, hop_cap;
	struct hop_held *held;
	size_t helds, held_cap;
	const char **note;
	size_t notes, note_cap;
};

static const char *const subject_names[VERSION_SUBJECT_COUNT] = {
	[VERSION_TALOS] = "Talos",
	[VERSION_KUBERNETES] = "Kubernetes",
};

bool hold_is_version(const char *pattern)
{
	if (*pattern == 'v')
		pattern++;
	return *pattern >= '0' && *pattern <= '9' && strchr(pattern, '.') &&
	       strspn(pattern, "0123456789.*?") >= 2;
}

const struct hold *hold_of_node(const struct upgrade_settings *settings, const char *name)
{
	for (size_t i = 0; i < settings->holds; i++)
		if (!hold_is_version(settings->hold[i].pattern) &&
		    text_glob(settings->hold[i].pattern, name))
			return &settings->hold[i];
	return NULL;
}

static const char *bare(const char *version)
{
	return *version == 'v' ? version + 1 : version;
}

static const char *tagged(struct arena *arena, const char *version)
{
	return arena_printf(arena, "v%s", bare(version));
}

static const struct hold *hold_of(const struct hop_goal *goal, const char *text, bool version)
{
	for (size_t i = 0; i < goal->holds; i++) {
		const char *pattern = goal->hold[i].pattern;

		if (hold_is_version(pattern) == version &&
		    text_glob(version ? bare(pattern) : pattern, version ? bare(text) : text))
			return &goal->hold[i];
	}
	return NULL;
}

static void add_note(struct planner *planner, const char *note)
{
	for (size_t i = 0; i < planner->notes; i++)
		if (strcmp(planner->note[i], note) == 0)
			return;
	planner->note = arena_grow(planner->arena, planner->note, planner->notes,
				   &planner->note_cap, sizeof(*planner->note));
	planner->note[planner->notes++] = note;
}

static void add_held(struct planner *planner, const char *what, const char *at,
		     const struct hold *hold)
{
	planner->held = arena_grow(planner->arena, planner->held, planner->helds,
				   &planner->held_cap, sizeof(*planner->held));
	planner->held[planner->helds++] =
		(struct hop_held){ what, at, hold->pattern, hold->reason };
}

static int parse(const char *what, const char *text, struct version *out, struct err *err)
{
	if (version_parse(text, out) && out->has_patch)
		return 0;
	return err_set(err, ERR_INPUT, "%s: \"%.60s\" is no version", what, text ? text : "");
}

/* What to climb: of which product, whose, from where to where. */
struct climb {
	enum version_subject subject;
	const char *what, *from, *to;
};

static int no_way(const struct climb *climb, const char *why, struct err *err)
{
	return err_set(err, ERR_REFUSED, "%s runs %s %s; going to %s %s", climb->what,
		       subject_names[climb->subject], climb->from, climb->to, why);
}

static int climb_minors(struct planner *planner, const struct climb *climb,
			const struct version *from, const struct version *to,
			struct ladder *ladder, struct err *err)
{
	for (unsigned minor = from->minor + 1; minor < to->minor; minor++) {
		const char *last = release_last(climb->subject, minor);

		if (!last || ladder->len == LADDER_MAX - 1) {
			no_way(climb, "would skip a minor release", err);
			return err_hint(err,
					"no release of v1.%u is known here; go to one of it first",
					minor);
		}
		ladder->to[ladder->len++] = last;
	}
	ladder->to[ladder->len++] = tagged(planner->arena, climb->to);
	return 0;
}

/* A held version ends the ladder below it. */
static void cut_at_hold(struct planner *planner, const struct climb *climb, struct ladder *ladder)
{
	for (size_t i = 0; i < ladder->len; i++) {
		const struct hold *hold = hold_of(planner->goal, ladder->to[i], true);

		if (!hold)
			continue;
		add_held(planner, climb->what, i > 0 ? ladder->to[i - 1] : climb->from, hold);
		ladder->len = i;
		return;
	}
}

static int climb_to(struct planner *planner, const struct climb *climb, struct ladder *ladder,
		    struct err *err)
{
	struct version from, to;
	int order;

	if (parse(climb->what, climb->from, &from, err) < 0 ||
	    parse("the wanted version", climb->to, &to, err) < 0)
		return -1;
	order = version_compare(&from, &to);
	if (order == 0)
		return 0;
	if (order > 0) {
		no_way(climb, "would be a downgrade", err);
		if (climb->subject != VERSION_TALOS)
			return -1;
		return err_hint(err, "rollback --os brings the system before an upgrade back");
	}
	if (from.major != to.major)
		return no_way(climb, "would skip a major release", err);
	if (climb_minors(planner, climb, &from, &to, ladder, err) < 0)
		return -1;
	if (version_is_early(&to))
		add_note(planner, arena_printf(planner->arena, "%s v%s is a pre-release",
					       subject_names[climb->subject], bare(climb->to)));
	cut_at_hold(planner, climb, ladder);
	return 0;
}

static int climb_node(struct planner *planner, size_t index, struct err *err)
{
	const struct hop_node *node = &planner->node[index];
	struct climb climb = { VERSION_TALOS, node->name, node->talos,
			       node->to ? node->to : planner->goal->talos };
	const struct hold *hold = hold_of(planner->goal, node->name, false);

	if (!node->selected)
		return 0;
	if (hold) {
		planner->stays[index] = true;
		add_held(planner, node->name, node->talos, hold);
		return 0;
	}
	return climb.to ? climb_to(planner, &climb, &planner->of_node[index], err) : 0;
}

static int order_of(const char *a, const char *b)
{
	struct version left = { .rest = "" }, right = { .rest = "" };

	version_parse(a, &left);
	version_parse(b, &right);
	return version_compare(&left, &right);
}

static int merge_into(struct ladder *all, const char *version, struct err *err)
{
	size_t at = 0;

	while (at < all->len && order_of(all->to[at], version) < 0)
		at++;
	if (at < all->len && order_of(all->to[at], version) == 0)
		return 0;
	if (all->len == LADDER_MAX)
		return err_set(err, ERR_INPUT, "more than %d different versions are wanted",
			       LADDER_MAX);
	memmove(&all->to[at + 1], &all->to[at], (all->len - at) * sizeof(all->to[0]));
	all->to[at] = version;
	all->len++;
	return 0;
}

static int climb_all(struct planner *planner, struct err *err)
{
	const struct hop_goal *goal = planner->goal;

	for (size_t i = 0; i < planner->count; i++) {
		if (climb_node(planner, i, err) < 0)
			return -1;
		for (size_t k = 0; k < planner->of_node[i].len; k++)
			if (merge_into(&planner->talos, planner->of_node[i].to[k], err) < 0)
				return -1;
	}
	if (!goal->kubernetes)
		return 0;

	struct climb climb = { VERSION_KUBERNETES, "the cluster", goal->apiserver,
			       goal->kubernetes };

	return climb_to(planner, &climb, &planner->kube, err);
}

/* Whether a Talos runs with a Kubernetes; says which does not. */
static int fits(struct planner *planner, const char *talos, const char *kube, const char *whose,
		struct err *err)
{
	struct version t, k;
	struct kube_range range;

	if (!kube || !version_parse(talos, &t) || !version_parse(kube, &k) ||
	    !release_kube_range(&t, &range))
		return 0;
	if (!range.known)
		add_note(planner, arena_printf(planner->arena,
					       "Talos v%u.%u is newer than what is known here; it "
					       "is taken to run Kubernetes 1.%u to 1.%u",
					       t.major, t.minor, range.least, range.most));
	if (k.major == 1 && k.minor >= range.least && k.minor <= range.most)
		return 0;
	return err_set(err, ERR_REFUSED, "%s: Talos %s runs Kubernetes 1.%u to 1.%u, not %s", whose,
		       talos, range.least, range.most, kube);
}

/* A kubelet may be older than the API server, but only so much. */
static int kubelet_fits(const char *name, const char *kubelet, const char *apiserver,
			struct err *err)
{
	struct version k, a;

	if (!kubelet || !version_parse(kubelet, &k) || !version_parse(apiserver, &a))
		return 0;
	if (a.minor <= k.minor + KUBELET_LAG)
		return 0;
	return err_set(err, ERR_REFUSED,
		       "%s: its kubelet %s is more than %d minor releases behind the API server %s",
		       name, kubelet, KUBELET_LAG, apiserver);
}

static bool on_ladder(const struct ladder *ladder, const char *version)
{
	for (size_t i = 0; i < ladder->len; i++)
		if (order_of(ladder->to[i], version) == 0)
			return true;
	return false;
}

static bool takes_part(const struct planner *planner, enum version_subject subject, size_t node,
		       const char *to)
{
	if (subject == VERSION_TALOS)
		return on_ladder(&planner->of_node[node], to);
	return planner->node[node].selected && !planner->stays[node] &&
	       (!planner->kubelet[node] || order_of(planner->kubelet[node], to) < 0);
}

static int may_talos(struct planner *planner, const char *to, struct err *err)
{
	for (size_t i = 0; i < planner->count; i++) {
		const char *name = planner->node[i].name;

		if (!takes_part(planner, VERSION_TALOS, i, to))
			continue;
		if (fits(planner, to, planner->apiserver, name, err) < 0 ||
		    fits(planner, to, planner->kubelet[i], name, err) < 0)
			return -1;
	}
	return 0;
}

static int may_kube(struct planner *planner, const char *to, struct err *err)
{
	for (size_t i = 0; i < planner->count; i++) {
		const char *name = planner->node[i].name;

		if (fits(planner, planner->runs[i], to, name, err) < 0 ||
		    kubelet_fits(name, planner->kubelet[i], to, err) < 0)
			return -1;
	}
	return 0;
}

static void add_hop(struct planner *planner, enum version_subject subject, const char *to)
{
	const char **names = arena_calloc(planner->arena, planner->count + 1, sizeof(*names));
	const char **now = subject == VERSION_TALOS ? planner->runs : planner->kubelet;
	size_t len = 0;

	for (size_t i = 0; i < planner->count; i++) {
		if (!takes_part(planner, subject, i, to))
			continue;
		names[len++] = planner->node[i].name;
		now[i] = to;
	}
	if (subject == VERSION_KUBERNETES)
		planner->apiserver = to;
	planner->hop = arena_grow(planner->arena, planner->hop, planner->hops, &planner->hop_cap,
				  sizeof(*planner->hop));
	planner->hop[planner->hops++] = (struct hop){ subject, to, names, len };
}

/* Talos first, as far as the Kubernetes that runs allows it; then one hop of Kubernetes. */
static int walk(struct planner *planner, struct err *err)
{
	size_t t = 0, k = 0;

	while (t < planner->talos.len || k < planner->kube.len) {
		struct err talos_says = ERR_INIT, kube_says = ERR_INIT;

		if (t < planner->talos.len &&
		    may_talos(planner, planner->talos.to[t], &talos_says) == 0) {
			add_hop(planner, VERSION_TALOS, planner->talos.to[t++]);
			continue;
		}
		if (k < planner->kube.len &&
		    may_kube(planner, planner->kube.to[k], &kube_says) == 0) {
			add_hop(planner, VERSION_KUBERNETES, planner->kube.to[k++]);
			continue;
		}
		if (err)
			*err = t < planner->talos.len ? talos_says : kube_says;
		if (t < planner->talos.len && k == planner->kube.len)
			err_hint(err, "upgrade Kubernetes first, or say both versions");
		if (t == planner->talos.len)
			err_hint(err, "upgrade Talos first, or say both versions");
		return -1;
	}
	return 0;
}

int hops_plan(struct arena *arena, const struct hop_node *nodes, size_t count,
	      const struct hop_goal *goal, struct hops *out, struct err *err)
{
	struct planner planner = {
		.arena = arena,
		.node = nodes,
		.count = count,
		.goal = goal,
		.apiserver = goal->apiserver,
		.of_node = arena_calloc(arena, count + 1, sizeof(struct ladder)),
		.runs = arena_calloc(arena, count + 1, sizeof(const char *)),
		.kubelet = arena_calloc(arena, count + 1, sizeof(const char *)),
		.stays = arena_calloc(arena, count + 1, sizeof(bool)),
	};

	for (size_t i = 0; i < count; i++) {
		planner.runs[i] = nodes[i].talos;
		planner.kubelet[i] = nodes[i].kubelet;
	}
	if (climb_all(&planner, err) < 0 || walk(&planner, err) < 0)
		return -1;
	*out = (struct hops){ .at = planner.hop,
			      .len = planner.hops,
			      .held = planner.held,
			      .helds = planner.helds,
			      .notes = { .at = planner.note, .len = planner.notes } };
	return 0;
}
