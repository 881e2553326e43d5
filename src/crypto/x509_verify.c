#include "base/clock.h"
#include "base/ip.h"
#include "base/str.h"
#include "base/text.h"
#include "crypto/openssl.h"
#include "crypto/x509.h"

#include <errno.h>
#include <openssl/x509_vfy.h>
#include <string.h>

OWN_DEFINE(X509_STORE, X509_STORE_free)
OWN_DEFINE(X509_STORE_CTX, X509_STORE_CTX_free)

static const struct {
	int purpose;
	const char *name;
} usages[] = {
	[X509_CLIENT] = { X509_PURPOSE_SSL_CLIENT, "client" },
	[X509_SERVER] = { X509_PURPOSE_SSL_SERVER, "server" },
};

/* One question: who is asked about, as what, and when. */
struct question {
	STACK_OF(X509) * chain;
	enum x509_usage usage;
	uint64_t now;
};

enum verdict {
	VERDICT_GOOD,
	VERDICT_UNKNOWN_AUTHORITY,
	VERDICT_BAD
};

/* The time of day is noise in a date, except where clocks may differ by less than a day. */
static int explain_time(const X509_STORE_CTX *context, uint64_t now, struct err *err)
{
	const X509 *cert = X509_STORE_CTX_get_current_cert(context);
	bool leaf = X509_STORE_CTX_get_error_depth(context) == 0;
	bool expired = X509_STORE_CTX_get_error(context) == X509_V_ERR_CERT_HAS_EXPIRED;
	const char *who = leaf ? "the certificate" : "the certificate of its authority";
	char text[TIME_TEXT_MAX];

	if (expired)
		err_auth(err, EKEYEXPIRED, "%s expired on %.10s", who,
			 time_text(x509_time(X509_get0_notAfter(cert)), text));
	else
		err_auth(err, EKEYEXPIRED, "%s is not valid before %s", who,
			 time_text(x509_time(X509_get0_notBefore(cert)), text));
	return err_hint(err, "the clock of this machine says %s", time_text(now, text));
}

static int explain_usage(enum x509_usage usage, struct err *err)
{
	return err_set(err, ERR_AUTH, "the certificate is not a %s certificate",
		       usages[usage].name);
}

static enum verdict explain(const X509_STORE_CTX *context, const struct question *question,
			    struct err *err)
{
	int code = X509_STORE_CTX_get_error(context);
	bool leaf = X509_STORE_CTX_get_error_depth(context) == 0;

	switch (code) {
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_CERT_SIGNATURE_FAILURE:
	case X509_V_ERR_CERT_UNTRUSTED:
		err_set(err, ERR_AUTH, "the certificate is signed by an unknown authority");
		return VERDICT_UNKNOWN_AUTHORITY;
	case X509_V_ERR_CERT_HAS_EXPIRED:
	case X509_V_ERR_CERT_NOT_YET_VALID:
		explain_time(context, question->now, err);
		return VERDICT_BAD;
	case X509_V_ERR_INVALID_CA:
		err_set(err, ERR_AUTH, "the certificate is signed by one that is no authority");
		return VERDICT_BAD;
	case X509_V_ERR_INVALID_PURPOSE:
		if (leaf)
			explain_usage(question->usage, err);
		else
			err_set(err, ERR_AUTH, "its authority may not sign %s certificates",
				usages[question->usage].name);
		return VERDICT_BAD;
	default:
		err_set(err, ERR_AUTH, "the certificate is not accepted: %s",
			X509_verify_cert_error_string(code));
		return VERDICT_BAD;
	}
}

/* A node lets nobody in whose certificate, or any below the authority, is for more. */
static bool chain_is_for_clients_alone(const STACK_OF(X509) * chain)
{
	for (int i = 0; i < sk_X509_num(chain); i++) {
		X509 *cert = sk_X509_value(chain, i);
		if (!(X509_get_extension_flags(cert) & EXFLAG_CA) &&
		    x509_usage_named(cert, X509_CLIENT) != USAGE_ALONE)
			return false;
	}
	return true;
}

static X509_STORE *store_of(X509 *ca)
{
	X509_STORE *store OWNED(X509_STORE_free) = X509_STORE_new();

	if (!store || X509_STORE_add_cert(store, ca) != 1)
		return NULL;
	return take(store);
}

static enum verdict verify_below(const struct question *question, X509 *ca, struct err *err)
{
	X509_STORE *store OWNED(X509_STORE_free) = store_of(ca);
	X509_STORE_CTX *context OWNED(X509_STORE_CTX_free) = X509_STORE_CTX_new();
	X509 *leaf = sk_X509_value(question->chain, 0);

	if (!store || !context ||
	    X509_STORE_CTX_init(context, store, leaf, question->chain) != 1 ||
	    X509_STORE_CTX_set_purpose(context, usages[question->usage].purpose) != 1) {
		err_openssl(err, ERR_SYSTEM, "prepare to verify a certificate");
		return VERDICT_BAD;
	}
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(context);
	/* whoever is in the pool is trusted, also when somebody else signed it, as Go has it */
	X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
	X509_VERIFY_PARAM_set_time(param, (time_t)(question->now / SECOND));

