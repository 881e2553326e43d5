#include "base/ip.h"

#include "base/own.h"

#include <criterion/criterion.h>
#include <string.h>

static struct ip ip_of(const char *text)
{
	struct ip ip = { 0 };

	cr_assert(ip_parse(text, &ip), "%s", text);
	return ip;
}

static struct ip_prefix prefix_of(const char *text)
{
	struct ip_prefix prefix = { 0 };

	cr_assert(ip_prefix_parse(text, &prefix), "%s", text);
	return prefix;
}

Test(ip, reads_and_prints_addresses)
{
	static const struct {
		const char *in, *out;
		unsigned family;
	} rows[] = {
		{ "0.0.0.0", "0.0.0.0", 4 },
		{ "10.0.0.12", "10.0.0.12", 4 },
		{ "255.255.255.255", "255.255.255.255", 4 },
		{ "::", "::", 6 },
		{ "::1", "::1", 6 },
		{ "1::", "1::", 6 },
		{ "2001:DB8::A", "2001:db8::a", 6 },
		{ "2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1", 6 },
		{ "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1", 6 },
		{ "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1", 6 },
		{ "2001:0:0:1:0:0:0:1", "2001:0:0:1::1", 6 },
		{ "0:0:1:0:0:0:0:0", "0:0:1::", 6 },
		{ "::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8", 6 },
		{ "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0", 6 },
		{ "fe80::1", "fe80::1", 6 },
		{ "::ffff:10.0.0.1", "::ffff:10.0.0.1", 6 },
		{ "::ffff:a00:1", "::ffff:10.0.0.1", 6 },
		{ "::1.2.3.4", "::102:304", 6 },
		{ "64:ff9b::1.2.3.4", "64:ff9b::102:304", 6 },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 6 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct ip ip = ip_of(rows[i].in);
		char text[IP_TEXT_MAX];

		cr_assert_eq(ip.family, rows[i].family, "%s", rows[i].in);
		cr_assert_str_eq(ip_text(&ip, text), rows[i].out, "%s", rows[i].in);

		struct ip again = ip_of(text);
		cr_assert(ip_equal(&ip, &again), "%s", rows[i].in);
	}
}

Test(ip, refuses_what_is_no_address)
{
	static const char *const rows[] = {
		"",
		" ",
		"10",
		"10.0.0",
		"10.0.0.0.0",
		"10.0.0.256",
		"10.0.0.-1",
		"10.0.0.01",
		"10.0.0.1 ",
		" 10.0.0.1",
		"10.0.0.1/8",
		"10.0.0.1:80",
		"0x0a.0.0.1",
		"10..0.1",
		":",
		":::",
		"1::2::3",
		"1:2:3:4:5:6:7",
		"1:2:3:4:5:6:7:8:9",
		"12345::",
		"g::",
		"[::1]",
		"::1%eth0",
		"::1/64",
		"::256.1.1.1",
		"node-1",
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct ip ip = { .family = 42 };

		cr_assert_not(ip_parse(rows[i], &ip), "%s", rows[i]);
		cr_assert_eq(ip.family, 42, "%s", rows[i]);
	}
}

