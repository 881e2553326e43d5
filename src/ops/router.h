/*
 * A router that runs FRR, reached over SSH: what its BGP sessions are, and giving it a new
 * configuration.
 *
 *	const struct router_link link = { .loop = loop, .door = door, .target = target };
 *	router_push_start(&me->push, &link, &request, pushed);
 *
 * A push reads the running configuration, puts the new one beside it (dry at first: what FRR does
 * not understand changes nothing), waits until the sessions are there and still there at the next
 * look, and saves. What the new text defines is replaced, everything else of the router stays. When
 * anything fails after the change the previous configuration is brought back, and saved where that
 * one was to be; the error says whether that went well.
 *
 * The text goes over stdin into a file that only its owner reads and that is removed at once, so no
 * password is in a command line. No error has a line of a configuration in it. Everything ends in
 * on_end, once; x_done() may be called at any time.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "loop/loop.h"
#include "net/ssh.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct router_link { /* what it points to outlives its users */
	struct loop *loop;
	struct ssh_door *door;
	struct ssh_target target;
};

struct router_peer {
	const char *address, *family; /* "ipv4", "ipv6" */
	const char *state;	      /* "Established", "Active", ... */
	uint64_t asn, prefixes;	      /* that were accepted */
	uint64_t up_ms;
};
struct router_status {
	struct router_peer *peer;
	size_t peers;
	size_t established;
};
/* Of what `show bgp summary json` prints; a router without any peer has none. ERR_REMOTE for a text
 * that is no such thing. */
int router_status_read(struct arena *arena, const char *text, size_t len, struct router_status *out,
		       struct err *err);

struct router_push_request {
	const char *text;     /* the new configuration; copied */
	size_t sessions;      /* that must come up before it counts as good; 0: none */
	uint64_t verify_time; /* how long they may take, nanoseconds */
};

struct router_push { /* zeroed at first; embedded in its user */
	struct router_link link;
	struct router_push_request request;
	struct arena *arena; /* owned */
	const char *previous;
	struct ssh_run run;
	struct timer timer;
	uint64_t deadline;
	bool up;     /* all sessions were, the last time */
	bool saving; /* it was told to, so the previous configuration is to be saved, too */
	void (*next)(struct router_push *push, const struct err *err);
	struct err why; /* what made it go back */
	void (*on_end)(struct router_push *push, const struct err *err);
};
void router_push_start(struct router_push *push, const struct router_link *link,
		       const struct router_push_request *request,
		       void (*on_end)(struct router_push *push, const struct err *err));
void router_push_done(struct router_push *push);

/* What prints the whole running configuration, passwords included. */
#define ROUTER_CONFIG_COMMAND "vtysh -c 'show running-config'"
/* For router_status_read(). */
#define ROUTER_STATUS_COMMAND "vtysh -c 'show bgp summary json'"
