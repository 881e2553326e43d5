#include "seal/sops_value.h"

#include "base/str.h"
#include "base/text.h"
#include "crypto/cipher.h"
#include "tree/scalar.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NONCE_SIZE 32
#define PREFIX "ENC[AES256_GCM,data:"

/* ---- times ---- */

/* Digits of a part, at least one and at most `most`, that are from `low` to `high`. */
static bool read_digits(const char **at, unsigned most, const unsigned range[static 2],
			unsigned *out)
{
	unsigned count = 0, number = 0;

	while (count < most && isdigit((unsigned char)(*at)[0])) {
		number = number * 10 + (unsigned)(*(*at)++ - '0');
		count++;
	}
	*out = number;
	return count > 0 && number >= range[0] && number <= range[1];
}

static bool read_mark(const char **at, const char *marks)
{
	if (!**at || !strchr(marks, **at))
		return false;
	(*at)++;
	return true;
}

static unsigned days_in(unsigned year, unsigned month)
{
	static const unsigned days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return month == 2 && leap ? 29 : days[month - 1];
}

struct moment {
	unsigned part[6]; /* year to second */
	const char *fraction;
	size_t fraction_len;
	bool zoned, west;
	unsigned zone[2];
};

static bool read_date(const char **at, struct moment *moment)
{
	const char *start = *at;

	return read_digits(at, 4, (unsigned[]){ 0, 9999 }, &moment->part[0]) && *at - start == 4 &&
	       read_mark(at, "-") &&
	       read_digits(at, 2, (unsigned[]){ 1, 12 }, &moment->part[1]) && read_mark(at, "-") &&
	       read_digits(at, 2, (unsigned[]){ 1, days_in(moment->part[0], moment->part[1]) },
			   &moment->part[2]);
}

static bool read_clock(const char **at, struct moment *moment)
{
	if (!read_digits(at, 2, (unsigned[]){ 0, 23 }, &moment->part[3]) || !read_mark(at, ":") ||
	    !read_digits(at, 2, (unsigned[]){ 0, 59 }, &moment->part[4]) || !read_mark(at, ":") ||
	    !read_digits(at, 2, (unsigned[]){ 0, 59 }, &moment->part[5]))
		return false;
	if (!read_mark(at, "."))
		return true;
	moment->fraction = *at;
	moment->fraction_len = strspn(*at, "0123456789");
	*at += moment->fraction_len;
	if (moment->fraction_len > 9)
		moment->fraction_len = 9;
	while (moment->fraction_len > 0 && moment->fraction[moment->fraction_len - 1] == '0')
		moment->fraction_len--;
	return isdigit((unsigned char)(*at)[-1]) != 0;
}

static bool read_zone(const char **at, struct moment *moment)
{
	moment->zoned = true;
	if (read_mark(at, "Z"))
		return true;
	moment->west = **at == '-';
	return read_mark(at, "+-") &&
	       read_digits(at, 2, (unsigned[]){ 0, 24 }, &moment->zone[0]) && read_mark(at, ":") &&
	       read_digits(at, 2, (unsigned[]){ 0, 60 }, &moment->zone[1]);
}

/* A plain scalar that is a time, in the one form that is sealed; NULL when it is none. */
static const char *moment_text(struct arena *arena, const char *text)
{
	struct moment moment = { .fraction = "" };
	const char *at = text, *zone = "Z", *point = "";

	if (!read_date(&at, &moment))
		return NULL;
	if (*at && !(*at == ' ' ? read_mark(&at, " ") && read_clock(&at, &moment)
				: read_mark(&at, "Tt") && read_clock(&at, &moment) &&
					  read_zone(&at, &moment)))
		return NULL;
	if (*at)
		return NULL;
	if (moment.zone[0] || moment.zone[1])
		zone = arena_printf(arena, "%c%02u:%02u", moment.west ? '-' : '+', moment.zone[0],
				    moment.zone[1]);
	if (moment.fraction_len > 0)
		point = ".";
	return arena_printf(arena, "%04u-%02u-%02uT%02u:%02u:%02u%s%.*s%s", moment.part[0],
			    moment.part[1], moment.part[2], moment.part[3], moment.part[4],
			    moment.part[5], point, (int)moment.fraction_len, moment.fraction, zone);
}

