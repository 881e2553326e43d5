#include "net/tcp.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct visitor {
	struct stream_user user;
	struct loop *loop;
	struct stream *stream;
	int opened;   /* what stream_open() said last */
	int received; /* what stream_recv() said last */
	char text[64];
	size_t len;
	struct err err;
	struct timer deadline;
	bool late, done;
};

static void leave(struct visitor *visitor)
{
	visitor->done = true;
	loop_stop(visitor->loop);
}

static void visit(struct stream_user *user)
{
	struct visitor *visitor = container_of(user, struct visitor, user);
	size_t got;

	visitor->opened = stream_open(visitor->stream, &visitor->err);
	if (visitor->opened < 0)
		leave(visitor);
	if (visitor->opened != IO_DONE)
		return;
	do {
		visitor->received = stream_recv(visitor->stream, visitor->text + visitor->len,
						sizeof(visitor->text) - visitor->len, &got,
						&visitor->err);
		if (visitor->received == IO_DONE)
			visitor->len += got;
	} while (visitor->received == IO_DONE);
	if (visitor->received != IO_WAIT)
		leave(visitor);
}

static void give_up(struct timer *timer)
{
	container_of(timer, struct visitor, deadline)->late = true;
	loop_stop(timer->loop);
}

static void visitor_init(struct visitor *visitor, struct loop *loop)
{
	*visitor = (struct visitor){ .user.on_ready = visit, .loop = loop };
	timer_init(&visitor->deadline, loop, give_up);
	timer_set(&visitor->deadline, loop_now(loop) + 20 * SECOND);
}

static void visitor_done(struct visitor *visitor)
{
	timer_cancel(&visitor->deadline);
	stream_close(visitor->stream);
}

static int run_visit(struct visitor *visitor)
{
	stream_attach(visitor->stream, &visitor->user);
	visit(&visitor->user);
	if (!visitor->done)
		cr_assert_eq(loop_run(visitor->loop, NULL), 0);
	cr_assert_not(visitor->late);
	return visitor->opened;
}

struct greeter {
	struct tcp_listener listener;
	struct stream *stream;
	unsigned accepted;
};

static void greet(struct tcp_listener *listener, struct stream *stream)
{
	struct greeter *greeter = container_of(listener, struct greeter, listener);
	size_t sent;

	greeter->accepted++;
	cr_assert_eq(stream_open(stream, NULL), IO_DONE);
	cr_assert_eq(stream_send(stream, "hello", 5, &sent, NULL), IO_DONE);
	stream_close(stream);
	tcp_listener_done(listener);
}

static const struct {
	const char *listen, *dial;
} hosts[] = {
	{ "127.0.0.1", "127.0.0.1" },
	{ "127.0.0.7", "127.0.0.7" },
	{ "::1", "::1" },
	{ "[::1]", "[::1]" },
	{ "127.0.0.1", "localhost" },
};

static bool has_v6(void)
{
	struct sockaddr_in6 address = { .sin6_family = AF_INET6, .sin6_addr = in6addr_loopback };
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool works = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0;

	if (fd >= 0)
		close(fd);
	return works;
}

Test(tcp, connects_and_reads_until_the_end)
{
	for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
		struct loop *loop OWNED(loop_free) = loop_new_epoll(NULL);
		struct greeter greeter = { 0 };
		struct visitor visitor;

		if (strchr(hosts[i].listen, ':') && !has_v6())
			continue;
		visitor_init(&visitor, loop);
		cr_assert_eq(tcp_listen(&greeter.listener, loop, hosts[i].listen, 0, greet, NULL),
			     0);
		cr_assert_neq(greeter.listener.port, 0);
		cr_assert_eq(tcp_dial(loop, hosts[i].dial, greeter.listener.port, &visitor.stream,
				      NULL),
			     0);
		cr_assert_eq(run_visit(&visitor), IO_DONE, "%s", hosts[i].dial);
		cr_assert_eq(visitor.received, IO_EOF);
		cr_assert_eq(visitor.len, 5);
		cr_assert_arr_eq(visitor.text, "hello", 5);
		cr_assert_eq(greeter.accepted, 1);
		visitor_done(&visitor);
		tcp_listener_done(&greeter.listener);
	}
}

/* A port of the loopback that nobody listens on, held so that nobody takes it. */
static int closed_port(unsigned *port)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	cr_assert_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	cr_assert_eq(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	*port = ntohs(address.sin_port);
	return fd;
}

Test(tcp, says_who_refused)
{
	struct loop *loop OWNED(loop_free) = loop_new_epoll(NULL);
	struct visitor visitor;
	char expected[100];
	unsigned port;
	int fd = closed_port(&port);

	visitor_init(&visitor, loop);
	cr_assert_eq(tcp_dial(loop, "127.0.0.1", port, &visitor.stream, NULL), 0);
	cr_assert_lt(run_visit(&visitor), 0);
	snprintf(expected, sizeof(expected), "connect to 127.0.0.1:%u: connection refused", port);
	cr_assert_eq(visitor.err.kind, ERR_NET);
	cr_assert_str_eq(visitor.err.text, expected);

	struct err again = ERR_INIT;

	cr_assert_lt(stream_open(visitor.stream, &again), 0);
	cr_assert_str_eq(again.text, expected, "and says so again");
	visitor_done(&visitor);
	close(fd);
}

