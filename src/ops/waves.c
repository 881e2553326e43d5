#include "ops/waves.h"

#include "base/text.h"
#include "cluster/upgrade.h"

/* Whether a comes before b. Leaders only matter among control planes. */
static bool comes_before(const struct wave_node *a, const struct wave_node *b)
{
	if (a->control != b->control)
		return a->control;
	if (a->control && a->leader != b->leader)
		return b->leader;
	return text_compare_natural(a->name, b->name) < 0;
}

static int put_in_order(const struct wave_node *nodes, size_t count, size_t *order, size_t *len,
			struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		size_t at = *len;

		if (!nodes[i].changes)
			continue;
		if (nodes[i].locked)
			return err_set(err, ERR_REFUSED, "%s is locked: %s", nodes[i].name,
				       nodes[i].locked);
		for (; at > 0 && comes_before(&nodes[i], &nodes[order[at - 1]]); at--)
			order[at] = order[at - 1];
		order[at] = i;
		(*len)++;
	}
	return 0;
}

int waves_plan(struct arena *arena, const struct wave_node *nodes, size_t count,
	       const char *budget, struct waves *out, struct err *err)
{
	size_t *order = arena_calloc(arena, count + 1, sizeof(*order));
	struct wave *wave = arena_calloc(arena, count + 1, sizeof(*wave));
	size_t len = 0, waves = 0, workers = 0, width;

	for (size_t i = 0; i < count; i++)
		workers += !nodes[i].control;
	if (!parallelism_read(budget ? budget : "1", workers, &width))
		return err_set(err, ERR_INPUT, "\"%s\" is no number of nodes", budget);
	if (put_in_order(nodes, count, order, &len, err) < 0)
		return -1;
	for (size_t i = 0; i < len; waves++) {
		bool control = nodes[order[i]].control;
		size_t most = control ? 1 : width;
		size_t here = len - i < most ? len - i : most;

		wave[waves] = (struct wave){ &order[i], here, control };
		i += here;
	}
	*out = (struct waves){ wave, waves, width };
	return 0;
}
