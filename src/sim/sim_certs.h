/*
 * Certificates of a world: nodes and API servers show them, and both sides of a connection in
 * memory check them. To make and to verify one takes longer than everything else about such a
 * connection, and in a world of a few nodes the same few come back all the time: what was made or
 * found good once holds for a while.
 *
 *	certs_issue(world, &ca, &request, &identity, err);      as x509_issue(), in its arena
 *	certs_trust(world, trust, cert, host, now, err);        as x509_trusts()
 *	certs_verify(world, cert, ca, now, err);                as x509_verify() of a client
 *
 * The answers, and the errors, are those of crypto/x509.h at the time that is given. A refusal is
 * never remembered. What is remembered lives in the world's arena.
 */
#pragma once

#include "crypto/x509.h"

struct world;

int certs_issue(struct world *world, const struct identity *ca, const struct x509_request *request,
		struct identity *out, struct err *err);
int certs_trust(struct world *world, const struct trust *trust, const char *cert, const char *host,
		uint64_t now, struct err *err);
int certs_verify(struct world *world, const char *cert, const char *ca, uint64_t now,
		 struct err *err);