	int good = X509_verify_cert(context);
	ERR_clear_error();
	if (good != 1)
		return explain(context, question, err);
	if (question->usage == X509_CLIENT &&
	    !chain_is_for_clients_alone(X509_STORE_CTX_get0_chain(context))) {
		err_set(err, ERR_AUTH, "the certificate is not for clients alone");
		return VERDICT_BAD;
	}
	return VERDICT_GOOD;
}

/* Authorities may share a name, as those before and after a rotation do: each is asked alone, and
 * the one that knows the certificate says what is wrong with it. */
int x509_chain_verify(STACK_OF(X509) * chain, STACK_OF(X509) * pool, enum x509_usage usage,
		      uint64_t now, struct err *err)
{
	const struct question question = { chain, usage, now };
	struct err unknown = ERR_INIT, known = ERR_INIT;

	for (int i = 0; i < sk_X509_num(pool); i++) {
		struct err reason = ERR_INIT;
		enum verdict verdict =
			verify_below(&question, sk_X509_value(pool, i), &reason);
		if (verdict == VERDICT_GOOD)
			return 0;
		if (verdict == VERDICT_BAD && !err_is_set(&known))
			known = reason;
		if (verdict == VERDICT_UNKNOWN_AUTHORITY)
			unknown = reason;
	}
	if (err)
		*err = err_is_set(&known) ? known : unknown;
	return -1;
}

static STACK_OF(X509) * read_pool(const char *ca, struct err *err)
{
	STACK_OF(X509) *pool = pem_certs(ca, err);

	if (!pool)
		err_wrap(err, "read the trusted authorities");
	return pool;
}

int x509_verify(const char *cert, const char *ca, enum x509_usage usage, uint64_t now,
		struct err *err)
{
	STACK_OF(X509) * chain OWNED(pem_certs_free) = pem_certs(cert, err);

	if (!chain)
		return -1;
	STACK_OF(X509) * pool OWNED(pem_certs_free) = read_pool(ca, err);

	return pool ? x509_chain_verify(chain, pool, usage, now, err) : -1;
}

static int check_pin(const char *fingerprint, const X509 *leaf, struct err *err)
{
	struct arena *scratch OWNED(arena_free) = arena_new("fingerprint");
	const char *found = x509_fingerprint(scratch, leaf);

	if (strcmp(found, fingerprint) != 0)
		return err_auth(err, EKEYREJECTED,
				"the certificate has the fingerprint %s, not %.80s", found,
				fingerprint);
	return 0;
}

static bool names_host(X509 *leaf, const char *host)
{
	struct ip ip;

	if (ip_parse(host, &ip))
		return X509_check_ip(leaf, ip.at, ip.family == 4 ? 4 : 16, 0) == 1;
	return X509_check_host(leaf, host, 0,
			       X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
				       X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS,
			       NULL) == 1;
}

static int explain_host(X509 *leaf, const char *host, struct err *err)
{
	struct arena *scratch OWNED(arena_free) = arena_new("names");
	struct str list SCOPED(str_done) = STR_INIT(300);
	struct x509_info info;

	if (x509_read(scratch, pem_of_cert(scratch, leaf), &info, err) < 0)
		return -1;
	for (size_t i = 0; info.names[i]; i++)
		str_addf(&list, "%s%s", i ? ", " : "", info.names[i]);
	if (!info.names[0])
		return err_set(err, ERR_AUTH, "the certificate is not for %s, it names no host",
			       host);
	return err_set(err, ERR_AUTH, "the certificate is not for %s but for %s%s", host,
		       str_text(&list), list.full ? ", ..." : "");
}

int x509_chain_trusts(STACK_OF(X509) * chain, STACK_OF(X509) * pool, const char *host, uint64_t now,
		      struct err *err)
{
	X509 *leaf = sk_X509_value(chain, 0);

	if (x509_chain_verify(chain, pool, X509_SERVER, now, err) < 0)
		return -1;

	bool named = names_host(leaf, host);
	ERR_clear_error();
	return named ? 0 : explain_host(leaf, host, err);
}

int x509_trusts(const struct trust *trust, const char *cert, const char *host, uint64_t now,
		struct err *err)
{
	STACK_OF(X509) * chain OWNED(pem_certs_free) = pem_certs(cert, err);

	if (!chain)
		return -1;
	if (trust->fingerprint)
		return check_pin(trust->fingerprint, sk_X509_value(chain, 0), err);
	if (!trust->ca && trust->insecure)
		return 0;
	if (!trust->ca)
		return err_set(err, ERR_AUTH, "no authority is known that could vouch for %s",
			       host);
	STACK_OF(X509) * pool OWNED(pem_certs_free) = read_pool(trust->ca, err);

	return pool ? x509_chain_trusts(chain, pool, host, now, err) : -1;
}
