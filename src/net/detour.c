#include "net/dial.h"

#include "base/fs.h"
#include "base/ip.h"
#include "base/text.h"

#include <string.h>
#include <strings.h>

enum {
	TALOS_PORT = 50000
};

#define HOSTS_FILE_MAX ((size_t)1 << 20)
#define HOST_MAX 256
#define BLANKS " \t\r"

struct reader {
	struct arena *arena;
	const char *path;
	unsigned line;
	struct detour *detours;
	size_t len, cap;
};

/* The next word of a line, or NULL; a comment ends the line. */
static char *next_word(char **line)
{
	char *word = *line + strspn(*line, BLANKS);
	size_t len = strcspn(word, BLANKS);

	if (!*word || *word == '#')
		return NULL;
	*line = word + len + (word[len] ? 1 : 0);
	word[len] = '\0';
	return word;
}

static int err_line(const struct reader *reader, struct err *err)
{
	return err_at(err, reader->path, reader->line, 0);
}

static int check_new(const struct reader *reader, const struct detour *detour, struct err *err)
{
	for (size_t i = 0; i < reader->len; i++) {
		const struct detour *other = &reader->detours[i];

		if (other->port != detour->port || !text_equal(other->address, detour->address))
			continue;
		err_set(err, ERR_INPUT, "%s port %u already has a detour to %s:%u", detour->address,
			detour->port, other->to_host, other->to_port);
		return err_line(reader, err);
	}
	return 0;
}

static int read_line(struct reader *reader, char *line, struct err *err)
{
	const char *from = next_word(&line);
	const char *to = from ? next_word(&line) : NULL;
	char host[HOST_MAX], to_host[HOST_MAX];
	struct detour detour;

	if (!from)
		return 0;
	if (!to || next_word(&line)) {
		err_set(err, ERR_INPUT, "a line is ADDRESS[:PORT] HOST:PORT");
		return err_line(reader, err);
	}
	if (!host_port_parse(from, TALOS_PORT, host, sizeof(host), &detour.port)) {
		err_set(err, ERR_INPUT, "%s is no ADDRESS[:PORT]", from);
		return err_line(reader, err);
	}
	/* without a fallback the port is 0 when there is none */
	if (!host_port_parse(to, 0, to_host, sizeof(to_host), &detour.to_port) ||
	    !detour.to_port) {
		err_set(err, ERR_INPUT, "%s is no HOST:PORT", to);
		return err_line(reader, err);
	}
	detour.address = arena_str(reader->arena, host);
	detour.to_host = arena_str(reader->arena, to_host);
	if (check_new(reader, &detour, err) < 0)
		return -1;
	reader->detours = arena_grow(reader->arena, reader->detours, reader->len, &reader->cap,
				     sizeof(*reader->detours));
	reader->detours[reader->len++] = detour;
	return 0;
}

int detours_read(struct arena *arena, const char *path, struct detour **out, size_t *count,
		 struct err *err)
{
	struct reader reader = { .arena = arena, .path = path };
	size_t len;
	char *at;

	if (fs_read(arena, path, HOSTS_FILE_MAX, &at, &len, err) < 0)
		return -1;
	while (at) {
		char *end = strchr(at, '\n');

		if (end)
			*end = '\0';
		reader.line++;
		if (read_line(&reader, at, err) < 0)
			return -1;
		at = end ? end + 1 : NULL;
	}
	*out = reader.detours;
	*count = reader.len;
	return 0;
}

/* "fd00::1" and "fd00:0::1" are the same host, and names know no case. */
static bool same_host(const char *a, const char *b)
{
	struct ip x, y;

	if (ip_parse(a, &x) && ip_parse(b, &y))
		return ip_equal(&x, &y);
	return strcasecmp(a, b) == 0;
}

const struct detour *detour_find(const struct detour *detours, size_t count, const char *host,
				 unsigned port)
{
	for (size_t i = 0; i < count; i++)
		if (detours[i].port == port && same_host(detours[i].address, host))
			return &detours[i];
	return NULL;
}
