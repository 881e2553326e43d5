#include "base/gzip.h"

#include <limits.h>
#include <string.h>
#include <zlib.h>

#define CHUNK ((size_t)16 << 10)
#define WINDOW_GZIP (MAX_WBITS + 16) /* zlib's way to ask for the gzip format */

static void end_inflate(z_stream *z)
{
	inflateEnd(z);
}

static void end_deflate(z_stream *z)
{
	deflateEnd(z);
}

/* zlib counts in 32 bits, so the input is handed over in pieces. */
static void feed(z_stream *z, size_t *left)
{
	if (z->avail_in > 0 || *left == 0)
		return;
	z->avail_in = (uInt)(*left > INT_MAX ? INT_MAX : *left);
	*left -= z->avail_in;
}

static int unpack_step(z_stream *z, size_t *left, struct str *out, struct err *err)
{
	unsigned char chunk[CHUNK];

	feed(z, left);
	z->next_out = chunk;
	z->avail_out = sizeof(chunk);

	int r = inflate(z, Z_NO_FLUSH);
	str_addn(out, chunk, sizeof(chunk) - z->avail_out);
	explicit_bzero(chunk, sizeof(chunk));
	if (r == Z_BUF_ERROR && z->avail_in == 0 && *left == 0)
		return err_set(err, ERR_REMOTE, "gzip data is cut short");
	if (r != Z_OK && r != Z_STREAM_END)
		return err_set(err, ERR_REMOTE, "gzip data is damaged");
	if (out->full)
		return err_set(err, ERR_REMOTE, "gzip data unpacks to more than %zu bytes",
			       out->max);
	return r == Z_STREAM_END;
}

/* Members follow one another until the input ends; each is a stream of its own. */
static int unpack_members(z_stream *z, size_t left, struct str *out, struct err *err)
{
	for (;;) {
		int r = unpack_step(z, &left, out, err);

		if (r < 0)
			return -1;
		if (r == 0)
			continue;
		if (z->avail_in == 0 && left == 0)
			return 0;
		inflateReset(z);
	}
}

int gzip_unpack(const void *data, size_t len, struct str *out, struct err *err)
{
	z_stream z SCOPED(end_inflate) = { .next_in = (z_const Bytef *)data };
	size_t before = out->len;

	if (inflateInit2(&z, WINDOW_GZIP) != Z_OK)
		return err_set(err, ERR_BUG, "zlib does not start to unpack");
	if (unpack_members(&z, len, out, err) < 0) {
		str_cut(out, before);
		return -1;
	}
	return 0;
}

int gzip_pack(const void *data, size_t len, struct str *out, struct err *err)
{
	z_stream z SCOPED(end_deflate) = { .next_in = (z_const Bytef *)data };
	unsigned char chunk[CHUNK];
	size_t before = out->len;
	int r = Z_OK;

	if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, WINDOW_GZIP, 8,
			 Z_DEFAULT_STRATEGY) != Z_OK)
		return err_set(err, ERR_BUG, "zlib does not start to pack");
	while (r == Z_OK && !out->full) {
		feed(&z, &len);
		z.next_out = chunk;
		z.avail_out = sizeof(chunk);
		r = deflate(&z, len == 0 ? Z_FINISH : Z_NO_FLUSH);
		str_addn(out, chunk, sizeof(chunk) - z.avail_out);
	}
	explicit_bzero(chunk, sizeof(chunk));
	if (r == Z_STREAM_END && !out->full)
		return 0;
	str_cut(out, before);
	return err_set(err, ERR_INPUT, "packed data has more than %zu bytes", out->max);
}