Test(ip, reads_and_prints_prefixes)
{
	static const struct {
		const char *in, *out, *masked;
		bool host_bits;
	} rows[] = {
		{ "0.0.0.0/0", "0.0.0.0/0", "0.0.0.0/0", false },
		{ "10.0.0.0/16", "10.0.0.0/16", "10.0.0.0/16", false },
		{ "10.0.0.12/24", "10.0.0.12/24", "10.0.0.0/24", true },
		{ "10.255.0.0/9", "10.255.0.0/9", "10.128.0.0/9", true },
		{ "10.0.0.12/32", "10.0.0.12/32", "10.0.0.12/32", false },
		{ "1.2.3.4/0", "1.2.3.4/0", "0.0.0.0/0", true },
		{ "::/0", "::/0", "::/0", false },
		{ "fd00::1/64", "fd00::1/64", "fd00::/64", true },
		{ "fd00:0:0:ffff::/49", "fd00:0:0:ffff::/49", "fd00:0:0:8000::/49", true },
		{ "fd00::1/128", "fd00::1/128", "fd00::1/128", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct ip_prefix prefix = prefix_of(rows[i].in);
		struct ip_prefix masked = ip_prefix_masked(&prefix);
		char text[IP_TEXT_MAX];

		cr_assert_str_eq(ip_prefix_text(&prefix, text), rows[i].out);
		cr_assert_str_eq(ip_prefix_text(&masked, text), rows[i].masked);
		cr_assert_eq(ip_prefix_has_host_bits(&prefix), rows[i].host_bits, "%s", rows[i].in);
		cr_assert_not(ip_prefix_has_host_bits(&masked), "%s", rows[i].in);
	}
}

Test(ip, refuses_what_is_no_prefix)
{
	static const char *const rows[] = {
		"",
		"/",
		"10.0.0.0",
		"10.0.0.0/",
		"/8",
		"10.0.0.0/33",
		"10.0.0.0/08",
		"10.0.0.0/00",
		"10.0.0.0/-1",
		"10.0.0.0/+8",
		"10.0.0.0/8 ",
		"10.0.0.0/8/8",
		"10.0.0.0/255.0.0.0",
		"::/129",
		"::/18446744073709551617",
		"fe80::%1/64",
		"1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111/64",
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct ip_prefix prefix = { .bits = 4242 };

		cr_assert_not(ip_prefix_parse(rows[i], &prefix), "%s", rows[i]);
		cr_assert_eq(prefix.bits, 4242, "%s", rows[i]);
	}
}

Test(ip, orders_family_4_first)
{
	static const char *const rows[] = { "0.0.0.0", "9.255.0.0", "10.0.0.2", "10.0.0.10",
					    "255.0.0.0", "::", "::1", "::ffff:1.2.3.4", "fd00::" };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		for (size_t j = 0; j < ARRAY_LEN(rows); j++) {
			struct ip a = ip_of(rows[i]), b = ip_of(rows[j]);
			int order = ip_compare(&a, &b);

			cr_assert_eq((order > 0) - (order < 0), (i > j) - (i < j), "%s and %s",
				     rows[i], rows[j]);
			cr_assert_eq(ip_equal(&a, &b), i == j);
		}
	}
}

