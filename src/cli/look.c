#include "cli/look.h"

#include "base/text.h"
#include "cli/program.h"
#include "cli/progress.h"
#include "ops/observe.h"

struct look {
	struct program *program;
	const char **said; /* per node: what was said last */
	const struct inventory *inventory;
};

/* A line when it is news; the live view of the run that follows tells the rest. */
static void look_note(void *context, const struct node *node, const char *text)
{
	struct look *look = context;
	struct str line SCOPED(str_done) = STR_INIT(4096);
	const struct say *say = &look->program->say;

	if (say->quiet || say->events || say->terminal->live)
		return;
	if (text_equal(look->said[node->index], text))
		return;
	look->said[node->index] = arena_str(look->program->arena, text);
	progress_note_line(&line, loop_wall(look->program->loop) - look->program->epoch, node->name,
			   text);
	say_text(say, str_text(&line));
}

static void look_done(void *context, const struct inventory *inventory)
{
	struct look *look = context;

	look->inventory = arena_dup(look->program->arena, inventory, sizeof(*inventory));
	loop_stop(look->program->loop);
}

int look_at_nodes(struct program *program, uint64_t patience, unsigned looks,
		  const struct inventory **out, struct err *err)
{
	struct look look = { .program = program };
	const struct observe_options options = { .looks = looks,
						 .patience = patience,
						 .on_done = look_done,
						 .on_note = look_note,
						 .context = &look };
	struct site *site;

	if (program_site(program, &site, err) < 0)
		return -1;
	look.said = arena_calloc(program->arena, site_cluster(site)->nodes, sizeof(*look.said));

	if (program->terminal.live)
		say_note(&program->say, "looking at %zu nodes", site_cluster(site)->nodes);

	struct observation *observation OWNED(observe_free) =
		observe_start(site, program->arena, &options);
	(void)observation;
	if (program_wait(program, err) < 0)
		return err_wrap(err, "look at the nodes");
	*out = look.inventory;
	return 0;
}

int look_untold(const struct inventory *inventory, const char *what, struct err *err)
{
	for (size_t i = 0; i < inventory->len; i++) {
		const struct node_state *state = &inventory->at[i];

		if (state->node->role != ROLE_CONTROL || !err_is_set(&state->err))
			continue;
		if (err)
			*err = state->err;
		return err_wrap(err, "%s: %s", what, state->node->name);
	}
	return err_set(err, ERR_CONFLICT, "%s", what);
}
