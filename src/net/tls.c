#include "net/tls.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/ip.h"
#include "base/text.h"
#include "crypto/openssl.h"

#include <assert.h>
#include <errno.h>
#include <openssl/ssl.h>
#include <string.h>

#define PARTIES_MAX 4

static const unsigned char alpn_h2[] = { 2, 'h', '2' };

/* Who we are in a connection, and whom we ask for: all that is not of this connection alone. */
struct party {
	bool client;
	bool optional;		/* see struct tls */
	const char *cert, *key; /* NULL: none */
	const char *ca;		/* whom we accept by; NULL: by something else, or nobody is asked */
};

struct tls_shared {
	struct {
		struct party party;
		struct arena *arena;   /* owned; the texts of `party` */
		SSL_CTX *context;      /* owned */
		STACK_OF(X509) * pool; /* owned; read from `ca`, NULL when there is none */
	} at[PARTIES_MAX];
	size_t next; /* the one that goes for a new one */
};

/*
 *	HANDSHAKE --> UP --> DEAD
 *	    `-----------------^
 */
enum tls_state {
	TLS_HANDSHAKE, /* from the beginning until both sides agreed     */
	TLS_UP,	       /* bytes flow                                     */
	TLS_DEAD,      /* `dead` says why, to everybody who asks again   */
};

struct tls {
	struct stream stream;
	struct stream_user lower; /* of `below` */
	struct stream *below;	  /* owned */
	struct loop *loop;
	struct arena *arena;	   /* owned */
	BIO_METHOD *method;	   /* owned */
	SSL *ssl;		   /* owned */
	STACK_OF(X509) * pool;	   /* owned; whom we accept by, NULL: by something else */
	const char *host;	   /* client: whom we meant to reach; NULL on a server */
	const struct trust *trust; /* client */
	const char *client_ca;	   /* server; NULL: clients show no certificate */
	bool optional;		   /* server: they need not */
	enum tls_state state;
	unsigned alert;	  /* the fatal one that the peer sent, 0 when none */
	bool below_ended; /* the stream below has nothing more to read */
	struct err cause; /* of the current call: what the stream below or the verification said */
	struct err dead;
};

OWN_DEFINE(SSL_CTX, SSL_CTX_free)

static struct tls *tls_of(struct stream *stream)
{
	return container_of(stream, struct tls, stream);
}

static void tls_become(struct tls *tls, enum tls_state state)
{
	assert(state > tls->state);
	tls->state = state;
}

static int lower_write(BIO *bio, const char *data, size_t len, size_t *written)
{
	struct tls *tls = BIO_get_data(bio);
	struct err err = ERR_INIT;
	int r = stream_send(tls->below, data, len, written, &err);

	BIO_clear_retry_flags(bio);
	if (r == IO_DONE)
		return 1;
	if (r == IO_WAIT)
		BIO_set_retry_write(bio);
	else if (!err_is_set(&tls->cause))
		tls->cause = err;
	return -1;
}

static int lower_read(BIO *bio, char *data, size_t size, size_t *got)
{
	struct tls *tls = BIO_get_data(bio);
	struct err err = ERR_INIT;
	int r = stream_recv(tls->below, data, size, got, &err);

	BIO_clear_retry_flags(bio);
	if (r == IO_DONE)
		return 1;
	if (r == IO_WAIT)
		BIO_set_retry_read(bio);
	else if (r == IO_EOF)
		tls->below_ended = true;
	else if (!err_is_set(&tls->cause))
		tls->cause = err;
	return -1;
}

static long lower_ctrl(BIO *bio, int command, long number, void *pointer)
{
	const struct tls *tls = BIO_get_data(bio);

	(void)number;
	(void)pointer;
	if (command == BIO_CTRL_EOF)
		return tls->below_ended;
	return command == BIO_CTRL_FLUSH;
}

static void lower_ready(struct stream_user *user)
{
	struct tls *tls = container_of(user, struct tls, lower);

	if (tls->stream.user)
		tls->stream.user->on_ready(tls->stream.user);
}

