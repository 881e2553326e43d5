#include "sim/sim_router.h"

#include "base/fs.h"
#include "base/text.h"
#include "sim/kube.h"
#include "sim/kube_value.h"
#include "sim/world_impl.h"
#include "tree/json.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#define TEXT_MAX ((size_t)4 << 20)
#define CONFIG_FILE "router.conf"
#define LATENCY (20 * MILLISECOND)

/* What its shell ends with when FRR refuses a file, and when it does not know a command. */
#define CODE_REFUSED 91
#define CODE_UNKNOWN 127
#define CODE_LOST 255

/* A line in its context: "router bgp 64513" > "address-family ipv4 unicast" > "maximum-paths 3".
 * Those that are not in a context have "". */
struct line {
	const char *block, *family, *text;
};

struct sim_router {
	struct ssh_door door;
	struct world *world;
	struct arena *arena; /* owned: lines and their texts; only ever grows by configurations */
	struct line *line;
	size_t lines, cap;
};

struct visit {
	struct sim_router *router;
	struct ssh_run *run;
	struct arena *arena; /* owned */
	const char *command, *input;
	uint64_t patience; /* of who waits for the answer; 0: for ever */
	const struct fault *fault;
	struct timer timer;
};

/* ---- its configuration ----------------------------------------------------------------------- */

static bool same(const struct line *a, const struct line *b)
{
	return !strcmp(a->block, b->block) && !strcmp(a->family, b->family) &&
	       !strcmp(a->text, b->text);
}

static void add_line(struct sim_router *router, const struct line *line)
{
	struct arena *arena = router->arena;

	for (size_t i = 0; i < router->lines; i++)
		if (same(&router->line[i], line))
			return;
	router->line = arena_grow(arena, router->line, router->lines, &router->cap,
				  sizeof(*router->line));
	router->line[router->lines++] = (struct line){ arena_str(arena, line->block),
						       arena_str(arena, line->family),
						       arena_str(arena, line->text) };
}

static bool begins(const char *text, const char *start)
{
	size_t len = strlen(start);

	return !strncmp(text, start, len) && (text[len] == ' ' || text[len] == '\0');
}

/* A group's settings, and its members. */
static bool is_of_group(const struct line *line, const char *group)
{
	size_t len = strcspn(group, " ");
	const char *last = strrchr(line->text, ' ');

	return (text_starts(line->text, "neighbor ") &&
		!strncmp(line->text + strlen("neighbor "), group, len) &&
		line->text[strlen("neighbor ") + len] == ' ') ||
	       (last && !strncmp(last + 1, group, len) && !last[1 + len] &&
		strstr(line->text, " peer-group "));
}

/* What `no` of something takes away: a whole context, a group with its members, or lines. */
static bool goes(const struct line *line, const struct line *at, const char *what)
{
	assert(what);
	if (!*at->block)
		return begins(line->block, what) || (!*line->block && begins(line->text, what));
	if (strcmp(line->block, at->block) != 0)
		return false;
	if (text_starts(what, "neighbor ") && text_ends(what, " peer-group"))
		return is_of_group(line, what + strlen("neighbor "));
	return begins(line->text, what) && (!*at->family || !strcmp(line->family, at->family));
}

static void remove_lines(struct sim_router *router, const struct line *at, const char *what)
{
	size_t kept = 0;

	for (size_t i = 0; i < router->lines; i++)
		if (!goes(&router->line[i], at, what))
			router->line[kept++] = router->line[i];
	router->lines = kept;
}

/* Words that FRR has and that nobody asks back. */
static bool is_idle(const char *text)
{
	static const char *const idle[] = { "!", "end", "frr", "hostname", "log", "service",
					    "line", "#" };

	for (size_t i = 0; i < ARRAY_LEN(idle); i++)
		if (!*text || begins(text, idle[i]))
			return true;
	return false;
}

