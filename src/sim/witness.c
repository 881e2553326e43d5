#include "sim/witness.h"

#include "base/clock.h"
#include "base/text.h"
#include "sim/kube.h"
#include "sim/world_impl.h"

#include <string.h>

#define MEMBERS_MAX 64
#define NOTICED (MINUTE) /* who was away for so long was seen to be, before anything dangerous */
#define LINE_MIN 32	 /* of a key's text, in characters: what is shorter says nothing */
#define CHUNK 48	 /* of a longer text that stands for all of it */

enum down {
	DOWN_NOT,
	DOWN_OURS,  /* it was told to go down, and is not back */
	DOWN_ALONE, /* nobody told it */
};

struct seen {	     /* a node, as it was at the last look */
	bool served; /* it did its work since it was last bare */
	enum down down;
	uint64_t since; /* wall time of going down */
	bool had_data;	/* of etcd */
	unsigned wipes, bootstraps;
	bool consented, cordoned;
};

struct pattern { /* what no output may hold */
	const char *text;
	struct pattern *next;
};

struct witness {
	struct world_watcher watcher;
	struct world *world;
	struct arena *arena; /* owned */
	struct seen *seen;   /* per node */
	unsigned workers;
	struct pattern *patterns;
	const char *objection;
};

static void object(struct witness *witness, const char *text)
{
	if (!witness->objection)
		witness->objection = text;
}

#define OBJECT(witness, ...) object(witness, arena_printf((witness)->arena, __VA_ARGS__))

static const char *name_of(const struct sim_node *node)
{
	return node->hardware->name;
}

static bool is_control(const struct sim_node *node)
{
	return node->hardware->role == ROLE_CONTROL;
}

static bool serves(const struct sim_node *node)
{
	return node->state == SIM_RUNNING && !node->status.unmet[CONDITION_SERVICES] &&
	       !node->status.unmet[CONDITION_STATIC_PODS];
}

static bool has_data(const struct sim_node *node)
{
	return node->etcd.state == ETCD_LEARNER || node->etcd.state == ETCD_MEMBER;
}

/* ---- the rules for a node that was told to go down ------------------------------------------- */

/* Nobody can know of what has only just happened. */
static bool was_to_be_known(const struct witness *witness, const struct sim_node *node)
{
	for (size_t i = 0; i < witness->world->nodes; i++) {
		const struct seen *seen = &witness->seen[i];

		if (witness->world->node[i] == node)
			return seen->down == DOWN_OURS ||
			       (seen->down == DOWN_ALONE &&
				world_wall(witness->world) - seen->since > NOTICED);
	}
	return true;
}

static void look_at_quorum(struct witness *witness, const struct sim_node *gone)
{
	struct sim_member member[MEMBERS_MAX];
	size_t all = etcd_members(witness->world, gone->etcd.cluster, member, MEMBERS_MAX);
	size_t voters = 0, left = 0, known = 0;

	if (!has_data(gone))
		return;
	for (size_t i = 0; i < all && i < MEMBERS_MAX; i++) {
		if (member[i].learner)
			continue;
		voters++;
		if (member[i].node == gone)
			continue;
		if (etcd_runs(member[i].node))
			left++;
		else
			known += was_to_be_known(witness, member[i].node);
	}
	if (voters > 2 && left < voters / 2 + 1 && known > 0)
		OBJECT(witness, "quorum: %s goes down and leaves %zu of %zu members", name_of(gone),
		       left, voters);
}

static bool all_controls_consented(const struct witness *witness)
{
	for (size_t i = 0; i < witness->world->nodes; i++)
		if (is_control(witness->world->node[i]) && !witness->seen[i].consented)
			return false;
	return true;
}

static void look_at_controls(struct witness *witness, const struct sim_node *gone)
{
	if (all_controls_consented(witness))
		return;
	for (size_t i = 0; i < witness->world->nodes; i++) {
		const struct sim_node *node = witness->world->node[i];

		if (node != gone && is_control(node) && witness->seen[i].down == DOWN_OURS)
			OBJECT(witness, "control: %s goes down while %s is down", name_of(gone),
			       name_of(node));
	}
}

static void look_at_budget(struct witness *witness, const struct sim_node *gone)
{
	unsigned down = 0;

	for (size_t i = 0; i < witness->world->nodes; i++)
		down += !is_control(witness->world->node[i]) && !witness->seen[i].consented &&
			witness->seen[i].down == DOWN_OURS;
	if (witness->workers && down > witness->workers)
		OBJECT(witness, "budget: %s goes down, with it %u workers instead of %u",
		       name_of(gone), down, witness->workers);
}

static void goes_down(struct witness *witness, const struct sim_node *gone)
{
	if (is_control(gone)) {
		look_at_quorum(witness, gone);
		look_at_controls(witness, gone);
	} else {
		look_at_budget(witness, gone);
	}
}

/* ---- what happened to a node ----------------------------------------------------------------- */

static void look_at_power(struct witness *witness, struct seen *seen, const struct sim_node *node)
{
	bool told = node->state == SIM_STOPPING || node->state == SIM_LEAVING;
	bool away = node->state == SIM_OFF || node->state == SIM_DOWN;

	if (serves(node)) {
		seen->served = true;
		seen->down = DOWN_NOT;
	} else if (node->state == SIM_MAINTENANCE) {
		seen->served = false;
		seen->down = DOWN_NOT;
	} else if (seen->served && seen->down == DOWN_NOT && (told || away)) {
		seen->down = told ? DOWN_OURS : DOWN_ALONE;
		seen->since = world_wall(witness->world);
		if (told)
			goes_down(witness, node);
	}
}

