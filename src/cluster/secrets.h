/*
 * The secrets bundle: everything a cluster's identity is made of (talsecret.yaml, what
 * `talosctl gen secrets` writes).
 *
 *	struct bundle *bundle OWNED(bundle_free) = NULL;
 *	struct bundle_options options = { .contract = "v1.13", .now = wall, .random = random };
 *	if (bundle_new(&options, &bundle, err) < 0)
 *
 * A bundle owns an arena, erased when freed; all strings point into it. Keys and certificates are
 * kept as PEM text; the file holds them as base64 of that text. Nothing of it is ever printed,
 * journaled or put in an error.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "crypto/random.h"
#include "crypto/x509.h"
#include "tree/value.h"

#include <stdint.h>

struct bundle {
	struct arena *arena; /* owned */
	const char *file;    /* where it was read from; NULL: made or imported */
	const char *id, *secret;
	const char *bootstrap_token, *trustd_token;
	const char *secretbox, *aescbc;			     /* NULL: none */
	struct identity etcd, kubernetes, aggregator, talos; /* CAs */
	const char *service_account;			     /* a key alone */
	const struct value *source;			     /* as read, for places; NULL if made */
};

struct bundle_options {
	const char *contract;	      /* "v1.13"; decides key types and encryption secret */
	uint64_t now;		      /* wall time: not before of all certificates */
	struct random_source *random; /* for tokens and ids; keys come from OpenSSL */
};
int bundle_new(const struct bundle_options *options, struct bundle **out, struct err *err);
void bundle_free(struct bundle *bundle);
OWN_DEFINE(struct bundle, bundle_free)

/* From the text of a bundle file: all that is missing or broken in one ERR_INPUT, never its
 * contents. Keys and certificates must parse; unknown keys of the file are left alone. */
int bundle_read(const char *file, const char *text, size_t len, struct bundle **out,
		struct err *err);
/* Byte-equal to the reference's layout. */
void bundle_write(struct str *out, const struct bundle *bundle);

/* Copies what a control-plane machine config holds (v1alpha1 or 1.14 documents); generates and
 * checks nothing, so what the config lacks is NULL. */
int bundle_import_config(const char *file, const char *text, size_t len, struct bundle **out,
			 struct err *err);
/* From a kubeadm style PKI folder; what it does not have is made by `options`. token NULL: made. */
int bundle_import_pki(const char *folder, const char *token, const struct bundle_options *options,
		      struct bundle **out, struct err *err);

struct client_request {
	const char *const *roles; /* "os:admin"; NULL-ended */
	uint64_t now, lifetime;	  /* wall time: valid from; nanoseconds */
};
/* A client certificate with those roles, made in memory. */
int bundle_client(const struct bundle *bundle, struct arena *arena,
		  const struct client_request *request, struct identity *out, struct err *err);
/* "sha256:..." over the cluster's id and its Talos CA: what a journal is bound to. */
const char *bundle_identity(const struct bundle *bundle, struct arena *arena);
