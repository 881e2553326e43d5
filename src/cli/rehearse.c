#include "cli/rehearse.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/text.h"
#include "cli/access.h"
#include "cli/look.h"
#include "cli/program.h"
#include "cli/request.h"
#include "cli/signals.h"
#include "cli/sim.h"
#include "flow/event.h"
#include "ops/cilium_look.h"
#include "ops/kept.h"
#include "ops/observe.h"
#include "ops/operation.h"
#include "ops/releases.h"
#include "sim/scenario.h"
#include "sim/witness.h"
#include "tree/json.h"

#include <errno.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOLDER_PREFIX "rehearsal."
#define FOLDER FOLDER_PREFIX "XXXXXX"
#define LOCK_FILE "lock"
#define HEARD_MAX ((size_t)64 << 20)
#define BREAKS_MAX ((size_t)1 << 20)
#define LIVE_PATIENCE (10 * SECOND)
#define RANDOM_LASTS (30 * MINUTE)
#define RANDOM_CALLS 200
#define RANDOM_EVENTS 5

struct rehearsal {
	struct program *program;
	const struct rehearsal_setup *setup;
	const char *folder;
	struct fs_lock lock; /* on the folder: it is in use */
	struct random_seeded random;
	uint64_t seed;
	struct world *world; /* owned */
	struct scenario *scenario;
	struct scenario_run *run; /* owned */
	struct witness *witness;  /* owned */
	struct listener listener;
	struct list_builder *timeline, *breaks;
	struct str text;  /* of what would break, for people */
	struct str heard; /* everything the run said, as lines of JSON: the witness reads it */
};

/* ---- the timeline ---------------------------------------------------------------------------- */

static const char *now_text(struct rehearsal *rehearsal)
{
	struct program *program = rehearsal->program;
	char at[TIME_TEXT_MAX];

	return arena_str(program->arena,
			 time_text(loop_wall(program->loop) - program->epoch, at));
}

static void broken(struct rehearsal *rehearsal, const char *text)
{
	list_add(rehearsal->breaks, value_str(rehearsal->program->arena, text));
	str_addf(&rehearsal->text, "  %s %s\n", now_text(rehearsal), text);
}

static void on_event(struct listener *listener, const struct event *happened)
{
	static const struct json_style style = { .form = JSON_COMPACT };
	struct rehearsal *rehearsal = container_of(listener, struct rehearsal, listener);
	struct arena *arena = rehearsal->program->arena;
	struct event event = *happened;

	event.at -= rehearsal->program->epoch;
	event.run = NULL;

	const struct value *value = value_copy(arena, event_value(arena, &event));

	json_write(&rehearsal->heard, value, &style);
	list_add(rehearsal->timeline, value);
	if (event.what == EVENT_END && event.how == HOW_FAILED && event.err)
		broken(rehearsal,
		       arena_printf(arena, "%s: %s", event.plan->at[event.step].id,
				    event.err->text));
}

/* As an event, so that one reader reads all of the timeline. */
static const struct value *scene_value(struct rehearsal *rehearsal, const char *text)
{
	struct arena *arena = rehearsal->program->arena;
	struct map_builder *map = map_begin(arena);

	map_add(map, "at", value_str(arena, now_text(rehearsal)));
	map_add(map, "event", value_str(arena, "scenario"));
	map_add(map, "run", value_null(arena));
	map_add(map, "step", value_null(arena));
	map_add(map, "op", value_null(arena));
	map_add(map, "target", value_null(arena));
	map_add(map, "text", value_str(arena, text));
	map_add(map, "err", value_null(arena));
	return map_end(map);
}

static void on_scene(void *context, const char *text)
{
	struct rehearsal *rehearsal = context;
	const struct say *say = &rehearsal->program->say;
	const struct value *value = scene_value(rehearsal, text);

	list_add(rehearsal->timeline, value);
	if (say->events)
		say_value(value);
	else if (!say->quiet)
		say_text(say, arena_printf(rehearsal->program->arena, "%s WARN scenario: %s\n",
					   now_text(rehearsal), text));
}

