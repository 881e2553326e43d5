#include "loop/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Nobody else sends it: what a program sends to its own group is none of the keeper's business. */
#define DEATH_SIGNAL (SIGRTMIN + 5)
#define NOT_RUN 127
#define REPORT 3 /* where the errno of a program that did not start is written; closed by exec */

/* From here to keeper_start() all runs in a forked process: nothing but system calls. */

static void report(int os)
{
	ssize_t written = write(REPORT, &os, sizeof(os));

	(void)written;
	_exit(NOT_RUN);
}

static void default_signals(void)
{
	for (int number = 1; number < NSIG; number++)
		if (number != SIGKILL && number != SIGSTOP)
			signal(number, SIG_DFL);
}

static void place_descriptors(const struct keeper_request *request, int report_to)
{
	int report_fd = fcntl(report_to, F_DUPFD_CLOEXEC, REPORT + 1);

	for (int i = 0; i < REPORT; i++)
		if (dup2(request->fd[i], i) < 0)
			_exit(NOT_RUN);
	if (dup3(report_fd, REPORT, O_CLOEXEC) < 0)
		_exit(NOT_RUN);
	if (close_range(REPORT + 1, ~0U, 0) < 0)
		report(errno);
	if (request->folder && chdir(request->folder) < 0)
		report(errno);
}

static void become_program(const struct keeper_request *request)
{
	sigset_t none;

	sigemptyset(&none);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execvp(request->argv[0], (char *const *)(void *)request->argv);
	report(errno);
}

/* Ends as the program did. */
static void end_like(int status)
{
	sigset_t none;

	if (WIFEXITED(status))
		_exit(WEXITSTATUS(status));
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	kill(getpid(), WTERMSIG(status));
	_exit(NOT_RUN);
}

static void keep(pid_t program)
{
	sigset_t awaited;
	int number, status;

	sigemptyset(&awaited);
	sigaddset(&awaited, SIGCHLD);
	sigaddset(&awaited, DEATH_SIGNAL);
	for (;;) {
		if (waitpid(program, &status, WNOHANG) == program)
			end_like(status);
		if (sigwait(&awaited, &number) == 0 && number == DEATH_SIGNAL)
			kill(0, SIGKILL);
	}
}

static void become_keeper(const struct keeper_request *request, pid_t parent, int report_to)
{
	setsid();
	default_signals();
	place_descriptors(request, report_to);
	prctl(PR_SET_PDEATHSIG, DEATH_SIGNAL);
	if (getppid() != parent)
		_exit(NOT_RUN);

	pid_t program = fork();
	if (program < 0)
		report(errno);
	if (program == 0)
		become_program(request);
	for (int fd = 0; fd <= REPORT; fd++)
		close(fd);
	keep(program);
}

/* 0 when the report ended without a word: exec closed it. */
static int await_report(int fd)
{
	ssize_t got;
	int os;

	do
		got = read(fd, &os, sizeof(os));
	while (got < 0 && errno == EINTR);
	if (got == 0)
		return 0;
	return got == (ssize_t)sizeof(os) ? os : EIO;
}

static pid_t fork_keeper(const struct keeper_request *request, int report_to)
{
	sigset_t all, before;
	pid_t parent = getpid();

	/* no handler of ours may run in the keeper, and no signal gets lost before it waits */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);

	pid_t pid = fork();
	if (pid == 0)
		become_keeper(request, parent, report_to);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return pid;
}

int keeper_start(const struct keeper_request *request, pid_t *pid)
{
	int both[2], os;

	if (pipe2(both, O_CLOEXEC) < 0)
		return errno;
	*pid = fork_keeper(request, both[1]);
	os = errno;
	close(both[1]);
	if (*pid > 0)
		os = await_report(both[0]);
	close(both[0]);
	if (*pid > 0 && os != 0)
		waitpid(*pid, NULL, 0);
	return os;
}
