#include "render/validate_parts.h"

/* The name is in both for people who patch a config that already has one. */
static void check_hostname(struct validation *v, const struct spot *document)
{
	if (*spot_text(document, "hostname") && *spot_text(&v->main, "machine.network.hostname"))
		complain(v, &v->main, "machine.network.hostname", "hostname-twice",
			 "the hostname comes from a HostnameConfig document already");
}

void validate_together(struct validation *v)
{
	const struct document *document = config_find(v->config, "HostnameConfig", NULL);

	if (document && v->main.value)
		check_hostname(v, &(struct spot){ .document = document, .value = document->value });
}
