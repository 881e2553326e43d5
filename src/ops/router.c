#include "ops/router.h"

#include "base/str.h"
#include "base/text.h"
#include "ops/router_text.h"
#include "tree/json.h"

#include <string.h>

#define CONFIG_MAX ((size_t)4 << 20)
#define COMMAND_TIME (60 * SECOND)
#define POLL_TIME (2 * SECOND)

/* What the script below ends with when FRR does not understand the text. */
#define CODE_NOT_UNDERSTOOD 91

#define KEEP_AS_FILE "umask 077; f=$(mktemp) || exit 90; cat >\"$f\"; "

static const char apply_command[] =
	KEEP_AS_FILE "vtysh -C -f \"$f\" >/dev/null 2>&1 || { rm -f \"$f\"; exit 91; }; "
		     "vtysh -f \"$f\" >/dev/null 2>&1; r=$?; rm -f \"$f\"; exit $r";
/* Some of what it removes may never have come to be. */
static const char undo_command[] =
	KEEP_AS_FILE "vtysh -f \"$f\" >/dev/null 2>&1; rm -f \"$f\"; exit 0";
static const char save_command[] = "vtysh -c 'write memory' >/dev/null 2>&1";

static const struct {
	const char *key, *name;
} families[] = {
	{ "ipv4Unicast", "ipv4" },
	{ "ipv6Unicast", "ipv6" },
};

static uint64_t number_of(const struct value *map, const char *key)
{
	uint64_t number = 0;

	value_u64(value_get(map, key), &number);
	return number;
}

static void add_peers(struct arena *arena, struct router_status *status, const struct value *peers,
		      const char *family)
{
	struct router_peer *all = arena_calloc(arena, status->peers + value_len(peers) + 1,
					       sizeof(*all));

	if (status->peers > 0)
		memcpy(all, status->peer, status->peers * sizeof(*all));
	status->peer = all;
	for (size_t i = 0; i < value_len(peers); i++) {
		const struct value *peer = value_at(peers, i);
		const char *state = value_get_text(peer, "state");

		all[status->peers++] = (struct router_peer){
			.address = value_key_at(peers, i),
			.family = family,
			.state = state ? state : "unknown",
			.asn = number_of(peer, "remoteAs"),
			.prefixes = number_of(peer, "pfxRcd"),
			.up_ms = number_of(peer, "peerUptimeMsec"),
		};
		status->established += text_equal(state, "Established");
	}
}

int router_status_read(struct arena *arena, const char *text, size_t len, struct router_status *out,
		       struct err *err)
{
	struct router_status status = { 0 };
	const struct value *map;
	struct err why = ERR_INIT;

	if (json_read(arena, "the router", text, len, &map, &why) < 0 || !value_is_map(map))
		return err_set(err, ERR_REMOTE, "the router does not tell of its BGP sessions");
	for (size_t i = 0; i < ARRAY_LEN(families); i++)
		add_peers(arena, &status, value_get(value_get(map, families[i].key), "peers"),
			  families[i].name);
	*out = status;
	return 0;
}

/* Whether a line of `text` begins with `start` and, unless it goes on, is that. */
static bool has_line(const char *text, const char *start)
{
	const char *at = text;
	size_t len = strlen(start);

	while ((at = strstr(at, start))) {
		if ((at == text || at[-1] == '\n') && (at[len] == ' ' || at[len] == '\n' ||
						       at[len] == '\0' || at[len] == '\r'))
			return true;
		at += len;
	}
	return false;
}

static void remove_once(struct str *out, const char *line)
{
	if (!has_line(str_text(out), line))
		str_addf(out, "%s\n", line);
}

/* The two first words of a definition ("route-map K8S-IN4", with "ip prefix-list" as one), or 0. */
static size_t definition_len(const char *line)
{
	static const char *const starts[] = { "ip prefix-list ", "ipv6 prefix-list ",
					      "route-map " };

	for (size_t i = 0; i < ARRAY_LEN(starts); i++)
		if (text_starts(line, starts[i]))
			return strlen(starts[i]) + strcspn(line + strlen(starts[i]), " \n");
	return 0;
}

struct removal {
	const char *running;
	const char *instance; /* "router bgp 64513", once seen */
	struct arena *arena;
	struct str *out;
};