/* ---- the world ------------------------------------------------------------------------------- */

/* The version before: the last patch, or the last one known of the minor before. */
static const char *version_before(struct arena *arena, enum version_subject subject,
				  const char *text)
{
	struct version version;
	const char *last;

	if (!version_parse(text, &version))
		return text;
	if (version.patch > 0)
		return arena_printf(arena, "v%u.%u.%u", version.major, version.minor,
				    version.patch - 1);
	last = version.minor ? release_last(subject, version.minor - 1) : NULL;
	return last ? last : text;
}

/* An upgrade without --to leads to the workspace's version, and so has to begin before it. */
static void choose_versions(struct rehearsal *rehearsal, struct cluster *copy)
{
	struct program *program = rehearsal->program;
	const char *words = program->command->words, *from = rehearsal->setup->from;
	bool kubernetes = strcmp(words, "upgrade k8s") == 0;
	const char **version = kubernetes ? &copy->kubernetes : &copy->talos;

	if (!from && text_starts(words, "upgrade") && !strstr(request_text(program), " --to "))
		from = version_before(program->arena,
				      kubernetes ? VERSION_KUBERNETES : VERSION_TALOS, *version);
	if (from)
		*version = from;
}

static void copy_seen(struct world_node *node, const struct node_state *state)
{
	node->off = state->sight == SIGHT_SILENT;
	node->bare = state->sight == SIGHT_MAINTENANCE;
	node->talos = state->talos;
	node->schematic = state->schematic && *state->schematic ? state->schematic : NULL;
	node->config = state->config;
}

/* What was opened for the look goes: from here on there is no network. */
static void leave_network(struct program *program)
{
	site_free(take(program->site));
	http_curl_free(take(program->http));
	ssh_network_free(take(program->ssh));
	sim_free(take(program->sim));
	loop_free(take(program->loop));
	program->dialer = NULL;
	program->door = NULL;
	program->router = NULL;
}

static int look_live(struct program *program, const struct inventory **out, struct err *err)
{
	if (look_at_nodes(program, LIVE_PATIENCE, OBSERVE_CONFIGS | OBSERVE_SCHEMATIC, out, err) <
	    0)
		return err_wrap(err, "look at the cluster as it is");
	for (size_t i = 0; i < (*out)->len; i++)
		if ((*out)->at[i].sight == SIGHT_DENIED)
			return node_denied(&(*out)->at[i], err);
	leave_network(program);
	return 0;
}

/* The copy has the network that the workspace describes, with passwords that are none. */
static int give_network(const struct rehearsal *rehearsal, const struct cluster *copy,
			struct world_options *options, struct err *err)
{
	struct program *program = rehearsal->program;
	struct cilium_request request = { .cluster = copy };

	request.templates.folder = workspace_folder(program->workspace);
	if (access_peers(program, copy, &request.password, err) < 0)
		return -1;
	return cilium_applied(program->arena, &request, &options->object, &options->objects, err);
}

/* What the command is for: bare nodes, nodes whose etcd was never begun, or a healthy cluster. What
 * was seen of the real one counts more. */
static enum world_start start_of(const struct rehearsal *rehearsal, const struct inventory *seen)
{
	static const struct {
		const char *words;
		enum world_start start;
	} rows[] = {
		{ "up", WORLD_MAINTENANCE },
		{ "bootstrap", WORLD_WAITING },
		{ "etcd restore", WORLD_WAITING },
	};

	if (seen)
		return inventory_etcd(seen) ? WORLD_RUNNING : WORLD_WAITING;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (strcmp(rehearsal->program->command->words, rows[i].words) == 0)
			return rows[i].start;
	return WORLD_RUNNING;
}

