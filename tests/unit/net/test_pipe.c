#include "net/pipe.h"

#include "base/arena.h"

#include <criterion/criterion.h>
#include <string.h>

struct end {
	struct stream_user user;
	struct stream *stream;
	unsigned ready;
	bool close_when_ready;
	size_t to_send, sent, received;
	bool corrupt;
	int last; /* what the last recv answered */
};

static void count_ready(struct stream_user *user)
{
	struct end *end = container_of(user, struct end, user);

	end->ready++;
	if (end->close_when_ready)
		stream_close(take(end->stream));
}

static void end_init(struct end *end, struct stream *stream)
{
	*end = (struct end){ .user.on_ready = count_ready, .stream = stream };
	stream_attach(stream, &end->user);
}

static void make_pair(struct loop *loop, struct end pair[2])
{
	struct stream *a, *b;

	pipe_new(loop, &a, &b);
	end_init(&pair[0], a);
	end_init(&pair[1], b);
	cr_assert_eq(stream_open(a, NULL), IO_DONE);
	cr_assert_eq(stream_open(b, NULL), IO_DONE);
}

static void close_pair(struct end pair[2])
{
	stream_close(pair[0].stream);
	stream_close(pair[1].stream);
}

Test(pipe, gives_what_was_sent_and_wakes_who_waits)
{
	struct loop *loop OWNED(loop_free) = loop_new_virtual(0);
	struct end pair[2];
	char buffer[16];
	size_t count;

	make_pair(loop, pair);
	cr_assert_eq(stream_recv(pair[1].stream, buffer, sizeof(buffer), &count, NULL), IO_WAIT);
	cr_assert_eq(stream_send(pair[0].stream, "hello", 5, &count, NULL), IO_DONE);
	cr_assert_eq(count, 5);
	cr_assert_eq(pair[1].ready, 0, "never from inside a call");
	cr_assert_eq(loop_run(loop, NULL), 0);
	cr_assert_eq(pair[1].ready, 1);
	cr_assert_eq(stream_recv(pair[1].stream, buffer, 2, &count, NULL), IO_DONE);
	cr_assert_eq(count, 2);
	cr_assert_arr_eq(buffer, "he", 2);
	cr_assert_eq(stream_recv(pair[1].stream, buffer, sizeof(buffer), &count, NULL), IO_DONE);
	cr_assert_eq(count, 3);
	cr_assert_arr_eq(buffer, "llo", 3);
	cr_assert_eq(stream_send(pair[0].stream, "x", 0, &count, NULL), IO_DONE);
	cr_assert_eq(count, 0);
	close_pair(pair);
}

Test(pipe, holds_no_more_than_its_limit)
{
	struct loop *loop OWNED(loop_free) = loop_new_virtual(0);
	size_t size = PIPE_MAX + 1000, count;
	char *data = mem_new(size);
	struct end pair[2];

	make_pair(loop, pair);
	cr_assert_eq(stream_send(pair[0].stream, data, size, &count, NULL), IO_DONE);
	cr_assert_eq(count, PIPE_MAX);
	cr_assert_eq(stream_send(pair[0].stream, data, size, &count, NULL), IO_WAIT);
	cr_assert_eq(stream_recv(pair[1].stream, data, 10, &count, NULL), IO_DONE);
	cr_assert_eq(loop_run(loop, NULL), 0);
	cr_assert_eq(pair[0].ready, 1);
	cr_assert_eq(stream_send(pair[0].stream, data, size, &count, NULL), IO_DONE);
	cr_assert_eq(count, 10);
	mem_free(data, size);
	close_pair(pair);
}

static char byte_at(size_t place)
{
	return (char)(place * 31 + place / 251);
}

/* Sends and receives until both directions wait. */
static void pump(struct stream_user *user)
{
	struct end *end = container_of(user, struct end, user);
	char chunk[70001];
	size_t count;

	end->ready++;
	while (end->sent < end->to_send) {
		size_t len = sizeof(chunk);

		if (len > end->to_send - end->sent)
			len = end->to_send - end->sent;
		for (size_t i = 0; i < len; i++)
			chunk[i] = byte_at(end->sent + i);
		if (stream_send(end->stream, chunk, len, &count, NULL) != IO_DONE)
			break;
		end->sent += count;
	}
	while ((end->last = stream_recv(end->stream, chunk, 40000, &count, NULL)) == IO_DONE) {
		for (size_t i = 0; i < count; i++)
			end->corrupt |= chunk[i] != byte_at(end->received + i);
		end->received += count;
	}
}

