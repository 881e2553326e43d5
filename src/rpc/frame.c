#include "rpc/frame.h"

#include "rpc/status.h"

#include <assert.h>
#include <stdint.h>

#define PREFIX ((size_t)5) /* a flag and a length of four bytes, the highest first */

void frame_reader_init(struct frame_reader *reader, size_t max)
{
	str_init(&reader->buffer, max + PREFIX);
	reader->max = max;
}

void frame_reader_done(struct frame_reader *reader)
{
	str_done(&reader->buffer);
}

static int read_prefix(const struct frame_reader *reader, const unsigned char *prefix, size_t *len,
		       struct err *err)
{
	size_t wanted = (size_t)prefix[1] << 24 | (size_t)prefix[2] << 16 |
			(size_t)prefix[3] << 8 | prefix[4];

	if (prefix[0] == 1)
		return rpc_status_err(err, RPC_INTERNAL,
				      "a message is compressed though nobody asked for it");
	if (prefix[0] != 0)
		return rpc_status_err(err, RPC_INTERNAL, "a message has an unknown flag");
	if (wanted > reader->max) {
		err_set(err, ERR_REMOTE, "a message of %zu bytes is over the limit of %zu", wanted,
			reader->max);
		if (err)
			err->remote = RPC_RESOURCE_EXHAUSTED;
		return -1;
	}
	*len = wanted;
	return 0;
}

/* Whole messages that begin in the caller's bytes are handed on from there. */
static int feed_whole(struct frame_reader *reader, const unsigned char **data, size_t *len,
		      frame_message_fn *each, void *context, struct err *err)
{
	while (*len >= PREFIX) {
		const unsigned char *message = *data + PREFIX;
		size_t size;

		if (read_prefix(reader, *data, &size, err) < 0)
			return -1;
		if (*len - PREFIX < size)
			return 0;
		*data += PREFIX + size;
		*len -= PREFIX + size;

		int r = each(context, message, size, err);
		if (r != 0)
			return r;
	}
	return 0;
}

/* Adds to the buffer what it lacks to reach `goal` bytes; is it there now? */
static bool fill(struct frame_reader *reader, size_t goal, const unsigned char **data, size_t *len)
{
	size_t lack = goal - reader->buffer.len;
	size_t piece = lack < *len ? lack : *len;

	str_addn(&reader->buffer, *data, piece);
	*data += piece;
	*len -= piece;
	return piece == lack;
}

static int feed_buffered(struct frame_reader *reader, const unsigned char **data, size_t *len,
			 frame_message_fn *each, void *context, struct err *err)
{
	const unsigned char *prefix;
	size_t size;

	if (reader->buffer.len < PREFIX && !fill(reader, PREFIX, data, len))
		return 0;
	prefix = (const unsigned char *)reader->buffer.at;
	if (read_prefix(reader, prefix, &size, err) < 0)
		return -1;
	if (!fill(reader, PREFIX + size, data, len))
		return 0;

	int r = each(context, reader->buffer.at + PREFIX, size, err);
	if (r == 0)
		str_done(&reader->buffer);
	return r;
}

int frame_reader_feed(struct frame_reader *reader, const void *data, size_t len,
		      frame_message_fn *each, void *context, struct err *err)
{
	const unsigned char *at = data;

	while (len > 0) {
		int r;

		if (reader->buffer.len == 0) {
			r = feed_whole(reader, &at, &len, each, context, err);
			if (r != 0 || len == 0)
				return r;
		}
		r = feed_buffered(reader, &at, &len, each, context, err);
		if (r != 0)
			return r;
	}
	return 0;
}

size_t frame_reader_left(const struct frame_reader *reader)
{
	return reader->buffer.len;
}

void frame_write(struct str *out, const void *data, size_t len)
{
	assert(len <= UINT32_MAX);

	const unsigned char prefix[PREFIX] = { 0, (unsigned char)(len >> 24),
					       (unsigned char)(len >> 16),
					       (unsigned char)(len >> 8), (unsigned char)len };
	str_addn(out, prefix, PREFIX);
	str_addn(out, data, len);
}
