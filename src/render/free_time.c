#include "render/free_time.h"

#include "tree/scalar.h"

#include <ctype.h>
#include <string.h>

static bool take_number(const char **text, unsigned *out)
{
	const char *start = *text;

	for (*out = 0; isdigit((unsigned char)**text) && *text - start < 4; (*text)++)
		*out = *out * 10 + (unsigned)(**text - '0');
	return *text > start;
}

/* Numbers with one separator between each two. */
static bool take_numbers(const char **text, char separator, unsigned numbers[3])
{
	for (int i = 0; i < 3; i++) {
		if (i && *(*text)++ != separator)
			return false;
		if (!take_number(text, &numbers[i]))
			return false;
	}
	return true;
}

static const char *zone_of(const char *text)
{
	text += strspn(text, " ");
	return *text ? text : "Z";
}

/* Digits behind the point without trailing zeros. */
static const char *take_fraction(struct arena *arena, const char **text)
{
	if (**text != '.')
		return "";
	size_t len = 1 + strspn(*text + 1, "0123456789");
	size_t kept = len;
	while (kept > 1 && (*text)[kept - 1] == '0')
		kept--;
	const char *fraction = kept > 1 ? arena_strn(arena, *text, kept) : "";
	*text += len;
	return fraction;
}

const char *free_time(struct arena *arena, const struct value *value)
{
	const char *text = value_text(value), *fraction = "", *zone = "Z";
	unsigned date[3], time[3] = { 0, 0, 0 };

	if (!value_is_str(value) || value_was_quoted(value) || value_is_bare(value) ||
	    scalar_sense(text, value_text_len(value)) != SENSE_TIME)
		return NULL;
	if (!take_numbers(&text, '-', date))
		return NULL;
	if (*text == 'T' || *text == 't' || *text == ' ') {
		text += *text == ' ' ? strspn(text, " ") : 1;
		if (!take_numbers(&text, ':', time))
			return NULL;
		fraction = take_fraction(arena, &text);
		zone = zone_of(text);
	}
	return arena_printf(arena, "%04u-%02u-%02uT%02u:%02u:%02u%s%s", date[0], date[1], date[2],
			    time[0], time[1], time[2], fraction, zone);
}