static int make_world(struct rehearsal *rehearsal, const struct inventory *seen, struct err *err)
{
	struct program *program = rehearsal->program;
	const struct cluster *cluster;
	struct world_options options = { .start = start_of(rehearsal, seen),
					 .pace = &world_pace_real,
					 .random = &rehearsal->random.source };
	struct world_node *nodes;

	if (program_cluster(program, &cluster, err) < 0 ||
	    program_bundle(program, &options.bundle, err) < 0)
		return -1;
	struct cluster *copy = arena_dup(program->arena, cluster, sizeof(*cluster));

	choose_versions(rehearsal, copy);
	nodes = (struct world_node *)world_nodes_of(program->arena, copy, &options.nodes);
	for (size_t i = 0; i < options.nodes; i++) {
		if (seen)
			copy_seen(&nodes[i], &seen->at[i]);
		/* nobody can see it: what runs now has replaced something */
		nodes[i].before = version_before(program->arena, VERSION_TALOS,
						 nodes[i].talos ? nodes[i].talos : copy->talos);
	}
	program->loop = loop_new_virtual(program_wall(program));
	program->epoch = loop_wall(program->loop);
	options.loop = program->loop;
	options.node = nodes;
	options.talos = copy->talos;
	options.cluster = copy;
	if (options.start != WORLD_MAINTENANCE && give_network(rehearsal, copy, &options, err) < 0)
		return -1;
	return world_new(&options, &rehearsal->world, err);
}

/* ---- what goes wrong ------------------------------------------------------------------------- */

static int read_scenario(struct rehearsal *rehearsal, struct err *err)
{
	struct arena *arena = rehearsal->program->arena;
	struct yaml_input input = { .file = rehearsal->setup->scenario };
	struct findings findings;
	char *text;

	findings_init(&findings, arena);
	if (fs_read(arena, input.file, FS_FILE_MAX, &text, &input.len, err) < 0)
		return err_wrap(err, "read the scenario");
	input.text = text;
	if (scenario_read(arena, &input, &rehearsal->scenario, &findings) == 0)
		return 0;
	for (size_t i = 1; i < findings.len; i++)
		say_finding(&rehearsal->program->say, &findings.at[i]);
	return findings_err(&findings, err);
}

static void random_scenario(struct rehearsal *rehearsal)
{
	struct program *program = rehearsal->program;
	size_t nodes;
	const struct world_fact *facts = world_facts(rehearsal->world, program->arena, &nodes);
	const char **names = arena_calloc(program->arena, nodes + 1, sizeof(*names));
	const struct scenario_bounds bounds = { .random = &rehearsal->random.source,
						.node = names,
						.nodes = nodes,
						.lasts = RANDOM_LASTS,
						.calls = RANDOM_CALLS,
						.events = RANDOM_EVENTS,
						.lasting = true };

	for (size_t i = 0; i < nodes; i++)
		names[i] = facts[i].name;
	rehearsal->scenario = scenario_random(program->arena, &bounds);
}

static int make_scenario(struct rehearsal *rehearsal, struct err *err)
{
	const struct scenario_stage stage = { .world = rehearsal->world,
					      .on_event = on_scene,
					      .context = rehearsal };

	if (rehearsal->setup->scenario && read_scenario(rehearsal, err) < 0)
		return -1;
	if (!rehearsal->setup->scenario && rehearsal->setup->seed)
		random_scenario(rehearsal);
	if (!rehearsal->scenario)
		return 0;
	rehearsal->run = scenario_start(rehearsal->scenario, &stage, err);
	return rehearsal->run ? 0 : -1;
}

/* Who is asked for the cluster's name agrees that nodes are wiped. */
static void make_witness(struct rehearsal *rehearsal, const struct bundle *bundle)
{
	struct program *program = rehearsal->program;
	const struct operation *operation = operation_named(program->command->words);
	const struct parallel *parallel = &program->changes.parallel;
	const struct witness_options options = { .world = rehearsal->world,
						 .bundle = bundle,
						 .workers = parallel->percent ? 0
									      : parallel->number };
	size_t nodes;
	const struct world_fact *facts = world_facts(rehearsal->world, program->arena, &nodes);

	rehearsal->witness = witness_new(&options);
	for (size_t i = 0; i < nodes; i++)
		if (operation && operation->consent == CONSENT_NAME)
			witness_consent(rehearsal->witness, facts[i].name);
}

