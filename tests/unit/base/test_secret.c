#include "base/secret.h"

#include "base/own.h"

#include <criterion/criterion.h>
#include <stdio.h>

static const struct {
	const char *name, *text;
	bool suspected;
} texts[] = {
	{ "nothing", NULL, false },
	{ "empty", "", false },
	{ "a sentence", "no key could decrypt the data", false },
	{ "a path", "open /home/operator/clusters/home/talsecret.sops.yaml", false },
	{ "a long path", "/home/operator/clusters/production/talsecret: denied", false },
	{ "a host", "dial tcp vault.example.org:8200: connection refused", false },
	{ "a version", "sops 3.9.4 is older than 3.10.0", false },
	{ "a short word of base64", "Zm9vYmFy", false },
	{ "31 characters", "a123456789012345678901234567890", false },
	{ "32 characters", "a1234567890123456789012345678901", true },
	{ "PEM", "-----BEGIN PRIVATE KEY-----", true },
	{ "a key inside a sentence", "bad key AGE-SECRET-KEY-1QQQ given", true },
	{ "base64", "secret: 8vKkGBCcHkLbGZr9b2Ssqo3Y5J0x4vJcVvYkUqF7hJk=", true },
	{ "base64 that begins like a path", "/Kk9BCcHkLbGZr9b2Ssqo3Y5J0x4vJcVvYkUqF7hJk=", true },
	{ "a token", "token abcdef.0123456789abcdef was refused", true },
	{ "a token alone", "abcdef.0123456789abcdef", true },
	{ "a token too short", "abcdef.0123456789abcde", false },
	{ "a token too long in front", "aabcdef.0123456789abcdef", false },
};

Test(secret, suspicions)
{
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		cr_assert_eq(secret_suspected(texts[i].text), texts[i].suspected, "%s",
			     texts[i].name);
}

static const struct {
	const char *name, *text, *masked;
} masks[] = {
	{ "nothing quoted", "abcdef.0123456789abcdef is no duration",
	  "abcdef.0123456789abcdef is no duration" },
	{ "a word", "\"fast\" is no duration", "\"fast\" is no duration" },
	{ "a token", "\"abcdef.0123456789abcdef\" is no duration", "\"***\" is no duration" },
	{ "between words", "use \"a\" or \"abcdef.0123456789abcdef\", not \"b\"",
	  "use \"a\" or \"***\", not \"b\"" },
	{ "cut off", "not \"a1234567890123456789012345678901", "not \"***" },
	{ "an odd quote", "5\" is no \"size\"", "5\" is no \"size\"" },
};

Test(secret, masks)
{
	for (size_t i = 0; i < ARRAY_LEN(masks); i++) {
		char text[200];

		snprintf(text, sizeof(text), "%s", masks[i].text);
		secret_mask(text);
		cr_assert_str_eq(text, masks[i].masked, "%s", masks[i].name);
	}
}
