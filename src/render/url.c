#include "render/url.h"

#include "base/ip.h"
#include "base/own.h"
#include "base/str.h"
#include "base/text.h"

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

/* What stands bare in each part, besides letters and digits; the rest is written as escapes. */
static const char safe_in_path[] = "-._~$&+,/:;=@";
static const char safe_in_host[] = "-._~!$&'()*+,:;<=>[]\"";
static const char safe_in_user[] = "-._~$&+,;=";
static const char safe_in_fragment[] = "-._~!$&()*+,/:;=?@";
/* In paths and fragments these were left bare by whoever wrote the escapes; so they stay. */
static const char left_bare[] = "!$&'()*+,;=:@[]%";

static bool is_safe(unsigned char c, const char *safe)
{
	return c < 0x80 && (isalnum(c) || (c && strchr(safe, c)));
}

static bool is_escape(const char *text)
{
	return text[0] == '%' && isxdigit((unsigned char)text[1]) &&
	       isxdigit((unsigned char)text[2]);
}

static bool escapes_are_valid(const char *text)
{
	for (; (text = strchr(text, '%')); text++)
		if (!is_escape(text))
			return false;
	return true;
}

static unsigned nibble(char digit)
{
	unsigned char lower = (unsigned char)tolower((unsigned char)digit);

	return (unsigned)(lower <= '9' ? lower - '0' : lower - 'a' + 10);
}

/* The next byte of a text whose escapes are valid; moves behind it. */
static unsigned char next_byte(const char **text)
{
	const char *at = *text;

	*text += *at == '%' ? 3 : 1;
	return *at == '%' ? (unsigned char)(nibble(at[1]) << 4 | nibble(at[2]))
			  : (unsigned char)*at;
}

static void add_byte(struct str *out, unsigned char byte, const char *safe)
{
	if (is_safe(byte, safe))
		str_addc(out, (char)byte);
	else
		str_addf(out, "%%%02X", byte);
}

/* Escapes anew what has escapes already. */
static void add_again(struct str *out, const char *text, const char *safe)
{
	while (*text)
		add_byte(out, next_byte(&text), safe);
}

static bool port_is_valid(const char *text)
{
	if (*text == ':')
		text += 1 + strspn(text + 1, "0123456789");
	return *text == '\0';
}

/* Whether a host may hold an escape of `byte`: of what is not ASCII, and of the percent sign; in
 * the zone of an address of what may stand bare, and of a space. */
static bool host_may_escape(unsigned char byte, bool zone)
{
	if (byte == '%')
		return true;
	return zone ? byte == ' ' || is_safe(byte, safe_in_host) : byte >= 0x80;
}

static bool decode_host(struct arena *arena, const char *host, const char **out)
{
	struct str text SCOPED(str_done) = STR_INIT(URL_MAX);
	bool literal = host[0] == '[', zone = false;

	while (*host) {
		bool escape = *host == '%';

		if (escape && !is_escape(host))
			return false;
		zone = zone || (literal && text_starts(host, "%25"));
		unsigned char byte = next_byte(&host);
		bool bare = byte >= 0x80 || is_safe(byte, safe_in_host);
		if (escape ? !host_may_escape(byte, zone) : !bare)
			return false;
		str_addc(&text, (char)byte);
	}
	*out = arena_str(arena, str_text(&text));
	return true;
}

/* Between brackets there is an IPv6 address, perhaps with a zone. */
static bool literal_is_valid(struct arena *arena, const char *host)
{
	const char *close = strrchr(host, ']');
	struct ip ip;

	if (!close || strrchr(host, '[') != host || !port_is_valid(close + 1))
		return false;

	const char *address = arena_strn(arena, host + 1, (size_t)(close - host) - 1);
	size_t len = strcspn(address, "%");
	if (address[len] && !address[len + 1])
		return false;
	address = arena_strn(arena, address, len);
	return strchr(address, ':') && ip_parse(address, &ip);
}

