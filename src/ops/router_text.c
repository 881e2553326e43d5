#include "ops/router_text.h"

#include "base/own.h"
#include "base/text.h"

#include <string.h>

static bool is_shape(const char *text)
{
	return !*text || *text == '!' || !strcmp(text, "exit") || !strcmp(text, "end") ||
	       !strcmp(text, "exit-address-family") || text_starts(text, "frr ");
}

static bool opens_block(const char *text)
{
	return text_starts(text, "router bgp ") || text_starts(text, "route-map ");
}

static void add_line(struct router_lines *lines, const struct router_line *at, const char *text)
{
	lines->at = arena_grow(lines->arena, lines->at, lines->len, &lines->cap,
			       sizeof(*lines->at));
	lines->at[lines->len++] = (struct router_line){ at->block, at->family, text };
}

void router_lines_read(struct router_lines *lines, const char *text)
{
	struct router_line at = { "", "", "" };

	for (; *text; text += strcspn(text, "\n"), text += *text == '\n') {
		size_t indent = strspn(text, " ");
		const char *line = arena_strn(lines->arena, text + indent,
					      strcspn(text + indent, "\r\n"));

		if (!strcmp(line, "exit-address-family"))
			at.family = "";
		if (indent == 0 && *line && *line != '!')
			at = (struct router_line){ "", "", "" };
		if (is_shape(line))
			continue;
		if (indent == 0 && opens_block(line))
			at.block = line;
		if (*at.block && text_starts(line, "address-family "))
			at.family = line;
		add_line(lines, &at, line);
	}
}

bool router_lines_have(const struct router_lines *lines, const struct router_line *wanted)
{
	for (size_t i = 0; i < lines->len; i++)
		if (!strcmp(lines->at[i].block, wanted->block) &&
		    !strcmp(lines->at[i].family, wanted->family) &&
		    !strcmp(lines->at[i].text, wanted->text))
			return true;
	return false;
}

static bool holds(const struct router_lines *all, const struct router_lines *wanted)
{
	for (size_t i = 0; i < wanted->len; i++)
		if (!router_lines_have(all, &wanted->at[i]))
			return false;
	return true;
}

/* The name that a line is about, when it is one that `wanted` defines: prefix lists, route maps,
 * groups of neighbours. */
static bool is_ours(const struct router_lines *wanted, const struct router_line *line)
{
	static const char *const starts[] = { "ip prefix-list ", "ipv6 prefix-list ", "route-map ",
					      "neighbor " };
	const char *text = text_starts(line->block, "route-map ") ? line->block : line->text;
	const char *last = strrchr(text, ' ');

	for (size_t i = 0; i < ARRAY_LEN(starts); i++) {
		size_t len = strlen(starts[i]);

		if (!text_starts(text, starts[i]))
			continue;
		len += strcspn(text + len, " ");
		for (size_t k = 0; k < wanted->len; k++) {
			const char *other = wanted->at[k].text;

			if (!strncmp(other, text, len) && (other[len] == ' ' || !other[len]))
				return true;
			/* a neighbour that is in one of our groups */
			if (last && strstr(text, " peer-group ") && text_ends(other, last) &&
			    strstr(other, " peer-group "))
				return true;
		}
	}
	return false;
}

bool router_text_runs(const char *wanted, const char *running)
{
	struct arena *arena OWNED(arena_free) = arena_new("router");
	struct router_lines ours = { .arena = arena }, theirs = { .arena = arena };

	router_lines_read(&ours, wanted);
	router_lines_read(&theirs, running);
	if (!holds(&theirs, &ours))
		return false;
	for (size_t i = 0; i < theirs.len; i++)
		if (is_ours(&ours, &theirs.at[i]) && !router_lines_have(&ours, &theirs.at[i]))
			return false;
	return true;
}

size_t router_text_sessions(const char *text)
{
	static const char word[] = " peer-group ";
	size_t count = 0;

	for (const char *at = text; (at = strstr(at, word)); at += strlen(word)) {
		const char *line = at;

		while (line > text && line[-1] != '\n')
			line--;
		count += text_starts(line + strspn(line, " "), "neighbor ");
	}
	return count;
}