Test(ip, knows_what_a_prefix_has)
{
	static const struct {
		const char *prefix, *ip;
		bool has;
	} rows[] = {
		{ "10.0.0.0/16", "10.0.255.255", true },
		{ "10.0.0.0/16", "10.1.0.0", false },
		{ "10.0.3.4/16", "10.0.0.1", true },
		{ "10.0.0.12/32", "10.0.0.12", true },
		{ "10.0.0.12/32", "10.0.0.13", false },
		{ "10.0.0.0/31", "10.0.0.1", true },
		{ "0.0.0.0/0", "255.1.2.3", true },
		{ "0.0.0.0/0", "::1", false },
		{ "::/0", "10.0.0.1", false },
		{ "::/0", "ffff::", true },
		{ "fd00::/9", "fd7f::1", true },
		{ "fd00::/9", "fd80::1", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct ip_prefix prefix = prefix_of(rows[i].prefix);
		struct ip ip = ip_of(rows[i].ip);

		cr_assert_eq(ip_prefix_has(&prefix, &ip), rows[i].has, "%s in %s", rows[i].ip,
			     rows[i].prefix);
	}
}

Test(ip, knows_which_prefixes_overlap)
{
	static const struct {
		const char *a, *b;
		bool overlap;
	} rows[] = {
		{ "10.0.0.0/16", "10.0.0.0/16", true },
		{ "10.0.0.0/8", "10.96.0.0/12", true },
		{ "10.0.0.0/16", "10.1.0.0/16", false },
		{ "10.0.0.0/15", "10.1.0.0/16", true },
		{ "0.0.0.0/0", "10.1.0.0/16", true },
		{ "0.0.0.0/0", "::/0", false },
		{ "10.0.0.0/30", "::/30", false },
		{ "fd00::/64", "fd00::1/128", true },
		{ "fd00::/64", "fd00:0:0:1::/64", false },
		{ "10.0.0.77/24", "10.0.0.5/25", true },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct ip_prefix a = prefix_of(rows[i].a), b = prefix_of(rows[i].b);

		cr_assert_eq(ip_prefix_overlaps(&a, &b), rows[i].overlap, "%s %s", rows[i].a,
			     rows[i].b);
		cr_assert_eq(ip_prefix_overlaps(&b, &a), rows[i].overlap, "%s %s", rows[i].b,
			     rows[i].a);
	}
}

Test(ip, counts_within_a_prefix)
{
	static const struct {
		const char *prefix;
		uint64_t n;
		const char *ip;
	} rows[] = {
		{ "10.96.0.0/12", 0, "10.96.0.0" },
		{ "10.96.0.0/12", 10, "10.96.0.10" },
		{ "10.96.0.0/12", 256, "10.96.1.0" },
		{ "10.96.0.0/12", (1 << 20) - 1, "10.111.255.255" },
		{ "10.96.0.0/12", 1 << 20, NULL },
		{ "10.96.7.7/12", 1, "10.96.0.1" },
		{ "10.0.0.1/32", 0, "10.0.0.1" },
		{ "10.0.0.1/32", 1, NULL },
		{ "0.0.0.0/0", UINT32_MAX, "255.255.255.255" },
		{ "0.0.0.0/0", (uint64_t)UINT32_MAX + 1, NULL },
		{ "255.255.255.0/24", 256, NULL },
		{ "10.0.0.0/8", UINT64_MAX, NULL },
		{ "fd00:10:96::/112", 10, "fd00:10:96::a" },
		{ "fd00:10:96::/112", 65536, NULL },
		{ "fd00::/64", UINT64_MAX, "fd00::ffff:ffff:ffff:ffff" },
		{ "fd00::/65", UINT64_MAX, NULL },
		{ "::/0", UINT64_MAX, "::ffff:ffff:ffff:ffff" },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ff00/120", 256, NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct ip_prefix prefix = prefix_of(rows[i].prefix);
		struct ip ip = { 0 };
		char text[IP_TEXT_MAX];
		bool inside = ip_prefix_nth(&prefix, rows[i].n, &ip);

		cr_assert_eq(inside, rows[i].ip != NULL, "row %zu", i);
		if (inside)
			cr_assert_str_eq(ip_text(&ip, text), rows[i].ip, "row %zu", i);
	}
}

Test(ip, takes_host_and_port_apart)
{
	static const struct {
		const char *text, *host;
		unsigned port;
	} rows[] = {
		{ "cp-1", "cp-1", 50000 },
		{ "cp-1:6443", "cp-1", 6443 },
		{ "10.0.0.1:1", "10.0.0.1", 1 },
		{ "10.0.0.1:65535", "10.0.0.1", 65535 },
		{ "10.0.0.1", "10.0.0.1", 50000 },
		{ "::1", "::1", 50000 },
		{ "fd00::1:6443", "fd00::1:6443", 50000 },
		{ "[fd00::1]", "fd00::1", 50000 },
		{ "[fd00::1]:6443", "fd00::1", 6443 },
		{ "fe80::1%eth0", "fe80::1%eth0", 50000 },
		{ "[fe80::1%eth0]:80", "fe80::1%eth0", 80 },
		{ "[::ffff:10.0.0.1]:80", "::ffff:10.0.0.1", 80 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char host[256] = "";
		unsigned port = 0;

		cr_assert(host_port_parse(rows[i].text, 50000, host, sizeof(host), &port), "%s",
			  rows[i].text);
		cr_assert_str_eq(host, rows[i].host);
		cr_assert_eq(port, rows[i].port, "%s", rows[i].text);
	}
}

Test(ip, refuses_what_is_no_host_and_port)
{
	static const char *const rows[] = {
		"",
		":",
		":80",
		"cp-1:",
		"cp-1:0",
		"cp-1:65536",
		"cp-1:-1",
		"cp-1:+1",
		"cp-1:http",
		"cp-1:80 ",
		"cp-1:99999999999999999999",
		"a:b:c",
		"cp-1:80:80",
		"[",
		"[]",
		"[]:80",
		"[::1",
		"[::1]x",
		"[::1]80",
		"[::1]:",
		"[cp-1]:80",
		"[10.0.0.1]:80",
		"[[::1]]",
		"::1]",
		"fe80::1%",
		"[fe80::1%]:80",
		"%eth0:1:2",
		":::",
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char host[256] = "before";
		unsigned port = 42;

		cr_assert_not(host_port_parse(rows[i], 50000, host, sizeof(host), &port), "%s",
			      rows[i]);
		cr_assert_str_eq(host, "before", "%s", rows[i]);
		cr_assert_eq(port, 42, "%s", rows[i]);
	}
}

Test(ip, a_host_fits_or_is_refused)
{
	char host[5];
	unsigned port;

	cr_assert(host_port_parse("cp-1:80", 1, host, sizeof(host), &port));
	cr_assert_str_eq(host, "cp-1");
	cr_assert_not(host_port_parse("cp-10:80", 1, host, sizeof(host), &port));
	cr_assert_not(host_port_parse("cp-1", 1, host, 0, &port));
}
