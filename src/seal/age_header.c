#include "seal/age_header.h"

#include "base/text.h"
#include "crypto/cipher.h"
#include "seal/armor.h"

#include <string.h>

#define HEADER_MAX ((size_t)2 << 20)
#define STANZAS_MAX 1024
#define WORDS_MAX 128
#define LINE_BYTES 48 /* of a full line of a body */
#define SALT_SIZE 16
#define X25519_INFO "age-encryption.org/v1/X25519"
#define SCRYPT_INFO "age-encryption.org/v1/scrypt"
#define WRAPPED_SIZE (AGE_FILE_KEY_SIZE + CIPHER_TAG_SIZE)

/* ---- reading ---- */

struct header_reader {
	struct arena *arena;
	const char *at, *end;
};

struct header_line {
	const char *at;
	size_t len;
};

static int broken(struct err *err, const char *what)
{
	return err_set(err, ERR_INPUT, "the header of the age file is damaged: %s", what);
}

/* Every line of a header has its end. */
static int next_line(struct header_reader *reader, struct header_line *line, struct err *err)
{
	size_t left = (size_t)(reader->end - reader->at);
	const char *stop = left > 0 ? memchr(reader->at, '\n', left) : NULL;

	if (!stop)
		return broken(err, "it is cut short");
	*line = (struct header_line){ reader->at, (size_t)(stop - reader->at) };
	reader->at = stop + 1;
	return 0;
}

static bool line_starts(const struct header_line *line, const char *text)
{
	return line->len >= strlen(text) && memcmp(line->at, text, strlen(text)) == 0;
}

/* Words of printable characters with one space between them. */
static bool split_words(struct header_reader *reader, const struct header_line *line,
			struct age_stanza *stanza)
{
	const char **words = NULL;
	size_t len = 0, cap = 0, from = 0;

	for (size_t i = 0; i <= line->len; i++) {
		if (i < line->len && line->at[i] > ' ' && line->at[i] <= '~')
			continue;
		if ((i < line->len && line->at[i] != ' ') || i == from || len == WORDS_MAX)
			return false;
		words = arena_grow(reader->arena, words, len, &cap, sizeof(*words));
		words[len++] = arena_strn(reader->arena, line->at + from, i - from);
		from = i + 1;
	}
	stanza->words = words;
	stanza->words_len = len;
	return true;
}

/* Full lines, then one that is shorter, perhaps empty. */
static int read_body(struct header_reader *reader, struct age_stanza *stanza, struct err *err)
{
	struct str body SCOPED(str_done) = STR_INIT(HEADER_MAX);
	size_t size = LINE_BYTES;

	while (size == LINE_BYTES) {
		struct header_line line;
		const unsigned char *bytes;

		if (next_line(reader, &line, err) < 0)
			return -1;
		bytes = base64_bare_read(reader->arena, line.at, line.len, &size);
		if (!bytes || size > LINE_BYTES)
			return broken(err, "a line is no base64 of 64 columns");
		str_addn(&body, bytes, size);
	}
	stanza->body = arena_dup(reader->arena, str_text(&body), body.len + 1);
	stanza->body_len = body.len;
	return 0;
}

static int read_stanza(struct header_reader *reader, struct header_line line,
		       struct age_header *header, struct err *err)
{
	struct age_stanza stanza = { 0 };

	if (header->stanzas == STANZAS_MAX)
		return broken(err, "it has too many recipients");
	if (!line_starts(&line, "-> "))
		return broken(err, "a line is none that it can have");
	line.at += 3;
	line.len -= 3;
	if (!split_words(reader, &line, &stanza))
		return broken(err, "the first line of a recipient is wrong");
	if (read_body(reader, &stanza, err) < 0)
		return -1;
	header->stanza = arena_grow(reader->arena, header->stanza, header->stanzas, &header->cap,
				    sizeof(*header->stanza));
	header->stanza[header->stanzas++] = stanza;
	return 0;
}

static int read_mac(struct header_reader *reader, const struct header_line *line,
		    struct age_header *header, struct err *err)
{
	const unsigned char *mac = NULL;
	size_t size = 0;

