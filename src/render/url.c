#include "render/url.h"

#include "base/ip.h"
#include "base/own.h"
#include "base/str.h"

#include <ctype.h>
#include <string.h>

#define URL_MAX ((size_t)64 << 10)

static bool scheme_is_valid(const char *text, size_t len)
{
	if (!len || !isalpha((unsigned char)text[0]))
		return false;
	for (size_t i = 1; i < len; i++) {
		if (!isalnum((unsigned char)text[i]) && !strchr("+-.", text[i]))
			return false;
	}
	return true;
}

static bool port_is_valid(const char *text)
{
	if (*text == ':')
		text += 1 + strspn(text + 1, "0123456789");
	return *text == '\0';
}

/* Hosts escape what is not ASCII, and the percent sign itself. */
static bool host_escapes_are_valid(const char *host)
{
	for (; (host = strchr(host, '%')); host++) {
		if (!isxdigit((unsigned char)host[1]) || !isxdigit((unsigned char)host[2]))
			return false;
		if (host[1] < '8' && strncmp(host, "%25", 3) != 0)
			return false;
	}
	return true;
}

static bool has_control(const char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return true;
	}
	return false;
}

/* Percent signs must begin an escape. */
static bool escapes_are_valid(const char *text)
{
	for (; (text = strchr(text, '%')); text++) {
		if (!isxdigit((unsigned char)text[1]) || !isxdigit((unsigned char)text[2]))
			return false;
	}
	return true;
}

/* What stands in brackets: an address of IPv6, and after %25 a zone. */
static bool literal_is_valid(const char *text, size_t len)
{
	char address[IP_TEXT_MAX];
	struct ip ip;
	const char *zone = memmem(text, len, "%25", 3);

	if (zone && (size_t)(zone - text) + 3 == len)
		return false;
	if (zone)
		len = (size_t)(zone - text);
	if (len >= sizeof(address))
		return false;
	memcpy(address, text, len);
	address[len] = '\0';
	return ip_parse(address, &ip) && ip.family == 6;
}

static bool host_is_valid(const char *host)
{
	const char *open = strrchr(host, '['), *close = strrchr(host, ']');

	if (strpbrk(host, " \\^`{|}") || !host_escapes_are_valid(host))
		return false;
	if (open == host)
		return close && port_is_valid(close + 1) &&
		       literal_is_valid(host + 1, (size_t)(close - host) - 1);
	if (open)
		return false;
	const char *colon = strrchr(host, ':');
	return !colon || port_is_valid(colon);
}

/* Between the scheme and an @. */
static bool user_is_valid(const char *user)
{
	for (const char *c = user; *c; c++) {
		if (!isalnum((unsigned char)*c) && !strchr("-._:~!$&'()*+,;=%@", *c))
			return false;
	}
	return escapes_are_valid(user);
}

static bool take_authority(struct arena *arena, const char **rest, struct url *out)
{
	size_t len = strcspn(*rest, "/");
	const char *authority = arena_strn(arena, *rest, len);
	const char *at = strrchr(authority, '@');

	if (at) {
		out->user = arena_strn(arena, authority, (size_t)(at - authority));
		authority = at + 1;
	}
	out->host = authority;
	out->has_host = true;
	*rest += len;
	return host_is_valid(authority) && user_is_valid(out->user);
}

static const char *cut(struct arena *arena, char *text, char at)
{
	char *found = strchr(text, at);

	if (!found)
		return "";
	*found = '\0';
	return arena_str(arena, found + 1);
}

