/*
 * URLs in parts, as machine configs hold them: what the parts are, how two URLs merge, how one is
 * printed.
 *
 *	struct url url;
 *	if (url_parse(arena, "HTTPS://a.example:6443/x?y=1", &url))
 *		url_text(arena, &url) is "https://a.example:6443/x?y=1"
 *
 * All parts live in the arena. Hosts keep their case, paths and queries their spelling.
 */
#pragma once

#include "base/arena.h"

#include <stdbool.h>

struct url {
	const char *scheme; /* lower case; every part "" when absent */
	const char *opaque; /* mailto:x has no host */
	const char *user;   /* name[:password], escaped */
	const char *host;   /* with port, IPv6 in brackets; without escapes */
	const char *path;
	const char *query; /* without the question mark */
	const char *fragment;
	bool has_host;	 /* "//" was there */
	bool has_user;	 /* "@" was there */
	bool bare_query; /* a question mark and nothing behind it */
};

bool url_parse(struct arena *arena, const char *text, struct url *out);
const char *url_text(struct arena *arena, const struct url *url);
/* The parts that `over` has, else those of `base`. */
struct url url_merge(const struct url *base, const struct url *over);
/* Host without brackets and port. */
const char *url_hostname(struct arena *arena, const struct url *url);
/* No URL, for its host is an IPv6 address without brackets: nobody knows where the port begins. */
bool url_lacks_brackets(const char *text);
/* Text behind the host's last colon, "" when there is none. */
const char *url_port(const struct url *url);
