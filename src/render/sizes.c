#include "render/sizes.h"

#include "base/own.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct unit {
	const char *name;
	uint64_t size;
};

static const struct unit units[] = {
	{ "", 1 },
	{ "b", 1 },
	{ "k", 1000 },
	{ "kb", 1000 },
	{ "ki", 1ULL << 10 },
	{ "kib", 1ULL << 10 },
	{ "m", 1000000 },
	{ "mb", 1000000 },
	{ "mi", 1ULL << 20 },
	{ "mib", 1ULL << 20 },
	{ "g", 1000000000 },
	{ "gb", 1000000000 },
	{ "gi", 1ULL << 30 },
	{ "gib", 1ULL << 30 },
	{ "t", 1000000000000 },
	{ "tb", 1000000000000 },
	{ "ti", 1ULL << 40 },
	{ "tib", 1ULL << 40 },
	{ "p", 1000000000000000 },
	{ "pb", 1000000000000000 },
	{ "pi", 1ULL << 50 },
	{ "pib", 1ULL << 50 },
	{ "e", 1000000000000000000 },
	{ "eb", 1000000000000000000 },
	{ "ei", 1ULL << 60 },
	{ "eib", 1ULL << 60 },
};

static bool unit_find(const char *name, uint64_t *size)
{
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		if (!strcasecmp(units[i].name, name)) {
			*size = units[i].size;
			return true;
		}
	}
	return false;
}

bool size_parse(const char *text, uint64_t *out)
{
	char digits[64];
	size_t len = 0;

	for (; isdigit((unsigned char)*text) || *text == '.' || *text == ','; text++) {
		if (*text == ',')
			continue;
		if (len + 1 >= sizeof(digits))
			return false;
		digits[len++] = *text;
	}
	digits[len] = '\0';
	if (!len || strspn(digits, ".") == len)
		return false;

	char *end;
	double number = strtod(digits, &end);
	uint64_t unit;
	if (*end || !unit_find(text + strspn(text, " \t"), &unit))
		return false;

	/* Talos rounds what lies above 2^53 as a double does */
	number *= (double)unit;
	if (number >= 18446744073709551615.0)
		return false;
	*out = (uint64_t)number;
	return true;
}

const char *size_print(struct arena *arena, uint64_t size)
{
	static const char *const names[] = { "B", "kB", "MB", "GB", "TB", "PB", "EB" };
	uint64_t unit = 1;
	size_t step = 0;

	if (size < 10)
		return arena_printf(arena, "%llu B", (unsigned long long)size);
	while (step + 1 < ARRAY_LEN(names) && size / unit >= 1000) {
		unit *= 1000;
		step++;
	}

	uint64_t tenths = (uint64_t)((double)size / (double)unit * 10 + 0.5);
	if (tenths < 100)
		return arena_printf(arena, "%llu.%llu %s", (unsigned long long)tenths / 10,
				    (unsigned long long)tenths % 10, names[step]);
	return arena_printf(arena, "%llu %s", (unsigned long long)((tenths + 5) / 10), names[step]);
}