static bool host_is_valid(struct arena *arena, const char *scheme, const char *host)
{
	bool web = text_equal(scheme, "http") || text_equal(scheme, "https");
	const char *colon = web ? strchr(host, ':') : strrchr(host, ':');

	if (host[0] == '[')
		return literal_is_valid(arena, host);
	return !strchr(host, '[') && (!colon || port_is_valid(colon));
}

static bool take_user(struct arena *arena, const char *text, const char **out)
{
	struct str user SCOPED(str_done) = STR_INIT(URL_MAX);
	const char *colon = strchr(text, ':');

	for (const char *c = text; *c; c++)
		if (!is_safe((unsigned char)*c, "-._:~!$&'()*+,;=%@"))
			return false;
	if (!escapes_are_valid(text))
		return false;
	add_again(&user, colon ? arena_strn(arena, text, (size_t)(colon - text)) : text,
		  safe_in_user);
	if (colon) {
		str_addc(&user, ':');
		add_again(&user, colon + 1, safe_in_user);
	}
	*out = arena_str(arena, str_text(&user));
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

static bool take_authority(struct arena *arena, const char **rest, struct url *out)
{
	size_t len = strcspn(*rest, "/");
	const char *authority = arena_strn(arena, *rest, len);
	const char *at = strrchr(authority, '@');

	*rest += len;
	out->has_host = true;
	out->has_user = at != NULL;
	if (at && !take_user(arena, arena_strn(arena, authority, (size_t)(at - authority)),
			     &out->user))
		return false;
	return decode_host(arena, at ? at + 1 : authority, &out->host) &&
	       host_is_valid(arena, out->scheme, out->host);
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
	struct url url = { "", "", "", "", "", "", "", false, false, false };
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

/* As it is, escapes and all, unless something is bare that must not be. */
static void add_part(struct str *out, const char *part, const char *safe)
{
	for (const char *c = part; *c; c++) {
		if (is_safe((unsigned char)*c, safe) || strchr(left_bare, *c))
			continue;
		add_again(out, part, safe);
		return;
	}
	str_add(out, part);
}

static void add_authority(struct str *out, const struct url *url)
{
	if (url->host[0] || url->has_user || (url->has_host && url->scheme[0] && url->path[0]))
		str_add(out, "//");
	if (url->has_user)
		str_addf(out, "%s@", url->user);
	for (const char *c = url->host; *c; c++)
		add_byte(out, (unsigned char)*c, safe_in_host);
}

const char *url_text(struct arena *arena, const struct url *url)
{
	struct str text SCOPED(str_done) = STR_INIT(URL_MAX);

	if (url->scheme[0])
		str_addf(&text, "%s:", url->scheme);
	if (url->opaque[0]) {
		str_add(&text, url->opaque);
	} else {
		add_authority(&text, url);
		if (url->path[0] && url->path[0] != '/' && url->host[0])
			str_add(&text, "/");
		add_part(&text, url->path, safe_in_path);
	}
	if (url->query[0] || url->bare_query)
		str_addf(&text, "?%s", url->query);
	if (url->fragment[0]) {
		str_addc(&text, '#');
		add_part(&text, url->fragment, safe_in_fragment);
	}
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
		.has_user = over->has_user || base->has_user,
		.bare_query = over->bare_query,
	};
}

const char *url_hostname(struct arena *arena, const struct url *url)
{
	const char *colon = strrchr(url->host, ':');

	if (url->host[0] == '[')
		return arena_strn(arena, url->host + 1, strcspn(url->host + 1, "]"));
	return colon ? arena_strn(arena, url->host, (size_t)(colon - url->host)) : url->host;
}

bool url_lacks_brackets(const char *text)
{
	const char *host = strstr(text, "://");
	size_t len = host ? strcspn(host += 3, "/?#") : 0;
	const char *first = len ? memchr(host, ':', len) : NULL;

	return first && host[0] != '[' && memchr(first + 1, ':', len - (size_t)(first + 1 - host));
}

const char *url_port(const struct url *url)
{
	const char *from = strchr(url->host, ']');
	const char *colon = strrchr(from ? from : url->host, ':');

	return colon ? colon + 1 : "";
}
