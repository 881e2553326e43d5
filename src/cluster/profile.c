#include "cluster/profile.h"

#include "base/fs.h"
#include "base/str.h"
#include "base/text.h"
#include "cluster/embedded.h"
#include "cluster/gitignore.h"

#include <string.h>

#define PREFIX "profiles/"
#define MAIN_FILE "/cluster.yaml"

/* The name of the profile whose cluster.yaml this is; NULL for any other file. */
static const char *profile_of(struct arena *arena, const struct embedded_file *file)
{
	const char *name = file->path + strlen(PREFIX);

	if (!text_starts(file->path, PREFIX) || !text_ends(file->path, MAIN_FILE))
		return NULL;
	if (strchr(name, '/') != file->path + strlen(file->path) - strlen(MAIN_FILE))
		return NULL;
	return arena_strn(arena, name, strcspn(name, "/"));
}

static const char *first_comment(struct arena *arena, const struct embedded_file *file)
{
	const char *text = (const char *)file->data;
	size_t skip = strspn(text, "# ");

	return arena_strn(arena, text + skip, strcspn(text + skip, "\n"));
}

const struct profile *profile_all(struct arena *arena, size_t *count)
{
	struct profile *profiles =
		arena_calloc(arena, embedded_files_count + 1, sizeof(*profiles));
	size_t len = 0;

	for (size_t i = 0; i < embedded_files_count; i++) {
		const char *name = profile_of(arena, &embedded_files[i]);

		if (name)
			profiles[len++] = (struct profile){
				name, first_comment(arena, &embedded_files[i])
			};
	}
	*count = len;
	return profiles;
}

static int unknown_profile(struct arena *arena, const char *name, struct err *err)
{
	size_t count;
	const struct profile *profiles = profile_all(arena, &count);
	const char **names = arena_calloc(arena, count + 1, sizeof(*names));
	struct str known SCOPED(str_done) = STR_INIT(1000);
	const char *near;

	for (size_t i = 0; i < count; i++) {
		names[i] = profiles[i].name;
		str_addf(&known, "%s%s", i > 0 ? ", " : "", names[i]);
	}
	near = text_nearest(name, names, count);
	err_set(err, ERR_NOT_FOUND, "there is no profile \"%s\"", name);
	if (near)
		return err_hint(err, "did you mean \"%s\"?", near);
	return err_hint(err, "the profiles are %s", str_text(&known));
}

/* A file of the new workspace. */
struct new_file {
	const char *path;
	const void *data;
	size_t len;
};

static size_t list_files(struct arena *arena, const char *name, const char *folder,
			 struct new_file *files)
{
	const char *prefix = arena_printf(arena, "%s%s/", PREFIX, name);
	size_t count = 0;

	for (size_t i = 0; i < embedded_files_count; i++) {
		const struct embedded_file *file = &embedded_files[i];

		if (!text_starts(file->path, prefix))
			continue;
		files[count++] = (struct new_file){
			fs_join(arena, folder, file->path + strlen(prefix)), file->data, file->len
		};
	}
	if (count > 0)
		files[count++] = (struct new_file){ fs_join(arena, folder, ".gitignore"),
						    gitignore_workspace,
						    strlen(gitignore_workspace) };
	return count;
}

static int write_file(struct arena *arena, const struct new_file *file, struct err *err)
{
	const char *folder = arena_strn(arena, file->path,
					(size_t)(fs_base(file->path) - file->path));

	if (folder[0] && fs_mkdir(folder, 0755, err) < 0)
		return -1;
	return fs_create(file->path, file->data, file->len, 0644, err);
}

int profile_write(const char *name, const char *folder, struct err *err)
{
	struct arena *arena OWNED(arena_free) = arena_new("profile");
	struct new_file *files = arena_calloc(arena, embedded_files_count + 1, sizeof(*files));
	size_t count = name[0] && !strchr(name, '/') ? list_files(arena, name, folder, files) : 0;

	if (count == 0)
		return unknown_profile(arena, name, err);
	for (size_t i = 0; i < count; i++)
		if (fs_exists(files[i].path))
			return err_set(err, ERR_CONFLICT, "%s exists already", files[i].path);
	if (fs_mkdir(folder, 0755, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (write_file(arena, &files[i], err) < 0)
			return err_wrap(err, "write the profile %s", name);
	return 0;
}