	if (line_starts(line, "--- "))
		mac = base64_bare_read(reader->arena, line->at + 4, line->len - 4, &size);
	if (!mac || size != sizeof(header->mac))
		return broken(err, "its last line is wrong");
	memcpy(header->mac, mac, size);
	return 0;
}

int age_header_read(struct arena *arena, const unsigned char *data, size_t len,
		    struct age_header *out, struct err *err)
{
	struct header_reader reader = { arena, (const char *)data, (const char *)data + len };
	struct age_header header = { .proved = data };
	struct header_line line;

	if (len > HEADER_MAX)
		reader.end = reader.at + HEADER_MAX;
	if (len < strlen(AGE_INTRO) || memcmp(data, AGE_INTRO, strlen(AGE_INTRO)) != 0)
		return err_set(err, ERR_INPUT, "it is no age file of version 1");
	reader.at += strlen(AGE_INTRO);
	for (;;) {
		if (next_line(&reader, &line, err) < 0)
			return -1;
		if (line_starts(&line, "---"))
			break;
		if (read_stanza(&reader, line, &header, err) < 0)
			return -1;
	}
	if (header.stanzas == 0)
		return broken(err, "it has no recipient");
	header.proved_len = (size_t)((const unsigned char *)line.at - data) + 3;
	if (read_mac(&reader, &line, &header, err) < 0)
		return -1;
	header.payload = (const unsigned char *)reader.at;
	header.payload_len = len - (size_t)(header.payload - data);
	*out = header;
	return 0;
}

/* ---- opening ---- */

static struct cipher_box wrap_box(const unsigned char *key)
{
	static const unsigned char zeroes[12];

	return (struct cipher_box){ .cipher = CIPHER_CHACHA20_POLY1305,
				    .key = key,
				    .nonce = zeroes,
				    .nonce_len = sizeof(zeroes) };
}

static bool unwrap(const unsigned char *key, const struct age_stanza *stanza,
		   unsigned char *file_key)
{
	const struct cipher_box box = wrap_box(key);

	return cipher_open(&box, stanza->body, AGE_FILE_KEY_SIZE, stanza->body + AGE_FILE_KEY_SIZE,
			   file_key);
}

/* The key that a shared secret is turned into; salted with what both sides know. */
static void x25519_key(const unsigned char *shared, const unsigned char *ephemeral,
		       const unsigned char *recipient, unsigned char key[static CIPHER_KEY_SIZE])
{
	unsigned char salt[2 * X25519_SIZE];

	memcpy(salt, ephemeral, X25519_SIZE);
	memcpy(salt + X25519_SIZE, recipient, X25519_SIZE);
	hkdf_sha256((struct bytes){ shared, X25519_SIZE }, (struct bytes){ salt, sizeof(salt) },
		    X25519_INFO, key, CIPHER_KEY_SIZE);
}

static int scrypt_key(const char *passphrase, const unsigned char *salt, unsigned work,
		      unsigned char key[static CIPHER_KEY_SIZE], struct err *err)
{
	unsigned char whole[sizeof(SCRYPT_INFO) - 1 + SALT_SIZE];

	memcpy(whole, SCRYPT_INFO, sizeof(SCRYPT_INFO) - 1);
	memcpy(whole + sizeof(SCRYPT_INFO) - 1, salt, SALT_SIZE);
	return scrypt((struct bytes){ passphrase, strlen(passphrase) },
		      (struct bytes){ whole, sizeof(whole) }, work, key, err);
}

/* An argument in base64 of that size; NULL. */
static const unsigned char *argument(struct arena *arena, const struct age_stanza *stanza,
				     size_t index, size_t size)
{
	const char *word = index < stanza->words_len ? stanza->words[index] : "";
	size_t len = 0;
	const unsigned char *bytes = base64_bare_read(arena, word, strlen(word), &len);

	return len == size ? bytes : NULL;
}