static const struct refusal {
	unsigned alert;
	const char *of; /* what was refused */
	const char *why;
	int os; /* for struct err */
} refusals[] = {
	{ SSL_AD_BAD_CERTIFICATE, "our certificate", "bad certificate" },
	{ SSL_AD_UNSUPPORTED_CERTIFICATE, "our certificate", "unsupported certificate" },
	{ SSL_AD_CERTIFICATE_REVOKED, "our certificate", "revoked certificate" },
	{ SSL_AD_CERTIFICATE_EXPIRED, "our certificate", "expired certificate", EKEYEXPIRED },
	{ SSL_AD_CERTIFICATE_UNKNOWN, "our certificate", "unknown certificate" },
	{ SSL_AD_UNKNOWN_CA, "our certificate", "unknown certificate authority" },
	{ SSL_AD_ACCESS_DENIED, "us", "access denied" },
	{ SSL_AD_DECRYPT_ERROR, "our certificate", "the proof of its key is wrong" },
	{ SSL_AD_CERTIFICATE_REQUIRED, "us", "certificate required" },
};

static void note_alert(const SSL *ssl, int where, int value)
{
	struct tls *tls = SSL_get_app_data(ssl);
	unsigned alert = (unsigned)value & 0xff;

	if ((where & SSL_CB_READ_ALERT) != SSL_CB_READ_ALERT)
		return;
	if (alert != SSL_AD_CLOSE_NOTIFY && alert != SSL_AD_USER_CANCELLED)
		tls->alert = alert;
}

static int hint_clock(const struct tls *tls, struct err *err)
{
	char text[TIME_TEXT_MAX];

	return err_hint(err, "the clock of this machine says %s",
			time_text(loop_wall(tls->loop), text));
}

static int err_alert(const struct tls *tls, struct err *err)
{
	const char *peer = tls->host ? "node" : "client";

	ERR_clear_error();
	for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
		const struct refusal *refusal = &refusals[i];

		if (refusal->alert != tls->alert)
			continue;
		err_auth(err, refusal->os, "the %s refused %s: %s", peer, refusal->of,
			 refusal->why);
		return refusal->os == EKEYEXPIRED ? hint_clock(tls, err) : -1;
	}
	return err_set(err, ERR_NET, "the %s ended TLS: %s", peer,
		       SSL_alert_desc_string_long((int)tls->alert));
}

static int err_copy(struct err *err, const struct err *from)
{
	if (err)
		*err = *from;
	return -1;
}

static int explain(const struct tls *tls, struct err *err)
{
	if (tls->alert)
		return err_alert(tls, err);
	if (err_is_set(&tls->cause)) {
		ERR_clear_error();
		return err_copy(err, &tls->cause);
	}
	if (tls->below_ended) {
		ERR_clear_error();
		return err_set(err, ERR_NET, "the peer closed the connection in the middle of TLS");
	}
	return err_openssl(err, ERR_NET, "TLS");
}

static int tls_die(struct tls *tls, const struct err *why, struct err *err)
{
	tls->dead = *why;
	tls_become(tls, TLS_DEAD);
	return err_copy(err, why);
}

/* Before each call into OpenSSL, whose error queue is one per thread. */
static void tls_enter(struct tls *tls)
{
	ERR_clear_error();
	err_clear(&tls->cause);
}

/* What a call into OpenSSL that gave `r` means: IO_WAIT, IO_EOF, or <0 with the reason. */
static int tls_answer(const struct tls *tls, int r, struct err *err)
{
	switch (SSL_get_error(tls->ssl, r)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		return IO_WAIT;
	case SSL_ERROR_ZERO_RETURN:
		return IO_EOF;
	default:
		return explain(tls, err);
	}
}

/* Is one of the shown certificates signed by an authority of ours? */
static bool is_known(const STACK_OF(X509) * chain, const char *ca)
{
	STACK_OF(X509) * pool OWNED(pem_certs_free) = ca ? pem_certs(ca, NULL) : NULL;
	bool known = false;

	for (int i = 0; pool && i < sk_X509_num(pool); i++) {
		EVP_PKEY *key = X509_get0_pubkey(sk_X509_value(pool, i));

		for (int k = 0; k < sk_X509_num(chain); k++)
			known = known || X509_verify(sk_X509_value(chain, k), key) == 1;
	}
	ERR_clear_error();
	return known;
}

