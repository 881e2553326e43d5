#include "seal/age.h"

#include "base/text.h"
#include "seal/bech32.h"

#include <string.h>

#define SECRET_PREFIX "AGE-SECRET-KEY-"
#define RECIPIENT_PREFIX "age"
#define BLANKS " \t\r"

static struct age_identity *add(struct arena *arena, struct age_identities *identities)
{
	identities->at = arena_grow(arena, identities->at, identities->len, &identities->cap,
				    sizeof(*identities->at));
	return &identities->at[identities->len++];
}

static void add_secret(struct arena *arena, struct age_identities *identities,
		       const unsigned char *secret)
{
	struct age_identity *identity = add(arena, identities);

	*identity = (struct age_identity){ 0 };
	memcpy(identity->secret, secret, sizeof(identity->secret));
	x25519_public(secret, identity->share);
}

void age_identities_add_passphrase(struct arena *arena, struct age_identities *identities,
				   const char *passphrase)
{
	const char *copy = arena_str(arena, passphrase);

	*add(arena, identities) = (struct age_identity){ .passphrase = copy };
}

static bool is_foreign(const char *word)
{
	return text_starts(word, "AGE-PLUGIN-") || text_starts(word, "AGE-SECRET-KEY-PQ-");
}

static bool add_word(struct arena *arena, struct age_identities *identities, const char *word)
{
	unsigned char secret[X25519_SIZE];

	if (is_foreign(word)) {
		identities->foreign++;
		return true;
	}
	if (!bech32_read(word, SECRET_PREFIX, secret, sizeof(secret)))
		return false;
	add_secret(arena, identities, secret);
	explicit_bzero(secret, sizeof(secret));
	return true;
}

static bool add_line(struct arena *arena, struct age_identities *identities, const char *at,
		     const char *end)
{
	while (at < end) {
		size_t len = 0;

		if (strchr(BLANKS, *at)) {
			at++;
			continue;
		}
		while (at + len < end && !strchr(BLANKS, at[len]))
			len++;
		if (!add_word(arena, identities, arena_strn(arena, at, len)))
			return false;
		at += len;
	}
	return true;
}

static void say_no_key(const struct age_text *text, const char *line, struct err *err)
{
	static const char ssh[] = "-----BEGIN ";

	if (strncmp(line, ssh, sizeof(ssh) - 1) == 0) {
		err_set(err, ERR_INPUT, "%s holds an SSH key, which is not supported for age files",
			text->name);
		err_hint(err, "seal the file for a key that age-keygen made, too");
		return;
	}
	err_set(err, ERR_INPUT, "%s holds something that is no age key", text->name);
	err_hint(err, "a key begins with AGE-SECRET-KEY-1; comments with #");
}

int age_identities_read(struct arena *arena, struct age_identities *identities,
			const struct age_text *text, struct err *err)
{
	const char *at = text->at, *end = text->at + text->len;

	for (unsigned line = 1; at < end; line++) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));

		stop = stop ? stop : end;
		if (*at != '#' && !add_line(arena, identities, at, stop)) {
			say_no_key(text, at, err);
			return err_at(err, text->name, line, 1);
		}
		at = stop + 1;
	}
	return 0;
}

const char *age_identity_recipient(struct arena *arena, const struct age_identity *identity)
{
	if (identity->passphrase)
		return NULL;
	return bech32_write(arena, RECIPIENT_PREFIX, identity->share, sizeof(identity->share));
}

int age_recipient_read(const char *text, struct age_recipient *out, struct err *err)
{
	if (bech32_read(text, RECIPIENT_PREFIX, out->share, sizeof(out->share)))
		return 0;
	if (text_starts(text, "ssh-"))
		return err_set(err, ERR_INPUT, "SSH keys as age recipients are not supported");
	if (text_starts(text, "age1") && strchr(text + 4, '1'))
		return err_set(err, ERR_INPUT,
			       "age recipients of plugins and post-quantum ones are not supported");
	if (text_starts(text, SECRET_PREFIX))
		err_set(err, ERR_INPUT, "a secret key stands where a recipient (age1...) belongs");
	else
		err_set(err, ERR_INPUT, "this is no age recipient");
	return err_hint(err, "age-keygen -y KEYFILE prints the recipient of a key");
}