/* >0: it is not for this identity. */
static int open_x25519(struct arena *arena, const struct age_stanza *stanza,
		       const struct age_identity *identity, unsigned char *file_key,
		       struct err *err)
{
	unsigned char shared[X25519_SIZE], key[CIPHER_KEY_SIZE];
	const unsigned char *ephemeral = argument(arena, stanza, 1, X25519_SIZE);
	bool opened;

	if (!ephemeral || stanza->words_len != 2 || stanza->body_len != WRAPPED_SIZE)
		return broken(err, "an X25519 recipient is malformed");
	if (!x25519(identity->secret, ephemeral, shared))
		return broken(err, "the share of an X25519 recipient is not allowed");
	x25519_key(shared, ephemeral, identity->share, key);
	opened = unwrap(key, stanza, file_key);
	explicit_bzero(shared, sizeof(shared));
	explicit_bzero(key, sizeof(key));
	return opened ? 0 : 1;
}

/* Digits without a zero before them; 0 when it is no such number. */
static unsigned work_of(const char *word)
{
	uint64_t work;

	if (word[0] < '1' || word[0] > '9' || strlen(word) > 3 || !text_u64(word, &work))
		return 0;
	return (unsigned)work;
}

static int open_scrypt(struct arena *arena, const struct age_stanza *stanza,
		       const struct age_identity *identity, unsigned char *file_key,
		       struct err *err)
{
	const unsigned char *salt = argument(arena, stanza, 1, SALT_SIZE);
	unsigned char key[CIPHER_KEY_SIZE];
	bool opened;
	int r;

	if (!salt || stanza->words_len != 3 || stanza->body_len != WRAPPED_SIZE ||
	    work_of(stanza->words[2]) == 0)
		return broken(err, "its passphrase recipient is malformed");
	r = scrypt_key(identity->passphrase, salt, work_of(stanza->words[2]), key, err);
	if (r < 0)
		return -1;
	opened = unwrap(key, stanza, file_key);
	explicit_bzero(key, sizeof(key));
	return opened ? 0 : 1;
}

static int open_stanza(const struct age_stanza *stanza, const struct age_identity *identity,
		       unsigned char *file_key, struct err *err)
{
	struct arena *arena OWNED(arena_free) = arena_new("age stanza");

	if (text_equal(stanza->words[0], "X25519") && !identity->passphrase)
		return open_x25519(arena, stanza, identity, file_key, err);
	if (text_equal(stanza->words[0], "scrypt") && identity->passphrase)
		return open_scrypt(arena, stanza, identity, file_key, err);
	return 1;
}

static int check_mac(const struct age_header *header, const unsigned char *file_key,
		     struct err *err)
{
	unsigned char key[SHA256_SIZE], mac[SHA256_SIZE];

	hkdf_sha256((struct bytes){ file_key, AGE_FILE_KEY_SIZE }, (struct bytes){ NULL, 0 },
		    "header", key, sizeof(key));
	hmac_sha256((struct bytes){ key, sizeof(key) },
		    (struct bytes){ header->proved, header->proved_len }, mac);
	explicit_bzero(key, sizeof(key));
	return bytes_equal(mac, header->mac, sizeof(mac)) ? 0 : broken(err, "it was changed");
}

static int no_key(const struct age_header *header, const struct age_identities *identities,
		  struct err *err)
{
	bool passphrase = text_equal(header->stanza[0].words[0], "scrypt");

	if (identities->len == 0)
		err_set(err, ERR_AUTH, "there is no %s to open it with",
			passphrase ? "passphrase" : "age key");
	else if (passphrase)
		err_set(err, ERR_AUTH, "it is for a passphrase, which is not the one given");
	else
		err_set(err, ERR_AUTH, "none of the %zu age keys given opens it", identities->len);
	return -1;
}

