#include "rpc/frame.h"

#include "base/own.h"
#include "rpc/status.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

struct got {
	struct str text; /* the messages, each ended by | */
	size_t count, stop_at;
};

static int collect(void *context, const void *data, size_t len, struct err *err)
{
	struct got *got = context;

	(void)err;
	str_addn(&got->text, data, len);
	str_addc(&got->text, '|');
	got->count++;
	return got->count == got->stop_at;
}

static int fail(void *context, const void *data, size_t len, struct err *err)
{
	(void)context, (void)data, (void)len;
	return err_set(err, ERR_CONFLICT, "not this one");
}

static void add_four(struct str *wire)
{
	frame_write(wire, "one", 3);
	frame_write(wire, "", 0);
	frame_write(wire, "three", 5);
	frame_write(wire, "x", 1);
}

Test(frame, writes_the_prefix)
{
	struct str wire SCOPED(str_done) = STR_INIT(1000);
	char big[300] = "";

	frame_write(&wire, "", 0);
	cr_assert_eq(wire.len, 5);
	cr_assert_eq(memcmp(wire.at, "\0\0\0\0\0", 5), 0);
	str_clear(&wire);
	frame_write(&wire, big, sizeof(big));
	cr_assert_eq(wire.len, 305);
	cr_assert_eq(memcmp(wire.at, "\0\0\0\x01\x2c", 5), 0);
}

Test(frame, whole_messages_come_out_however_the_bytes_are_cut)
{
	struct str wire SCOPED(str_done) = STR_INIT(1000);

	add_four(&wire);
	for (size_t first = 0; first <= wire.len; first++) {
		for (size_t second = first; second <= wire.len; second++) {
			struct frame_reader reader;
			struct got got = { .text = STR_INIT(1000) };
			const size_t cuts[] = { 0, first, second, wire.len };

			frame_reader_init(&reader, 100);
			for (size_t i = 0; i < 3; i++) {
				size_t len = cuts[i + 1] - cuts[i];
				char *exact = malloc(len + !len);

				memcpy(exact, wire.at + cuts[i], len);
				cr_assert_eq(frame_reader_feed(&reader, exact, len, collect, &got,
							       NULL),
					     0);
				free(exact);
			}
			cr_assert_str_eq(str_text(&got.text), "one||three|x|");
			cr_assert_eq(frame_reader_left(&reader), 0);
			frame_reader_done(&reader);
			str_done(&got.text);
		}
	}
}

Test(frame, byte_by_byte)
{
	struct str wire SCOPED(str_done) = STR_INIT(1000);
	struct frame_reader reader SCOPED(frame_reader_done);
	struct got got = { .text = STR_INIT(1000) };

	frame_reader_init(&reader, 5);
	add_four(&wire);
	for (size_t i = 0; i < wire.len; i++)
		cr_assert_eq(frame_reader_feed(&reader, wire.at + i, 1, collect, &got, NULL), 0);
	cr_assert_str_eq(str_text(&got.text), "one||three|x|");
	str_done(&got.text);
}

Test(frame, knows_that_a_message_is_unfinished)
{
	struct str wire SCOPED(str_done) = STR_INIT(1000);
	struct frame_reader reader SCOPED(frame_reader_done);
	struct got got = { .text = STR_INIT(1000) };

	frame_reader_init(&reader, 100);
	frame_write(&wire, "abc", 3);
	frame_reader_feed(&reader, wire.at, wire.len - 1, collect, &got, NULL);
	cr_assert_eq(got.count, 0);
	cr_assert_eq(frame_reader_left(&reader), 7);
}

Test(frame, refuses_bad_prefixes_before_any_content)
{
	static const struct {
		const char *name, *prefix;
		enum rpc_code code;
		const char *text;
	} rows[] = {
		{ "one byte too long", "\0\0\0\0\x0b", RPC_RESOURCE_EXHAUSTED,
		  "a message of 11 bytes is over the limit of 10" },
		{ "4 GiB", "\0\xff\xff\xff\xff", RPC_RESOURCE_EXHAUSTED,
		  "a message of 4294967295 bytes is over the limit of 10" },
		{ "compressed", "\1\0\0\0\x01", RPC_INTERNAL,
		  "a message is compressed though nobody asked for it" },
		{ "unknown flag", "\x7f\0\0\0\x01", RPC_INTERNAL,
		  "a message has an unknown flag" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		for (size_t cut = 1; cut <= 5; cut++) {
			struct frame_reader reader SCOPED(frame_reader_done);
			struct got got = { .text = STR_INIT(1000) };
			struct err err = ERR_INIT;
			int r;

			frame_reader_init(&reader, 10);
			r = frame_reader_feed(&reader, rows[i].prefix, cut, collect, &got, &err);
			if (cut < 5) {
				cr_assert_eq(r, 0, "%s", rows[i].name);
				r = frame_reader_feed(&reader, rows[i].prefix + cut, 5 - cut,
						      collect, &got, &err);
			}
			cr_assert_eq(r, -1, "%s", rows[i].name);
			cr_assert_eq(err.kind, ERR_REMOTE, "%s", rows[i].name);
			cr_assert_eq(err.remote, (int)rows[i].code, "%s", rows[i].name);
			cr_assert_str_eq(err.text, rows[i].text);
			cr_assert_eq(got.count, 0);
		}
	}
}

Test(frame, the_longest_message_passes)
{
	struct str wire SCOPED(str_done) = STR_INIT(1000);
	struct frame_reader reader SCOPED(frame_reader_done);
	struct got got = { .text = STR_INIT(1000) };

	frame_reader_init(&reader, 10);
	frame_write(&wire, "0123456789", 10);
	cr_assert_eq(frame_reader_feed(&reader, wire.at, 7, collect, &got, NULL), 0);
	cr_assert_eq(frame_reader_feed(&reader, wire.at + 7, 8, collect, &got, NULL), 0);
	cr_assert_str_eq(str_text(&got.text), "0123456789|");
	str_done(&got.text);
}

Test(frame, the_receiver_can_stop_and_fail)
{
	struct str wire SCOPED(str_done) = STR_INIT(1000);
	struct err err = ERR_INIT;

	add_four(&wire);
	for (size_t cut = 0; cut <= wire.len; cut++) {
		struct frame_reader reader SCOPED(frame_reader_done);
		struct got got = { .text = STR_INIT(1000), .stop_at = 3 };
		int r;

		frame_reader_init(&reader, 100);
		r = frame_reader_feed(&reader, wire.at, cut, collect, &got, &err);
		if (r == 0)
			r = frame_reader_feed(&reader, wire.at + cut, wire.len - cut, collect,
					      &got, &err);
		cr_assert_eq(r, 1);
		cr_assert_str_eq(str_text(&got.text), "one||three|");
		str_done(&got.text);
	}

	struct frame_reader reader SCOPED(frame_reader_done);
	frame_reader_init(&reader, 100);
	cr_assert_eq(frame_reader_feed(&reader, wire.at, wire.len, fail, NULL, &err), -1);
	cr_assert_eq(err.kind, ERR_CONFLICT);
}
