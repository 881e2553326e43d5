#include "ops/link.h"

#include "base/text.h"

int link_check(const struct node *node, const struct talos_link *links, size_t count,
	       struct err *err)
{
	const char *mac = node->mac_addr;

	if (!mac)
		return 0;
	for (size_t i = 0; i < count; i++)
		if (text_equal(links[i].hardware_addr, mac) ||
		    text_equal(links[i].permanent_addr, mac))
			return 0;
	err_set(err, ERR_CONFLICT, "%s has no network interface with the address %s", node->name,
		mac);
	return err_hint(err, "correct `mac_addr` in nodes.yaml, or the node's address");
}
