#include "ops/kept.h"

#include "base/fs.h"

#include <string.h>

#define FOLDER "good"
#define CONFIG_MAX ((size_t)8 << 20)

static const char *const names[KEPT_COUNT] = {
	[KEPT_LAST] = "last",
	[KEPT_BEFORE] = "before",
};

static const char *const folders[KEPT_COUNT] = {
	[KEPT_LAST] = FOLDER,
	[KEPT_BEFORE] = FOLDER "/before",
};

const char *kept_name(enum kept kept)
{
	return names[kept];
}

int kept_named(const char *name, enum kept *out)
{
	for (int i = 0; i < KEPT_COUNT; i++) {
		if (strcmp(names[i], name) != 0)
			continue;
		*out = (enum kept)i;
		return 0;
	}
	return -1;
}

static const char *path_of(struct arena *arena, const char *folder, const char *node,
			   enum kept kept)
{
	return fs_join(arena, fs_join(arena, folder, folders[kept]),
		       arena_printf(arena, "%s.yaml", node));
}

int kept_read(struct arena *arena, const char *folder, const char *node, enum kept kept,
	      const char **text, struct err *err)
{
	const char *path = path_of(arena, folder, node, kept);
	size_t len;
	char *read;

	if (!fs_exists(path))
		return 1;
	if (fs_read(arena, path, CONFIG_MAX, &read, &len, err) < 0)
		return err_wrap(err, "read the config kept of %s", node);
	*text = read;
	return 0;
}

int kept_write(const char *folder, const char *node, const char *text, struct err *err)
{
	struct arena *arena OWNED(arena_free) = arena_new("kept config");
	const char *last = NULL;

	if (kept_read(arena, folder, node, KEPT_LAST, &last, err) < 0)
		return -1;
	if (last && strcmp(last, text) == 0)
		return 0;
	if (fs_mkdir(fs_join(arena, folder, folders[KEPT_BEFORE]), 0700, err) < 0)
		return -1;
	if (last && fs_write(path_of(arena, folder, node, KEPT_BEFORE), last, strlen(last), 0600,
			     NULL, err) < 0)
		return -1;
	return fs_write(path_of(arena, folder, node, KEPT_LAST), text, strlen(text), 0600, NULL,
			err);
}