static void look_at_wipes(struct witness *witness, struct seen *seen, const struct sim_node *node)
{
	if (node->wipes > seen->wipes && !seen->consented)
		OBJECT(witness, "consent: %s was wiped", name_of(node));
	seen->wipes = node->wipes;
}

static bool anybody_had_data(const struct witness *witness)
{
	for (size_t i = 0; i < witness->world->nodes; i++)
		if (witness->seen[i].had_data)
			return true;
	return false;
}

static void look_at_bootstraps(struct witness *witness, struct seen *seen,
			       const struct sim_node *node)
{
	if (node->bootstraps > seen->bootstraps && anybody_had_data(witness))
		OBJECT(witness, "bootstrap: %s began another etcd", name_of(node));
	seen->bootstraps = node->bootstraps;
}

static void look(struct world_watcher *watcher)
{
	struct witness *witness = container_of(watcher, struct witness, watcher);
	const struct world *world = witness->world;

	for (size_t i = 0; i < world->nodes; i++) {
		look_at_power(witness, &witness->seen[i], world->node[i]);
		look_at_wipes(witness, &witness->seen[i], world->node[i]);
		look_at_bootstraps(witness, &witness->seen[i], world->node[i]);
	}
	for (size_t i = 0; i < world->nodes; i++)
		witness->seen[i].had_data = has_data(world->node[i]);
}

/* ---- secrets --------------------------------------------------------------------------------- */

static void add_pattern(struct witness *witness, const char *text, size_t len)
{
	struct pattern *pattern = arena_alloc(witness->arena, sizeof(*pattern));

	pattern->text = arena_strn(witness->arena, text, len);
	pattern->next = witness->patterns;
	witness->patterns = pattern;
}

static void add_token(struct witness *witness, const char *token)
{
	if (token && *token)
		add_pattern(witness, token, strlen(token));
}

/* Its lines, and itself as files and configs hold it: base64 of all of it. The first line is the
 * same in every key. */
static void add_key(struct witness *witness, const char *pem)
{
	if (!pem)
		return;

	const char *all = base64_encode(witness->arena, pem, strlen(pem));
	size_t len = strlen(all);

	if (len > 3 * (size_t)CHUNK)
		add_pattern(witness, all + len / 2, CHUNK);
	for (const char *line = pem; *line;) {
		size_t width = strcspn(line, "\n");

		if (width >= LINE_MIN && *line != '-')
			add_pattern(witness, line, width);
		line += width + (line[width] == '\n');
	}
}

static void add_bundle(struct witness *witness, const struct bundle *bundle)
{
	static const char *const headers[] = { /* of keys that are made on the way, and in base64 */
					       "PRIVATE KEY-----", "LS0tLS1CRUdJTiBQUklWQVRF",
					       "LS0tLS1CRUdJTiBSU0Eg", "LS0tLS1CRUdJTiBFQyBQ",
					       "LS0tLS1CRUdJTiBFRDI1NTE5"
	};
	const char *const tokens[] = { bundle->secret, bundle->bootstrap_token,
				       bundle->trustd_token, bundle->secretbox, bundle->aescbc };
	const char *const keys[] = { bundle->etcd.key, bundle->kubernetes.key,
				     bundle->aggregator.key, bundle->talos.key,
				     bundle->service_account };

	for (size_t i = 0; i < ARRAY_LEN(headers); i++)
		add_token(witness, headers[i]);
	for (size_t i = 0; i < ARRAY_LEN(tokens); i++)
		add_token(witness, tokens[i]);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		add_key(witness, keys[i]);
}

void witness_read(struct witness *witness, const char *what, const char *text, size_t len)
{
	for (const struct pattern *pattern = witness->patterns; pattern; pattern = pattern->next)
		if (memmem(text, len, pattern->text, strlen(pattern->text)))
			OBJECT(witness, "secret: there is one in %s", what);
}

/* ---- life ------------------------------------------------------------------------------------ */

struct witness *witness_new(const struct witness_options *options)
{
	struct witness *witness = mem_new(sizeof(*witness));
	struct world *world = options->world;

	witness->arena = arena_new("witness");
	witness->world = world;
	witness->workers = options->workers;
	witness->watcher.on_change = look;
	witness->seen = arena_calloc(witness->arena, world->nodes + 1, sizeof(*witness->seen));
	for (size_t i = 0; i < world->nodes; i++) {
		witness->seen[i].wipes = world->node[i]->wipes;
		witness->seen[i].bootstraps = world->node[i]->bootstraps;
		witness->seen[i].cordoned = kube_is_cordoned(world->node[i]);
	}
	if (options->bundle)
		add_bundle(witness, options->bundle);
	world_watch(world, &witness->watcher);
	look(&witness->watcher);
	return witness;
}

void witness_free(struct witness *witness)
{
	if (!witness)
		return;
	world_unwatch(witness->world, &witness->watcher);
	arena_free(witness->arena);
	mem_free(witness, sizeof(*witness));
}

void witness_consent(struct witness *witness, const char *node)
{
	for (size_t i = 0; i < witness->world->nodes; i++)
		if (!strcmp(name_of(witness->world->node[i]), node))
			witness->seen[i].consented = true;
}

void witness_budget(struct witness *witness, unsigned workers)
{
	witness->workers = workers;
}

void witness_end(struct witness *witness)
{
	for (size_t i = 0; i < witness->world->nodes; i++)
		if (!witness->seen[i].cordoned && kube_is_cordoned(witness->world->node[i]))
			OBJECT(witness, "cordon: %s takes no pods any more",
			       name_of(witness->world->node[i]));
}

const char *witness_objection(const struct witness *witness)
{
	return witness->objection;
}
