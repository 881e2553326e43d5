#include "net/tcp.h"

#include "base/arena.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	ADDRESSES_MAX = 8, /* of one name that are tried */
	ACCEPT_PAUSE_MS = 100,
	/* a peer that is gone without a word is noticed after about a minute */
	KEEPALIVE_IDLE_S = 30,
	KEEPALIVE_EVERY_S = 10,
	KEEPALIVE_PROBES = 3,
};

#define PEER_TEXT_MAX 300

enum tcp_state {
	TCP_NEW,	/* nothing happened yet                       */
	TCP_CONNECTING, /* waits for the kernel's verdict             */
	TCP_UP,		/* bytes flow                                 */
	TCP_FAILED,	/* no address answered; `os` says what the last one said */
};

struct tcp {
	struct stream stream;
	struct loop *loop;
	struct watch watch;
	enum tcp_state state;
	bool verdict; /* connecting: the descriptor became ready */
	int os;
	struct sockaddr_storage address[ADDRESSES_MAX];
	socklen_t address_len[ADDRESSES_MAX];
	size_t addresses, next; /* the one to try next */
	int fd;
	char peer[PEER_TEXT_MAX]; /* "10.0.0.1:50000", "[fd00::1]:50000" */
};

static struct tcp *tcp_of(struct stream *stream)
{
	return container_of(stream, struct tcp, stream);
}

/* "connect to 10.0.0.1:50000: connection refused" */
static int err_peer(struct err *err, const char *intent, const char *peer, int os)
{
	const char *why = strerrordesc_np(os);
	char text[100];

	snprintf(text, sizeof(text), "%s", why ? why : "unknown error");
	text[0] = (char)tolower((unsigned char)text[0]);
	return err_set(err, ERR_NET, "%s%s: %s", intent, peer, text);
}

static void socket_ready(struct watch *watch, unsigned events)
{
	struct tcp *tcp = container_of(watch, struct tcp, watch);

	tcp->verdict = true;
	/* the user's next IO_WAIT arms it again; until then level-triggered events would spin */
	watch_want(watch, watch->wants & ~events);
	if (tcp->stream.user)
		tcp->stream.user->on_ready(tcp->stream.user);
}

static void set_options(int fd)
{
	static const struct {
		int level, name, value;
	} options[] = {
		{ IPPROTO_TCP, TCP_NODELAY, 1 },
		{ SOL_SOCKET, SO_KEEPALIVE, 1 },
		{ IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S },
		{ IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_EVERY_S },
		{ IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_PROBES },
	};

	/* what a kernel does not know is speed or patience, never correctness */
	for (size_t i = 0; i < ARRAY_LEN(options); i++)
		(void)setsockopt(fd, options[i].level, options[i].name, &options[i].value,
				 sizeof(options[i].value));
}

static void drop_socket(struct tcp *tcp)
{
	watch_done(&tcp->watch);
	if (tcp->fd >= 0)
		close(tcp->fd);
	tcp->fd = -1;
}

/* 0 connected, EINPROGRESS, or why this address is none. */
static int try_address(struct tcp *tcp, size_t index)
{
	const struct sockaddr *address = (const struct sockaddr *)&tcp->address[index];
	int type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;

	drop_socket(tcp);
	tcp->fd = socket(address->sa_family, type, 0);
	if (tcp->fd < 0)
		return errno;
	set_options(tcp->fd);

	int r = connect(tcp->fd, address, tcp->address_len[index]) < 0 ? errno : 0;

	if (r && r != EINPROGRESS && r != EINTR)
		return r;
	struct err err = ERR_INIT;

	if (watch_init(&tcp->watch, tcp->loop, tcp->fd, socket_ready, &err) < 0)
		return err.os;
	return r ? EINPROGRESS : 0;
}

static int try_next(struct tcp *tcp, struct err *err)
{
	while (tcp->next < tcp->addresses) {
		int r = try_address(tcp, tcp->next++);

		if (r == 0) {
			tcp->state = TCP_UP;
			return IO_DONE;
		}
		if (r == EINPROGRESS) {
			tcp->state = TCP_CONNECTING;
			tcp->verdict = false;
			watch_want(&tcp->watch, READY_WRITE);
			return IO_WAIT;
		}
		tcp->os = r;
	}
	drop_socket(tcp);
	tcp->state = TCP_FAILED;
	return err_peer(err, "connect to ", tcp->peer, tcp->os);
}

