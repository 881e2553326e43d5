/*
 * The parts of a bundle as tables that making, reading, writing and importing share. For the
 * secrets*.c files only.
 *
 *	for (size_t i = 0; i < BUNDLE_AUTHORITIES; i++)
 *		struct identity *ca = bundle_authority(bundle, &bundle_authorities[i]);
 */
#pragma once

#include "cluster/secrets.h"
#include "crypto/keys.h"

#include <stddef.h>

/* What stands in the place of a key that was taken out of a file; it is not base64. */
#define BUNDLE_REDACTED "******"

#define BUNDLE_FILE_MAX ((size_t)1 << 20) /* bytes; of a bundle or a key file */

struct bundle_authority {
	const char *name;	  /* below `certs` in the file */
	size_t offset;		  /* of its struct identity in struct bundle */
	const char *organization; /* NULL: empty subject */
	enum key_type type;
	const char *pki; /* file name without suffix in a PKI folder; NULL: not there */
};

enum {
	BUNDLE_AUTHORITIES = 4
};
/* In the order of the checks: etcd, k8s, k8saggregator, os. */
extern const struct bundle_authority bundle_authorities[BUNDLE_AUTHORITIES];

struct identity *bundle_authority(struct bundle *bundle, const struct bundle_authority *authority);

struct bundle *bundle_begin(const char *file);
/* Makes everything that is still missing. */
int bundle_complete(struct bundle *bundle, const struct bundle_options *options, struct err *err);

/* Base64 to PEM text in the bundle's arena; the redaction marker stays as it is. NULL when it is
 * no base64 or holds NUL bytes. */
const char *bundle_decode(const struct bundle *bundle, const char *text);
