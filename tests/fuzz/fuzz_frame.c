/*
 * Messages must come out the same however their bytes are cut. The first byte says how long the
 * pieces are.
 */
#include "base/own.h"
#include "base/str.h"
#include "rpc/frame.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MESSAGE_MAX ((size_t)1 << 16)

struct outcome {
	struct str messages; /* each after its length */
	struct err err;
	size_t left;
	int result;
};

static int keep(void *context, const void *data, size_t len, struct err *err)
{
	struct outcome *outcome = context;

	(void)err;
	if (len > MESSAGE_MAX)
		abort();
	str_addn(&outcome->messages, &len, sizeof(len));
	str_addn(&outcome->messages, data, len);
	return 0;
}

static void read_pieces(const uint8_t *data, size_t size, size_t piece, struct outcome *out)
{
	struct frame_reader reader SCOPED(frame_reader_done);

	*out = (struct outcome){ .messages = STR_INIT((size_t)64 << 20) };
	frame_reader_init(&reader, MESSAGE_MAX);
	for (size_t at = 0; at < size && out->result == 0; at += piece) {
		size_t len = size - at < piece ? size - at : piece;

		out->result = frame_reader_feed(&reader, data + at, len, keep, out, &out->err);
	}
	out->left = frame_reader_left(&reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct outcome whole, cut;

	if (size == 0)
		return 0;
	read_pieces(data + 1, size - 1, SIZE_MAX / 2, &whole);
	read_pieces(data + 1, size - 1, (size_t)data[0] + 1, &cut);

	if (whole.result != cut.result || strcmp(whole.err.text, cut.err.text) != 0)
		abort();
	if (whole.result == 0 && whole.left != cut.left)
		abort();
	if (whole.messages.len != cut.messages.len ||
	    memcmp(str_text(&whole.messages), str_text(&cut.messages), cut.messages.len) != 0)
		abort();
	str_done(&whole.messages);
	str_done(&cut.messages);
	return 0;
}
