#include "flow/branch.h"

#include "flow/folder.h"

#include <criterion/criterion.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIMIT_S 600
#define FAILED 1
#define DESCRIPTORS 256

/* Criterion hears of assertions only from the processes that it has started itself. */
static bool inside;

typedef void send_fn(struct criterion_assert_stats *stats);

void criterion_send_assert(struct criterion_assert_stats *stats)
{
	send_fn *send;

	if (inside) {
		fprintf(stderr, "%s:%u: %s\n", stats->file, stats->line, stats->message);
		fflush(stderr);
		_exit(FAILED);
	}
	*(void **)&send = dlsym(RTLD_NEXT, "criterion_send_assert");
	send(stats);
}

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	perror(what);
	abort();
}

/* An open file of the old folder becomes that of the copy, at the same place. */
static void reopen(int fd, const char *path)
{
	int flags = fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND);
	int copy = open(path, flags | O_CLOEXEC);

	must(copy >= 0, path);
	must(lseek(copy, lseek(fd, 0, SEEK_CUR), SEEK_SET) >= 0, path);
	must(dup3(copy, fd, O_CLOEXEC) == fd, path);
	close(copy);
}

static void reopen_all(struct branch *branch, const char *old)
{
	size_t len = strlen(old);

	for (int fd = STDERR_FILENO + 1; fd < DESCRIPTORS; fd++) {
		char *link = arena_printf(branch->arena, "/proc/self/fd/%d", fd);
		char path[PATH_MAX] = "";

		if (readlink(link, path, sizeof(path) - 1) > 0 && !strncmp(path, old, len) &&
		    path[len] == '/')
			reopen(fd, arena_printf(branch->arena, "%s%s", branch->folder, path + len));
	}
}

bool branch_begin(struct branch *branch, const char *folder)
{
	char old[PATH_MAX];

	must(getcwd(old, sizeof(old)) != NULL, "the working directory");
	*branch = (struct branch){ .arena = arena_new("branch"), .folder = folder };
	branch->copied = !folder;
	if (!folder) {
		branch->folder = folder_new(branch->arena);
		folder_copy(".", branch->folder);
	}
	fflush(NULL);
	branch->process = fork();
	must(branch->process >= 0, "fork");
	if (branch->process > 0)
		return false;
	inside = true;
	alarm(LIMIT_S);
	must(chdir(branch->folder) == 0, branch->folder);
	if (branch->copied)
		reopen_all(branch, old);
	return true;
}

void branch_leave(void)
{
	fflush(NULL);
	_exit(0);
}

bool branch_end(struct branch *branch)
{
	int status = 0;

	must(waitpid(branch->process, &status, 0) == branch->process, "wait for a branch");
	branch->killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
	if (WIFSIGNALED(status) && !branch->killed)
		fprintf(stderr, "a branch died: %s\n", strsignal(WTERMSIG(status)));
	if (branch->copied)
		folder_remove(branch->folder);
	arena_free(branch->arena);
	branch->arena = NULL;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
