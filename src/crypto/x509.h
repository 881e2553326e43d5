/*
 * Certificates as Talos makes and checks them: the CAs of a bundle, apid's server certificates,
 * client certificates with roles in the subject's organization.
 *
 *	struct identity ca, admin;
 *	x509_make_ca(arena, &(struct x509_ca){ "talos", KEY_ED25519, now, 3650 * DAY }, &ca, err);
 *	x509_issue(arena, &ca, &(struct x509_request){ ... }, &admin, err);
 *
 * Everything is PEM text in the caller's arena. Wall times are nanoseconds since the epoch
 * (base/clock.h) and always given; nothing here reads a clock. Certificates count whole seconds.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "crypto/keys.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Who somebody is: a certificate (leaf first) and its key. Plain data, borrowed strings. */
struct identity {
	const char *cert; /* PEM */
	const char *key;  /* PEM, any label of crypto/keys.h */
};

/* Whom one accepts as the peer. The first that is set decides: fingerprint, ca, insecure. */
struct trust {
	const char *ca;		 /* PEM, one or more certificates; NULL: none */
	const char *fingerprint; /* base64 SHA-256 of the peer's public key info; NULL: none */
	bool insecure;		 /* accept anybody */
};

struct x509_ca {
	const char *organization; /* NULL: empty subject and issuer */
	enum key_type type;
	uint64_t now; /* not before */
	uint64_t lifetime;
};
/* Self-signed; extensions as Talos orders them: critical KeyUsage (digitalSignature, keyCertSign),
 * ExtendedKeyUsage (serverAuth, clientAuth), critical CA:TRUE, a random SubjectKeyIdentifier of 20
 * bytes. */
int x509_make_ca(struct arena *arena, const struct x509_ca *request, struct identity *out,
		 struct err *err);

enum x509_usage {
	X509_CLIENT,
	X509_SERVER
};
struct x509_request {
	const char *common_name;	  /* NULL: none */
	const char *const *organizations; /* one RDN, in DER order; NULL-ended or NULL */
	const char *const *names;	  /* hosts and addresses for the SAN; NULL-ended or NULL */
	enum x509_usage usage;
	uint64_t now;
	uint64_t lifetime;
};
/* A leaf with a new key of the CA's own algorithm (RSA: 4096 bits): critical KeyUsage
 * digitalSignature, the one EKU, AuthorityKeyIdentifier if the CA has an identifier, SAN if names
 * are given (hosts before addresses); no BasicConstraints. The first certificate of `ca` is the CA.
 * ERR_INPUT when it is none, its key is another's, or a name cannot stand in a certificate. */
int x509_issue(struct arena *arena, const struct identity *ca, const struct x509_request *request,
	       struct identity *out, struct err *err);

struct x509_info {
	const char *subject;		  /* one line, for messages; "" when empty */
	const char *const *organizations; /* in DER order without empty ones; NULL-ended */
	const char *const *names;	  /* hosts and addresses of the SAN; NULL-ended */
	uint64_t not_before, not_after;	  /* cut to what fits */
	bool is_ca;
	bool for_client, for_server; /* the EKU names it; without an EKU neither */
	enum key_type type;
	const char *fingerprint; /* base64 SHA-256 of the public key info */
	const char *digest;	 /* hex SHA-256 of the DER: names one certificate */
};
/* The first certificate of `pem`. ERR_INPUT when there is none, when any is damaged, or when a name
 * hides a NUL. */
int x509_read(struct arena *arena, const char *pem, struct x509_info *out, struct err *err);

/*
 * Is `cert` (leaf first, intermediates behind it) signed by one of the `ca` certificates, valid at
 * `now`, and for that usage? As Talos has it, a client certificate and all below the authority must
 * have clientAuth as their only EKU; a server certificate without an EKU is accepted.
 *
 * ERR_AUTH with the fact: "the certificate is signed by an unknown authority", "... expired on
 * 2026-01-02", "... is not valid before 2026-01-02T03:04:05Z", "... is not a client certificate".
 * ERR_INPUT when either text is no certificate.
 */
int x509_verify(const char *cert, const char *ca, enum x509_usage usage, uint64_t now,
		struct err *err);
/*
 * Would `trust` accept that server certificate for `host` (name or IP, as dialled)? By ca: it
 * verifies and the host is in the SAN. By fingerprint: the leaf has that key, whoever signed it,
 * for whatever host and time. Insecure: any certificate. ERR_AUTH with the fact, also when nothing
 * of `trust` is set.
 */
int x509_trusts(const struct trust *trust, const char *cert, const char *host, uint64_t now,
		struct err *err);
int x509_matches_key(const char *cert, const char *key, struct err *err); /* ERR_INPUT if not */

/* The labels of a text's PEM blocks in their order, NULL-ended; damaged blocks are skipped. */
const char *const *pem_labels(struct arena *arena, const char *pem);
/* Whether any certificate of the text can be read. */
bool x509_any(const char *pem);