static int read_verdict(struct tcp *tcp, struct err *err)
{
	int os = 0;
	socklen_t len = sizeof(os);

	if (!tcp->verdict) {
		watch_want(&tcp->watch, READY_WRITE);
		return IO_WAIT;
	}
	if (getsockopt(tcp->fd, SOL_SOCKET, SO_ERROR, &os, &len) < 0)
		os = errno;
	if (os) {
		tcp->os = os;
		return try_next(tcp, err);
	}
	tcp->state = TCP_UP;
	return IO_DONE;
}

static int tcp_open(struct stream *stream, struct err *err)
{
	struct tcp *tcp = tcp_of(stream);

	switch (tcp->state) {
	case TCP_NEW:
		return try_next(tcp, err);
	case TCP_CONNECTING:
		return read_verdict(tcp, err);
	case TCP_UP:
		return IO_DONE;
	case TCP_FAILED:
		break;
	}
	return err_peer(err, "connect to ", tcp->peer, tcp->os);
}

static int tcp_send(struct stream *stream, const void *data, size_t len, size_t *sent,
		    struct err *err)
{
	struct tcp *tcp = tcp_of(stream);
	ssize_t r;

	assert(tcp->state == TCP_UP);
	do {
		r = send(tcp->fd, data, len, MSG_NOSIGNAL);
	} while (r < 0 && errno == EINTR);
	if (r >= 0) {
		*sent = (size_t)r;
		return IO_DONE;
	}
	if (errno != EAGAIN && errno != EWOULDBLOCK)
		return err_peer(err, "", tcp->peer, errno);
	watch_want(&tcp->watch, tcp->watch.wants | READY_WRITE);
	return IO_WAIT;
}

static int tcp_recv(struct stream *stream, void *data, size_t size, size_t *got, struct err *err)
{
	struct tcp *tcp = tcp_of(stream);
	ssize_t r;

	assert(tcp->state == TCP_UP);
	do {
		r = recv(tcp->fd, data, size, 0);
	} while (r < 0 && errno == EINTR);
	if (r > 0) {
		*got = (size_t)r;
		return IO_DONE;
	}
	if (r == 0)
		return IO_EOF;
	if (errno != EAGAIN && errno != EWOULDBLOCK)
		return err_peer(err, "", tcp->peer, errno);
	watch_want(&tcp->watch, tcp->watch.wants | READY_READ);
	return IO_WAIT;
}

static void tcp_close(struct stream *stream)
{
	struct tcp *tcp = tcp_of(stream);

	drop_socket(tcp);
	mem_free(tcp, sizeof(*tcp));
}

static const struct stream_ops tcp_ops = {
	.name = "tcp",
	.open = tcp_open,
	.send = tcp_send,
	.recv = tcp_recv,
	.close = tcp_close,
};

static struct tcp *tcp_new(struct loop *loop)
{
	struct tcp *tcp = mem_new(sizeof(*tcp));

	tcp->stream.ops = &tcp_ops;
	tcp->loop = loop;
	tcp->fd = -1;
	return tcp;
}

static void set_peer(struct tcp *tcp, const char *host, unsigned port)
{
	bool bare_v6 = strchr(host, ':') && host[0] != '[';

	snprintf(tcp->peer, sizeof(tcp->peer), bare_v6 ? "[%s]:%u" : "%s:%u", host, port);
}

/* "[::1]" as "::1"; false when it does not fit. */
static bool bare_host(const char *host, char *bare, size_t size)
{
	size_t len = strlen(host);

	if (host[0] == '[' && host[len - 1] == ']') {
		host++;
		len -= 2;
	}
	if (!len || len >= size)
		return false;
	memcpy(bare, host, len);
	bare[len] = '\0';
	return true;
}

static int err_resolve(struct err *err, const char *host, int code)
{
	const char *why = gai_strerror(code);

	if (code == EAI_SYSTEM)
		why = strerrordesc_np(errno);
	return err_set(err, ERR_NET, "resolve %s: %c%s", host, tolower((unsigned char)why[0]),
		       why + 1);
}

/* Numbers are taken as they are; only real names go to the resolver, which blocks. */
static int look_up(const char *host, unsigned port, struct addrinfo **out, struct err *err)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	char bare[256], service[16];

	if (!port || port > 65535)
		return err_set(err, ERR_NET, "connect to %s: %u is no port", host, port);
	if (!bare_host(host, bare, sizeof(bare)))
		return err_set(err, ERR_NET, "connect to %s: not a host name", host);
	snprintf(service, sizeof(service), "%u", port);
	hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;

	int r = getaddrinfo(bare, service, &hints, out);

	if (r == EAI_NONAME) {
		hints.ai_flags = AI_ADDRCONFIG | AI_NUMERICSERV;
		r = getaddrinfo(bare, service, &hints, out);
	}
	return r ? err_resolve(err, bare, r) : 0;
}

