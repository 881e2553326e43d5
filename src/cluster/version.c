#include "cluster/version.h"

#include <stddef.h>

#define NUMBER_MAX 99999u

static bool take_number(const char **at, unsigned *out)
{
	unsigned number = 0;
	const char *text = *at;

	if (*text < '0' || *text > '9')
		return false;
	for (; *text >= '0' && *text <= '9'; text++) {
		number = number * 10 + (unsigned)(*text - '0');
		if (number > NUMBER_MAX)
			return false;
	}
	*at = text;
	*out = number;
	return true;
}

static bool take_dot(const char **at)
{
	if (**at != '.')
		return false;
	(*at)++;
	return true;
}

bool version_parse(const char *text, struct version *out)
{
	struct version version = { .patch = 0 };

	if (!text)
		return false;
	if (*text == 'v')
		text++;
	if (!take_number(&text, &version.major) || !take_dot(&text) ||
	    !take_number(&text, &version.minor))
		return false;
	if (take_dot(&text)) {
		if (!take_number(&text, &version.patch))
			return false;
		version.has_patch = true;
	}
	if (*text && ((*text != '-' && *text != '+') || !version.has_patch || !text[1]))
		return false;
	version.rest = text;
	*out = version;
	return true;
}

int version_minor_compare(const struct version *a, const struct version *b)
{
	if (a->major != b->major)
		return a->major < b->major ? -1 : 1;
	if (a->minor != b->minor)
		return a->minor < b->minor ? -1 : 1;
	return 0;
}
