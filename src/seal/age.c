#include "seal/age.h"

#include "base/text.h"
#include "crypto/cipher.h"
#include "seal/age_header.h"
#include "seal/armor.h"

#include <string.h>

#define CHUNK ((size_t)64 << 10)
#define SEALED_CHUNK (CHUNK + CIPHER_TAG_SIZE)
#define NONCE_SIZE 12
#define STREAM_NONCE_SIZE 16
#define WORK_USUAL 18

/* ---- the payload: chunks, each with its number and whether it is the last ---- */

struct chunk {
	unsigned char key[CIPHER_KEY_SIZE], nonce[NONCE_SIZE];
	struct cipher_box box;
};

static void chunk_done(struct chunk *chunk)
{
	explicit_bzero(chunk, sizeof(*chunk));
}

static void chunk_init(struct chunk *chunk, const unsigned char *file_key,
		       const unsigned char *stream_nonce)
{
	*chunk = (struct chunk){ .box = { .cipher = CIPHER_CHACHA20_POLY1305,
					  .key = chunk->key,
					  .nonce = chunk->nonce,
					  .nonce_len = NONCE_SIZE } };
	hkdf_sha256((struct bytes){ file_key, AGE_FILE_KEY_SIZE },
		    (struct bytes){ stream_nonce, STREAM_NONCE_SIZE }, "payload", chunk->key,
		    sizeof(chunk->key));
}

static void chunk_number(struct chunk *chunk, uint64_t number, bool last)
{
	for (unsigned i = 0; i < 8; i++)
		chunk->nonce[NONCE_SIZE - 2 - i] = (unsigned char)(number >> 8 * i);
	chunk->nonce[NONCE_SIZE - 1] = last;
}

static int tampered(struct err *err, const char *name, const char *what)
{
	return err_set(err, ERR_INPUT, "%s is damaged: %s", name, what);
}

static int open_payload(const struct age_text *text, const struct age_header *header,
			const unsigned char *file_key, struct str *out, struct err *err)
{
	const unsigned char *at = header->payload, *end = at + header->payload_len;
	unsigned char plain[CHUNK];
	struct chunk chunk SCOPED(chunk_done);
	bool last = false;

	if (header->payload_len < STREAM_NONCE_SIZE + CIPHER_TAG_SIZE) {
		chunk.box.extra_len = 0;
		return tampered(err, text->name, "it is cut short");
	}
	chunk_init(&chunk, file_key, at);
	at += STREAM_NONCE_SIZE;
	for (uint64_t number = 0; !last; number++) {
		size_t left = (size_t)(end - at);
		size_t len = left < SEALED_CHUNK ? left : SEALED_CHUNK;

		last = left <= SEALED_CHUNK;
		chunk_number(&chunk, number, last);
		if (len < CIPHER_TAG_SIZE || (len == CIPHER_TAG_SIZE && number > 0))
			return tampered(err, text->name, "it is cut short");
		len -= CIPHER_TAG_SIZE;
		if (!cipher_open(&chunk.box, at, len, at + len, plain))
			return tampered(err, text->name, "it was changed or cut short");
		str_addn(out, plain, len);
		at += len + CIPHER_TAG_SIZE;
	}
	explicit_bzero(plain, sizeof(plain));
	return 0;
}

static void seal_payload(const unsigned char *file_key, const void *plain, size_t len,
			 struct random_source *random, struct str *out)
{
	unsigned char nonce[STREAM_NONCE_SIZE], sealed[CHUNK], tag[CIPHER_TAG_SIZE];
	const unsigned char *at = plain;
	struct chunk chunk SCOPED(chunk_done);
	bool last = false;

	random_fill(random, nonce, sizeof(nonce));
	str_addn(out, nonce, sizeof(nonce));
	chunk_init(&chunk, file_key, nonce);
	for (uint64_t number = 0; !last; number++) {
		size_t part = len < CHUNK ? len : CHUNK;

		last = len <= CHUNK;
		chunk_number(&chunk, number, last);
		cipher_seal(&chunk.box, at, part, sealed, tag);
		str_addn(out, sealed, part);
		str_addn(out, tag, sizeof(tag));
		at += part;
		len -= part;
	}
}

/* ---- whole files ---- */

static const char intro[] = AGE_INTRO;

bool age_is(const char *text, size_t len)
{
	return armor_is(text, len) ||
	       (len >= sizeof(intro) - 1 && memcmp(text, intro, sizeof(intro) - 1) == 0);
}

int age_open(const struct age_text *text, const struct age_identities *identities, struct str *out,
	     struct err *err)
{
	struct arena *arena OWNED(arena_free) = arena_new("age file");
	struct str plain SCOPED(str_done) = STR_INIT(text->len);
	unsigned char *data = (unsigned char *)arena_strn(arena, text->at, text->len);
	unsigned char file_key[AGE_FILE_KEY_SIZE];
	struct age_header header;
	size_t size = text->len;
	int r;

	if (armor_is(text->at, text->len) &&
	    armor_read(arena, text->at, text->len, &data, &size, err) < 0)
		return err_wrap(err, "%s", text->name);
	if (age_header_read(arena, data, size, &header, err) < 0 ||
	    age_header_open(&header, identities, file_key, err) < 0)
		return err_wrap(err, "%s", text->name);
	r = open_payload(text, &header, file_key, &plain, err);
	explicit_bzero(file_key, sizeof(file_key));
	if (r == 0)
		str_addn(out, str_text(&plain), plain.len);
	return r;
}

int age_seal(const struct age_seal *seal, const void *plain, size_t len, struct str *out,
	     struct err *err)
{
	struct str text SCOPED(str_done) = STR_INIT(CIPHER_TEXT_MAX);
	unsigned char file_key[AGE_FILE_KEY_SIZE];
	int r;

	if (len > CIPHER_TEXT_MAX / 2)
		return err_set(err, ERR_INPUT, "it is too large to be sealed");
	random_fill(seal->random, file_key, sizeof(file_key));
	r = age_header_write(seal, seal->work ? seal->work : WORK_USUAL, file_key, &text, err);
	if (r == 0)
		seal_payload(file_key, plain, len, seal->random, &text);
	explicit_bzero(file_key, sizeof(file_key));
	if (r == 0 && seal->armor)
		armor_write(out, (const unsigned char *)str_text(&text), text.len);
	else if (r == 0)
		str_addn(out, str_text(&text), text.len);
	return r;
}
