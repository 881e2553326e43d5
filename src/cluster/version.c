#include "cluster/version.h"

#include <stddef.h>
#include <string.h>

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

static size_t part_len(const char *text)
{
	return strcspn(text, ".+");
}

static bool all_digits(const char *text, size_t len)
{
	return len > 0 && strspn(text, "0123456789") >= len;
}

static const char *skip_zeros(const char *text, size_t *len)
{
	for (; *len > 1 && *text == '0'; (*len)--)
		text++;
	return text;
}

/* Numbers by value and before words, words by bytes. */
static int part_compare(const char *a, size_t a_len, const char *b, size_t b_len)
{
	bool a_number = all_digits(a, a_len), b_number = all_digits(b, b_len);
	int order;

	if (a_number != b_number)
		return a_number ? -1 : 1;
	if (a_number) {
		a = skip_zeros(a, &a_len);
		b = skip_zeros(b, &b_len);
		if (a_len != b_len)
			return a_len < b_len ? -1 : 1;
	}
	order = memcmp(a, b, a_len < b_len ? a_len : b_len);
	if (order == 0 && a_len != b_len)
		return a_len < b_len ? -1 : 1;
	return order;
}

/* "-rc.1" and "-alpha": part by part; what has more parts is later, having none is latest. */
static int rest_compare(const char *a, const char *b)
{
	if (*a != '-' || *b != '-')
		return (*b == '-') - (*a == '-');
	while (*a && *a != '+' && *b && *b != '+') {
		size_t a_len = part_len(++a), b_len = part_len(++b);
		int order = part_compare(a, a_len, b, b_len);

		if (order != 0)
			return order;
		a += a_len;
		b += b_len;
	}
	return (*a == '.') - (*b == '.');
}

int version_compare(const struct version *a, const struct version *b)
{
	int order = version_minor_compare(a, b);

	if (order != 0)
		return order;
	if (a->patch != b->patch)
		return a->patch < b->patch ? -1 : 1;
	return rest_compare(a->rest ? a->rest : "", b->rest ? b->rest : "");
}

bool version_is_early(const struct version *version)
{
	return version->rest && *version->rest == '-';
}
