#include "ops/router_look.h"

#include "base/text.h"
#include "ops/bgp.h"

#include <ctype.h>
#include <string.h>

#define TEXT_MAX ((size_t)4 << 20)
#define TIMEOUT (30 * SECOND)

int router_wanted(struct site *site, struct arena *arena, const char *peer,
		  struct router_link *link, const char **text, struct err *err)
{
	const struct site_options *options = site_options(site);
	struct router_request request = { .cluster = options->cluster, .peer = peer };
	struct str out SCOPED(str_done) = STR_INIT(TEXT_MAX);

	request.templates = (struct templates){ .folder = options->folder, .show_secrets = true };
	if (!options->ssh || !options->access)
		return err_set(err, ERR_USAGE, "there is no way to a router here");
	if (options->access->peers(options->access, &request.password, err) < 0 ||
	    router_text(&request, &out, err) < 0)
		return -1;
	*link = (struct router_link){ .loop = options->loop, .door = options->ssh };
	if (options->access->router(options->access, &link->target, err) < 0)
		return -1;
	*text = arena_str(arena, str_text(&out));
	return 0;
}

/* ---- comparing ------------------------------------------------------------------------------- */

/* One line in its context, without what only shapes it. */
struct entry {
	const char *block, *family, *text;
};
struct entries {
	struct arena *arena;
	struct entry *at;
	size_t len, cap;
};

static bool is_shape(const char *text)
{
	return !*text || *text == '!' || !strcmp(text, "exit") || !strcmp(text, "end") ||
	       !strcmp(text, "exit-address-family") || text_starts(text, "frr ");
}

static bool opens_block(const char *text)
{
	return text_starts(text, "router bgp ") || text_starts(text, "route-map ");
}

static void add_entry(struct entries *entries, const struct entry *at, const char *text)
{
	entries->at = arena_grow(entries->arena, entries->at, entries->len, &entries->cap,
				 sizeof(*entries->at));
	entries->at[entries->len++] = (struct entry){ at->block, at->family, text };
}

static void read_entries(struct entries *entries, const char *text)
{
	struct entry at = { "", "", "" };

	for (; *text; text += strcspn(text, "\n"), text += *text == '\n') {
		size_t indent = strspn(text, " ");
		const char *line = arena_strn(entries->arena, text + indent,
					      strcspn(text + indent, "\r\n"));

		if (!strcmp(line, "exit-address-family"))
			at.family = "";
		if (indent == 0 && *line && *line != '!')
			at = (struct entry){ "", "", "" };
		if (is_shape(line))
			continue;
		if (indent == 0 && opens_block(line))
			at.block = line;
		if (*at.block && text_starts(line, "address-family "))
			at.family = line;
		add_entry(entries, &at, line);
	}
}

static bool has_entry(const struct entries *entries, const struct entry *wanted)
{
	for (size_t i = 0; i < entries->len; i++)
		if (!strcmp(entries->at[i].block, wanted->block) &&
		    !strcmp(entries->at[i].family, wanted->family) &&
		    !strcmp(entries->at[i].text, wanted->text))
			return true;
	return false;
}

static bool holds(const struct entries *all, const struct entries *wanted)
{
	for (size_t i = 0; i < wanted->len; i++)
		if (!has_entry(all, &wanted->at[i]))
			return false;
	return true;
}

/* The name that a line is about, when it is one that `wanted` defines: prefix lists, route maps,
 * groups of neighbours. */
static bool is_ours(const struct entries *wanted, const struct entry *line)
{
	static const char *const starts[] = { "ip prefix-list ", "ipv6 prefix-list ", "route-map ",
					      "neighbor " };
	const char *text = text_starts(line->block, "route-map ") ? line->block : line->text;
	const char *last = strrchr(text, ' ');

	for (size_t i = 0; i < ARRAY_LEN(starts); i++) {
		size_t len = strlen(starts[i]);

		if (!text_starts(text, starts[i]))
			continue;
		len += strcspn(text + len, " ");
		for (size_t k = 0; k < wanted->len; k++) {
			const char *other = wanted->at[k].text;

			if (!strncmp(other, text, len) && (other[len] == ' ' || !other[len]))
				return true;
			/* a neighbour that is in one of our groups */
			if (last && strstr(text, " peer-group ") && text_ends(other, last) &&
			    strstr(other, " peer-group "))
				return true;
		}
	}
	return false;
}

bool router_text_runs(const char *wanted, const char *running)
{
	struct arena *arena OWNED(arena_free) = arena_new("router");
	struct entries ours = { .arena = arena }, theirs = { .arena = arena };

	read_entries(&ours, wanted);
	read_entries(&theirs, running);
	if (!holds(&theirs, &ours))
		return false;
	for (size_t i = 0; i < theirs.len; i++)
		if (is_ours(&ours, &theirs.at[i]) && !has_entry(&ours, &theirs.at[i]))
			return false;
	return true;
}

size_t router_text_sessions(const char *text)
{
	static const char word[] = " peer-group ";
	size_t count = 0;

	for (const char *at = text; (at = strstr(at, word)); at += strlen(word)) {
		const char *line = at;

		while (line > text && line[-1] != '\n')
			line--;
		count += text_starts(line + strspn(line, " "), "neighbor ");
	}
	return count;
}

/* ---- looking --------------------------------------------------------------------------------- */

static void ask(struct router_look *look, const char *command,
		void (*next)(struct ssh_run *run, const struct err *err))
{
	const struct ssh_request request = { .command = command,
					     .output_max = TEXT_MAX,
					     .timeout = TIMEOUT };

	ssh_start(look->link.door, &look->run, &look->link.target, &request, next);
}

static bool went_well(struct router_look *look, const struct err *err)
{
	if (err_is_set(err))
		look->err = *err;
	else if (look->run.result.code != 0)
		err_set(&look->err, ERR_REMOTE, "the router's command ends with %d",
			look->run.result.code);
	return !err_is_set(&look->err);
}

static void end(struct router_look *look)
{
	if (err_is_set(&look->err))
		err_wrap(&look->err, "look at the router %s", look->link.target.host);
	look->on_end(look, &look->err);
}

static void summary_came(struct ssh_run *run, const struct err *err)
{
	struct router_look *look = container_of(run, struct router_look, run);

	if (went_well(look, err))
		router_status_read(look->arena, str_text(&run->result.output),
				   run->result.output.len, &look->seen.status, &look->err);
	end(look);
}

static void running_came(struct ssh_run *run, const struct err *err)
{
	struct router_look *look = container_of(run, struct router_look, run);

	if (!went_well(look, err)) {
		end(look);
		return;
	}
	look->seen.current =
		router_text_runs(look->seen.text, str_text(&look->run.result.output));
	ask(look, ROUTER_STATUS_COMMAND, summary_came);
}

static void failed(struct task *task)
{
	struct router_look *look = container_of(task, struct router_look, failed);

	look->on_end(look, &look->err);
}

void router_look_start(struct router_look *look, struct site *site, struct arena *arena,
		       const char *peer,
		       void (*on_end)(struct router_look *look, const struct err *err))
{
	router_look_done(look);
	*look = (struct router_look){ .site = site, .arena = arena, .on_end = on_end };
	task_init(&look->failed, site_options(site)->loop, failed);
	if (router_wanted(site, arena, peer, &look->link, &look->seen.text, &look->err) < 0)
		task_post(&look->failed);
	else
		ask(look, ROUTER_CONFIG_COMMAND, running_came);
}

void router_look_done(struct router_look *look)
{
	if (!look->site)
		return;
	ssh_run_done(&look->run);
	task_cancel(&look->failed);
	look->site = NULL;
}