static bool is_known(const char *block, const char *text)
{
	static const char *const at_top[] = { "router bgp", "route-map", "ip prefix-list",
					      "ipv6 prefix-list" };
	static const char *const in_bgp[] = { "bgp", "address-family", "maximum-paths",
					      "exit-address-family" };
	static const char *const of_neighbors[] = { "peer-group", "remote-as", "password",
						    "timers", "ebgp-multihop", "activate",
						    "soft-reconfiguration", "route-map" };
	const char *const *words = *block ? in_bgp : at_top;
	const char *rest = strchr(text, ' ');

	if (text_starts(block, "route-map "))
		return begins(text, "match");
	for (size_t i = 0; i < ARRAY_LEN(in_bgp); i++)
		if (begins(text, words[i]))
			return true;
	rest = *block && rest ? strchr(rest + 1, ' ') : NULL;
	for (size_t i = 0; rest && begins(text, "neighbor") && i < ARRAY_LEN(of_neighbors); i++)
		if (begins(rest + 1, of_neighbors[i]))
			return true;
	return false;
}

static const char *running_instance(const struct sim_router *router)
{
	for (size_t i = 0; i < router->lines; i++)
		if (text_starts(router->line[i].block, "router bgp "))
			return router->line[i].block;
	return NULL;
}

struct reading {
	struct sim_router *router; /* NULL: a dry run */
	const struct sim_router *running;
	struct line at; /* the context */
};

/* A line that opens a context, or closes one. */
static bool read_context(struct reading *reading, const char *text)
{
	static const struct line top = { "", "", "" };
	const bool block = text_starts(text, "router bgp ") || text_starts(text, "route-map ");

	if (!strcmp(text, "exit-address-family")) {
		reading->at.family = "";
	} else if (!strcmp(text, "exit")) {
		reading->at = top;
	} else if (block) {
		reading->at = (struct line){ text, "", "" };
		if (reading->router)
			add_line(reading->router, &reading->at);
	} else if (*reading->at.block && text_starts(text, "address-family ")) {
		reading->at.family = text;
	} else {
		return false;
	}
	return true;
}

/* What FRR does unless it is told not to, and says only then. */
static bool is_usual(const char *text)
{
	return !strcmp(text, "bgp default ipv4-unicast") ||
	       !strcmp(text, "bgp ebgp-requires-policy");
}

/* In lines, what is not indented and no `exit` belongs to no context. */
static bool read_line(struct reading *reading, const char *raw)
{
	const char *text = raw + strspn(raw, " ");
	bool removes = text_starts(text, "no ") && !text_starts(text, "no bgp ");
	const char *what = removes ? text + strlen("no ") : text;

	if (is_idle(text))
		return true;
	if (text == raw && strcmp(text, "exit") != 0)
		reading->at = (struct line){ "", "", "" };
	if (!strcmp(text, "exit") || !strcmp(text, "exit-address-family"))
		return read_context(reading, text);
	if (text_starts(what, "no bgp ") ? !text_starts(reading->at.block, "router bgp ")
					 : !is_known(reading->at.block, what))
		return false;
	if (!removes && read_context(reading, text))
		return true;
	if (!reading->router)
		return true;
	if (removes) {
		remove_lines(reading->router, &reading->at, what);
	} else if (is_usual(text)) {
		remove_lines(reading->router, &reading->at,
			     arena_printf(reading->router->arena, "no %s", text));
	} else {
		reading->at.text = text;
		add_line(reading->router, &reading->at);
	}
	return true;
}

/* False: there is a line that FRR does not know. */
static bool read_text(struct reading *reading, struct arena *arena, const char *text)
{
	bool known = true;

	for (const char *at = text; *at; at += strcspn(at, "\n"), at += *at == '\n') {
		const char *line = arena_strn(arena, at, strcspn(at, "\r\n"));
		const char *instance = running_instance(reading->running);

		if (text_starts(line, "router bgp ") && reading->router && instance &&
		    strcmp(line, instance) != 0)
			return false; /* FRR has one AS number */
		known = read_line(reading, line) && known;
	}
	return known;
}

static int save(const struct sim_router *router, struct err *err);

/* 0, or what its shell ends with. */
static int apply(struct visit *visit, bool dry_first)
{
	struct sim_router *router = visit->router;
	struct reading dry = { NULL, router, { "", "", "" } };
	struct reading real = { router, router, { "", "", "" } };

	if (dry_first && !read_text(&dry, visit->arena, visit->input))
		return CODE_REFUSED;
	bool ok = read_text(&real, visit->arena, visit->input);

	for (struct kube *kube = router->world->kubes; kube; kube = kube->next)
		task_post(&kube->turn);
	if (save(router, NULL) < 0)
		return 1;
	return ok ? 0 : 1;
}