/* The reason that gives the refused peer the alert a real node would send. */
static int reject_code(const struct tls *tls, const STACK_OF(X509) * chain, uint64_t now)
{
	const X509 *leaf = sk_X509_value(chain, 0);

	if (now > x509_time(X509_get0_notAfter(leaf)) ||
	    now < x509_time(X509_get0_notBefore(leaf)))
		return X509_V_ERR_CERT_HAS_EXPIRED;
	if (!is_known(chain, tls->host ? tls->trust->ca : tls->client_ca))
		return X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY;
	return X509_V_ERR_CERT_REJECTED;
}

static int judge_peer(const struct tls *tls, STACK_OF(X509) * chain, const char *pem,
		      struct err *err)
{
	uint64_t now = loop_wall(tls->loop);

	if (tls->host && tls->pool)
		return x509_chain_trusts(chain, tls->pool, tls->host, now, err);
	if (tls->host)
		return x509_trusts(tls->trust, pem, tls->host, now, err);
	if (tls->pool)
		return x509_chain_verify(chain, tls->pool, X509_CLIENT, now, err);
	return x509_verify(pem, tls->client_ca, X509_CLIENT, now, err);
}

static int verify_peer(X509_STORE_CTX *context, void *data)
{
	const SSL *ssl = X509_STORE_CTX_get_ex_data(context, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls *tls = SSL_get_app_data(ssl);
	STACK_OF(X509) *chain = X509_STORE_CTX_get0_untrusted(context);
	uint64_t now = loop_wall(tls->loop);
	struct err err = ERR_INIT;

	(void)data;
	const char *pem = pem_of_certs(tls->arena, chain);

	int r = judge_peer(tls, chain, pem, &err);
	ERR_clear_error();
	if (r == 0) {
		tls->stream.peer_cert = pem;
		X509_STORE_CTX_set_error(context, X509_V_OK);
		return 1;
	}
	err_wrap(&err, tls->host ? "verify the node" : "verify the client");
	tls->cause = err;
	X509_STORE_CTX_set_error(context, reject_code(tls, chain, now));
	return 0;
}

/* A client that offers no protocol at all would not be asked by select_h2(). */
static int demand_alpn(SSL *ssl, int *alert, void *data)
{
	const unsigned char *offer;
	size_t len;

	(void)data;
	if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_application_layer_protocol_negotiation,
				      &offer, &len) == 1)
		return SSL_CLIENT_HELLO_SUCCESS;
	*alert = SSL_AD_NO_APPLICATION_PROTOCOL;
	return SSL_CLIENT_HELLO_ERROR;
}

