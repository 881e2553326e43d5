#include "base/ip.h"

#include "base/text.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#define GROUPS 8 /* of 16 bits, in family 6 */

static unsigned ip_len(const struct ip *ip)
{
	return ip->family == 4 ? 4 : 16;
}

bool ip_parse(const char *text, struct ip *out)
{
	struct ip ip = { 0 };

	if (inet_pton(AF_INET, text, ip.at) == 1)
		ip.family = 4;
	else if (inet_pton(AF_INET6, text, ip.at) == 1)
		ip.family = 6;
	else
		return false;
	*out = ip;
	return true;
}

bool ip_prefix_parse(const char *text, struct ip_prefix *out)
{
	const char *slash = strchr(text, '/');
	char address[IP_TEXT_MAX];
	struct ip_prefix prefix;
	uint64_t bits;

	if (!slash || (size_t)(slash - text) >= sizeof(address))
		return false;
	memcpy(address, text, (size_t)(slash - text));
	address[slash - text] = '\0';
	if (!ip_parse(address, &prefix.base) || !text_u64(slash + 1, &bits))
		return false;
	if (bits > ip_len(&prefix.base) * 8 || (slash[1] == '0' && slash[2] != '\0'))
		return false;
	prefix.bits = (unsigned)bits;
	*out = prefix;
	return true;
}

/* The first of the longest runs of at least two zero groups; *len is 0 when there is none. */
static unsigned longest_zeros(const unsigned *group, unsigned *len)
{
	unsigned best = 0;

	*len = 0;
	for (unsigned i = 0; i < GROUPS; i++) {
		unsigned end = i;

		while (end < GROUPS && group[end] == 0)
			end++;
		if (end - i >= 2 && end - i > *len) {
			best = i;
			*len = end - i;
		}
		if (end > i)
			i = end - 1;
	}
	return best;
}

static void print_groups(const unsigned *group, char *text, size_t size)
{
	unsigned zeros;
	unsigned start = longest_zeros(group, &zeros);
	size_t len = 0;

	for (unsigned i = 0; i < GROUPS; i++) {
		if (zeros && i == start) {
			len += (size_t)snprintf(text + len, size - len, "::");
			i += zeros - 1;
			continue;
		}
		bool colon = i > 0 && !(zeros && i == start + zeros);
		len += (size_t)snprintf(text + len, size - len, "%s%x", colon ? ":" : "", group[i]);
	}
}

const char *ip_text(const struct ip *ip, char text[static IP_TEXT_MAX])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	const uint8_t *at = ip->at;
	unsigned group[GROUPS];

	if (ip->family == 4) {
		snprintf(text, IP_TEXT_MAX, "%u.%u.%u.%u", at[0], at[1], at[2], at[3]);
		return text;
	}
	if (memcmp(at, mapped, sizeof(mapped)) == 0) {
		snprintf(text, IP_TEXT_MAX, "::ffff:%u.%u.%u.%u", at[12], at[13], at[14], at[15]);
		return text;
	}
	for (unsigned i = 0; i < GROUPS; i++)
		group[i] = (unsigned)at[2 * i] << 8 | at[2 * i + 1];
	print_groups(group, text, IP_TEXT_MAX);
	return text;
}

const char *ip_prefix_text(const struct ip_prefix *prefix, char text[static IP_TEXT_MAX])
{
	size_t len = strlen(ip_text(&prefix->base, text));

	snprintf(text + len, IP_TEXT_MAX - len, "/%u", prefix->bits);
	return text;
}

bool ip_equal(const struct ip *a, const struct ip *b)
{
	return ip_compare(a, b) == 0;
}

int ip_compare(const struct ip *a, const struct ip *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->at, b->at, ip_len(a));
}

/* Keeps the first `bits` bits. */
static struct ip masked(const struct ip *ip, unsigned bits)
{
	struct ip out = { .family = ip->family };

	for (unsigned i = 0; i < ip_len(ip); i++) {
		unsigned kept = bits > i * 8 ? bits - i * 8 : 0;
		unsigned mask = kept >= 8 ? 0xff : 0xff00u >> kept & 0xff;

		out.at[i] = (uint8_t)(ip->at[i] & mask);
	}
	return out;
}

struct ip_prefix ip_prefix_masked(const struct ip_prefix *prefix)
{
	return (struct ip_prefix){ masked(&prefix->base, prefix->bits), prefix->bits };
}

bool ip_prefix_has_host_bits(const struct ip_prefix *prefix)
{
	struct ip base = masked(&prefix->base, prefix->bits);

	return !ip_equal(&base, &prefix->base);
}

bool ip_prefix_has(const struct ip_prefix *prefix, const struct ip *ip)
{
	struct ip base = masked(&prefix->base, prefix->bits);
	struct ip other = masked(ip, prefix->bits);

	return ip_equal(&base, &other);
}

bool ip_prefix_overlaps(const struct ip_prefix *a, const struct ip_prefix *b)
{
	return a->bits < b->bits ? ip_prefix_has(a, &b->base) : ip_prefix_has(b, &a->base);
}

bool ip_prefix_nth(const struct ip_prefix *prefix, uint64_t n, struct ip *out)
{
	struct ip ip = masked(&prefix->base, prefix->bits);

	for (unsigned i = ip_len(&ip); i-- > 0 && n > 0;) {
		n += ip.at[i];
		ip.at[i] = (uint8_t)n;
		n >>= 8;
	}
	if (n > 0 || !ip_prefix_has(prefix, &ip))
		return false;
	*out = ip;
	return true;
}

/* A zone, "%eth0", says which link, not which address. */
static bool is_v6(const char *text, size_t len)
{
	char address[IP_TEXT_MAX];
	const char *zone = memchr(text, '%', len);
	size_t used = zone ? (size_t)(zone - text) : len;
	struct ip ip;

	if (used >= sizeof(address) || used + 1 == len)
		return false;
	memcpy(address, text, used);
	address[used] = '\0';
	return ip_parse(address, &ip) && ip.family == 6;
}

/* "" keeps what *port is. */
static bool read_port(const char *text, unsigned *port)
{
	uint64_t number;

	if (*text == '\0')
		return true;
	if (*text != ':' || !text_u64(text + 1, &number) || number < 1 || number > 65535)
		return false;
	*port = (unsigned)number;
	return true;
}

bool host_port_parse(const char *text, unsigned fallback, char *host, size_t size, unsigned *port)
{
	bool bracket = text[0] == '[';
	const char *start = text + bracket;
	size_t len = strcspn(start, bracket ? "]" : ":");
	bool bare_v6 = !bracket && start[len] == ':' && strchr(start + len + 1, ':');

	if (bracket && start[len] != ']')
		return false;
	if (bare_v6)
		len = strlen(start);
	if ((bracket || bare_v6) && !is_v6(start, len))
		return false;
	if (len == 0 || len >= size || !read_port(start + len + bracket, &fallback))
		return false;
	memcpy(host, start, len);
	host[len] = '\0';
	*port = fallback;
	return true;
}
