#include "rpc/connection.h"

#include <assert.h>

#define PIECE ((size_t)64 << 10)
#define PIECES_MAX 16 /* read in one turn, so that one busy peer does not starve the others */

static void set_state(struct connection *connection, enum connection_state state)
{
	assert(state > connection->state);
	connection->state = state;
}

static void disconnect(struct connection *connection)
{
	stream_close(take(connection->stream));
	if (connection->state != CONNECTION_OVER)
		set_state(connection, CONNECTION_OVER);
}

static void release(struct connection *connection)
{
	task_cancel(&connection->task);
	h2_free(take(connection->h2));
	connection->ops->on_release(connection);
}

static void enter(struct connection *connection)
{
	connection->busy++;
}

static void leave(struct connection *connection)
{
	connection->busy--;
	if (connection->closed && connection->busy == 0)
		release(connection);
}

static int err_lost(struct err *err)
{
	return err_set(err, ERR_NET, "connection lost");
}

static int open_stream(struct connection *connection, struct err *err)
{
	int r = stream_open(connection->stream, err);

	if (r == IO_EOF)
		return err_lost(err);
	if (r == IO_DONE)
		set_state(connection, CONNECTION_UP);
	return r;
}

/* Did the owner close it, or lose it, in an event just told? */
static bool is_gone(const struct connection *connection)
{
	return !connection->stream;
}

static int feed(struct connection *connection, const void *data, size_t len, struct err *err)
{
	connection->heard = loop_now(connection->task.loop);
	if (h2_feed(connection->h2, data, len, err) < 0)
		return -1;
	if (is_gone(connection) || connection->ready || !h2_is_ready(connection->h2))
		return 0;
	connection->ready = true;
	if (connection->ops->on_ready)
		connection->ops->on_ready(connection);
	return 0;
}

/* IO_DONE: there may be more, IO_WAIT: the stream will call, IO_EOF: the peer has closed. */
static int read_pieces(struct connection *connection, struct err *err)
{
	char piece[PIECE];
	size_t got;

	for (int i = 0; i < PIECES_MAX && !is_gone(connection); i++) {
		int r = stream_recv(connection->stream, piece, sizeof(piece), &got, err);

		if (r != IO_DONE)
			return r;
		if (feed(connection, piece, got, err) < 0)
			return -1;
	}
	return IO_DONE;
}

/* Getting output may close streams, and so call the owner. */
static int write_all(struct connection *connection, struct err *err)
{
	const void *data;
	size_t len, sent;

	while ((len = h2_output(connection->h2, &data)) > 0 && !is_gone(connection)) {
		int r = stream_send(connection->stream, data, len, &sent, err);

		if (r != IO_DONE)
			return r;
		h2_output_taken(connection->h2, sent);
	}
	return IO_DONE;
}

/* What the peer had sent before our write found it gone is still worth reading: answers, or why. */
static int write_or_last_words(struct connection *connection, struct err *err)
{
	struct err last = ERR_INIT;
	int r = write_all(connection, err);

	if (r >= 0 || is_gone(connection))
		return r;
	for (int i = 0; r != IO_WAIT && r != IO_EOF && i < PIECES_MAX; i++) {
		r = is_gone(connection) ? IO_EOF : read_pieces(connection, &last);
		if (r < 0)
			break;
	}
	if (last.kind == ERR_AUTH && err)
		*err = last;
	return -1;
}

static int pump(struct connection *connection, struct err *err)
{
	if (is_gone(connection))
		return err_lost(err);
	if (connection->state == CONNECTION_OPENING) {
		int r = open_stream(connection, err);

		if (r != IO_DONE)
			return r;
	}

	int got = read_pieces(connection, err);
	if (got < 0 || is_gone(connection))
		return got < 0 ? got : err_lost(err);
	if (write_or_last_words(connection, err) < 0)
		return -1;
	if (got == IO_EOF || is_gone(connection) || h2_is_over(connection->h2))
		return err_lost(err);
	if (got == IO_DONE)
		task_post(&connection->task);
	return 0;
}

static void turn(struct connection *connection)
{
	struct err err = ERR_INIT;

	enter(connection);
	if (pump(connection, &err) < 0 && !connection->closed) {
		disconnect(connection);
		connection->ops->on_over(connection, &err);
	}
	leave(connection);
}

static void stream_ready(struct stream_user *user)
{
	turn(container_of(user, struct connection, user));
}

static void task_due(struct task *task)
{
	turn(container_of(task, struct connection, task));
}

void connection_start(struct connection *connection, struct loop *loop, struct stream *take_stream,
		      const struct connection_user *user)
{
	*connection = (struct connection){
		.user.on_ready = stream_ready,
		.stream = take_stream,
		.h2 = h2_new(user->side, user->events),
		.ops = user->ops,
		.heard = loop_now(loop),
	};
	task_init(&connection->task, loop, task_due);
	stream_attach(connection->stream, &connection->user);
	task_post(&connection->task);
}

void connection_wake(struct connection *connection)
{
	if (connection->state != CONNECTION_OVER)
		task_post(&connection->task);
}

void connection_break(struct connection *connection)
{
	if (connection->state == CONNECTION_OVER)
		return;
	disconnect(connection);
	task_post(&connection->task);
}

void connection_close(struct connection *connection)
{
	if (connection->closed)
		return;
	connection->closed = true;
	disconnect(connection);
	if (connection->busy == 0)
		release(connection);
}