static void remove_definition(struct removal *removal, const char *line)
{
	size_t len = definition_len(line);
	const char *name = arena_strn(removal->arena, line, len ? len : strcspn(line, "\r\n"));

	if (len > 0 && has_line(removal->running, name)) {
		remove_once(removal->out, arena_printf(removal->arena, "no %s", name));
	} else if (text_starts(name, "router bgp ")) {
		removal->instance = name;
	} else if (text_starts(name, " neighbor ") && text_ends(name, " peer-group") &&
		   removal->instance && has_line(removal->running, name)) {
		str_addf(removal->out, "%s\n no%s\nexit\n", removal->instance, name);
	}
}

/* Lines that remove from the running configuration what `text` defines: FRR adds to what it has. */
static void remove_defined(struct arena *arena, struct str *out, const char *text,
			   const char *running)
{
	struct removal removal = { .running = running, .arena = arena, .out = out };

	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n')
		remove_definition(&removal, line);
}

static const char *instance_of(struct arena *arena, const char *text)
{
	const char *at = text_starts(text, "router bgp ") ? text : strstr(text, "\nrouter bgp ");

	if (!at)
		return NULL;
	at += *at == '\n';
	return arena_strn(arena, at, strcspn(at, "\r\n"));
}

static void finish(struct router_push *push, const struct err *err)
{
	timer_cancel(&push->timer);
	push->on_end(push, err);
}

static void command_ended(struct ssh_run *run, const struct err *err)
{
	struct router_push *push = container_of(run, struct router_push, run);

	push->next(push, err);
}

static void command(struct router_push *push, const char *text, const struct str *input,
		    void (*next)(struct router_push *push, const struct err *err))
{
	const struct ssh_request request = { .command = text,
					     .input = input ? input->at : NULL,
					     .len = input ? input->len : 0,
					     .output_max = CONFIG_MAX,
					     .timeout = COMMAND_TIME };

	push->next = next;
	ssh_start(push->link.door, &push->run, &push->link.target, &request, command_ended);
}

/* The error of a command that could not run or did not succeed. */
static bool failed(const struct router_push *push, const struct err *err, const char *what,
		   struct err *out)
{
	if (err->kind != ERR_NONE) {
		*out = *err;
		err_wrap(out, "%s", what);
		return true;
	}
	if (push->run.result.code == 0)
		return false;
	err_set(out, ERR_REMOTE, "%s: the router's command ends with %d", what,
		push->run.result.code);
	return true;
}

static void restored(struct router_push *push, const struct err *err)
{
	struct err why = ERR_INIT;

	if (failed(push, err, "bring it back", &why)) {
		err_hint(&push->why, "the previous configuration is not back: look at the router");
		err_wrap(&push->why, "the previous configuration is NOT back (%s)",
			 err_kind_name(why.kind));
	} else {
		err_wrap(&push->why, "the previous configuration is back");
	}
	finish(push, &push->why);
}

static void saved_again(struct router_push *push, const struct err *err)
{
	struct err why = ERR_INIT;

	if (failed(push, err, "save it", &why)) {
		err_hint(&push->why, "look at the router and save by hand: write memory");
		err_wrap(&push->why, "the previous configuration is back, but NOT saved (%s)",
			 err_kind_name(why.kind));
	} else {
		err_wrap(&push->why, "the previous configuration is back");
	}
	finish(push, &push->why);
}

/* What was saved, if the answer to that got lost, is the new one: it would come with a reboot. */
static void back(struct router_push *push, const struct err *err)
{
	if (push->saving && err->kind == ERR_NONE && push->run.result.code == 0)
		command(push, save_command, NULL, saved_again);
	else
		restored(push, err);
}

static void restore(struct router_push *push, const struct err *err)
{
	struct str text SCOPED(str_done) = STR_INIT(CONFIG_MAX);

	if (err->kind != ERR_NONE) {
		restored(push, err);
		return;
	}
	str_add(&text, push->previous);
	command(push, apply_command, &text, back);
}

/* Settings of the instance itself that have come with the text: what is under a name of ours goes
 * with that name. */
static void remove_settings(const struct router_push *push, struct str *out)
{
	struct router_lines ours = { .arena = push->arena }, theirs = { .arena = push->arena };

	router_lines_read(&ours, push->request.text);
	router_lines_read(&theirs, push->previous);
	for (size_t i = 0; i < ours.len; i++) {
		const struct router_line *line = &ours.at[i];
		const bool no = text_starts(line->text, "no ");

		if (!text_starts(line->block, "router bgp ") || line->text == line->block ||
		    line->text == line->family || text_starts(line->text, "neighbor ") ||
		    router_lines_have(&theirs, line))
			continue;
		str_addf(out, "%s\n", line->block);
		if (*line->family)
			str_addf(out, " %s\n", line->family);
		str_addf(out, "  %s%s\n", no ? "" : "no ", line->text + (no ? strlen("no ") : 0));
		str_add(out, *line->family ? " exit-address-family\nexit\n" : "exit\n");
	}
}