/* ---- numbers ---- */

/* Without an exponent: "1e+06" is sealed as 1000000. */
static const char *decimal_text(struct arena *arena, double number)
{
	struct str text SCOPED(str_done) = STR_INIT(1024);
	char form[SCALAR_FLOAT_MAX], digits[SCALAR_FLOAT_MAX];
	size_t count = 0;
	long point = 0, exponent = 0;
	const char *mark;
	bool fraction = false;

	if (isnan(number) || isinf(number))
		return isnan(number) ? "NaN" : number > 0 ? "+Inf"
							  : "-Inf";
	scalar_float_text(number, form);
	mark = strchr(form, 'e');
	if (!mark)
		return arena_str(arena, form);
	exponent = strtol(mark + 1, NULL, 10);
	for (const char *at = form; at < mark; at++) {
		fraction = fraction || *at == '.';
		if (!isdigit((unsigned char)*at))
			continue;
		digits[count++] = *at;
		point += !fraction;
	}
	point += exponent;
	str_add(&text, number < 0 ? "-" : "");
	if (point <= 0) {
		str_add(&text, "0.");
		str_pad(&text, '0', (size_t)-point);
	}
	for (size_t i = 0; i < count; i++) {
		if (point > 0 && i == (size_t)point)
			str_addc(&text, '.');
		str_addc(&text, digits[i]);
	}
	if (point > (long)count)
		str_pad(&text, '0', (size_t)point - count);
	return arena_str(arena, str_text(&text));
}

static int no_number(const struct value *leaf, struct err *err)
{
	struct src src = value_src(leaf);

	err_set(err, ERR_INPUT, "a number is larger than SOPS files can hold");
	err_hint(err, "write it in quotes");
	return err_at(err, src.file, src.line, src.column);
}

int sops_plain_of(struct arena *arena, const struct value *leaf, struct sops_plain *out,
		  struct err *err)
{
	const char *text = value_text(leaf), *moment = NULL;
	struct sops_plain plain = { "str", text, value_text_len(leaf) };
	int64_t whole;
	double real;

	if (!value_was_quoted(leaf) && strlen(text) == plain.len)
		moment = moment_text(arena, text);
	if (moment) {
		*out = (struct sops_plain){ "time", moment, strlen(moment) };
		return 0;
	}
	switch (value_type(leaf)) {
	case SCALAR_BOOL:
		plain = (struct sops_plain){ "bool", value_bool(leaf, false) ? "True" : "False" };
		break;
	case SCALAR_INT:
		if (!value_i64(leaf, &whole))
			return no_number(leaf, err);
		plain = (struct sops_plain){ "int", arena_printf(arena, "%lld", (long long)whole) };
		break;
	case SCALAR_FLOAT:
		if (!value_double(leaf, &real))
			return no_number(leaf, err);
		plain = (struct sops_plain){ "float", decimal_text(arena, real) };
		break;
	default:
		break;
	}
	if (strcmp(plain.type, "str") != 0)
		plain.len = strlen(plain.at);
	*out = plain;
	return 0;
}

/* ---- what was sealed, as a value again ---- */

static const struct value *whole_value(struct arena *arena, const char *text)
{
	const char *digits = text + strspn(text, "+-");
	int64_t number;

	if (digits - text > 1 || !*digits || strspn(digits, "0123456789") != strlen(digits) ||
	    !text_i64(text[0] == '+' ? text + 1 : text, &number))
		return NULL;
	return value_of_int(arena, number);
}

static const struct value *real_value(struct arena *arena, const char *text)
{
	char form[SCALAR_FLOAT_MAX];
	char *end;
	double number;

	if (!text[0] || isspace((unsigned char)text[0]))
		return NULL;
	number = strtod(text, &end);
	if (*end)
		return NULL;
	return value_scalar(arena, SCALAR_FLOAT, scalar_float_text(number, form), false);
}

static const struct value *truth_value(struct arena *arena, const char *text)
{
	static const char *const truths[] = { "True", "true", "TRUE", "1", "t", "T" };
	static const char *const lies[] = { "False", "false", "FALSE", "0", "f", "F" };

	for (size_t i = 0; i < ARRAY_LEN(truths); i++) {
		if (strcmp(text, truths[i]) == 0)
			return value_of_bool(arena, true);
		if (strcmp(text, lies[i]) == 0)
			return value_of_bool(arena, false);
	}
	return NULL;
}

