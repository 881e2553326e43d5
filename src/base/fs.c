#include "base/fs.h"

#include "base/clock.h"
#include "base/str.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is being written is called this and six letters, in the folder of its file. */
#define TEMPORARY ".talforge-"
#define TEMPORARY_LEN (sizeof(TEMPORARY "XXXXXX") - 1)

#define CHUNK ((size_t)16 << 10)

static void close_fd(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static void free_text(char **text)
{
	free(*text);
}

static void close_folder(DIR **folder)
{
	if (*folder)
		closedir(*folder);
}

static ssize_t read_some(int fd, void *data, size_t len)
{
	ssize_t got;

	do
		got = read(fd, data, len);
	while (got < 0 && errno == EINTR);
	return got;
}

static int too_large(const char *path, size_t max, struct err *err)
{
	return err_set(err, ERR_INPUT, "%s is larger than %zu bytes", path, max);
}

static int open_to_read(const char *path, int *out, struct err *err)
{
	struct stat st;
	int fd SCOPED(close_fd) = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return err_set(err, ERR_NOT_FOUND, "%s: no such file", path);
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(err, errno, "read %s", path);
	if (S_ISDIR(st.st_mode))
		return err_set(err, ERR_INPUT, "%s is a folder, not a file", path);
	*out = fd;
	fd = -1;
	return 0;
}

int fs_read(struct arena *arena, const char *path, size_t max, char **text, size_t *len,
	    struct err *err)
{
	struct str all SCOPED(str_done) = STR_INIT(max);
	char chunk[CHUNK];
	int fd SCOPED(close_fd) = -1;
	ssize_t got;

	if (open_to_read(path, &fd, err) < 0)
		return -1;
	/* Not by the size that fstat() tells: pipes and /proc tell none. */
	while ((got = read_some(fd, chunk, sizeof(chunk))) > 0) {
		str_addn(&all, chunk, (size_t)got);
		if (all.full)
			break;
	}
	int os = errno;
	explicit_bzero(chunk, sizeof(chunk));
	if (all.full)
		return too_large(path, max, err);
	if (got < 0)
		return err_sys(err, os, "read %s", path);
	*text = arena_strn(arena, str_text(&all), all.len);
	if (len)
		*len = all.len;
	return 0;
}

bool fs_holds(const char *path, const void *data, size_t len)
{
	unsigned char chunk[CHUNK];
	size_t same = 0;
	bool equal = true;
	struct stat st;
	int fd SCOPED(close_fd) = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0 || fstat(fd, &st) < 0 || (S_ISREG(st.st_mode) && (size_t)st.st_size != len))
		return false;
	while (equal) {
		ssize_t got = read_some(fd, chunk, sizeof(chunk));

		if (got == 0)
			break;
		equal = got > 0 && (size_t)got <= len - same &&
			memcmp(chunk, (const unsigned char *)data + same, (size_t)got) == 0;
		if (equal)
			same += (size_t)got;
	}
	explicit_bzero(chunk, sizeof(chunk));
	return equal && same == len;
}

static int write_all(int fd, const unsigned char *data, size_t len)
{
	while (len > 0) {
		ssize_t sent = write(fd, data, len);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return -1;
		data += sent;
		len -= (size_t)sent;
	}
	return 0;
}

/* The folder part of a path, with its slash; "" for a bare name. */
static int folder_len(const char *path)
{
	return (int)(fs_base(path) - path);
}

/* What a file is to hold, and whether it has to be on disk when the call returns. */
struct content {
	const void *data;
	size_t len;
	mode_t mode;
	bool flush;
};

/* A new file beside `path` with that content. `name` gets its path. The caller renames or removes
 * it. */
