#include "loop/process.h"

#include "base/fs.h"
#include "loop/keeper.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	CHUNK = 4096,
	READS_A_TURN = 16, /* so that a child that never stops printing cannot hold the loop */
	IN = 0,
	OUT = 1,
	ERROR = 2,
	CHILD_FDS = 3
};

/* The descriptors of one start; -1 where there is none. */
struct ends {
	int child[CHILD_FDS];
	int ours[CHILD_FDS];
	int exited;
};

void process_result_done(struct process_result *result)
{
	str_done(&result->output);
	str_done(&result->errors);
}

static void fd_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void ends_done(struct ends *ends)
{
	for (int i = 0; i < CHILD_FDS; i++) {
		fd_close(&ends->child[i]);
		fd_close(&ends->ours[i]);
	}
	fd_close(&ends->exited);
}

/* A program that was started with 0 to 2 closed gets those numbers for its first files, and the
 * child's could then overwrite each other. */
static int above_standard(int fd)
{
	if (fd < 0 || fd > ERROR)
		return fd;

	int moved = fcntl(fd, F_DUPFD_CLOEXEC, ERROR + 1);
	int os = errno;

	close(fd);
	errno = os;
	return moved;
}

static int open_pipe(struct ends *ends, int which, struct err *err)
{
	int both[2];

	if (pipe2(both, O_CLOEXEC) < 0)
		return err_sys(err, errno, "make a pipe");
	ends->ours[which] = above_standard(both[0]);
	ends->child[which] = above_standard(both[1]);
	if (ends->ours[which] < 0 || ends->child[which] < 0 ||
	    fcntl(ends->ours[which], F_SETFL, O_NONBLOCK) < 0)
		return err_sys(err, errno, "make a pipe");
	return 0;
}

/* Memory instead of a pipe: the child reads at its own pace, reopens it as /dev/stdin if it likes,
 * and one that does not read cannot raise SIGPIPE here. */
static int open_input(struct ends *ends, const struct process_request *request, struct err *err)
{
	const char *at = request->input;
	size_t left = at ? request->input_len : 0;

	if (!at)
		ends->child[IN] = above_standard(open("/dev/null", O_RDONLY | O_CLOEXEC));
	else
		ends->child[IN] = above_standard(memfd_create("input", MFD_CLOEXEC));
	if (ends->child[IN] < 0)
		return err_sys(err, errno, "open an input for a program");
	while (left > 0) {
		ssize_t n = write(ends->child[IN], at, left);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, errno, "write the input of a program");
		at += n;
		left -= (size_t)n;
	}
	if (at && lseek(ends->child[IN], 0, SEEK_SET) < 0)
		return err_sys(err, errno, "write the input of a program");
	return 0;
}

static int spawn(struct process *process, const struct process_request *request,
		 const struct ends *ends, struct err *err)
{
	const struct keeper_request keeper = { request->argv, request->folder, ends->child };
	int os = keeper_start(&keeper, &process->pid);

	if (os == 0)
		return 0;
	process->pid = 0;
	if (os == ENOENT)
		return err_set(err, ERR_NOT_FOUND, "there is no program %s", request->argv[0]);
	return err_sys(err, os, "run %s", request->argv[0]);
}

static void watch_close(struct watch *watch)
{
	int fd = watch->loop ? watch->fd : -1;

	watch_done(watch);
	fd_close(&fd);
}

/* The group is killed before the zombie is collected: until then the kernel gives its number to
 * nobody else. */
static int collect(struct process *process, int *status)
{
	pid_t collected, pid = process->pid;

	process->pid = 0;
	kill(-pid, SIGKILL);
	do {
		collected = waitpid(pid, status, 0);
	} while (collected < 0 && errno == EINTR);
	return collected == pid ? 0 : errno;
}

static void release(struct process *process)
{
	int status;

	timer_cancel(&process->deadline);
	watch_close(&process->exited);
	watch_close(&process->output);
	watch_close(&process->errors);
	if (process->pid > 0)
		collect(process, &status);
}

void process_done(struct process *process)
{
	if (!process->loop)
		return;
	release(process);
	process_result_done(&process->result);
}

static void end(struct process *process, const struct err *err)
{
	release(process);
	process->on_end(process, err);
}

enum pulled {
	PULL_LATER,
	PULL_MORE,
	PULL_OVER
};

static enum pulled pull(int fd, struct str *out, bool keep_end)
{
	enum pulled result = PULL_LATER;
	char chunk[CHUNK];

	for (int i = 0; i < READS_A_TURN; i++) {
		ssize_t n = read(fd, chunk, sizeof(chunk));

		result = i + 1 < READS_A_TURN ? PULL_LATER : PULL_MORE;
		if (n <= 0) {
			result = n == 0 ? PULL_OVER : PULL_LATER;
			break;
		}
		size_t len = (size_t)n > out->max && keep_end ? out->max : (size_t)n;

		if (keep_end && out->len + len > out->max)
			str_drop(out, out->len + len - out->max);
		str_addn(out, chunk + ((size_t)n - len), len);
		if (out->full)
			break;
	}
	explicit_bzero(chunk, sizeof(chunk));
	return result;
}

static enum pulled pull_output(struct process *process)
{
	return pull(process->output.fd, &process->result.output, false);
}