/* ---- life ------------------------------------------------------------------------------------ */

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
	(void)status;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void remove_folder(const char *folder)
{
	nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* What rehearsals that were killed left: nobody holds its lock any more. */
static void sweep(struct arena *arena, const char *state)
{
	struct fs_names names;

	if (fs_list(arena, state, "", &names, NULL) < 0)
		return;
	for (size_t i = 0; i < names.len; i++) {
		const char *folder = fs_join(arena, state, names.at[i]);
		const char *file = fs_join(arena, folder, LOCK_FILE);
		struct fs_lock lock;

		if (!text_starts(names.at[i], FOLDER_PREFIX) || !fs_exists(file) ||
		    fs_lock(&lock, file, NULL) != 0)
			continue;
		remove_folder(folder);
		fs_unlock(&lock);
	}
}

static int make_folder(struct rehearsal *rehearsal, struct err *err)
{
	struct arena *arena = rehearsal->program->arena;
	const char *path;

	if (program_state_path(rehearsal->program, FOLDER, &path, err) < 0)
		return -1;
	sweep(arena, arena_strn(arena, path, (size_t)(fs_base(path) - path)));

	char *folder = arena_dup(arena, path, strlen(path) + 1);
	if (!mkdtemp(folder))
		return err_sys(err, errno, "make %s", folder);
	rehearsal->folder = folder;
	return fs_lock(&rehearsal->lock, fs_join(arena, folder, LOCK_FILE), err);
}

/* What nodes ran well on, for `rollback --config`. */
static int copy_kept(struct rehearsal *rehearsal, struct err *err)
{
	static const enum kept order[] = { KEPT_BEFORE, KEPT_LAST };
	struct program *program = rehearsal->program;
	struct arena *arena OWNED(arena_free) = arena_new("kept configs");
	const struct cluster *cluster;

	if (program_cluster(program, &cluster, err) < 0)
		return -1;
	for (size_t i = 0; i < cluster->nodes * ARRAY_LEN(order); i++) {
		const char *name = cluster->node[i / ARRAY_LEN(order)].name, *text;
		int r = kept_read(arena, program_kept_folder(program), name,
				  order[i % ARRAY_LEN(order)], &text, err);

		if (r < 0 || (r == 0 && kept_write(rehearsal->folder, name, text, err) < 0))
			return -1;
	}
	return 0;
}

static int read_seed(struct rehearsal *rehearsal, struct err *err)
{
	const char *seed = rehearsal->setup->seed;

	rehearsal->seed = 1;
	if (seed && !text_u64(seed, &rehearsal->seed))
		return err_set(err, ERR_USAGE, "--seed %s is no number", seed);
	random_seeded_init(&rehearsal->random, rehearsal->seed);
	return 0;
}

static void listen_in(struct rehearsal *rehearsal)
{
	struct program *program = rehearsal->program;

	str_init(&rehearsal->text, BREAKS_MAX);
	str_init(&rehearsal->heard, HEARD_MAX);
	rehearsal->timeline = list_begin(program->arena);
	rehearsal->breaks = list_begin(program->arena);
	rehearsal->listener.on_event = on_event;
	program->audience = &rehearsal->listener;
	program->rehearsal = rehearsal;
	program->terminal.live = false;
}

int rehearsal_open(struct program *program, const struct rehearsal_setup *setup,
		   struct rehearsal **out, struct err *err)
{
	struct rehearsal *rehearsal OWNED(rehearsal_free) = mem_new(sizeof(*rehearsal));
	const struct inventory *seen = NULL;
	const struct bundle *bundle;

	rehearsal->program = program;
	rehearsal->setup = setup;
	rehearsal->lock.fd = -1;
	if (read_seed(rehearsal, err) < 0 || program_bundle(program, &bundle, err) < 0)
		return -1;
	if (setup->live && look_live(program, &seen, err) < 0)
		return -1;
	signals_tally();
	if (make_folder(rehearsal, err) < 0 || copy_kept(rehearsal, err) < 0)
		return -1;
	listen_in(rehearsal);
	if (make_world(rehearsal, seen, err) < 0)
		return err_wrap(err, "make a simulated copy of the cluster");
	make_witness(rehearsal, bundle);
	if (make_scenario(rehearsal, err) < 0)
		return -1;
	*out = take(rehearsal);
	return 0;
}

void rehearsal_free(struct rehearsal *rehearsal)
{
	if (!rehearsal)
		return;
	struct program *program = rehearsal->program;

	if (program->rehearsal == rehearsal) {
		site_free(take(program->site));
		program->rehearsal = NULL;
		program->audience = NULL;
	}
	witness_free(rehearsal->witness);
	scenario_stop(rehearsal->run);
	world_free(rehearsal->world);
	if (rehearsal->folder)
		remove_folder(rehearsal->folder);
	fs_unlock(&rehearsal->lock);
	signals_catch();
	str_done(&rehearsal->text);
	str_done(&rehearsal->heard);
	mem_free(rehearsal, sizeof(*rehearsal));
}

struct dialer *rehearsal_dialer(struct rehearsal *rehearsal)
{
	return world_dialer(rehearsal->world);
}

struct http_door *rehearsal_http(struct rehearsal *rehearsal)
{
	return world_http(rehearsal->world);
}

struct ssh_door *rehearsal_ssh(struct rehearsal *rehearsal)
{
	return world_ssh(rehearsal->world);
}

const char *rehearsal_folder(const struct rehearsal *rehearsal)
{
	return rehearsal->folder;
}

/* ---- the result ------------------------------------------------------------------------------ */

static const char *scenario_text(struct rehearsal *rehearsal)
{
	struct str text SCOPED(str_done) = STR_INIT(HEARD_MAX);

	if (!rehearsal->scenario)
		return NULL;
	scenario_write(&text, rehearsal->scenario);
	return arena_str(rehearsal->program->arena, str_text(&text));
}

static void add_to_result(struct rehearsal *rehearsal)
{
	struct arena *arena = rehearsal->program->arena;
	struct result *result = &rehearsal->program->result;
	const char *scenario = scenario_text(rehearsal);

	if (!result->value)
		return;
	result->value =
		value_set(arena, result->value, "seed", value_of_u64(arena, rehearsal->seed));
	result->value = value_set(arena, result->value, "scenario", value_str(arena, scenario));
	result->value = value_set(arena, result->value, "breaks", list_end(rehearsal->breaks));
	result->value = value_set(arena, result->value, "timeline", list_end(rehearsal->timeline));
	if (rehearsal->text.len)
		result->text = arena_printf(arena, "%s%swhat would break:\n%s",
					    result->text ? result->text : "",
					    result->text && *result->text ? "\n" : "",
					    str_text(&rehearsal->text));
}

int rehearsal_result(struct rehearsal *rehearsal, int r, struct err *err)
{
	const char *objection;

	witness_read(rehearsal->witness, "the events", str_text(&rehearsal->heard),
		     rehearsal->heard.len);
	if (r == 0)
		witness_end(rehearsal->witness);
	objection = witness_objection(rehearsal->witness);
	if (objection)
		broken(rehearsal, objection);
	/* what ended it before there was a plan is no step's failure */
	if (r < 0 && err && rehearsal->text.len == 0)
		broken(rehearsal, err->text);
	add_to_result(rehearsal);
	if (r == 0 && objection)
		r = err_set(err, ERR_BUG, "the rehearsed run ended well and did harm: %s",
			    objection);
	if (r < 0 && rehearsal->setup->seed)
		say_note(&rehearsal->program->say,
			 "--seed %" PRIu64 " makes the same things go wrong again",
			 rehearsal->seed);
	return r;
}
