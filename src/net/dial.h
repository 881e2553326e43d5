/*
 * The dialer: THE seam between the real network and the simulated world. Whoever wants to reach a
 * node says where it is, who we are and whom we accept; the real dialer answers with TLS over
 * TCP, the simulated one with a pipe after the same checks, and both fail alike.
 */
#pragma once

#include "base/err.h"
#include "base/trace.h"
#include "crypto/x509.h"
#include "loop/loop.h"
#include "net/stream.h"

struct tls_shared; /* net/tls.h */

struct dial_target {
	const char *address; /* IP or host name, no port; certificates are checked against it */
	unsigned port;
	const struct identity *identity; /* NULL: no client certificate (maintenance mode) */
	const struct trust *trust;	 /* never NULL */
};

struct dialer {
	/* The stream is not open yet; the target and what it points to must outlive it. */
	int (*dial)(struct dialer *dialer, const struct dial_target *target, struct stream **out,
		    struct err *err);
	struct trace *trace; /* hears of calls over it; NULL: nobody. The user's to set */
};

static inline int dial(struct dialer *dialer, const struct dial_target *target, struct stream **out,
		       struct err *err)
{
	return dialer->dial(dialer, target, out, err);
}

/* A detour: what is asked for, and the socket that is dialled instead. Hosts as text, IPv6 bare. */
struct detour {
	const char *address;
	unsigned port;
	const char *to_host;
	unsigned to_port;
};
/* The one for that host (as text or as the same address written otherwise) and port, or NULL. */
const struct detour *detour_find(const struct detour *detours, size_t count, const char *host,
				 unsigned port);

/* The real one: TCP with the detours of a hosts file, TLS 1.3, ALPN h2. Host names other than IP
 * addresses are resolved when dialled. */
struct dialer_tcp {
	struct dialer dialer; /* use this */
	struct loop *loop;    /* borrowed */
	const struct detour *detours;
	size_t detour_count;
	struct tls_shared *shared; /* the user's to set and to free; NULL: nothing is shared */
};
void dialer_tcp_init(struct dialer_tcp *dialer, struct loop *loop, const struct detour *detours,
		     size_t count);

/* Reads a hosts file: a line `ADDRESS[:PORT] HOST:PORT`, # comments; ERR_INPUT with its line. */
int detours_read(struct arena *arena, const char *path, struct detour **out, size_t *count,
		 struct err *err);
