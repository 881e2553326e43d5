#include "base/text.h"

#include <string.h>

static const char base64_standard[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char base64_url[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static char *encode64(struct arena *arena, const void *data, size_t len, const char *alphabet)
{
	const unsigned char *in = data;
	char *text = arena_calloc(arena, len / 3 + 2, 4);
	char *out = text;

	for (size_t i = 0; i < len; i += 3) {
		size_t left = len - i;
		unsigned group = (unsigned)in[i] << 16;

		if (left > 1)
			group |= (unsigned)in[i + 1] << 8;
		if (left > 2)
			group |= in[i + 2];
		*out++ = alphabet[group >> 18];
		*out++ = alphabet[group >> 12 & 63];
		*out++ = left > 1 ? alphabet[group >> 6 & 63] : '=';
		*out++ = left > 2 ? alphabet[group & 63] : '=';
	}
	return text;
}

char *base64_encode(struct arena *arena, const void *data, size_t len)
{
	return encode64(arena, data, len, base64_standard);
}

char *base64url_encode(struct arena *arena, const void *data, size_t len)
{
	return encode64(arena, data, len, base64_url);
}

static int base64_digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

unsigned char *base64_decode(struct arena *arena, const char *text, size_t *len)
{
	unsigned char *data = arena_alloc(arena, strlen(text) / 4 * 3 + 4);
	size_t count = 0, digits = 0, pads = 0;
	unsigned group = 0;

	for (; *text; text++) {
		if (*text == '\n' || *text == '\r')
			continue;

		int digit = base64_digit(*text);
		if (*text == '=' && digits % 4 + pads >= 2 && pads < 2)
			pads++;
		else if (digit < 0 || pads > 0)
			return NULL;
		else
			digits++;
		group = group << 6 | (digit < 0 ? 0 : (unsigned)digit);
		if ((digits + pads) % 4 != 0)
			continue;
		data[count++] = (unsigned char)(group >> 16);
		data[count++] = (unsigned char)(group >> 8);
		data[count++] = (unsigned char)group;
	}
	if ((digits + pads) % 4 != 0)
		return NULL;
	*len = count - pads;
	return data;
}

char *hex_encode(struct arena *arena, const void *data, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *in = data;
	char *text = arena_calloc(arena, len + 1, 2);

	for (size_t i = 0; i < len; i++) {
		text[2 * i] = digits[in[i] >> 4];
		text[2 * i + 1] = digits[in[i] & 15];
	}
	return text;
}
