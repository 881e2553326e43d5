#include "cli/talosctl.h"

#include "base/fs.h"
#include "base/text.h"
#include "cli/program.h"
#include "crypto/random.h"
#include "render/generate.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATCH_MAX ((size_t)16 << 20)

const char *const release_names[] = {
	[RELEASE_1_13] = "v1.13",
	[RELEASE_1_14] = "v1.14",
	[RELEASE_COUNT] = NULL,
};

enum release release_named(const char *name)
{
	for (unsigned i = 0; i < RELEASE_COUNT; i++)
		if (text_equal(release_names[i], name))
			return (enum release)i;
	return RELEASE_1_13;
}

bool flag_is_given(const char *text)
{
	return text && *text;
}

static bool is_text(const char *argument)
{
	return strpbrk(argument, " \n") || argument[0] == '[' || argument[0] == '{';
}

static int patch_from(struct arena *arena, const char *argument, struct patch_text *text,
		      struct err *err)
{
	char *content;

	text->name = "the command line";
	text->text = argument;
	text->len = strlen(argument);
	if (argument[0] != '@' && is_text(argument))
		return 0;
	text->name = argument + (argument[0] == '@' ? 1 : 0);
	if (!*text->name)
		return err_set(err, ERR_USAGE, "a patch is empty");
	if (fs_read(arena, text->name, PATCH_MAX, &content, &text->len, err) < 0)
		return err_wrap(err, "read the patch");
	text->text = content;
	return 0;
}

int patches_from(struct arena *arena, const struct words *words, enum release release,
		 struct patch_list *out, struct err *err)
{
	for (size_t i = 0; i < words->len; i++) {
		struct patch_text text = { .release = release, .findings = out->traps };

		if (patch_from(arena, words->at[i], &text, err) < 0)
			return -1;
		out->at = arena_grow(arena, out->at, out->len, &out->cap, sizeof(*out->at));
		if (patch_read(arena, &text, &out->at[out->len], err) < 0)
			return -1;
		out->len++;
	}
	return 0;
}

void traps_say(const struct say *say, const struct findings *traps)
{
	for (size_t i = 0; i < traps->len; i++)
		say_finding(say, &traps->at[i]);
}

static int exists(const char *path, struct err *err)
{
	err_set(err, ERR_CONFLICT, "%s exists already", path);
	return err_hint(err, "--force replaces it");
}

int output_file_check(const struct output_file *file, struct err *err)
{
	struct stat st;

	if (fs_is_dir(file->path) || text_ends(file->path, "/"))
		return err_set(err, ERR_USAGE, "%s is a folder", file->path);
	if (lstat(file->path, &st) == 0 && S_ISLNK(st.st_mode) && !fs_exists(file->path))
		return err_set(err, ERR_CONFLICT, "%s is a link to nothing", file->path);
	if (!file->force && fs_exists(file->path))
		return exists(file->path, err);
	return 0;
}

/* /dev/stdout, a pipe of the shell's: there is nothing to replace. */
static bool is_stream(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
}

static int write_stream(const struct output_file *file, struct err *err)
{
	int fd = open(file->path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	bool done = fd >= 0 && terminal_write(fd, file->text, file->len);
	int os = errno;

	if (fd >= 0)
		close(fd);
	return done ? 0 : err_sys(err, os, "write %s", file->path);
}

static int make_parent(const char *path, struct err *err)
{
	size_t len = (size_t)(fs_base(path) - path);
	char parent[PATH_MAX];

	if (len <= 1)
		return 0;
	if (len > sizeof(parent))
		return err_sys(err, ENAMETOOLONG, "write %s", path);
	snprintf(parent, sizeof(parent), "%.*s", (int)len - 1, path);
	return fs_mkdir(parent, 0700, err);
}

int output_file_write(const struct output_file *file, struct err *err)
{
	if (output_file_check(file, err) < 0)
		return -1;
	if (is_stream(file->path))
		return write_stream(file, err);
	if (file->folder && make_parent(file->path, err) < 0)
		return -1;
	if (file->force)
		return (file->again ? fs_write_soon : fs_write)(file->path, file->text, file->len,
								0600, NULL, err);
	if ((file->again ? fs_create_soon : fs_create)(file->path, file->text, file->len, 0600,
						       err) == 0)
		return 0;
	return err && err->kind == ERR_CONFLICT ? exists(file->path, err) : -1;
}

int contract_text(struct arena *arena, const char *version, const char **out, struct err *err)
{
	unsigned major, minor;

	*out = NULL;
	if (!flag_is_given(version))
		return 0;
	if (contract_parse(version, &major, &minor, err) < 0)
		return err_wrap(err, "--talos-version");
	*out = arena_printf(arena, "v%u.%u", major, minor);
	return 0;
}

int bundle_terms(struct program *program, const char *version, struct bundle_options *out,
		 struct err *err)
{
	*out = (struct bundle_options){ .now = program_wall(program), .random = random_system() };
	if (contract_text(program->arena, version, &out->contract, err) < 0)
		return -1;
	if (!out->contract)
		out->contract = release_names[RELEASE_COUNT - 1];
	return 0;
}