int age_header_open(const struct age_header *header, const struct age_identities *identities,
		    unsigned char file_key[static AGE_FILE_KEY_SIZE], struct err *err)
{
	for (size_t i = 0; i < header->stanzas; i++)
		if (header->stanzas > 1 && text_equal(header->stanza[i].words[0], "scrypt"))
			return broken(err, "a passphrase must be its only recipient");
	for (size_t i = 0; i < identities->len; i++)
		for (size_t j = 0; j < header->stanzas; j++) {
			int r = open_stanza(&header->stanza[j], &identities->at[i], file_key, err);

			if (r < 0)
				return -1;
			if (r == 0)
				return check_mac(header, file_key, err);
		}
	return no_key(header, identities, err);
}

/* ---- writing ---- */

static void write_body(struct arena *arena, struct str *out, const unsigned char *body, size_t len)
{
	str_addf(out, "%s\n", base64_bare(arena, body, len)); /* one line: it is short */
}

static void wrap(const unsigned char *key, const unsigned char *file_key,
		 unsigned char body[static WRAPPED_SIZE])
{
	const struct cipher_box box = wrap_box(key);

	cipher_seal(&box, file_key, AGE_FILE_KEY_SIZE, body, body + AGE_FILE_KEY_SIZE);
}

static int write_x25519(struct arena *arena, const struct age_seal *seal, size_t index,
			const unsigned char *file_key, struct str *out, struct err *err)
{
	const struct age_recipient *recipient = &seal->recipients[index];
	unsigned char secret[X25519_SIZE], share[X25519_SIZE], shared[X25519_SIZE];
	unsigned char key[CIPHER_KEY_SIZE], body[WRAPPED_SIZE];
	bool good;

	random_fill(seal->random, secret, sizeof(secret));
	x25519_public(secret, share);
	good = x25519(secret, recipient->share, shared);
	explicit_bzero(secret, sizeof(secret));
	if (!good)
		return err_set(err, ERR_INPUT, "an age recipient is a key that is not allowed");
	x25519_key(shared, share, recipient->share, key);
	wrap(key, file_key, body);
	explicit_bzero(shared, sizeof(shared));
	explicit_bzero(key, sizeof(key));
	str_addf(out, "-> X25519 %s\n", base64_bare(arena, share, sizeof(share)));
	write_body(arena, out, body, sizeof(body));
	return 0;
}

static int write_scrypt(struct arena *arena, const struct age_seal *seal, unsigned work,
			const unsigned char *file_key, struct str *out, struct err *err)
{
	unsigned char salt[SALT_SIZE], key[CIPHER_KEY_SIZE], body[WRAPPED_SIZE];

	random_fill(seal->random, salt, sizeof(salt));
	if (scrypt_key(seal->passphrase, salt, work, key, err) < 0)
		return -1;
	wrap(key, file_key, body);
	explicit_bzero(key, sizeof(key));
	str_addf(out, "-> scrypt %s %u\n", base64_bare(arena, salt, sizeof(salt)), work);
	write_body(arena, out, body, sizeof(body));
	return 0;
}

int age_header_write(const struct age_seal *seal, unsigned work,
		     const unsigned char file_key[static AGE_FILE_KEY_SIZE], struct str *out,
		     struct err *err)
{
	struct arena *arena OWNED(arena_free) = arena_new("age header");
	unsigned char key[SHA256_SIZE], mac[SHA256_SIZE];

	if (!seal->passphrase && seal->count == 0)
		return err_set(err, ERR_INPUT, "there is nobody to seal it for");
	str_add(out, AGE_INTRO);
	if (seal->passphrase && write_scrypt(arena, seal, work, file_key, out, err) < 0)
		return -1;
	for (size_t i = 0; !seal->passphrase && i < seal->count; i++)
		if (write_x25519(arena, seal, i, file_key, out, err) < 0)
			return -1;
	str_add(out, "---");
	hkdf_sha256((struct bytes){ file_key, AGE_FILE_KEY_SIZE }, (struct bytes){ NULL, 0 },
		    "header", key, sizeof(key));
	hmac_sha256((struct bytes){ key, sizeof(key) }, (struct bytes){ out->at, out->len }, mac);
	explicit_bzero(key, sizeof(key));
	str_addf(out, " %s\n", base64_bare(arena, mac, sizeof(mac)));
	return 0;
}