static const struct {
	const char *host;
	unsigned port;
	const char *text;
} wrong[] = {
	{ "", 1, "connect to : not a host name" },
	{ "[]", 1, "connect to []: not a host name" },
	{ "127.0.0.1", 0, "connect to 127.0.0.1: 0 is no port" },
	{ "127.0.0.1", 65536, "connect to 127.0.0.1: 65536 is no port" },
};

Test(tcp, refuses_what_is_no_address)
{
	struct loop *loop OWNED(loop_free) = loop_new_epoll(NULL);
	struct tcp_listener listener;
	struct stream *stream;

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct err err = ERR_INIT;

		cr_assert_lt(tcp_dial(loop, wrong[i].host, wrong[i].port, &stream, &err), 0);
		cr_assert_eq(err.kind, ERR_NET);
		cr_assert_str_eq(err.text, wrong[i].text);
	}
	struct err err = ERR_INIT;

	cr_assert_lt(tcp_listen(&listener, loop, "localhost", 0, greet, &err), 0);
	cr_assert_eq(err.kind, ERR_INPUT);
	tcp_listener_done(&listener);
	cr_assert_lt(tcp_listen(&listener, loop, "127.0.0.1", 65536, greet, NULL), 0);
	tcp_listener_done(&listener);
}

Test(tcp, a_port_in_use_is_an_error)
{
	struct loop *loop OWNED(loop_free) = loop_new_epoll(NULL);
	struct tcp_listener first, second;
	struct err err = ERR_INIT;

	cr_assert_eq(tcp_listen(&first, loop, "127.0.0.1", 0, greet, NULL), 0);
	cr_assert_lt(tcp_listen(&second, loop, "127.0.0.1", first.port, greet, &err), 0);
	cr_assert_eq(err.kind, ERR_SYSTEM);
	tcp_listener_done(&second);
	tcp_listener_done(&first);
	tcp_listener_done(&first);
}

static void keep(struct tcp_listener *listener, struct stream *stream)
{
	struct greeter *greeter = container_of(listener, struct greeter, listener);

	greeter->stream = stream;
	loop_stop(listener->watch.loop);
}

static int raw_connect(unsigned port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	cr_assert_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

Test(tcp, a_half_closed_peer_can_still_be_answered)
{
	struct loop *loop OWNED(loop_free) = loop_new_epoll(NULL);
	struct greeter greeter = { 0 };
	char text[8];
	size_t count;

	cr_assert_eq(tcp_listen(&greeter.listener, loop, "127.0.0.1", 0, keep, NULL), 0);
	int fd = raw_connect(greeter.listener.port);

	cr_assert_eq(shutdown(fd, SHUT_WR), 0);
	cr_assert_eq(loop_run(loop, NULL), 0);

	struct visitor visitor;

	visitor_init(&visitor, loop);
	visitor.stream = take(greeter.stream);
	cr_assert_eq(run_visit(&visitor), IO_DONE);
	cr_assert_eq(visitor.received, IO_EOF);
	cr_assert_eq(stream_send(visitor.stream, "yes", 3, &count, NULL), IO_DONE);
	cr_assert_eq(read(fd, text, sizeof(text)), 3);
	cr_assert_arr_eq(text, "yes", 3);
	visitor_done(&visitor);
	close(fd);
	tcp_listener_done(&greeter.listener);
}

Test(tcp, a_reset_is_an_error_and_no_signal)
{
	struct loop *loop OWNED(loop_free) = loop_new_epoll(NULL);
	struct linger reset = { .l_onoff = 1 };
	struct greeter greeter = { 0 };
	struct visitor visitor;
	size_t count;

	cr_assert_eq(tcp_listen(&greeter.listener, loop, "127.0.0.1", 0, keep, NULL), 0);
	int fd = raw_connect(greeter.listener.port);

	cr_assert_eq(loop_run(loop, NULL), 0);
	cr_assert_eq(setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)), 0);
	close(fd);
	visitor_init(&visitor, loop);
	visitor.stream = take(greeter.stream);
	cr_assert_eq(run_visit(&visitor), IO_DONE);
	cr_assert_lt(visitor.received, 0);
	cr_assert_eq(visitor.err.kind, ERR_NET);
	cr_assert(strstr(visitor.err.text, ": connection reset by peer"), "%s", visitor.err.text);
	cr_assert_lt(stream_send(visitor.stream, "x", 1, &count, &visitor.err), 0);
	cr_assert(strstr(visitor.err.text, ": broken pipe"), "%s", visitor.err.text);
	visitor_done(&visitor);
	tcp_listener_done(&greeter.listener);
}

Test(tcp, can_be_closed_before_during_and_without_a_connection)
{
	struct loop *loop OWNED(loop_free) = loop_new_epoll(NULL);
	struct greeter greeter = { 0 };
	struct stream *stream;

	cr_assert_eq(tcp_listen(&greeter.listener, loop, "127.0.0.1", 0, greet, NULL), 0);
	cr_assert_eq(tcp_dial(loop, "127.0.0.1", greeter.listener.port, &stream, NULL), 0);
	stream_close(stream);
	cr_assert_eq(tcp_dial(loop, "127.0.0.1", greeter.listener.port, &stream, NULL), 0);
	cr_assert_geq(stream_open(stream, NULL), 0);
	stream_close(stream);
	cr_assert_eq(loop_run(loop, NULL), 0);
	cr_assert_eq(greeter.accepted, 1);
	stream_close(NULL);
}