static void go_back(struct router_push *push, const struct err *why)
{
	struct str text SCOPED(str_done) = STR_INIT(CONFIG_MAX);
	const char *instance = instance_of(push->arena, push->request.text);

	push->why = *why;
	remove_defined(push->arena, &text, push->request.text, push->request.text);
	if (instance && !instance_of(push->arena, push->previous))
		str_addf(&text, "no %s\n", instance);
	else
		remove_settings(push, &text);
	command(push, undo_command, &text, restore);
}

static void saved(struct router_push *push, const struct err *err)
{
	struct err why = ERR_INIT;

	if (failed(push, err, "save the configuration", &why))
		go_back(push, &why);
	else
		finish(push, &why);
}

static void summary_came(struct router_push *push, const struct err *err);

static void look(struct router_push *push)
{
	command(push, ROUTER_STATUS_COMMAND, NULL, summary_came);
}

static void look_again(struct timer *timer)
{
	look(container_of(timer, struct router_push, timer));
}

static void summary_came(struct router_push *push, const struct err *err)
{
	const struct str *output = &push->run.result.output;
	struct router_status status = { 0 };
	struct err why = ERR_INIT;

	if (failed(push, err, "look at the sessions", &why) ||
	    router_status_read(push->arena, str_text(output), output->len, &status, &why) < 0) {
		go_back(push, &why);
		return;
	}
	const bool up = status.established >= push->request.sessions, was_up = push->up;

	push->up = up;
	if (up && (was_up || push->request.sessions == 0)) {
		push->saving = true;
		command(push, save_command, NULL, saved);
		return;
	}
	if (up || loop_now(push->link.loop) + POLL_TIME <= push->deadline) {
		timer_set(&push->timer, loop_now(push->link.loop) + POLL_TIME);
		return;
	}
	err_set(&why, ERR_TIMEOUT, "%zu of %zu BGP sessions are established", status.established,
		push->request.sessions);
	go_back(push, &why);
}

static void applied(struct router_push *push, const struct err *err)
{
	struct err why = ERR_INIT;

	if (err->kind == ERR_NONE && push->run.result.code == CODE_NOT_UNDERSTOOD) {
		err_set(&why, ERR_REMOTE, "the router does not understand the configuration; "
					  "nothing was changed");
		finish(push, &why);
		return;
	}
	if (failed(push, err, "apply the configuration", &why)) {
		go_back(push, &why);
		return;
	}
	push->deadline = loop_now(push->link.loop) + push->request.verify_time;
	look(push);
}

/* Without the words around it that are no configuration. */
static const char *configuration(struct arena *arena, const char *output)
{
	const char *mark = "Current configuration:";
	const char *at = strstr(output, mark);

	return arena_str(arena, at ? at + strlen(mark) : output);
}

static void running_came(struct router_push *push, const struct err *err)
{
	struct str text SCOPED(str_done) = STR_INIT(CONFIG_MAX);
	const char *ours = instance_of(push->arena, push->request.text), *theirs;
	struct err why = ERR_INIT;

	if (failed(push, err, "read the running configuration", &why)) {
		finish(push, &why);
		return;
	}
	push->previous = configuration(push->arena, str_text(&push->run.result.output));
	theirs = instance_of(push->arena, push->previous);
	if (theirs && !text_equal(ours, theirs)) {
		err_set(&why, ERR_CONFLICT, "the router already runs \"%s\"", theirs);
		err_hint(&why, "give its AS number to the peer in cluster.yaml");
		finish(push, &why);
		return;
	}
	remove_defined(push->arena, &text, push->request.text, push->previous);
	str_add(&text, push->request.text);
	command(push, apply_command, &text, applied);
}

void router_push_start(struct router_push *push, const struct router_link *link,
		       const struct router_push_request *request,
		       void (*on_end)(struct router_push *push, const struct err *err))
{
	router_push_done(push);
	*push = (struct router_push){ .link = *link, .request = *request, .on_end = on_end };
	push->arena = arena_new("router");
	push->request.text = arena_str(push->arena, request->text);
	timer_init(&push->timer, link->loop, look_again);
	command(push, ROUTER_CONFIG_COMMAND, NULL, running_came);
}

void router_push_done(struct router_push *push)
{
	if (!push->arena)
		return;
	timer_cancel(&push->timer);
	ssh_run_done(&push->run);
	arena_free(take(push->arena));
}
