#include "flow/folder.h"

#include "base/fs.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DESCRIPTORS 16
#define PATH_SIZE 4096

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	perror(what);
	abort();
}

const char *folder_new(struct arena *arena)
{
	static const char *const places[] = { "/dev/shm", "/tmp" };

	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		char *folder = arena_printf(arena, "%s/talforge-scene-XXXXXX", places[i]);

		if (mkdtemp(folder))
			return folder;
	}
	must(false, "a folder for a scene");
	return NULL;
}

/* nftw() gives its visitor nothing to work with. */
static struct {
	const char *from, *to;
} copying;

static void copy_file(const char *from, const char *to, mode_t mode)
{
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	char data[16384];
	ssize_t got;

	must(in >= 0 && out >= 0, to);
	while ((got = read(in, data, sizeof(data))) > 0)
		must(write(out, data, (size_t)got) == got, to);
	must(got == 0, from);
	close(in);
	close(out);
}

static int copy_one(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
	char to[PATH_SIZE];

	snprintf(to, sizeof(to), "%s%s", copying.to, path + strlen(copying.from));
	if (type == FTW_D && ftw->level > 0)
		must(mkdir(to, status->st_mode & 0777) == 0, to);
	else if (type == FTW_F)
		copy_file(path, to, status->st_mode & 0777);
	return 0;
}

void folder_copy(const char *from, const char *to)
{
	copying.from = from;
	copying.to = to;
	must(nftw(from, copy_one, DESCRIPTORS, FTW_PHYS) == 0, from);
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
	(void)status;
	(void)type;
	(void)ftw;
	return remove(path);
}

void folder_remove(const char *folder)
{
	nftw(folder, remove_one, DESCRIPTORS, FTW_DEPTH | FTW_PHYS);
}