static int write_beside(const char *path, const struct content *content,
			char name[static PATH_MAX])
{
	int printed = snprintf(name, PATH_MAX, "%.*s" TEMPORARY "XXXXXX", folder_len(path), path);

	if (printed < 0 || printed >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}

	int fd SCOPED(close_fd) = mkostemp(name, O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (write_all(fd, content->data, content->len) < 0 || fchmod(fd, content->mode) < 0 ||
	    (content->flush && fsync(fd) < 0)) {
		int os = errno;

		unlink(name);
		errno = os;
		return -1;
	}
	return 0;
}

/* Makes a rename survive a crash. Some file systems cannot do it and need not be told. */
static void sync_folder(const char *path)
{
	char folder[PATH_MAX];

	if (snprintf(folder, sizeof(folder), "%.*s.", folder_len(path), path) >= PATH_MAX)
		return;
	int fd SCOPED(close_fd) = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		fsync(fd);
}

/* Puts a written file into its place with rename() or link() and leaves no other name behind. */
static int put_in_place(const char *path, const struct content *content,
			int (*place)(const char *from, const char *to))
{
	char name[PATH_MAX];

	if (write_beside(path, content, name) < 0)
		return -1;

	int r = place(name, path);
	int os = errno;
	if (r < 0 || place == link)
		unlink(name);
	if (content->flush)
		sync_folder(path);
	errno = os;
	return r;
}

static int write_real(const char *path, const struct content *content, enum fs_written *written,
		      struct err *err)
{
	enum fs_written done = FS_CHANGED;
	struct stat st;

	if (stat(path, &st) == 0) {
		if (!S_ISREG(st.st_mode))
			return err_set(err, ERR_INPUT, "%s is not a regular file", path);
		if (fs_holds(path, content->data, content->len))
			done = FS_UNCHANGED;
	}
	if (done == FS_CHANGED && put_in_place(path, content, rename) < 0)
		return err_sys(err, errno, "write %s", path);
	if (done == FS_UNCHANGED && (st.st_mode & 07777) != content->mode &&
	    chmod(path, content->mode) < 0)
		return err_sys(err, errno, "set the mode of %s", path);
	if (written)
		*written = done;
	return 0;
}

static int write_path(const char *path, const struct content *content, enum fs_written *written,
		      struct err *err)
{
	struct stat st;
	char *real SCOPED(free_text) = NULL;

	if (lstat(path, &st) < 0 || !S_ISLNK(st.st_mode))
		return write_real(path, content, written, err);
	/* Renaming over a link would cut it off from the file that the user keeps elsewhere. */
	real = realpath(path, NULL);
	if (!real)
		return err_sys(err, errno, "write %s", path);
	return write_real(real, content, written, err);
}

int fs_write(const char *path, const void *data, size_t len, mode_t mode, enum fs_written *written,
	     struct err *err)
{
	return write_path(path, &(struct content){ data, len, mode, true }, written, err);
}

int fs_write_soon(const char *path, const void *data, size_t len, mode_t mode,
		  enum fs_written *written, struct err *err)
{
	return write_path(path, &(struct content){ data, len, mode, false }, written, err);
}

static int link_unnamed(int fd, const char *path, const struct content *content)
{
	char name[40];

	if (write_all(fd, content->data, content->len) < 0 || fchmod(fd, content->mode) < 0 ||
	    (content->flush && fsync(fd) < 0))
		return -1;
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	if (linkat(AT_FDCWD, name, AT_FDCWD, path, AT_SYMLINK_FOLLOW) < 0)
		return errno == ENOENT ? 1 : -1;
	if (content->flush)
		sync_folder(path);
	return 0;
}

/* What may be a secret in clear has no name before it is whole: nothing is left of it when we are
 * killed. >0: the file system has no such files. */
static int create_unnamed(const char *path, const struct content *content)
{
	char folder[PATH_MAX];
	int printed = snprintf(folder, sizeof(folder), "%.*s.", folder_len(path), path);

	if (printed < 0 || printed >= PATH_MAX)
		return 1;

	int fd SCOPED(close_fd) = open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	return fd < 0 ? 1 : link_unnamed(fd, path, content);
}

static int create(const char *path, const struct content *content, struct err *err)
{
	int r = create_unnamed(path, content);

	if (r == 0 || (r > 0 && put_in_place(path, content, link) == 0))
		return 0;
	if (errno == EEXIST)
		return err_set(err, ERR_CONFLICT, "%s exists already", path);
	return err_sys(err, errno, "create %s", path);
}

int fs_create(const char *path, const void *data, size_t len, mode_t mode, struct err *err)
{
	return create(path, &(struct content){ data, len, mode, true }, err);
}

int fs_create_soon(const char *path, const void *data, size_t len, mode_t mode, struct err *err)
{
	return create(path, &(struct content){ data, len, mode, false }, err);
}

static int make_folder(const char *path, mode_t mode, struct err *err)
{
	if (mkdir(path, mode) == 0)
		return 0;

	int os = errno;
	if (os == EEXIST && fs_is_dir(path))
		return 0;
	if (os == EEXIST || os == ENOTDIR)
		return err_set(err, ERR_CONFLICT, "%s exists and is not a folder", path);
	return err_sys(err, os, "make the folder %s", path);
}

int fs_mkdir(const char *path, mode_t mode, struct err *err)
{
	char part[PATH_MAX];
	size_t len = strlen(path);

	if (len >= sizeof(part))
		return err_sys(err, ENAMETOOLONG, "make the folder %s", path);
	memcpy(part, path, len + 1);
	for (size_t i = 1; i < len; i++) {
		if (part[i] != '/')
			continue;
		part[i] = '\0';
		if (make_folder(part, mode, err) < 0)
			return -1;
		part[i] = '/';
	}
	return make_folder(path, mode, err);
}

int fs_remove(const char *path, struct err *err)
{
	if (unlink(path) == 0 || errno == ENOENT || errno == ENOTDIR)
		return 0;
	return err_sys(err, errno, "remove %s", path);
}

bool fs_exists(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}

bool fs_is_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

int fs_mode(const char *path, mode_t *mode, struct err *err)
{
	struct stat st;

	if (stat(path, &st) == 0) {
		*mode = st.st_mode & 07777;
		return 0;
	}
	if (errno == ENOENT || errno == ENOTDIR)
		return err_set(err, ERR_NOT_FOUND, "%s: no such file", path);
	return err_sys(err, errno, "look at %s", path);
}

int fs_set_mode(const char *path, mode_t mode, struct err *err)
{
	mode_t there;

	if (fs_mode(path, &there, err) < 0)
		return -1;
	if (there != mode && chmod(path, mode) < 0)
		return err_sys(err, errno, "set the mode of %s", path);
	return 0;
}

static uint64_t nanoseconds(const struct timespec *time)
{
	return (uint64_t)time->tv_sec * SECOND + (uint64_t)time->tv_nsec;
}

bool fs_stamp(const char *path, struct fs_stamp *out)
{
	struct stat st;

	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return false;
	*out = (struct fs_stamp){
		.device = st.st_dev,
		.inode = st.st_ino,
		.size = (uint64_t)st.st_size,
		.modified = nanoseconds(&st.st_mtim),
		.changed = nanoseconds(&st.st_ctim),
		.mode = st.st_mode & 07777,
	};
	return true;
}

bool fs_stamps_equal(const struct fs_stamp *a, const struct fs_stamp *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size &&
	       a->modified == b->modified && a->changed == b->changed && a->mode == b->mode;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_wanted(const char *name, const char *suffix)
{
	if (!suffix)
		return strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
	return name[0] != '.' && text_ends(name, suffix);
}

/* Without a suffix all, hidden ones too. */
static int list_entries(struct arena *arena, const char *folder, const char *suffix,
			struct fs_names *out, struct err *err)
{
	struct fs_names names = { 0 };
	size_t cap = 0;
	DIR *dir SCOPED(close_folder) = opendir(folder);

	if (!dir && errno != ENOENT)
		return err_sys(err, errno, "list the folder %s", folder);
	for (const struct dirent *entry; dir;) {
		errno = 0;
		entry = readdir(dir);
		if (!entry && errno)
			return err_sys(err, errno, "list the folder %s", folder);
		if (!entry)
			break;
		if (!is_wanted(entry->d_name, suffix))
			continue;
		names.at = arena_grow(arena, names.at, names.len, &cap, sizeof(*names.at));
		names.at[names.len++] = arena_str(arena, entry->d_name);
	}
	if (names.len > 1)
		qsort(names.at, names.len, sizeof(*names.at), compare_names);
	*out = names;
	return 0;
}

int fs_list(struct arena *arena, const char *folder, const char *suffix, struct fs_names *out,
	    struct err *err)
{
	return list_entries(arena, folder, suffix, out, err);
}

int fs_list_all(struct arena *arena, const char *folder, struct fs_names *out, struct err *err)
{
	return list_entries(arena, folder, NULL, out, err);
}

void fs_sweep(const char *folder)
{
	DIR *dir SCOPED(close_folder) = opendir(folder);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (text_starts(entry->d_name, TEMPORARY) &&
		    strlen(entry->d_name) == TEMPORARY_LEN)
			unlinkat(dirfd(dir), entry->d_name, 0);
}

const char *fs_join(struct arena *arena, const char *folder, const char *name)
{
	size_t len = strlen(folder);

	if (name[0] == '/' || len == 0)
		return arena_str(arena, name);
	return arena_printf(arena, "%s%s%s", folder, folder[len - 1] == '/' ? "" : "/", name);
}

const char *fs_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

int fs_lock(struct fs_lock *lock, const char *path, struct err *err)
{
	lock->fd = -1;

	int fd SCOPED(close_fd) = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
	if (fd < 0)
		return err_sys(err, errno, "lock %s", path);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? 1 : err_sys(err, errno, "lock %s", path);
	lock->fd = fd;
	fd = -1;
	return 0;
}

void fs_unlock(struct fs_lock *lock)
{
	close_fd(&lock->fd);
	lock->fd = -1;
}
