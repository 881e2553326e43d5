#include "convert/talhelper_write.h"

#include "base/fs.h"
#include "base/own.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A folder that is absent or holds nothing, not even hidden files. */
static int check_free(const char *folder, struct err *err)
{
	DIR *open = opendir(folder);
	size_t entries = 0;

	if (!open && errno == ENOENT)
		return 0;
	if (!open)
		return err_sys(err, errno, "open %s", folder);
	while (readdir(open))
		entries++;
	closedir(open);
	if (entries <= 2)
		return 0;
	err_set(err, ERR_CONFLICT, "%s is not empty", folder);
	return err_hint(err, "name a folder that does not exist yet");
}

static const char *folder_of(struct arena *arena, const char *path)
{
	return arena_strn(arena, path, (size_t)(fs_base(path) - path));
}

static int write_files(struct arena *arena, const struct talhelper_workspace *made,
		       const char *folder, struct err *err)
{
	for (size_t i = 0; i < made->files; i++) {
		const struct talhelper_file *file = &made->file[i];
		const char *path = fs_join(arena, folder, file->name);

		if (fs_mkdir(folder_of(arena, path), 0755, err) < 0 ||
		    fs_create(path, file->text, file->len, file->mode, err) < 0)
			return -1;
	}
	return 0;
}

/* What was begun; folders from the innermost out. */
static void remove_files(struct arena *arena, const struct talhelper_workspace *made,
			 const char *folder)
{
	for (size_t i = 0; i < made->files; i++)
		fs_remove(fs_join(arena, folder, made->file[i].name), NULL);
	for (size_t i = 0; i < made->files; i++) {
		char *path = arena_str(arena, made->file[i].name);

		for (char *slash = strrchr(path, '/'); slash; slash = strrchr(path, '/')) {
			*slash = '\0';
			rmdir(fs_join(arena, folder, path));
		}
	}
	rmdir(folder);
}

static const char *without_slash(struct arena *arena, const char *folder)
{
	size_t len = strlen(folder);

	while (len > 1 && folder[len - 1] == '/')
		len--;
	return arena_strn(arena, folder, len);
}

int talhelper_write(const struct talhelper_workspace *made, const char *folder, struct err *err)
{
	struct arena *arena OWNED(arena_free) = arena_new("import");
	const char *stage;

	folder = without_slash(arena, folder);
	if (check_free(folder, err) < 0)
		return -1;
	stage = arena_printf(arena, "%s.%ld.new", folder, (long)getpid());
	if (fs_mkdir(stage, 0755, err) < 0)
		return -1;
	if (write_files(arena, made, stage, err) == 0) {
		if (rename(stage, folder) == 0)
			return 0;
		err_sys(err, errno, "rename %s to %s", stage, folder);
	}
	remove_files(arena, made, stage);
	return -1;
}
