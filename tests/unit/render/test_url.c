#include "render/url.h"

#include "base/own.h"

#include <criterion/criterion.h>

Test(url, prints_what_it_read)
{
	static const struct {
		const char *text, *printed;
	} rows[] = {
		{ "https://a.example:6443", "https://a.example:6443" },
		{ "HTTPS://API.Example.COM/Kube?x=1", "https://API.Example.COM/Kube?x=1" },
		{ "https://[2001:DB8::6]:6443/", "https://[2001:DB8::6]:6443/" },
		{ "udp://192.0.2.9:5514/", "udp://192.0.2.9:5514/" },
		{ "https://u:p@h/x#top", "https://u:p@h/x#top" },
		{ "//h:443/other", "//h:443/other" },
		{ "/only/path", "/only/path" },
		{ "mailto:x", "mailto:x" },
		{ "https://h/a b", "https://h/a%20b" },
		{ "https://h?", "https://h?" },
		{ "https://h\xc3\xb6st:6443", "https://h%C3%B6st:6443" },
		{ "https://h%c3%b6st", "https://h%C3%B6st" },
		{ "https://[fe80::1%25eth%30]:6443", "https://[fe80::1%25eth0]:6443" },
		{ "https://a;b@h", "https://a;b@h" },
		{ "https://a!:p%2a@h", "https://a%21:p%2A@h" },
		{ "https://@h", "https://@h" },
		{ "https://", "https:" },
		{ "https://h/%2f a", "https://h//%20a" },
		{ "https://h/%2f[a]", "https://h/%2f[a]" },
		{ "https://h#a b", "https://h#a%20b" },
		{ "https://a\"<b>", "https://a\"<b>" },
		{ "http://a]b:1", "http://a]b:1" },
		{ "http://[fe80::1%25eth0]:1", "http://[fe80::1%25eth0]:1" },
		{ "http://[::ffff:10.0.0.1]", "http://[::ffff:10.0.0.1]" },
		{ "", "" },
	};
	struct arena *arena OWNED(arena_free) = arena_new("test");

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct url url;
		cr_assert(url_parse(arena, rows[i].text, &url), "%s", rows[i].text);
		cr_assert_str_eq(url_text(arena, &url), rows[i].printed);
	}
}

Test(url, refuses_what_is_none)
{
	static const char *const texts[] = { "https://h:port", "https://[::1", ":x",
					     "https://a b/", "https://h/%zz", "1x:y",
					     "https://h\x01/",
					     "https://[a]",
					     "https://[]",
					     "https://[10.0.0.1]",
					     "https://[::1%25]",
					     "https://[fe80::1%eth0]",
					     "https://[[::1]]",
					     "https://a[b",
					     "https://a^b",
					     "https://u v@h",
					     "https://u%@h",
					     "https://h/#%zz",
					     "https://[::1]x",
					     "https://a:b:1",
					     "https://h%41",
					     "https://h%zz",
					     "https://a[::1]",
					     "https://[::1%25%0a]" };
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct url url;

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		cr_assert_not(url_parse(arena, texts[i], &url), "%s", texts[i]);
}

Test(url, merges_part_by_part)
{
	static const struct {
		const char *base, *over, *merged;
	} rows[] = {
		{ "https://a:6443/path?x=1", "https://b", "https://b/path?x=1" },
		{ "https://a:6443", "//b:443/other", "https://b:443/other" },
		{ "tcp://a:3478/", "udp://[fd00::4]:79", "udp://[fd00::4]:79/" },
	};
	struct arena *arena OWNED(arena_free) = arena_new("test");

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct url base, over;
		cr_assert(url_parse(arena, rows[i].base, &base));
		cr_assert(url_parse(arena, rows[i].over, &over));
		struct url merged = url_merge(&base, &over);
		cr_assert_str_eq(url_text(arena, &merged), rows[i].merged);
	}
}

Test(url, knows_host_and_port)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct url url;

	cr_assert(url_parse(arena, "https://[fd00::1]:6443", &url));
	cr_assert_str_eq(url_hostname(arena, &url), "fd00::1");
	cr_assert_str_eq(url_port(&url), "6443");
	cr_assert(url_parse(arena, "grpc://fd00::1:80", &url));
	cr_assert_str_eq(url_hostname(arena, &url), "fd00::1");
	cr_assert(url_parse(arena, "https://[fe80::1%25eth0]:6443", &url));
	cr_assert_str_eq(url_hostname(arena, &url), "fe80::1%eth0");
	cr_assert_not(url_parse(arena, "https://fd00::1:80", &url));
	cr_assert(url_lacks_brackets("https://fd00::1:80"));
	cr_assert_not(url_lacks_brackets("https://[fd00::1]:80/a:b:c"));
	cr_assert_not(url_lacks_brackets("https://a:80/b"));
	cr_assert(url_parse(arena, "https://a.example", &url));
	cr_assert_str_eq(url_hostname(arena, &url), "a.example");
	cr_assert_str_eq(url_port(&url), "");
}