static int select_h2(SSL *ssl, const unsigned char **out, unsigned char *out_len,
		     const unsigned char *offer, unsigned offer_len, void *data)
{
	unsigned char *chosen;

	(void)ssl;
	(void)data;
	if (SSL_select_next_proto(&chosen, out_len, alpn_h2, sizeof(alpn_h2), offer, offer_len) !=
	    OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

static bool speaks_h2(const SSL *ssl)
{
	const unsigned char *chosen;
	unsigned len;

	SSL_get0_alpn_selected(ssl, &chosen, &len);
	return len == sizeof(alpn_h2) - 1 && memcmp(chosen, alpn_h2 + 1, len) == 0;
}

static int handshake(struct tls *tls, struct err *err)
{
	tls_enter(tls);
	int r = SSL_do_handshake(tls->ssl);

	if (r != 1) {
		r = tls_answer(tls, r, err);
		if (r == IO_EOF)
			return err_set(err, ERR_NET, "the peer ended the connection");
		return r;
	}
	if (!speaks_h2(tls->ssl))
		return err_set(err, ERR_NET, "the peer does not speak HTTP/2");
	return IO_DONE;
}

static int tls_open(struct stream *stream, struct err *err)
{
	struct tls *tls = tls_of(stream);
	struct err why = ERR_INIT;

	if (tls->state == TLS_UP)
		return IO_DONE;
	if (tls->state == TLS_DEAD)
		return err_copy(err, &tls->dead);

	int r = stream_open(tls->below, &why);
	if (r < 0)
		return tls_die(tls, &why, err);
	if (r != IO_DONE)
		return r;

	r = handshake(tls, &why);
	if (r < 0) {
		err_wrap(&why, "TLS handshake with %s", tls->host ? tls->host : "a client");
		return tls_die(tls, &why, err);
	}
	if (r == IO_DONE)
		tls_become(tls, TLS_UP);
	return r;
}

static int tls_recv(struct stream *stream, void *data, size_t size, size_t *got, struct err *err)
{
	struct tls *tls = tls_of(stream);
	struct err why = ERR_INIT;

	assert(tls->state != TLS_HANDSHAKE);
	if (tls->state == TLS_DEAD)
		return err_copy(err, &tls->dead);
	tls_enter(tls);
	int r = SSL_read_ex(tls->ssl, data, size, got);

	if (r == 1)
		return IO_DONE;
	r = tls_answer(tls, r, &why);
	return r < 0 ? tls_die(tls, &why, err) : r;
}

/* A refusal by a TLS 1.3 server often shows as a failed write first: the alert that tells why is
 * then still waiting to be read. Data that waits there means that there was no refusal. */
static int send_failed(struct tls *tls, const struct err *why, struct err *err)
{
	unsigned char byte;
	size_t got;

	tls_enter(tls);
	if (SSL_peek_ex(tls->ssl, &byte, 1, &got) == 1)
		return err_copy(err, why);
	if (!tls->alert) {
		ERR_clear_error();
		return tls_die(tls, why, err);
	}
	struct err alert = ERR_INIT;

	err_alert(tls, &alert);
	return tls_die(tls, &alert, err);
}

static int tls_send(struct stream *stream, const void *data, size_t len, size_t *sent,
		    struct err *err)
{
	struct tls *tls = tls_of(stream);
	struct err why = ERR_INIT;

	assert(tls->state != TLS_HANDSHAKE);
	if (tls->state == TLS_DEAD)
		return err_copy(err, &tls->dead);
	tls_enter(tls);
	int r = SSL_write_ex(tls->ssl, data, len, sent);

	if (r == 1)
		return IO_DONE;
	r = tls_answer(tls, r, &why);
	if (r == IO_EOF)
		r = err_set(&why, ERR_NET, "the peer ended the connection");
	return r < 0 ? send_failed(tls, &why, err) : r;
}

static void tls_close(struct stream *stream)
{
	struct tls *tls = tls_of(stream);

	if (tls->state == TLS_UP) {
		tls_enter(tls);
		SSL_shutdown(tls->ssl); /* says good-bye, and does not wait for an answer */
	}
	SSL_free(tls->ssl);
	pem_certs_free(tls->pool);
	BIO_meth_free(tls->method);
	ERR_clear_error();
	stream_close(tls->below);
	arena_free(tls->arena);
	mem_free(tls, sizeof(*tls));
}

static const struct stream_ops tls_ops = {
	.name = "tls",
	.open = tls_open,
	.send = tls_send,
	.recv = tls_recv,
	.close = tls_close,
};

static int use_identity(SSL_CTX *context, const struct party *party, struct err *err)
{
	STACK_OF(X509) * chain OWNED(pem_certs_free) = pem_certs(party->cert, err);
	EVP_PKEY *key OWNED(EVP_PKEY_free) = NULL;

	if (!chain)
		return err_wrap(err, "read our certificate");
	key = pem_key(party->key, err);
	if (!key)
		return err_wrap(err, "read our key");
	ERR_clear_error();
	if (SSL_CTX_use_certificate(context, sk_X509_value(chain, 0)) != 1)
		return err_openssl(err, ERR_INPUT, "use our certificate");
	for (int i = 1; i < sk_X509_num(chain); i++) {
		if (SSL_CTX_add1_chain_cert(context, sk_X509_value(chain, i)) != 1)
			return err_openssl(err, ERR_INPUT, "use our certificate");
	}
	if (SSL_CTX_use_PrivateKey(context, key) != 1)
		return err_openssl(err, ERR_INPUT, "use the key of our certificate");
	return 0;
}

/* Clients that have several certificates choose by these names. */
static int name_authorities(SSL_CTX *context, const char *client_ca, struct err *err)
{
	STACK_OF(X509) * pool OWNED(pem_certs_free) = pem_certs(client_ca, err);

	if (!pool)
		return err_wrap(err, "read the authorities of clients");
	for (int i = 0; i < sk_X509_num(pool); i++) {
		if (SSL_CTX_add_client_CA(context, sk_X509_value(pool, i)) != 1)
			return err_openssl(err, ERR_SYSTEM, "name an authority");
	}
	return 0;
}

static int set_rules(const struct party *party, SSL_CTX *context, struct err *err)
{
	int verify = SSL_VERIFY_NONE;

	SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE |
					  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
					  SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_cert_verify_callback(context, verify_peer, NULL);
	if (SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) != 1)
		return err_openssl(err, ERR_SYSTEM, "demand TLS 1.3");
	if (party->client) {
		verify = SSL_VERIFY_PEER;
		/* unlike its relatives this one returns 0 when it is content */
		if (SSL_CTX_set_alpn_protos(context, alpn_h2, sizeof(alpn_h2)) != 0)
			return err_openssl(err, ERR_SYSTEM, "offer HTTP/2");
	} else {
		if (party->ca)
			verify = SSL_VERIFY_PEER;
		if (party->ca && !party->optional)
			verify |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
		SSL_CTX_set_client_hello_cb(context, demand_alpn, NULL);
		SSL_CTX_set_alpn_select_cb(context, select_h2, NULL);
		if (SSL_CTX_set_num_tickets(context, 0) != 1)
			return err_openssl(err, ERR_SYSTEM, "turn session tickets off");
	}
	SSL_CTX_set_verify(context, verify, NULL);
	return 0;
}

static int make_bio(struct tls *tls, BIO **out)
{
	tls->method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "stream");
	if (!tls->method || BIO_meth_set_write_ex(tls->method, lower_write) != 1 ||
	    BIO_meth_set_read_ex(tls->method, lower_read) != 1 ||
	    BIO_meth_set_ctrl(tls->method, lower_ctrl) != 1)
		return -1;

	BIO *bio = BIO_new(tls->method);
	if (!bio)
		return -1;
	BIO_set_data(bio, tls);
	BIO_set_init(bio, 1);
	*out = bio;
	return 0;
}