static const char *take_scheme(struct arena *arena, const char *text, struct url *out, bool *good)
{
	const char *colon = strchr(text, ':');
	size_t before = strcspn(text, "/?#");

	*good = true;
	if (!colon || (size_t)(colon - text) > before)
		return text;
	if (colon == text || !scheme_is_valid(text, (size_t)(colon - text))) {
		*good = false;
		return text;
	}
	char *scheme = arena_strn(arena, text, (size_t)(colon - text));
	for (char *c = scheme; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	out->scheme = scheme;
	return colon + 1;
}

bool url_parse(struct arena *arena, const char *text, struct url *out)
{
	struct url url = { "", "", "", "", "", "", "", false, false };
	char *copy = arena_str(arena, text);
	bool good;

	if (has_control(text))
		return false;
	url.fragment = cut(arena, copy, '#');
	const char *rest = take_scheme(arena, copy, &url, &good);
	if (!good)
		return false;

	char *tail = arena_str(arena, rest);
	size_t len = strlen(tail);
	url.bare_query = len > 0 && tail[len - 1] == '?' && strchr(tail, '?') == tail + len - 1;
	url.query = cut(arena, tail, '?');
	rest = tail;

	if (url.scheme[0] && rest[0] && rest[0] != '/') {
		url.opaque = rest;
		rest = "";
	} else if (!strncmp(rest, "//", 2) && (url.scheme[0] || rest[2] != '/')) {
		rest += 2;
		if (!take_authority(arena, &rest, &url))
			return false;
	}
	url.path = rest;
	*out = url;
	return escapes_are_valid(url.path) && escapes_are_valid(url.fragment);
}

static bool stands_bare(unsigned char c)
{
	return c > 0x20 && c < 0x7f && !strchr("\"<>\\^`{|}", c);
}

/*
 * A path in which nothing is bare that must not be stays as it is, escapes and all; any other is
 * escaped anew, and then with the few characters that might have stayed.
 */
static void add_path(struct str *out, const char *path)
{
	bool valid = true;

	for (const char *c = path; *c; c++)
		valid = valid && stands_bare((unsigned char)*c);
	for (; *path; path++) {
		unsigned char c = (unsigned char)*path;
		if (!stands_bare(c) || (!valid && strchr("!'()*[]", c)))
			str_addf(out, "%%%02X", c);
		else
			str_addc(out, *path);
	}
}

const char *url_text(struct arena *arena, const struct url *url)
{
	struct str text SCOPED(str_done) = STR_INIT(URL_MAX);

	if (url->scheme[0])
		str_addf(&text, "%s:", url->scheme);
	if (url->opaque[0]) {
		str_add(&text, url->opaque);
	} else {
		if (url->has_host && (url->scheme[0] || url->host[0] || url->user[0]))
			str_add(&text, "//");
		if (url->user[0])
			str_addf(&text, "%s@", url->user);
		str_add(&text, url->host);
		if (url->path[0] && url->path[0] != '/' && url->host[0])
			str_add(&text, "/");
		add_path(&text, url->path);
	}
	if (url->query[0] || url->bare_query)
		str_addf(&text, "?%s", url->query);
	if (url->fragment[0])
		str_addf(&text, "#%s", url->fragment);
	return arena_str(arena, str_text(&text));
}

static const char *either(const char *over, const char *base)
{
	return over[0] ? over : base;
}

struct url url_merge(const struct url *base, const struct url *over)
{
	return (struct url){
		.scheme = either(over->scheme, base->scheme),
		.opaque = either(over->opaque, base->opaque),
		.user = either(over->user, base->user),
		.host = either(over->host, base->host),
		.path = either(over->path, base->path),
		.query = either(over->query, base->query),
		.fragment = either(over->fragment, base->fragment),
		.has_host = over->has_host || base->has_host,
		.bare_query = over->bare_query,
	};
}

const char *url_hostname(struct arena *arena, const struct url *url)
{
	if (url->host[0] == '[')
		return arena_strn(arena, url->host + 1, strcspn(url->host + 1, "]"));
	const char *colon = strrchr(url->host, ':');
	return colon ? arena_strn(arena, url->host, (size_t)(colon - url->host)) : url->host;
}

bool url_lacks_brackets(const struct url *url)
{
	bool strict = !strcmp(url->scheme, "http") || !strcmp(url->scheme, "https");

	return strict && url->host[0] != '[' && strchr(url->host, ':') != strrchr(url->host, ':');
}

const char *url_port(const struct url *url)
{
	const char *from = strchr(url->host, ']');
	const char *colon = strrchr(from ? from : url->host, ':');

	return colon ? colon + 1 : "";
}