/* ---- what it shows --------------------------------------------------------------------------- */

static void show_family(const struct sim_router *router, size_t first, struct str *out)
{
	const struct line *head = &router->line[first];

	str_addf(out, " !\n %s\n", head->family);
	for (size_t i = first; i < router->lines; i++)
		if (!strcmp(router->line[i].block, head->block) &&
		    !strcmp(router->line[i].family, head->family))
			str_addf(out, "  %s\n", router->line[i].text);
	str_add(out, " exit-address-family\n");
}

static bool is_first_of_family(const struct sim_router *router, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (!strcmp(router->line[i].block, router->line[index].block) &&
		    !strcmp(router->line[i].family, router->line[index].family))
			return false;
	return true;
}

static void show_block(const struct sim_router *router, size_t first, struct str *out)
{
	const char *block = router->line[first].block;

	str_addf(out, "%s\n", block);
	for (size_t i = first; i < router->lines; i++)
		if (!strcmp(router->line[i].block, block) && !*router->line[i].family &&
		    *router->line[i].text)
			str_addf(out, " %s\n", router->line[i].text);
	for (size_t i = first; i < router->lines; i++)
		if (!strcmp(router->line[i].block, block) && *router->line[i].family &&
		    is_first_of_family(router, i))
			show_family(router, i, out);
	str_add(out, "exit\n!\n");
}

static void show_config(const struct sim_router *router, struct str *out)
{
	for (size_t i = 0; i < router->lines; i++)
		if (*router->line[i].block && !*router->line[i].text)
			show_block(router, i, out);
	for (size_t i = 0; i < router->lines; i++)
		if (!*router->line[i].block)
			str_addf(out, "%s\n", router->line[i].text);
}

static int save(const struct sim_router *router, struct err *err)
{
	struct arena *arena OWNED(arena_free) = arena_new("router file");
	struct str text SCOPED(str_done) = STR_INIT(TEXT_MAX);

	if (!router->world->folder)
		return 0;
	show_config(router, &text);
	return fs_write(fs_join(arena, router->world->folder, CONFIG_FILE), text.at, text.len,
			0600, NULL, err);
}

/* The AS number that a neighbour has by itself or by its group; 0: none. */
static uint64_t remote_of(const struct sim_router *router, const char *name)
{
	struct arena *arena OWNED(arena_free) = arena_new("neighbor");
	const char *own = arena_printf(arena, "neighbor %s remote-as ", name);
	const char *member = arena_printf(arena, "neighbor %s peer-group ", name);
	const char *group = NULL;
	uint64_t asn = 0;

	for (size_t i = 0; i < router->lines; i++) {
		const char *text = router->line[i].text;

		if (text_starts(text, own) && text_u64(text + strlen(own), &asn))
			return asn;
		if (text_starts(text, member))
			group = text + strlen(member);
	}
	return group && strcmp(group, name) != 0 ? remote_of(router, group) : 0;
}

static uint64_t own_number(const struct sim_router *router)
{
	const char *instance = running_instance(router);
	uint64_t asn = 0;

	if (instance)
		text_u64(instance + strlen("router bgp "), &asn);
	return asn;
}

/* The one it is reached at, and those that its config gives to links. */
static bool has_address(const struct sim_node *node, const char *address)
{
	struct arena *arena OWNED(arena_free) = arena_new("address");

	return !strcmp(node_address(node), address) ||
	       (node->config &&
		strstr(node->config->addresses, arena_printf(arena, " %s ", address)));
}

static const struct sim_node *node_with(const struct sim_router *router, const char *address)
{
	for (size_t i = 0; i < router->world->nodes; i++)
		if (has_address(router->world->node[i], address))
			return router->world->node[i];
	return NULL;
}

/* "neighbor 10.0.0.1 peer-group K8S4": the address; NULL: no such line. */
static const char *neighbor_of(struct arena *arena, const char *text)
{
	const char *address;
	struct ip ip;

	assert(text);
	if (!text_starts(text, "neighbor "))
		return NULL;
	text += strlen("neighbor ");
	address = arena_strn(arena, text, strcspn(text, " "));
	return ip_parse(address, &ip) ? address : NULL;
}

static bool is_v6(const char *address)
{
	return strchr(address, ':') != NULL;
}

