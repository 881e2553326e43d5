#include "seal/bech32.h"

#include <assert.h>
#include <ctype.h>
#include <stdint.h>
#include <string.h>

#define CHECK_DIGITS 6
#define DATA_MAX 64 /* bytes */
#define DIGITS_MAX ((DATA_MAX * 8 + 4) / 5)

static const char digits[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

static uint32_t check_step(uint32_t sum, unsigned digit)
{
	static const uint32_t rows[] = { 0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd,
					 0x2a1462b3 };
	uint32_t top = sum >> 25;

	sum = (sum & 0x1ffffff) << 5 ^ digit;
	for (unsigned i = 0; i < 5; i++)
		if (top >> i & 1)
			sum ^= rows[i];
	return sum;
}

static uint32_t check_prefix(const char *prefix)
{
	uint32_t sum = 1;

	for (const char *at = prefix; *at; at++)
		sum = check_step(sum, (unsigned)tolower((unsigned char)*at) >> 5);
	sum = check_step(sum, 0);
	for (const char *at = prefix; *at; at++)
		sum = check_step(sum, (unsigned)tolower((unsigned char)*at) & 31);
	return sum;
}

static bool is_capital(const char *prefix)
{
	for (; *prefix; prefix++)
		if (isalpha((unsigned char)*prefix))
			return isupper((unsigned char)*prefix) != 0;
	return false;
}

/* The value of a digit in the case that is wanted; -1. */
static int digit_value(char c, bool capital)
{
	const char *at;

	if (capital ? islower((unsigned char)c) : isupper((unsigned char)c))
		return -1;
	at = c ? strchr(digits, tolower((unsigned char)c)) : NULL;
	return at ? (int)(at - digits) : -1;
}

/* Five bits each to eight bits each; what is left over must be less than a digit, and zero. */
static bool to_bytes(const unsigned char *five, size_t count, unsigned char *out, size_t size)
{
	uint32_t group = 0;
	unsigned held = 0;
	size_t used = 0;

	for (size_t i = 0; i < count; i++) {
		group = (group << 5 | five[i]) & 0xfff;
		held += 5;
		if (held < 8)
			continue;
		held -= 8;
		if (used == size)
			return false;
		out[used++] = (unsigned char)(group >> held);
	}
	return used == size && held < 5 && (group & ((1u << held) - 1)) == 0;
}

bool bech32_read(const char *text, const char *prefix, unsigned char *out, size_t size)
{
	unsigned char five[DIGITS_MAX + CHECK_DIGITS], data[DATA_MAX];
	size_t prefix_len = strlen(prefix), count = 0;
	uint32_t sum = check_prefix(prefix);
	bool capital = is_capital(prefix), good;

	assert(size <= DATA_MAX);
	if (strncmp(text, prefix, prefix_len) != 0 || text[prefix_len] != '1')
		return false;
	for (const char *at = text + prefix_len + 1; *at; at++) {
		int value = digit_value(*at, capital);

		if (value < 0 || count == sizeof(five))
			return false;
		sum = check_step(sum, (unsigned)value);
		five[count++] = (unsigned char)value;
	}
	good = sum == 1 && count >= CHECK_DIGITS &&
	       to_bytes(five, count - CHECK_DIGITS, data, size);
	if (good)
		memcpy(out, data, size);
	explicit_bzero(five, sizeof(five));
	explicit_bzero(data, sizeof(data));
	return good;
}

struct bech32_writer {
	char *at;
	uint32_t sum;
	bool capital;
};

static void put_digit(struct bech32_writer *writer, unsigned digit)
{
	char c = digits[digit];

	writer->sum = check_step(writer->sum, digit);
	*writer->at++ = (char)(writer->capital ? toupper((unsigned char)c) : c);
}

const char *bech32_write(struct arena *arena, const char *prefix, const unsigned char *data,
			 size_t len)
{
	size_t prefix_len = strlen(prefix);
	char *text = arena_alloc(arena, prefix_len + 1 + DIGITS_MAX + CHECK_DIGITS + 1);
	struct bech32_writer writer = { .at = text + prefix_len + 1,
					.sum = check_prefix(prefix),
					.capital = is_capital(prefix) };
	uint32_t group = 0, check;
	unsigned held = 0;

	assert(len <= DATA_MAX);
	memcpy(text, prefix, prefix_len);
	text[prefix_len] = '1';
	for (size_t i = 0; i < len; i++) {
		group = (group << 8 | data[i]) & 0xfff;
		for (held += 8; held >= 5;) {
			held -= 5;
			put_digit(&writer, group >> held & 31);
		}
	}
	if (held > 0)
		put_digit(&writer, group << (5 - held) & 31);
	check = writer.sum;
	for (unsigned i = 0; i < CHECK_DIGITS; i++)
		check = check_step(check, 0);
	check ^= 1;
	for (unsigned i = 0; i < CHECK_DIGITS; i++)
		put_digit(&writer, check >> 5 * (5 - i) & 31);
	return text;
}
