/*
 * HTTP requests to one server: the second seam between the real network and the simulated world,
 * beside the dialer. Whoever speaks to a Kubernetes API says where it is, who we are and whom we
 * accept; the real door answers with libcurl, the simulated one from the world in the same loop,
 * and both fail alike.
 *
 *	http_start(door, &me->exchange, &target, &request, &ops);
 *	... ops.on_head: status   ops.on_body: bytes as they come   ops.on_end: once, always last
 *
 * Target, identity and trust outlive the exchange; the request is copied and may go. No event comes
 * from inside http_start() or http_cancel(). Any event may cancel its exchange, on_end may start
 * the same one again. A reply's head has at most 64 KiB; its body is not kept here, so its limit is
 * the user's.
 *
 * on_end has ERR_NONE when a whole reply came, whatever its status; ERR_NET, ERR_AUTH (TLS),
 * ERR_TIMEOUT else.
 */
#pragma once

#include "base/err.h"
#include "crypto/x509.h"
#include "loop/loop.h"
#include "net/dial.h"

#include <stddef.h>
#include <stdint.h>

struct http_header {
	const char *name, *value;
};

struct http_target {
	const char *host; /* IP or host name; the certificate is checked against it */
	unsigned port;
	const struct identity *identity; /* client certificate; NULL: none */
	const struct trust *trust;	 /* never NULL */
	const char *bearer;		 /* token, NULL: none; secret */
};

struct http_request {
	const char *method; /* "GET" */
	const char *path;   /* "/api/v1/nodes?limit=500", escaped already */
	const struct http_header *header;
	size_t headers;
	const void *body;
	size_t len;
	uint64_t timeout; /* of all of it, nanoseconds; 0: none, as watches want */
	uint64_t silence; /* of a peer that sends nothing, nanoseconds; 0: any */
};

struct http_door;
struct http_exchange;

struct http_ops {
	/* Status and headers; may be NULL. */
	void (*on_head)(struct http_exchange *exchange, int status,
			const struct http_header *header, size_t headers);
	void (*on_body)(struct http_exchange *exchange, const void *data, size_t len);
	void (*on_end)(struct http_exchange *exchange, const struct err *err);
};

struct http_exchange {		/* zeroed at first; embedded in its user */
	struct http_door *door; /* NULL: not running */
	const struct http_ops *ops;
	void *transfer; /* the door's */
};

struct http_door { /* one kind of network */
	void (*start)(struct http_door *door, struct http_exchange *exchange,
		      const struct http_target *target, const struct http_request *request);
	void (*cancel)(struct http_door *door, struct http_exchange *exchange);
	struct trace *trace; /* hears of requests; NULL: nobody. The user's to set */
};

void http_start(struct http_door *door, struct http_exchange *exchange,
		const struct http_target *target, const struct http_request *request,
		const struct http_ops *ops);
void http_cancel(struct http_exchange *exchange); /* one that does not run: nothing */
/* For doors: the exchange has ended and is its user's again, on_end is told. */
void http_end(struct http_exchange *exchange, const struct err *err);

/* The real one: libcurl's multi interface in that loop; TLS 1.2 or newer, HTTP/2 where the server
 * has it, connections kept. Detours as for the dialer, borrowed. No proxy, no redirects. Whom to
 * trust must be given as authorities: a fingerprint or anybody is ERR_USAGE. It is not freed from
 * an on_head or on_body. */
struct http_curl;
struct http_curl *http_curl_new(struct loop *loop, const struct detour *detours, size_t count);
void http_curl_free(struct http_curl *curl); /* running exchanges are cancelled, unheard */
OWN_DEFINE(struct http_curl, http_curl_free)
struct http_door *http_curl_door(struct http_curl *curl);
/* Where libcurl is, before the first request: a name to be looked for or a path, borrowed; without
 * it the one that is installed. It is opened then; where it is missing, on_end has ERR_SYSTEM. */
void http_curl_library(struct http_curl *curl, const char *file);