static enum pulled pull_errors(struct process *process)
{
	return pull(process->errors.fd, &process->result.errors, true);
}

static bool is_too_long(struct process *process)
{
	struct err err = ERR_INIT;

	if (!process->result.output.full)
		return false;
	err_set(&err, ERR_INPUT, "%s printed more than %zu bytes", process->name,
		process->result.output.max);
	end(process, &err);
	return true;
}

static void output_ready(struct watch *watch, unsigned events)
{
	struct process *process = container_of(watch, struct process, output);
	enum pulled pulled = pull_output(process);

	(void)events;
	if (!is_too_long(process) && pulled == PULL_OVER)
		watch_close(watch);
}

static void errors_ready(struct watch *watch, unsigned events)
{
	struct process *process = container_of(watch, struct process, errors);

	(void)events;
	if (pull_errors(process) == PULL_OVER)
		watch_close(watch);
}

/* What the child left in the pipes is all there: a pipe holds no more than a turn reads, and a
 * grandchild that still prints is not waited for. */
static void take_rest(struct process *process)
{
	if (process->output.fd >= 0)
		pull_output(process);
	if (process->errors.fd >= 0)
		pull_errors(process);
}

static void child_exited(struct watch *watch, unsigned events)
{
	struct process *process = container_of(watch, struct process, exited);
	struct err err = ERR_INIT;
	int status = 0, os;

	(void)events;
	take_rest(process);
	if (is_too_long(process))
		return;
	os = collect(process, &status);
	if (os != 0) {
		err_sys(&err, os, "wait for %s", process->name);
		end(process, &err);
		return;
	}
	process->result.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	process->result.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	end(process, NULL);
}

static void deadline_due(struct timer *timer)
{
	struct process *process = container_of(timer, struct process, deadline);
	struct err err = ERR_INIT;

	err_set(&err, ERR_TIMEOUT, "%s did not end within %g s", process->name,
		(double)process->timeout / SECOND);
	end(process, &err);
}

/* Hands a descriptor over to a watch. */
static int begin_watch(struct process *process, struct watch *watch, int *fd,
		       void (*on_ready)(struct watch *watch, unsigned events), struct err *err)
{
	if (watch_init(watch, process->loop, *fd, on_ready, err) < 0)
		return -1;
	*fd = -1;
	watch_want(watch, READY_READ);
	return 0;
}

static int follow(struct process *process, struct ends *ends, struct err *err)
{
	ends->exited = pidfd_open(process->pid, 0);
	if (ends->exited < 0)
		return err_sys(err, errno, "watch %s", process->name);
	if (begin_watch(process, &process->exited, &ends->exited, child_exited, err) < 0 ||
	    begin_watch(process, &process->output, &ends->ours[OUT], output_ready, err) < 0 ||
	    begin_watch(process, &process->errors, &ends->ours[ERROR], errors_ready, err) < 0)
		return -1;
	if (process->timeout > 0)
		timer_set(&process->deadline, loop_now(process->loop) + process->timeout);
	return 0;
}

int process_start(struct process *process, struct loop *loop, const struct process_request *request,
		  void (*on_end)(struct process *process, const struct err *err), struct err *err)
{
	struct ends ends SCOPED(ends_done) = { { -1, -1, -1 }, { -1, -1, -1 }, -1 };

	assert(!loop_is_virtual(loop));
	*process = (struct process){
		.name = request->name ? request->name : request->argv[0],
		.loop = loop,
		.exited.fd = -1,
		.output.fd = -1,
		.errors.fd = -1,
		.timeout = request->timeout,
		.on_end = on_end,
		.result = { .code = -1,
			    .output = STR_INIT(request->output_max),
			    .errors = STR_INIT(request->error_max) },
	};
	timer_init(&process->deadline, loop, deadline_due);
	if (request->folder && !fs_is_dir(request->folder))
		return err_set(err, ERR_NOT_FOUND, "there is no folder %s", request->folder);
	if (open_input(&ends, request, err) < 0 || open_pipe(&ends, OUT, err) < 0 ||
	    open_pipe(&ends, ERROR, err) < 0 || spawn(process, request, &ends, err) < 0)
		return -1;
	if (follow(process, &ends, err) < 0) {
		process_done(process);
		return -1;
	}
	return 0;
}

struct waited {
	struct process process;
	struct err err;
	bool failed;
};

static void waited_end(struct process *process, const struct err *err)
{
	struct waited *waited = container_of(process, struct waited, process);

	if (err) {
		waited->err = *err;
		waited->failed = true;
	}
	loop_stop(process->loop);
}

int process_output(const struct process_request *request, struct process_result *out,
		   struct err *err)
{
	struct loop *loop OWNED(loop_free) = loop_new_epoll(err);
	struct waited waited = { .failed = false };

	if (!loop || process_start(&waited.process, loop, request, waited_end, err) < 0)
		return -1;

	int r = loop_run(loop, err);

	if (r == 0 && waited.failed) {
		if (err)
			*err = waited.err;
		r = -1;
	}
	if (r == 0) {
		*out = waited.process.result;
		waited.process.result = (struct process_result){ .code = -1 };
	}
	process_done(&waited.process);
	return r;
}