bool router_admits(const struct sim_router *router, const struct router_session *session)
{
	struct arena *arena OWNED(arena_free) = arena_new("session");

	if (!running_instance(router))
		return true;
	for (size_t i = 0; i < router->lines; i++) {
		const char *address = neighbor_of(arena, router->line[i].text);

		if (address && is_v6(address) == session->v6 &&
		    has_address(session->node, address) &&
		    remote_of(router, address) == session->asn)
			return own_number(router) == session->own_asn;
	}
	return false;
}

/* Whether Cilium of the node says that a session of that family with us is up. */
static bool is_up(const struct sim_router *router, const char *address, uint64_t asn)
{
	const struct sim_node *node = node_with(router, address);
	const struct kube *kube = node ? kube_of(node) : NULL;
	const struct kube_type *type =
		kube ? store_type(&kube->store, "cilium.io", "ciliumbgpnodeconfigs") : NULL;
	const struct kube_object *object = type ? store_find(type, "", node->hostname) : NULL;
	const struct value *instances =
		object ? kube_at(object->now->value, "status.bgpInstances") : NULL;

	for (size_t i = 0; i < value_len(instances); i++) {
		const struct value *instance = value_at(instances, i);
		const struct value *peers = value_get(instance, "peers");

		for (size_t k = 0; k < value_len(peers); k++)
			if (kube_int(instance, "localASN", 0) == (int64_t)asn &&
			    is_v6(kube_text(value_at(peers, k), "peerAddress")) ==
				    is_v6(address) &&
			    kube_int(value_at(peers, k), "peerASN", 0) ==
				    (int64_t)own_number(router) &&
			    kube_is(value_at(peers, k), "peeringState", "established"))
				return true;
	}
	return false;
}

static const struct value *peer_value(const struct sim_router *router, struct arena *arena,
				      const char *address)
{
	uint64_t asn = remote_of(router, address);
	bool up = is_up(router, address, asn);

	return kube_yaml(arena,
			 "{remoteAs: %" PRIu64 ", localAs: %" PRIu64 ", version: 4, peerUptime: "
			 "'%s', peerUptimeMsec: %d, pfxRcd: 0, pfxSnt: 0, state: %s, peerState: "
			 "OK, idType: %s}",
			 asn, own_number(router), up ? "00:00:07" : "never", up ? 7000 : 0,
			 up ? "Established" : "Active", is_v6(address) ? "ipv6" : "ipv4");
}

static const struct value *family_value(const struct sim_router *router, struct arena *arena,
					bool v6)
{
	struct map_builder *map = map_begin(arena), *peers = map_begin(arena);

	map_add(map, "as", value_of_u64(arena, own_number(router)));
	for (size_t i = 0; i < router->lines; i++) {
		const char *address = neighbor_of(arena, router->line[i].text);

		if (address && is_v6(address) == v6 && !map_holds(peers, address))
			map_add(peers, address, peer_value(router, arena, address));
	}
	map_add(map, "peers", map_end(peers));
	return map_end(map);
}

static void show_summary(const struct sim_router *router, struct arena *arena, struct str *out)
{
	static const struct json_style style = { .form = JSON_COMPACT };
	struct map_builder *map = map_begin(arena);

	if (running_instance(router)) {
		map_add(map, "ipv4Unicast", family_value(router, arena, false));
		map_add(map, "ipv6Unicast", family_value(router, arena, true));
	}
	json_write(out, map_end(map), &style);
}

/* ---- visits ---------------------------------------------------------------------------------- */

static int obey(struct visit *visit, struct str *out)
{
	struct sim_router *router = visit->router;
	const char *command = visit->command;

	if (strstr(command, "show running-config")) {
		str_add(out, "Building configuration...\n\nCurrent configuration:\n!\n");
		show_config(router, out);
		str_add(out, "end\n");
		return 0;
	}
	if (strstr(command, "show bgp summary json")) {
		show_summary(router, visit->arena, out);
		return 0;
	}
	if (strstr(command, "write memory"))
		return save(router, NULL) < 0 ? 1 : 0;
	if (strstr(command, "vtysh -C -f"))
		return apply(visit, true);
	if (strstr(command, "vtysh -f")) {
		apply(visit, false);
		return 0;
	}
	return CODE_UNKNOWN;
}

static void visit_free(struct visit *visit)
{
	timer_cancel(&visit->timer);
	arena_free(visit->arena);
	mem_free(visit, sizeof(*visit));
}

