#include "net/dial.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

/* Ports that are bound and do not listen: who is dialled is told by who refuses. */
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

struct waiting {
	struct stream_user user;
	struct loop *loop;
};

static void stop(struct stream_user *user)
{
	loop_stop(container_of(user, struct waiting, user)->loop);
}

static void dial_and_fail(struct dialer *dialer, struct loop *loop, const char *address,
			  unsigned port, struct err *err)
{
	struct trust trust = { .insecure = true };
	struct dial_target target = { address, port, NULL, &trust };
	struct waiting waiting = { .user.on_ready = stop, .loop = loop };
	struct stream *stream;
	int r;

	cr_assert_eq(dial(dialer, &target, &stream, err), 0, "%s", err->text);
	stream_attach(stream, &waiting.user);
	while ((r = stream_open(stream, err)) == IO_WAIT)
		cr_assert_eq(loop_run(loop, NULL), 0);
	cr_assert_lt(r, 0);
	stream_close(stream);
}

Test(dial, takes_the_detour_of_that_host_and_port)
{
	unsigned ports[3];
	int fds[3];

	for (size_t i = 0; i < ARRAY_LEN(ports); i++)
		fds[i] = closed_port(&ports[i]);

	const struct detour detours[] = {
		{ "10.0.0.1", 50000, "127.0.0.1", ports[0] },
		{ "fd00::1", 50000, "127.0.0.1", ports[1] },
		{ "127.0.0.1", 1, "127.0.0.1", ports[1] },
		{ "CP-1.example", 50000, "127.0.0.1", ports[2] },
	};
	const struct {
		const char *address;
		unsigned port, dialled;
	} rows[] = {
		{ "10.0.0.1", 50000, ports[0] },
		{ "fd00:0:0::1", 50000, ports[1] },
		{ "cp-1.EXAMPLE", 50000, ports[2] },
		{ "127.0.0.1", ports[2], ports[2] },
	};
	struct loop *loop OWNED(loop_free) = loop_new_epoll(NULL);
	struct dialer_tcp dialer;

	dialer_tcp_init(&dialer, loop, detours, ARRAY_LEN(detours));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = ERR_INIT;
		char expected[80];

		dial_and_fail(&dialer.dialer, loop, rows[i].address, rows[i].port, &err);
		snprintf(expected, sizeof(expected),
			 "connect to 127.0.0.1:%u: connection refused", rows[i].dialled);
		cr_assert_eq(err.kind, ERR_NET, "%s", rows[i].address);
		cr_assert_str_eq(err.text, expected, "%s", rows[i].address);
	}
	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		close(fds[i]);
}