int tcp_dial(struct loop *loop, const char *host, unsigned port, struct stream **out,
	     struct err *err)
{
	struct addrinfo *found;

	if (look_up(host, port, &found, err) < 0)
		return -1;
	struct tcp *tcp = tcp_new(loop);

	set_peer(tcp, host, port);
	for (struct addrinfo *at = found; at && tcp->addresses < ADDRESSES_MAX; at = at->ai_next) {
		memcpy(&tcp->address[tcp->addresses], at->ai_addr, at->ai_addrlen);
		tcp->address_len[tcp->addresses++] = at->ai_addrlen;
	}
	freeaddrinfo(found);
	*out = &tcp->stream;
	return 0;
}

static void give_away(struct tcp_listener *listener, int fd, const struct sockaddr *address,
		      socklen_t len)
{
	struct tcp *tcp = tcp_new(listener->watch.loop);
	char host[INET6_ADDRSTRLEN + 20] = "?", service[16] = "0";

	tcp->fd = fd;
	tcp->state = TCP_UP;
	set_options(fd);
	(void)getnameinfo(address, len, host, sizeof(host), service, sizeof(service),
			  NI_NUMERICHOST | NI_NUMERICSERV);
	snprintf(tcp->peer, sizeof(tcp->peer), strchr(host, ':') ? "[%s]:%s" : "%s:%s", host,
		 service);
	if (watch_init(&tcp->watch, tcp->loop, fd, socket_ready, NULL) < 0) {
		stream_close(&tcp->stream);
		return;
	}
	listener->on_accept(listener, &tcp->stream);
}

static void resume_accepting(struct timer *timer)
{
	struct tcp_listener *listener = container_of(timer, struct tcp_listener, pause);

	watch_want(&listener->watch, READY_READ);
}

/* One connection each time: on_accept may end and free the listener. */
static void listener_ready(struct watch *watch, unsigned events)
{
	struct tcp_listener *listener = container_of(watch, struct tcp_listener, watch);
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);
	int fd = accept4(listener->fd, (struct sockaddr *)&address, &len,
			 SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)events;
	if (fd >= 0) {
		give_away(listener, fd, (struct sockaddr *)&address, len);
		return;
	}
	if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
		/* the connection stays queued: without a pause this would spin */
		watch_want(watch, 0);
		timer_set(&listener->pause,
			  loop_now(watch->loop) + ACCEPT_PAUSE_MS * MILLISECOND);
	}
}

static int bind_and_listen(int fd, const struct addrinfo *at, unsigned *port)
{
	struct sockaddr_storage bound;
	socklen_t len = sizeof(bound);
	int on = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    bind(fd, at->ai_addr, at->ai_addrlen) < 0 || listen(fd, SOMAXCONN) < 0 ||
	    getsockname(fd, (struct sockaddr *)&bound, &len) < 0)
		return -1;
	if (bound.ss_family == AF_INET6)
		*port = ntohs(((struct sockaddr_in6 *)&bound)->sin6_port);
	else
		*port = ntohs(((struct sockaddr_in *)&bound)->sin_port);
	return 0;
}

int tcp_listen(struct tcp_listener *listener, struct loop *loop, const char *host, unsigned port,
	       void (*on_accept)(struct tcp_listener *listener, struct stream *stream),
	       struct err *err)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
				  .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE };
	struct addrinfo *at = NULL;
	char bare[256], service[16];

	*listener = (struct tcp_listener){ .fd = -1, .on_accept = on_accept };
	timer_init(&listener->pause, loop, resume_accepting);
	snprintf(service, sizeof(service), "%u", port);
	if (!bare_host(host, bare, sizeof(bare)) || port > 65535 ||
	    getaddrinfo(bare, service, &hints, &at) != 0)
		return err_set(err, ERR_INPUT, "listen on %s:%u: not an IP address and a port",
			       host, port);

	listener->fd = socket(at->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int r = listener->fd < 0 ? -1 : bind_and_listen(listener->fd, at, &listener->port);
	int os = errno;

	freeaddrinfo(at);
	if (r < 0)
		err_sys(err, os, "listen on %s:%u", host, port);
	else
		r = watch_init(&listener->watch, loop, listener->fd, listener_ready, err);
	if (r < 0) {
		tcp_listener_done(listener);
		return -1;
	}
	watch_want(&listener->watch, READY_READ);
	return 0;
}

void tcp_listener_done(struct tcp_listener *listener)
{
	if (!listener->on_accept)
		return;
	timer_cancel(&listener->pause);
	watch_done(&listener->watch);
	if (listener->fd >= 0)
		close(listener->fd);
	listener->fd = -1;
}