/* "ssh:show bgp summary json": what faults call it. */
static const char *fault_name(const struct visit *visit)
{
	static const char *const words[] = { "show running-config", "show bgp summary json",
					     "write memory", "vtysh -C -f", "vtysh -f" };

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strstr(visit->command, words[i]))
			return arena_printf(visit->arena, "ssh:%s", words[i]);
	return "ssh";
}

static void answer(struct timer *timer)
{
	struct visit *visit = container_of(timer, struct visit, timer);
	struct ssh_run *run = visit->run;
	const struct fault *fault = visit->fault;
	struct err err = ERR_INIT;

	if (fault && fault->kind == FAULT_SILENT)
		err_set(&err, ERR_TIMEOUT, "the router gives no answer");
	else if (fault && (fault->kind == FAULT_RESET || fault->kind == FAULT_RESET_AFTER))
		err_set(&err, ERR_NET, "the router ended the session");
	run->door = NULL;
	run->session = NULL;
	visit_free(visit);
	run->on_end(run, &err);
}

static void come_in(struct timer *timer)
{
	struct visit *visit = container_of(timer, struct visit, timer);
	struct loop *loop = visit->router->world->loop;
	const struct fault *fault = fault_for(visit->router->world, NULL, fault_name(visit));
	struct ssh_result *result = &visit->run->result;
	const enum fault_kind kind = fault ? fault->kind : FAULT_KIND_COUNT;
	uint64_t wait = 0;

	visit->fault = fault;
	if (kind == FAULT_TWICE)
		obey(visit, &result->output);
	str_clear(&result->output);
	if (kind == FAULT_STATUS)
		result->code = CODE_LOST;
	else if (kind != FAULT_RESET && kind != FAULT_SILENT)
		result->code = obey(visit, &result->output);
	if (kind == FAULT_LATE)
		wait = fault->wait;
	if (kind == FAULT_SILENT || (visit->patience && wait > visit->patience))
		wait = visit->patience;
	timer_init(&visit->timer, loop, answer);
	timer_set(&visit->timer, loop_now(loop) + wait);
}

static void start(struct ssh_door *door, struct ssh_run *run, const struct ssh_target *target,
		  const struct ssh_request *request)
{
	struct sim_router *router = container_of(door, struct sim_router, door);
	struct visit *visit = mem_new(sizeof(*visit));

	(void)target;
	visit->router = router;
	visit->run = run;
	visit->arena = arena_new("visit");
	visit->command = arena_str(visit->arena, request->command);
	visit->input = arena_strn(visit->arena, request->input ? request->input : "",
				  request->input ? request->len : 0);
	visit->patience = request->timeout;
	run->session = visit;
	timer_init(&visit->timer, router->world->loop, come_in);
	timer_set(&visit->timer, loop_now(router->world->loop) + LATENCY);
}

static void cancel(struct ssh_door *door, struct ssh_run *run)
{
	(void)door;
	visit_free(run->session);
	run->session = NULL;
}

/* ---- its life -------------------------------------------------------------------------------- */

static int load(struct sim_router *router, struct err *err)
{
	struct reading reading = { router, router, { "", "", "" } };
	struct arena *arena OWNED(arena_free) = arena_new("router file");
	const char *path;
	size_t len;
	char *text;

	if (!router->world->folder)
		return 0;
	path = fs_join(arena, router->world->folder, CONFIG_FILE);
	if (!fs_exists(path))
		return 0;
	if (fs_read(arena, path, TEXT_MAX, &text, &len, err) < 0)
		return -1;
	read_text(&reading, arena, text);
	return 0;
}

int router_new(struct world *world, struct sim_router **out, struct err *err)
{
	struct sim_router *router = mem_new(sizeof(*router));

	router->door = (struct ssh_door){ start, cancel };
	router->world = world;
	router->arena = arena_new("router");
	if (load(router, err) < 0) {
		router_free(router);
		return err_wrap(err, "read the simulated router's configuration");
	}
	*out = router;
	return 0;
}

void router_free(struct sim_router *router)
{
	if (!router)
		return;
	arena_free(router->arena);
	mem_free(router, sizeof(*router));
}

struct ssh_door *router_door(struct sim_router *router)
{
	return &router->door;
}
