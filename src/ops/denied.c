#include "ops/denied.h"

#include "ops/inventory.h"

#include <errno.h>

bool denied_by_date(const struct err *why)
{
	return why->kind == ERR_AUTH && why->os == EKEYEXPIRED;
}

static bool denied_by_pin(const struct err *why)
{
	return why->kind == ERR_AUTH && why->os == EKEYREJECTED;
}

const struct err *denied_reason(const struct err *as_ours, const struct err *as_bare)
{
	return denied_by_pin(as_bare) && !denied_by_date(as_ours) ? as_bare : as_ours;
}

const char *denied_text(const struct err *why)
{
	if (denied_by_date(why))
		return "cannot be trusted at this date";
	if (denied_by_pin(why))
		return "does not show the key that --cert-fingerprint pins";
	return sight_text(SIGHT_DENIED);
}

int err_denied(struct err *err, const struct node *node, const struct err *why)
{
	const char *address = node->address[0];

	if (err)
		*err = *why;
	if (denied_by_date(why))
		return err_wrap(err, "reach %s (%s)", node->name, address);
	if (denied_by_pin(why))
		err_hint(err, "its console shows the fingerprint; another one is another machine, "
			      "or somebody between");
	return err_wrap(err, "%s (%s) %s", node->name, address, denied_text(why));
}
