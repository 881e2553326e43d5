#include "wire/scene.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum ending {
	RUDE_WAITS,
	RUDE_SHUTS,
	RUDE_RESETS
};

/* A peer by hand: a socket that says the given bytes once it is called, and ends in some way. */
struct rude {
	struct watch watch;
	int listening, fd;
	const void *bytes;
	size_t len;
	enum ending ending;
	unsigned char heard[4000];
	size_t heard_len;
	unsigned reads;
};

static int listen_raw(unsigned *port)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	cr_assert_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	cr_assert_eq(listen(fd, 5), 0);
	cr_assert_eq(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	*port = ntohs(address.sin_port);
	return fd;
}

static void rude_hears(struct watch *watch, unsigned events)
{
	struct rude *rude = container_of(watch, struct rude, watch);
	struct linger reset = { .l_onoff = 1 };
	ssize_t got = recv(rude->fd, rude->heard + rude->heard_len,
			   sizeof(rude->heard) - rude->heard_len, 0);

	(void)events;
	if (got <= 0) {
		watch_done(watch);
		return;
	}
	rude->heard_len += (size_t)got;
	if (rude->reads++)
		return;
	if (rude->len)
		cr_assert_eq(send(rude->fd, rude->bytes, rude->len, MSG_NOSIGNAL),
			     (ssize_t)rude->len);
	if (rude->ending == RUDE_SHUTS)
		shutdown(rude->fd, SHUT_WR);
	if (rude->ending == RUDE_RESETS) {
		watch_done(watch);
		setsockopt(rude->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
		close(rude->fd);
		rude->fd = -1;
	}
}

static void rude_called(struct watch *watch, unsigned events)
{
	struct rude *rude = container_of(watch, struct rude, watch);
	struct loop *loop = watch->loop;

	(void)events;
	rude->fd = accept4(rude->listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	cr_assert_geq(rude->fd, 0);
	watch_done(watch);
	cr_assert_eq(watch_init(watch, loop, rude->fd, rude_hears, NULL), 0);
	watch_want(watch, READY_READ);
}

static void rude_done(struct rude *rude)
{
	watch_done(&rude->watch);
	close(rude->listening);
	if (rude->fd >= 0)
		close(rude->fd);
}

/* Random, session id, cipher c02f, no compression, no extensions: TLS 1.2 and nothing newer. */
static const unsigned char hello_of_tls12[] = {
	0x16, 0x03, 0x03, 0x00, 0x2a, 0x02, 0x00, 0x00, 0x26, 0x03, 0x03, 1, 2, 3, 4, 5,
	6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
	22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 0, 0xc0, 0x2f, 0x00
};

static const struct {
	const char *name;
	const void *bytes;
	size_t len;
	enum ending ending;
	const char *says;
} rudeness[] = {
	{ "reset", "", 0, RUDE_RESETS, "connection reset by peer" },
	{ "half-closed", "", 0, RUDE_SHUTS, "the peer closed the connection in the middle of TLS" },
	{ "not TLS", "HTTP/1.1 400 Bad Request\r\n\r\n", 28, RUDE_SHUTS, "TLS: " },
	{ "TLS 1.2", hello_of_tls12, sizeof(hello_of_tls12), RUDE_WAITS,
	  "TLS: unsupported protocol" },
};

Test(tls_strangers, survives_rude_servers)
{
	for (size_t i = 0; i < ARRAY_LEN(rudeness); i++) {
		struct scene *scene OWNED(scene_free) = scene_new();
		struct trust trust = { .insecure = true };
		struct dial_target target = { "127.0.0.1", 0, NULL, &trust };
		struct side *caller = &scene->callers[0];
		struct rude rude = { .fd = -1,
				     .bytes = rudeness[i].bytes,
				     .len = rudeness[i].len,
				     .ending = rudeness[i].ending };

		rude.listening = listen_raw(&target.port);
		cr_assert_eq(watch_init(&rude.watch, scene->loop, rude.listening, rude_called,
					NULL),
			     0);
		watch_want(&rude.watch, READY_READ);
		scene->left = 1;
		scene_dial(scene, 0, &target);
		scene_run(scene);
		cr_assert_lt(caller->end, 0, "%s", rudeness[i].name);
		cr_assert_eq(caller->err.kind, ERR_NET, "%s: %s", rudeness[i].name,
			     caller->err.text);
		cr_assert(strstr(caller->err.text, rudeness[i].says), "%s: %s", rudeness[i].name,
			  caller->err.text);
		cr_assert(strstr(caller->err.text, "TLS handshake with 127.0.0.1: "), "%s",
			  caller->err.text);
		rude_done(&rude);
	}
}

/* What another implementation sees: OpenSSL by itself, over a socket of its own. */
struct alien {
	struct watch watch;
	int fd;
	SSL_CTX *context;
	SSL *ssl;
	bool done;
	int result;
	unsigned alert; /* received */
	unsigned tickets;
};

static void alien_info(const SSL *ssl, int where, int value)
{
	struct alien *alien = SSL_get_app_data(ssl);

	if ((where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT)
		alien->alert = (unsigned)value & 0xff;
}

static void alien_ready(struct watch *watch, unsigned events)
{
	struct alien *alien = container_of(watch, struct alien, watch);
	char byte;
	int r;

	(void)events;
	ERR_clear_error();
	r = SSL_do_handshake(alien->ssl);
	if (r == 1)
		r = SSL_read(alien->ssl, &byte, 1);
	if (r <= 0 && SSL_get_error(alien->ssl, r) == SSL_ERROR_WANT_READ)
		return;
	alien->done = true;
	alien->result = r;
	ERR_clear_error();
	watch_want(watch, 0);
}

static void alien_start(struct alien *alien, struct loop *loop, int fd)
{
	alien->fd = fd;
	alien->ssl = SSL_new(alien->context);
	SSL_set_app_data(alien->ssl, alien);
	SSL_set_info_callback(alien->ssl, alien_info);
	cr_assert_eq(SSL_set_fd(alien->ssl, fd), 1);
	cr_assert_eq(watch_init(&alien->watch, loop, fd, alien_ready, NULL), 0);
	watch_want(&alien->watch, READY_READ);
}

static void alien_done(struct alien *alien)
{
	watch_done(&alien->watch);
	SSL_free(alien->ssl);
	SSL_CTX_free(alien->context);
	close(alien->fd);
	ERR_clear_error();
}

static int connect_raw(unsigned port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	cr_assert_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	cr_assert_eq(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	return fd;
}

static const struct {
	const char *name;
	int version;
	const char *alpn;
	unsigned alert;
} clients[] = {
	{ "no ALPN", TLS1_3_VERSION, "", SSL_AD_NO_APPLICATION_PROTOCOL },
	{ "HTTP/1.1 only", TLS1_3_VERSION, "\x08http/1.1", SSL_AD_NO_APPLICATION_PROTOCOL },
	{ "TLS 1.2", TLS1_2_VERSION, "\x02h2", SSL_AD_PROTOCOL_VERSION },
};

Test(tls_strangers, a_server_refuses_old_clients)
{
	signal(SIGPIPE, SIG_IGN); /* of the socket that OpenSSL writes to */
	for (size_t i = 0; i < ARRAY_LEN(clients); i++) {
		struct scene *scene OWNED(scene_free) = scene_new();
		struct alien alien SCOPED(alien_done) = { 0 };
		const char *alpn = clients[i].alpn;

		alien.context = SSL_CTX_new(TLS_client_method());
		SSL_CTX_set_max_proto_version(alien.context, clients[i].version);
		if (alpn[0])
			SSL_CTX_set_alpn_protos(alien.context, (const unsigned char *)alpn,
						(unsigned)strlen(alpn));
		alien_start(&alien, scene->loop, connect_raw(scene->listener.port));
		SSL_set_connect_state(alien.ssl);
		SSL_do_handshake(alien.ssl);
		scene->left = 1;
		scene_run(scene);
		cr_assert_lt(scene->answerers[0].end, 0, "%s", clients[i].name);
		cr_assert_eq(scene->answerers[0].err.kind, ERR_NET, "%s", clients[i].name);
		alien_ready(&alien.watch, READY_READ);
		cr_assert(alien.done && alien.result <= 0, "%s", clients[i].name);
		cr_assert_eq(alien.alert, clients[i].alert, "%s: alert %u", clients[i].name,
			     alien.alert);
	}
}

static int count_ticket(SSL *ssl, SSL_SESSION *session)
{
	struct alien *alien = SSL_get_app_data(ssl);

	(void)session;
	alien->tickets++;
	return 0;
}

Test(tls_strangers, a_server_gives_no_tickets)
{
	struct scene *scene OWNED(scene_free) = scene_new();
	struct alien alien SCOPED(alien_done) = { 0 };

	scene->client_ca = NULL;
	scene->answerers[0].to_send = 10;
	alien.context = SSL_CTX_new(TLS_client_method());
	SSL_CTX_set_alpn_protos(alien.context, (const unsigned char *)"\x02h2", 3);
	SSL_CTX_set_session_cache_mode(alien.context, SSL_SESS_CACHE_CLIENT);
	SSL_CTX_sess_set_new_cb(alien.context, count_ticket);
	alien_start(&alien, scene->loop, connect_raw(scene->listener.port));
	SSL_set_connect_state(alien.ssl);
	SSL_do_handshake(alien.ssl);
	scene->left = 1;
	scene_run(scene);
	cr_assert_eq(scene->answerers[0].end, 0, "%s", scene->answerers[0].err.text);
	alien_ready(&alien.watch, READY_READ);
	cr_assert_eq(alien.result, 1, "it was read to here");
	cr_assert_eq(alien.tickets, 0);
}

struct alien_server {
	struct alien alien;
	struct watch watch;
	int listening;
};

static void alien_called(struct watch *watch, unsigned events)
{
	struct alien_server *server = container_of(watch, struct alien_server, watch);
	int fd = accept4(server->listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)events;
	cr_assert_geq(fd, 0);
	watch_want(watch, 0);
	alien_start(&server->alien, watch->loop, fd);
	SSL_set_accept_state(server->alien.ssl);
}

static void alien_use(struct alien *alien, const struct identity *identity)
{
	BIO *bio = BIO_new_mem_buf(identity->cert, -1);
	X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	EVP_PKEY *key;

	BIO_free(bio);
	cr_assert_eq(SSL_CTX_use_certificate(alien->context, cert), 1);
	X509_free(cert);
	bio = BIO_new_mem_buf(identity->key, -1);
	key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	BIO_free(bio);
	cr_assert_eq(SSL_CTX_use_PrivateKey(alien->context, key), 1);
	EVP_PKEY_free(key);
}

static void issue_ecdsa(struct papers *papers, struct identity *out)
{
	struct x509_ca ca = { "old", KEY_ECDSA_P256, papers->now - HOUR, DAY };

	/* a label that OpenSSL reads by itself */
	cr_assert_eq(x509_make_ca(papers->arena, &ca, out, NULL), 0);
}

static const struct {
	const char *name;
	int version;
	const char *says;
} servers[] = {
	{ "no ALPN", TLS1_3_VERSION, "the peer does not speak HTTP/2" },
	{ "TLS 1.2", TLS1_2_VERSION, "TLS" },
};

Test(tls_strangers, a_client_refuses_old_servers)
{
	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < ARRAY_LEN(servers); i++) {
		struct scene *scene OWNED(scene_free) = scene_new();
		struct trust trust = { .insecure = true };
		struct dial_target target = { "127.0.0.1", 0, NULL, &trust };
		struct alien_server server = { .alien.context = SSL_CTX_new(TLS_server_method()) };
		struct side *caller = &scene->callers[0];
		struct identity identity;

		issue_ecdsa(&scene->papers, &identity);
		alien_use(&server.alien, &identity);
		SSL_CTX_set_max_proto_version(server.alien.context, servers[i].version);
		server.listening = listen_raw(&target.port);
		cr_assert_eq(watch_init(&server.watch, scene->loop, server.listening, alien_called,
					NULL),
			     0);
		watch_want(&server.watch, READY_READ);
		scene->left = 1;
		scene_dial(scene, 0, &target);
		scene_run(scene);
		cr_assert_lt(caller->end, 0, "%s", servers[i].name);
		cr_assert_eq(caller->err.kind, ERR_NET, "%s", servers[i].name);
		cr_assert(strstr(caller->err.text, servers[i].says), "%s: %s", servers[i].name,
			  caller->err.text);
		watch_done(&server.watch);
		close(server.listening);
		alien_done(&server.alien);
	}
}
