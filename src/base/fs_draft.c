#include "base/fs_draft.h"

#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int fs_draft_open(struct fs_draft *draft, const char *path, mode_t mode, struct err *err)
{
	int folder = (int)(fs_base(path) - path);
	int printed = snprintf(draft->name, sizeof(draft->name), "%.*s.talforge-XXXXXX", folder,
			       path);

	draft->path = path;
	draft->mode = mode;
	if (printed < 0 || (size_t)printed >= sizeof(draft->name))
		return err_sys(err, ENAMETOOLONG, "write %s", path);
	draft->fd = mkostemp(draft->name, O_CLOEXEC);
	if (draft->fd < 0)
		return err_sys(err, errno, "write %s", path);
	return 0;
}

int fs_draft_add(struct fs_draft *draft, const void *data, size_t len, struct err *err)
{
	const unsigned char *at = data;

	while (len > 0) {
		ssize_t sent = write(draft->fd, at, len);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return err_sys(err, errno, "write %s", draft->path);
		at += sent;
		len -= (size_t)sent;
	}
	return 0;
}

int fs_draft_place(struct fs_draft *draft, struct err *err)
{
	struct stat st;

	if (stat(draft->path, &st) == 0 && !S_ISREG(st.st_mode))
		return err_set(err, ERR_INPUT, "%s is not a regular file", draft->path);
	if (fchmod(draft->fd, draft->mode) < 0 || fsync(draft->fd) < 0 ||
	    rename(draft->name, draft->path) < 0)
		return err_sys(err, errno, "write %s", draft->path);
	close(draft->fd);
	draft->fd = -1;
	return 0;
}

void fs_draft_done(struct fs_draft *draft)
{
	if (draft->fd < 0)
		return;
	close(draft->fd);
	unlink(draft->name);
	draft->fd = -1;
}
