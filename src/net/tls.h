/*
 * TLS 1.3 over any stream (tls.c is OpenSSL's door outside crypto/). ALPN "h2" is offered and
 * demanded.
 *
 * A client checks the server's certificate against struct trust at the loop's wall time, for the
 * host it was told. With TLS 1.3 a server's refusal of the client arrives only with the first
 * read: such an alert becomes ERR_AUTH ("the node refused our certificate: ..."), also when it
 * shows as a failed write. A server checks a client as a node does (x509_verify()) and tells it why
 * it was refused by the alert a node would send.
 *
 * Errors: ERR_AUTH when one side does not accept the other, ERR_NET for all else that goes wrong
 * on the way (no TLS, an older TLS, no HTTP/2, a connection that ends without the farewell of
 * TLS), ERR_INPUT when an identity or CA cannot be read. A stream that failed says the same
 * again, except that what had arrived can still be received after a failed send. Closing says
 * good-bye to the peer.
 */
#pragma once

#include "base/err.h"
#include "crypto/x509.h"
#include "loop/loop.h"
#include "net/stream.h"

/* What connections of the same identity have in common, made once: reading a certificate and a key
 * costs more than a handshake. It keeps the last few identities, keys included, and may go before
 * the connections do. */
struct tls_shared;
struct tls_shared *tls_shared_new(void);
void tls_shared_free(struct tls_shared *shared);

struct tls_client {
	struct loop *loop;
	const char *host;
	const struct identity *identity; /* NULL: none */
	const struct trust *trust;
	struct tls_shared *shared; /* NULL: all is made anew */
};
/* Takes `below`, also when it fails. */
int tls_client_new(const struct tls_client *options, struct stream *take_below, struct stream **out,
		   struct err *err);

struct tls_server {
	struct loop *loop;
	const struct identity *identity;
	const char *client_ca;	   /* NULL: no client certificate is asked for */
	bool optional;		   /* a client without one is let in too */
	struct tls_shared *shared; /* NULL: all is made anew */
};
int tls_server_new(const struct tls_server *options, struct stream *take_below, struct stream **out,
		   struct err *err);
