/*
 * A look at the router: what it runs, and what its sessions are.
 *
 *	router_look_start(&me->look, site, arena, looked);
 *	... looked(look, err): look->seen.current, look->seen.status
 *
 * It only reads. `seen` and what it points to live in `arena`, which then holds secrets (the
 * router's configuration has passwords). on_end comes exactly once, from the loop, and may end the
 * look. ERR_USAGE where the site has no way to a router.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "ops/router.h"
#include "ops/site.h"

#include <stdbool.h>

struct router_seen {
	const char *text; /* what the router shall run: secret */
	bool current;	  /* it does, and nothing else under the same names */
	struct router_status status;
};

struct router_look { /* zeroed at first; embedded in its user */
	struct router_link link;
	struct ssh_run run;
	struct task failed;
	struct site *site;
	struct arena *arena; /* borrowed */
	struct router_seen seen;
	struct err err;
	void (*on_end)(struct router_look *look, const struct err *err);
};
void router_look_start(struct router_look *look, struct site *site, struct arena *arena,
		       const char *peer,
		       void (*on_end)(struct router_look *look, const struct err *err));
void router_look_done(struct router_look *look); /* cancels; fine on a zeroed one */

/* The way there, and what it shall run (secret); `peer` as in struct router_request. */
int router_wanted(struct site *site, struct arena *arena, const char *peer,
		  struct router_link *link, const char **text, struct err *err);
