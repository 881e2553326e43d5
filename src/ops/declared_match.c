#include "ops/declared.h"

#include "base/text.h"
#include "ops/label_selector.h"

#define KEY "tuppr.home-operations.com/"

static int share_one(const struct declared *declared, size_t which,
		     const struct declared_node *nodes, size_t count, size_t *share,
		     struct err *err)
{
	const struct talos_upgrade *up = &declared->talos[which];
	size_t found = 0, width;

	for (size_t i = 0; i < count; i++) {
		if (up->has_selector && !label_selector_matches(&up->selector, nodes[i].labels))
			continue;
		if (share[i] != DECLARED_NONE) {
			err_set(err, ERR_REFUSED, "%s is selected by TalosUpgrade %s and by %s",
				nodes[i].name, declared->talos[share[i]].name, up->name);
			return err_hint(err, "narrow the nodeSelector of one of them");
		}
		share[i] = which;
		found++;
	}
	if (found == 0)
		return err_set(err, ERR_REFUSED, "TalosUpgrade %s selects no node", up->name);
	if (parallelism_read(up->parallelism, found, &width) && width > found)
		return err_set(err, ERR_REFUSED,
			       "TalosUpgrade %s asks for %zu nodes at once and selects %zu",
			       up->name, width, found);
	return 0;
}

int declared_match(const struct declared *declared, const struct declared_node *nodes, size_t count,
		   size_t *share, struct err *err)
{
	for (size_t i = 0; i < count; i++)
		share[i] = DECLARED_NONE;
	for (size_t i = 0; i < declared->taloses; i++)
		if (share_one(declared, i, nodes, count, share, err) < 0)
			return -1;
	return 0;
}

/* An annotation without text says nothing. */
static const char *said(const struct value *annotations, const char *name)
{
	const char *text = value_get_text(annotations, name);

	return text_is_blank(text) ? NULL : text;
}

int node_override_read(const char *node, const struct value *annotations,
		       struct node_override *out, struct err *err)
{
	struct node_override found = { said(annotations, KEY "version"),
				       said(annotations, KEY "factory-url"),
				       said(annotations, KEY "schematic") };

	if (found.version && !declared_version(found.version))
		return err_set(err, ERR_INPUT,
			       "%s: its annotation " KEY "version is no version: %s", node,
			       found.version);
	*out = found;
	return 0;
}