static int make_ssl(struct tls *tls, SSL_CTX *context, struct err *err)
{
	BIO *bio;
	struct ip ip;

	tls->ssl = SSL_new(context);
	if (!tls->ssl || make_bio(tls, &bio) < 0)
		return err_openssl(err, ERR_SYSTEM, "prepare TLS");
	SSL_set_bio(tls->ssl, bio, bio);
	SSL_set_app_data(tls->ssl, tls);
	SSL_set_info_callback(tls->ssl, note_alert);
	if (!tls->host) {
		SSL_set_accept_state(tls->ssl);
		return 0;
	}
	SSL_set_connect_state(tls->ssl);
	/* a server name is a name: addresses are not sent */
	if (!ip_parse(tls->host, &ip) && SSL_set_tlsext_host_name(tls->ssl, tls->host) != 1)
		return err_openssl(err, ERR_SYSTEM, "name the server %s", tls->host);
	return 0;
}

static struct tls *tls_new(struct loop *loop, struct stream *below)
{
	struct tls *tls = mem_new(sizeof(*tls));

	tls->stream.ops = &tls_ops;
	tls->loop = loop;
	tls->arena = arena_new("tls");
	tls->below = below;
	tls->lower.on_ready = lower_ready;
	stream_attach(below, &tls->lower);
	return tls;
}

static int context_new(const struct party *party, SSL_CTX **out, struct err *err)
{
	ERR_clear_error();
	SSL_CTX *context OWNED(SSL_CTX_free) =
		SSL_CTX_new(party->client ? TLS_client_method() : TLS_server_method());

	if (!context)
		return err_openssl(err, ERR_SYSTEM, "prepare TLS");
	if (set_rules(party, context, err) < 0)
		return -1;
	if (party->cert && use_identity(context, party, err) < 0)
		return -1;
	if (!party->client && party->ca && name_authorities(context, party->ca, err) < 0)
		return -1;
	*out = take(context);
	return 0;
}

