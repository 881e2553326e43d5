#include "cluster/gitignore.h"

#include "base/fs.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define PATTERN_MAX 1024
#define IGNORE_FILE_MAX ((size_t)1 << 20)

/* A pattern for one line; false when the line holds none. */
struct pattern {
	char text[PATTERN_MAX];
	bool keeps;    /* "!": takes it back */
	bool anchored; /* has a slash: matches from the folder on */
	bool folder;   /* ends with a slash: matches folders only */
};

const char gitignore_workspace[] = "talsecret.yaml\n"
				   "clusterconfig/\n"
				   ".talforge/\n"
				   ".talforge-*\n"
				   "kubeconfig\n"
				   "talosconfig\n";

static bool parse_pattern(const char *line, size_t len, struct pattern *out)
{
	while (len > 0 && (line[len - 1] == ' ' || line[len - 1] == '\r' || line[len - 1] == '\t'))
		len--;
	if (len == 0 || line[0] == '#')
		return false;
	out->keeps = line[0] == '!';
	line += out->keeps;
	len -= out->keeps;
	out->folder = len > 0 && line[len - 1] == '/';
	len -= out->folder;
	out->anchored = len > 0 && memchr(line, '/', len);
	if (len > 0 && line[0] == '/') {
		line++;
		len--;
	}
	if (len == 0 || len >= sizeof(out->text))
		return false;
	memcpy(out->text, line, len);
	out->text[len] = '\0';
	if (text_starts(out->text, "**/") && !strchr(out->text + 3, '/')) {
		memmove(out->text, out->text + 3, len - 2);
		out->anchored = false;
	}
	return true;
}

/* The path itself, or one of the folders it lies in. */
static bool matches(const struct pattern *pattern, const char *relative)
{
	char part[PATTERN_MAX];
	size_t len = strlen(relative);

	for (size_t end = 1; end <= len; end++) {
		bool whole = end == len;
		size_t start = end;

		if (!whole && relative[end] != '/')
			continue;
		while (!pattern->anchored && start > 0 && relative[start - 1] != '/')
			start--;
		if (pattern->anchored)
			start = 0;
		if ((whole && pattern->folder) || end - start >= sizeof(part))
			continue;
		memcpy(part, relative + start, end - start);
		part[end - start] = '\0';
		if (text_glob(pattern->text, part))
			return true;
	}
	return false;
}

bool git_ignore_lines(const char *text, const char *relative, bool otherwise)
{
	struct pattern pattern;

	for (const char *line = text; *line;) {
		size_t len = strcspn(line, "\n");

		if (parse_pattern(line, len, &pattern) && matches(&pattern, relative))
			otherwise = !pattern.keeps;
		line += len + (line[len] == '\n');
	}
	return otherwise;
}

static bool folder_says(struct arena *arena, const char *folder, const char *relative,
			bool otherwise)
{
	const char *path = fs_join(arena, folder, ".gitignore");
	char *text;
	size_t len;

	if (fs_read(arena, path, IGNORE_FILE_MAX, &text, &len, NULL) < 0)
		return otherwise;
	return git_ignore_lines(text, relative, otherwise);
}

/* The length of the folder part of `path`, 0 at the top. */
static size_t parent(const char *path, size_t len)
{
	while (len > 0 && path[len - 1] != '/')
		len--;
	return len > 1 ? len - 1 : 0;
}

bool git_ignores(struct arena *arena, const char *path)
{
	char *full = realpath(path, NULL);
	const char *whole = arena_str(arena, full ? full : path);
	size_t top = 0, len;
	bool ignored = false;

	free(full);
	for (len = parent(whole, strlen(whole)); len > 0 && top == 0; len = parent(whole, len)) {
		const char *folder = arena_strn(arena, whole, len);

		if (fs_exists(fs_join(arena, folder, ".git")))
			top = len;
	}
	if (top == 0)
		return true;
	/* from the top down, so that the deepest file has the last word */
	for (len = top; whole[len];) {
		ignored =
			folder_says(arena, arena_strn(arena, whole, len), whole + len + 1, ignored);
		len += 1 + strcspn(whole + len + 1, "/");
	}
	return ignored;
}
