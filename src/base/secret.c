#include "base/secret.h"

#include <stddef.h>
#include <string.h>

#define DIGITS "0123456789"
#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define RUN_MAX 32 /* letters; words and names of people are shorter */

/* Paths have such runs too, but of small letters as a rule; keys never are. */
static bool has_long_run(const char *text)
{
	static const char letters[] = LOWER UPPER DIGITS "+/_=-";

	while (*text) {
		size_t run = strspn(text, letters);

		if (run >= RUN_MAX && strcspn(text, UPPER DIGITS) < run)
			return true;
		text += run ? run : strcspn(text, letters);
	}
	return false;
}

/* abcdef.0123456789abcdef, as the bootstrap and trustd tokens are written. */
static bool has_token(const char *text)
{
	static const char letters[] = LOWER DIGITS;

	for (const char *dot = strchr(text, '.'); dot; dot = strchr(dot + 1, '.')) {
		size_t before = 0;

		while (dot - before > text && strchr(letters, dot[-(ptrdiff_t)before - 1]))
			before++;
		if (before == 6 && strspn(dot + 1, letters) == 16)
			return true;
	}
	return false;
}

bool secret_suspected(const char *text)
{
	if (!text)
		return false;
	return strstr(text, "-----BEGIN") || strstr(text, "AGE-SECRET-KEY-") || has_token(text) ||
	       has_long_run(text);
}

/* `open` and `close` are the quotes. What stands between them becomes ***. */
static char *star(char *open, char *close)
{
	static const char stars[] = "***";
	size_t room = (size_t)(close - open - 1);
	size_t kept = room < sizeof(stars) - 1 ? room : sizeof(stars) - 1;

	memcpy(open + 1, stars, kept);
	memmove(open + 1 + kept, close, strlen(close) + 1);
	return open + 1 + kept;
}

void secret_mask(char *text)
{
	char *open = strchr(text, '"');

	while (open) {
		char *close = strchr(open + 1, '"');

		if (!close)
			close = open + strlen(open);

		char kept = *close;
		*close = '\0';
		bool secret = secret_suspected(open + 1);
		*close = kept;
		if (secret)
			close = star(open, close);
		open = *close ? strchr(close + 1, '"') : NULL;
	}
}