struct tls_shared *tls_shared_new(void)
{
	return mem_new(sizeof(struct tls_shared));
}

static void forget_party(struct tls_shared *shared, size_t i)
{
	SSL_CTX_free(shared->at[i].context);
	pem_certs_free(shared->at[i].pool);
	arena_free(shared->at[i].arena);
}

void tls_shared_free(struct tls_shared *shared)
{
	if (!shared)
		return;
	for (size_t i = 0; i < PARTIES_MAX; i++)
		forget_party(shared, i);
	mem_free(shared, sizeof(*shared));
}

static bool is_party(const struct party *one, const struct party *other)
{
	return one->client == other->client && one->optional == other->optional &&
	       text_equal(one->cert, other->cert) && text_equal(one->key, other->key) &&
	       text_equal(one->ca, other->ca);
}

/* Its place in `shared`; PARTIES_MAX: it has none. */
static size_t find_party(const struct tls_shared *shared, const struct party *party)
{
	size_t i = 0;

	while (i < PARTIES_MAX &&
	       !(shared->at[i].context && is_party(&shared->at[i].party, party)))
		i++;
	return i;
}

static void keep_party(struct tls_shared *shared, const struct party *party, SSL_CTX *context,
		       STACK_OF(X509) * pool)
{
	size_t i = shared->next;
	struct arena *arena = arena_new("tls party");

	forget_party(shared, i);
	shared->next = (i + 1) % PARTIES_MAX;
	SSL_CTX_up_ref(context);
	shared->at[i].context = context;
	shared->at[i].pool = pool ? X509_chain_up_ref(pool) : NULL;
	shared->at[i].arena = arena;
	shared->at[i].party = *party;
	shared->at[i].party.cert = arena_str(arena, party->cert);
	shared->at[i].party.key = arena_str(arena, party->key);
	shared->at[i].party.ca = arena_str(arena, party->ca);
}

/* The certificates by which the peer is checked as text, if it is by certificates. */
static const char *accepts_by(const struct tls *tls)
{
	if (!tls->host)
		return tls->client_ca;
	return tls->trust->fingerprint ? NULL : tls->trust->ca;
}

/* Authorities that cannot be read are told of when the peer is checked. */
static int tls_prepare(struct tls *tls, const struct identity *identity, struct tls_shared *shared,
		       struct err *err)
{
	const struct party party = { .client = tls->host != NULL,
				     .optional = tls->optional,
				     .cert = identity ? identity->cert : NULL,
				     .key = identity ? identity->key : NULL,
				     .ca = accepts_by(tls) };
	SSL_CTX *context OWNED(SSL_CTX_free) = NULL;
	size_t i = shared ? find_party(shared, &party) : PARTIES_MAX;

	if (i < PARTIES_MAX) {
		context = shared->at[i].context;
		SSL_CTX_up_ref(context);
		tls->pool = shared->at[i].pool ? X509_chain_up_ref(shared->at[i].pool) : NULL;
		return make_ssl(tls, context, err);
	}
	if (context_new(&party, &context, err) < 0)
		return -1;
	tls->pool = party.ca ? pem_certs(party.ca, NULL) : NULL;
	if (shared)
		keep_party(shared, &party, context, tls->pool);
	return make_ssl(tls, context, err);
}

int tls_client_new(const struct tls_client *options, struct stream *take_below, struct stream **out,
		   struct err *err)
{
	struct tls *tls = tls_new(options->loop, take_below);

	tls->host = arena_str(tls->arena, options->host);
	tls->trust = options->trust;
	assert(tls->host && tls->trust);
	if (tls_prepare(tls, options->identity, options->shared, err) < 0) {
		stream_close(&tls->stream);
		return -1;
	}
	*out = &tls->stream;
	return 0;
}

int tls_server_new(const struct tls_server *options, struct stream *take_below, struct stream **out,
		   struct err *err)
{
	struct tls *tls = tls_new(options->loop, take_below);

	tls->client_ca = arena_str(tls->arena, options->client_ca);
	tls->optional = options->optional;
	assert(options->identity);
	if (tls_prepare(tls, options->identity, options->shared, err) < 0) {
		stream_close(&tls->stream);
		return -1;
	}
	*out = &tls->stream;
	return 0;
}