Test(pipe, carries_much_both_ways)
{
	struct loop *loop OWNED(loop_free) = loop_new_virtual(0);
	struct end pair[2];

	make_pair(loop, pair);
	for (size_t i = 0; i < 2; i++) {
		pair[i].user.on_ready = pump;
		pair[i].to_send = 3000000 + i;
	}
	pump(&pair[0].user);
	pump(&pair[1].user);
	cr_assert_eq(loop_run(loop, NULL), 0);
	cr_assert_eq(pair[0].received, 3000001);
	cr_assert_eq(pair[1].received, 3000000);
	cr_assert_not(pair[0].corrupt || pair[1].corrupt);
	close_pair(pair);
}

Test(pipe, ends_after_what_is_in_flight)
{
	struct loop *loop OWNED(loop_free) = loop_new_virtual(0);
	struct err err = ERR_INIT;
	struct end pair[2];
	char buffer[8];
	size_t count;

	make_pair(loop, pair);
	cr_assert_eq(stream_send(pair[0].stream, "bye", 3, &count, NULL), IO_DONE);
	stream_close(take(pair[0].stream));
	cr_assert_eq(stream_recv(pair[1].stream, buffer, sizeof(buffer), &count, NULL), IO_DONE);
	cr_assert_eq(count, 3);
	cr_assert_eq(stream_recv(pair[1].stream, buffer, sizeof(buffer), &count, NULL), IO_EOF);
	cr_assert_lt(stream_send(pair[1].stream, "x", 1, &count, &err), 0);
	cr_assert_eq(err.kind, ERR_NET);
	close_pair(pair);
}

Test(pipe, end_and_break_wake_who_waits)
{
	for (size_t broken = 0; broken < 2; broken++) {
		struct loop *loop OWNED(loop_free) = loop_new_virtual(0);
		struct err err = ERR_INIT;
		struct end pair[2];
		char buffer[8];
		size_t count;

		make_pair(loop, pair);
		cr_assert_eq(stream_recv(pair[1].stream, buffer, 8, &count, NULL), IO_WAIT);
		if (broken)
			pipe_break(pair[0].stream, "connection reset");
		else
			stream_close(take(pair[0].stream));
		cr_assert_eq(pair[1].ready, 0);
		cr_assert_eq(loop_run(loop, NULL), 0);
		cr_assert_eq(pair[1].ready, 1);
		if (!broken) {
			cr_assert_eq(stream_recv(pair[1].stream, buffer, 8, &count, NULL), IO_EOF);
			close_pair(pair);
			continue;
		}
		for (size_t i = 0; i < 2; i++) {
			cr_assert_lt(stream_recv(pair[i].stream, buffer, 8, &count, &err), 0);
			cr_assert_eq(err.kind, ERR_NET);
			cr_assert_str_eq(err.text, "connection reset");
			cr_assert_lt(stream_send(pair[i].stream, "x", 1, &count, &err), 0);
			cr_assert_lt(stream_open(pair[i].stream, &err), 0);
		}
		close_pair(pair);
	}
}

Test(pipe, a_break_drops_what_is_in_flight)
{
	struct loop *loop OWNED(loop_free) = loop_new_virtual(0);
	struct end pair[2];
	char buffer[8];
	size_t count;

	make_pair(loop, pair);
	cr_assert_eq(stream_send(pair[0].stream, "lost", 4, &count, NULL), IO_DONE);
	pipe_break(pair[1].stream, "cut");
	cr_assert_lt(stream_recv(pair[1].stream, buffer, 8, &count, NULL), 0);
	close_pair(pair);
}

Test(pipe, can_be_closed_from_inside_on_ready)
{
	struct loop *loop OWNED(loop_free) = loop_new_virtual(0);
	struct end pair[2];
	char buffer[8];
	size_t count;

	make_pair(loop, pair);
	pair[0].close_when_ready = pair[1].close_when_ready = true;
	cr_assert_eq(stream_recv(pair[0].stream, buffer, 8, &count, NULL), IO_WAIT);
	cr_assert_eq(stream_recv(pair[1].stream, buffer, 8, &count, NULL), IO_WAIT);
	cr_assert_eq(stream_send(pair[0].stream, "x", 1, &count, NULL), IO_DONE);
	cr_assert_eq(loop_run(loop, NULL), 0);
	cr_assert_null(pair[0].stream, "woken by the end of its peer");
	cr_assert_null(pair[1].stream);
}

Test(pipe, shows_the_certificate_it_was_given)
{
	struct loop *loop OWNED(loop_free) = loop_new_virtual(0);
	struct end pair[2];

	make_pair(loop, pair);
	pipe_set_peer_cert(pair[0].stream, "PEM");
	cr_assert_str_eq(pair[0].stream->peer_cert, "PEM");
	cr_assert_null(pair[1].stream->peer_cert);
	close_pair(pair);
}
