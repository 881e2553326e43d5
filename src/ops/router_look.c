#include "ops/router_look.h"

#include "base/text.h"
#include "ops/bgp.h"
#include "ops/router_text.h"

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
