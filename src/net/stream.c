#include "net/stream.h"

#include <assert.h>

void stream_attach(struct stream *stream, struct stream_user *user)
{
	stream->user = user;
}

int stream_open(struct stream *stream, struct err *err)
{
	return stream->ops->open(stream, err);
}

int stream_send(struct stream *stream, const void *data, size_t len, size_t *sent, struct err *err)
{
	if (!len) {
		*sent = 0;
		return IO_DONE;
	}
	return stream->ops->send(stream, data, len, sent, err);
}

int stream_recv(struct stream *stream, void *data, size_t size, size_t *got, struct err *err)
{
	assert(size);
	return stream->ops->recv(stream, data, size, got, err);
}

void stream_close(struct stream *stream)
{
	if (stream)
		stream->ops->close(stream);
}
