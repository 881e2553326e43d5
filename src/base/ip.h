/*
 * IP addresses and prefixes, both families, without any look-up.
 *
 *	struct ip_prefix net;
 *	if (ip_prefix_parse("10.0.0.0/16", &net) && ip_prefix_has(&net, &addr))
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ip {
	uint8_t family; /* 4 or 6 */
	uint8_t at[16]; /* network order; the first 4 for family 4 */
};

struct ip_prefix {
	struct ip base;
	unsigned bits;
};

#define IP_TEXT_MAX 64

bool ip_parse(const char *text, struct ip *out);			 /* no port, no zone */
bool ip_prefix_parse(const char *text, struct ip_prefix *out);		 /* host bits are kept */
const char *ip_text(const struct ip *ip, char text[static IP_TEXT_MAX]); /* RFC 5952 for family 6 */
const char *ip_prefix_text(const struct ip_prefix *prefix, char text[static IP_TEXT_MAX]);
bool ip_equal(const struct ip *a, const struct ip *b);
int ip_compare(const struct ip *a, const struct ip *b); /* family 4 first, then by value */
bool ip_prefix_has_host_bits(const struct ip_prefix *prefix);
struct ip_prefix ip_prefix_masked(const struct ip_prefix *prefix);
bool ip_prefix_has(const struct ip_prefix *prefix, const struct ip *ip);
bool ip_prefix_overlaps(const struct ip_prefix *a, const struct ip_prefix *b); /* nesting counts */
/* The n-th address of the prefix (0 is its base); false when it lies outside. */
bool ip_prefix_nth(const struct ip_prefix *prefix, uint64_t n, struct ip *out);

/* "host:port", "[v6]:port", "host", "v6" -> host without brackets, port (or `fallback`). False
 * when the host is empty or needs more than `size` bytes or the port is not 1..65535. */
bool host_port_parse(const char *text, unsigned fallback, char *host, size_t size, unsigned *port);