static const struct value *moment_value(struct arena *arena, const char *text)
{
	const char *moment = moment_text(arena, text);

	/* any type but a string is printed as it is, without quotes */
	return moment ? value_scalar(arena, SCALAR_FLOAT, moment, false) : NULL;
}

const struct value *sops_plain_value(struct arena *arena, const struct sops_plain *plain)
{
	static const struct {
		const char *type;
		const struct value *(*value)(struct arena *arena, const char *text);
	} types[] = {
		{ "int", whole_value },
		{ "float", real_value },
		{ "bool", truth_value },
		{ "time", moment_value },
	};

	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (strcmp(plain->type, types[i].type) == 0)
			return strlen(plain->at) == plain->len ? types[i].value(arena, plain->at)
							       : NULL;
	if (strcmp(plain->type, "str") != 0 && strcmp(plain->type, "bytes") != 0)
		return NULL;
	return value_scalar_form(arena, plain->at, plain->len,
				 &(struct scalar_form){ .type = SCALAR_STR, .quoted = true });
}

/* ---- the sealed form ---- */

bool sops_is_sealed_value(const char *text)
{
	return text && text_starts(text, PREFIX) && text_ends(text, "]");
}

const char *sops_value_seal(struct arena *arena, const struct sops_sealer *sealer,
			    const struct sops_plain *plain, const char *where)
{
	unsigned char *sealed = arena_alloc(arena, plain->len + 1);
	unsigned char nonce[NONCE_SIZE], tag[CIPHER_TAG_SIZE];
	const struct cipher_box box = { .cipher = CIPHER_AES_256_GCM,
					.key = sealer->key,
					.nonce = nonce,
					.nonce_len = sizeof(nonce),
					.extra = where,
					.extra_len = strlen(where) };

	if (plain->len == 0)
		return "";
	random_fill(sealer->random, nonce, sizeof(nonce));
	cipher_seal(&box, plain->at, plain->len, sealed, tag);
	return arena_printf(arena, PREFIX "%s,iv:%s,tag:%s,type:%s]",
			    base64_encode(arena, sealed, plain->len),
			    base64_encode(arena, nonce, sizeof(nonce)),
			    base64_encode(arena, tag, sizeof(tag)), plain->type);
}

/* The part up to `mark`, which is passed; NULL when there is none. */
static const char *cut(struct arena *arena, const char **at, const char *mark)
{
	const char *stop = strstr(*at, mark), *from = *at;

	if (!stop)
		return NULL;
	*at = stop + strlen(mark);
	return arena_strn(arena, from, (size_t)(stop - from));
}

static const unsigned char *cut_bytes(struct arena *arena, const char **at, const char *mark,
				      size_t *len)
{
	const char *part = cut(arena, at, mark);

	return part ? base64_decode(arena, part, len) : NULL;
}

int sops_value_open(struct arena *arena, const struct sops_sealer *sealer, const char *text,
		    const char *where, struct sops_plain *out)
{
	size_t len = 0, nonce_len = 0, tag_len = 0;
	const unsigned char *data, *nonce, *tag;
	unsigned char *plain;
	const char *at, *type;

	if (!sops_is_sealed_value(text))
		return -1;
	at = text + strlen(PREFIX);
	data = cut_bytes(arena, &at, ",iv:", &len);
	nonce = data ? cut_bytes(arena, &at, ",tag:", &nonce_len) : NULL;
	tag = nonce ? cut_bytes(arena, &at, ",type:", &tag_len) : NULL;
	type = tag ? cut(arena, &at, "]") : NULL;
	if (!type || *at || tag_len != CIPHER_TAG_SIZE || nonce_len == 0 ||
	    nonce_len > CIPHER_NONCE_MAX)
		return -1;

	const struct cipher_box box = { .cipher = CIPHER_AES_256_GCM,
					.key = sealer->key,
					.nonce = nonce,
					.nonce_len = nonce_len,
					.extra = where,
					.extra_len = strlen(where) };
	plain = arena_alloc(arena, len + 1);
	if (!cipher_open(&box, data, len, tag, plain))
		return 1;
	*out = (struct sops_plain){ type, (const char *)plain, len };
	return 0;
}
