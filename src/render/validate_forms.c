#include "base/ip.h"
#include "base/own.h"
#include "base/text.h"
#include "base/utf8.h"
#include "render/url.h"
#include "render/validate_parts.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define WIREGUARD_KEY_LEN 32
#define PORT_MAX 65535
#define DNS_NAME_MAX 255
#define DNS_LABEL_MAX 63

bool form_is_ip(const char *text)
{
	struct ip ip;

	return ip_parse(text, &ip);
}

bool form_is_zoned_ip(const char *text)
{
	const char *zone = strchr(text, '%');
	char address[IP_TEXT_MAX];
	struct ip ip;

	if (!zone)
		return form_is_ip(text);
	if (!zone[1] || (size_t)(zone - text) >= sizeof(address))
		return false;
	memcpy(address, text, (size_t)(zone - text));
	address[zone - text] = '\0';
	return ip_parse(address, &ip) && ip.family == 6;
}

bool form_is_cidr(const char *text)
{
	struct ip_prefix prefix;

	return ip_prefix_parse(text, &prefix);
}

bool form_is_cidr_old(const char *text)
{
	const char *slash = strchr(text, '/');
	const char *bits = slash ? slash + 1 : "";
	char strict[IP_TEXT_MAX];

	while (bits[0] == '0' && bits[1])
		bits++;
	if (!slash || strlen(bits) + (size_t)(slash - text) + 2 > sizeof(strict))
		return false;
	snprintf(strict, sizeof(strict), "%.*s/%s", (int)(slash - text), text, bits);
	return form_is_cidr(strict);
}

bool form_is_subnet(const char *text)
{
	text += *text == '!';
	return form_is_cidr(text) || form_is_zoned_ip(text);
}

static bool is_dns_char(char c, bool first)
{
	return isalnum((unsigned char)c) || c == '_' || (c == '-' && !first);
}

bool form_is_dns_name(const char *text)
{
	size_t len = strlen(text), label = 0, counted = 0;

	if (len && text[len - 1] == '.')
		len--;
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '.') {
			if (!label)
				return false;
			label = 0;
			continue;
		}
		/* an underscore at the very end is one more than a label may have */
		if (!is_dns_char(text[i], !label) ||
		    (label == DNS_LABEL_MAX && !(text[i] == '_' && !text[i + 1])))
			return false;
		label++;
		counted++;
	}
	return label && counted <= DNS_NAME_MAX;
}

bool form_has_only_letters(const char *text, const char *others)
{
	for (; *text; text++) {
		if (!isalnum((unsigned char)*text) && !strchr(others, *text))
			return false;
	}
	return true;
}

bool form_is_blank(const char *text)
{
	size_t len = strlen(text);

	for (size_t at = 0, bytes; at < len; at += bytes)
		if (!utf8_is_space(utf8_take(text + at, len - at, &bytes)))
			return false;
	return true;
}

/* White space, controls, formats, surrogates, private use. */
bool form_is_printable(const char *text)
{
	static const uint32_t unseen[][2] = {
		{ 0x00, 0x20 },
		{ 0x7f, 0xa0 },
		{ 0xad, 0xad },
		{ 0x600, 0x605 },
		{ 0x61c, 0x61c },
		{ 0x6dd, 0x6dd },
		{ 0x70f, 0x70f },
		{ 0x1680, 0x1680 },
		{ 0x180e, 0x180e },
		{ 0x2000, 0x200f },
		{ 0x2028, 0x202f },
		{ 0x205f, 0x206f },
		{ 0x3000, 0x3000 },
		{ 0xd800, 0xf8ff },
		{ 0xfeff, 0xfeff },
		{ 0xfff9, 0xfffb },
		{ 0xfffe, 0xffff },
		{ 0xe0000, 0xe007f },
		{ 0xf0000, 0x10ffff },
	};
	size_t len = strlen(text);

	for (size_t at = 0, bytes; at < len; at += bytes) {
		uint32_t point = utf8_take(text + at, len - at, &bytes);

		for (size_t i = 0; i < ARRAY_LEN(unseen); i++)
			if (point >= unseen[i][0] && point <= unseen[i][1])
				return false;
	}
	return true;
}

bool form_has_port(const char *text)
{
	const char *colon = strrchr(text, ':');
	const char *close = strrchr(text, ']');
	char host[IP_TEXT_MAX + 1];

	if (!colon)
		return false;
	if (text[0] != '[')
		return !memchr(text, ':', (size_t)(colon - text)) && !strpbrk(text, "[]");
	if (close != colon - 1 || (size_t)(close - text) > sizeof(host))
		return false;
	memcpy(host, text + 1, (size_t)(close - text) - 1);
	host[close - text - 1] = '\0';
	return !strpbrk(host, "[]") && (!strchr(host, ':') || form_is_zoned_ip(host));
}

int form_wireguard_key(struct arena *arena, const char *text, struct err *err)
{
	size_t len = 0;

	if (!base64_decode(arena, text, &len))
		return err_set(err, ERR_INPUT, "it is not base64");
	if (len != WIREGUARD_KEY_LEN)
		return err_set(err, ERR_INPUT, "it has %zu bytes, not %d", len, WIREGUARD_KEY_LEN);
	return 0;
}

int form_endpoint(struct arena *arena, const char *text, struct err *err)
{
	struct url url;
	uint64_t port;
	struct ip ip;

	if (!url_parse(arena, text, &url))
		return err_set(err, ERR_INPUT,
			       url_lacks_brackets(text) ? "an IPv6 address needs brackets there"
							: "it is no URL");
	const char *host = url_hostname(arena, &url);
	if (*url.host != '[' && ip_parse(host, &ip) && ip.family == 6)
		return err_set(err, ERR_INPUT, "an IPv6 address needs brackets there");
	if (!*host)
		return err_set(err, ERR_INPUT, "it has no host");
	if (!*url_port(&url))
		return 0;
	if (!text_u64(url_port(&url), &port) || !port || port > PORT_MAX)
		return err_set(err, ERR_INPUT, "a port is 1 to %d", PORT_MAX);
	return 0;
}
