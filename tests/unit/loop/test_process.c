#include "loop/process.h"

#include "base/arena.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SHELL(text) ((const char *const[]){ "/bin/sh", "-c", text, NULL })

static struct process_request request_of(const char *const *argv)
{
	return (struct process_request){ .argv = argv,
					 .output_max = 1 << 20,
					 .error_max = 100,
					 .timeout = 20 * SECOND };
}

static const struct {
	const char *name, *script, *input, *output, *errors;
	int code, signal;
} runs[] = {
	{ "prints", "echo out; echo err >&2", NULL, "out\n", "err\n", 0, 0 },
	{ "fails", "echo half; exit 7", NULL, "half\n", "", 7, 0 },
	{ "killed", "kill -TERM $$", NULL, "", "", -1, SIGTERM },
	{ "reads its input", "cat", "one\ntwo", "one\ntwo", "", 0, 0 },
	{ "opens its input again", "cat /dev/stdin", "text", "text", "", 0, 0 },
	{ "ignores its input", "exec <&-; echo done", "text", "done\n", "", 0, 0 },
	{ "has no input", "cat; echo end", NULL, "end\n", "", 0, 0 },
	{ "has no terminal", "(: </dev/tty) 2>/dev/null || echo none", NULL, "none\n", "", 0, 0 },
	{ "closes its output first", "exec >&- 2>&-; exit 3", NULL, "", "", 3, 0 },
	{ "leaves somebody behind", "sleep 100 & echo gone", NULL, "gone\n", "", 0, 0 },
	{ "keeps the end of what it complains",
	  "i=0; while [ $i -lt 60 ]; do printf 0123456789 >&2; i=$((i+1)); done; printf END >&2",
	  NULL, "",
	  "345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
	  "0123456789END",
	  0, 0 },
};

Test(process, runs)
{
	for (size_t i = 0; i < ARRAY_LEN(runs); i++) {
		struct process_request request = request_of(SHELL(runs[i].script));
		struct process_result result;
		struct err err = ERR_INIT;

		request.input = runs[i].input;
		request.input_len = runs[i].input ? strlen(runs[i].input) : 0;
		cr_assert_eq(process_output(&request, &result, &err), 0, "%s: %s", runs[i].name,
			     err.text);
		cr_assert_eq(result.code, runs[i].code, "%s: exit %d", runs[i].name, result.code);
		cr_assert_eq(result.signal, runs[i].signal, "%s", runs[i].name);
		cr_assert_str_eq(str_text(&result.output), runs[i].output, "%s", runs[i].name);
		size_t len = strlen(runs[i].errors);
		size_t tail = result.errors.len < len ? result.errors.len : len;
		cr_assert_str_eq(str_text(&result.errors) + result.errors.len - tail,
				 runs[i].errors + len - tail, "%s", runs[i].name);
		cr_assert_eq(result.errors.len, len > 100 ? 100 : len, "%s: %zu", runs[i].name,
			     result.errors.len);
		process_result_done(&result);
	}
}

Test(process, needs_no_shell)
{
	static const char *const argv[] = { "printf", "%s", "$HOME; a  'b'", NULL };
	struct process_request request = request_of(argv);
	struct process_result result;

	cr_assert_eq(process_output(&request, &result, NULL), 0);
	cr_assert_str_eq(str_text(&result.output), "$HOME; a  'b'");
	process_result_done(&result);
}

Test(process, runs_in_a_folder)
{
	static const char *const argv[] = { "pwd", NULL };
	struct process_request request = request_of(argv);
	struct process_result result;

	request.folder = "/";
	cr_assert_eq(process_output(&request, &result, NULL), 0);
	cr_assert_str_eq(str_text(&result.output), "/\n");
	process_result_done(&result);
}

Test(process, passes_a_lot_both_ways)
{
	size_t len = 900 * 1000;
	char *input = mem_new(len);
	struct process_request request = request_of(SHELL("cat"));
	struct process_result result;

	memset(input, 'x', len);
	request.input = input;
	request.input_len = len;
	cr_assert_eq(process_output(&request, &result, NULL), 0);
	cr_assert_eq(result.output.len, len);
	cr_assert_eq(memcmp(result.output.at, input, len), 0);
	process_result_done(&result);
	mem_free(input, len);
}

Test(process, hands_down_no_descriptor)
{
	struct process_request request = request_of(SHELL("ls /proc/self/fd | wc -l"));
	struct process_result result;
	int fd = open("/dev/null", O_RDONLY);

	cr_assert_eq(process_output(&request, &result, NULL), 0);
	/* 0 to 2, and the folder that ls has open */
	cr_assert_eq(atol(str_text(&result.output)), 4, "%s", str_text(&result.output));
	process_result_done(&result);
	close(fd);
}

Test(process, undoes_ignored_signals)
{
	struct process_request request = request_of(SHELL("kill -PIPE $$; echo survived"));
	struct process_result result;

	signal(SIGPIPE, SIG_IGN);
	cr_assert_eq(process_output(&request, &result, NULL), 0);
	cr_assert_eq(result.signal, SIGPIPE);
	process_result_done(&result);
}

static const struct {
	const char *name;
	const char *const *argv;
	const char *folder;
	uint64_t timeout;
	size_t output_max;
	enum err_kind kind;
	const char *text;
} faults[] = {
	{ "no program", (const char *const[]){ "no-such-program-here", NULL }, NULL, SECOND, 10,
	  ERR_NOT_FOUND, "there is no program no-such-program-here" },
	{ "no folder", (const char *const[]){ "true", NULL }, "/no/such/folder", SECOND, 10,
	  ERR_NOT_FOUND, "there is no folder /no/such/folder" },
	{ "not executable", (const char *const[]){ "/etc/passwd", NULL }, NULL, SECOND, 10,
	  ERR_SYSTEM, "run /etc/passwd: Permission denied" },
	{ "late", SHELL("sleep 100"), NULL, 200 * MILLISECOND, 10, ERR_TIMEOUT,
	  "/bin/sh did not end within 0.2 s" },
	{ "late and deaf", SHELL("trap '' TERM INT; while :; do sleep 1; done"), NULL,
	  200 * MILLISECOND, 10, ERR_TIMEOUT, "/bin/sh did not end within 0.2 s" },
	{ "prints too much", SHELL("echo secret; exec cat /dev/zero"), NULL, 20 * SECOND, 1000,
	  ERR_INPUT, "/bin/sh printed more than 1000 bytes" },
	{ "prints one byte too much", SHELL("printf 12345678901"), NULL, 20 * SECOND, 10,
	  ERR_INPUT, "/bin/sh printed more than 10 bytes" },
};

Test(process, faults)
{
	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		struct process_request request = request_of(faults[i].argv);
		struct process_result result;
		struct err err = ERR_INIT;

		request.folder = faults[i].folder;
		request.timeout = faults[i].timeout;
		request.output_max = faults[i].output_max;
		cr_assert_lt(process_output(&request, &result, &err), 0, "%s", faults[i].name);
		cr_assert_eq(err.kind, faults[i].kind, "%s: %s", faults[i].name, err.text);
		cr_assert_str_eq(err.text, faults[i].text);
	}
}

/* The whole group dies, not only the leader: the pipe that a grandchild holds comes to its end. */
Test(process, kills_the_group)
{
	int witness[2];
	char text[200], byte;
	struct process_request request = request_of(SHELL(text));
	struct process_result result;
	struct err err = ERR_INIT;

	cr_assert_eq(pipe(witness), 0);
	snprintf(text, sizeof(text), "sleep 100 <&- >/proc/%d/fd/%d & wait", (int)getpid(),
		 witness[1]);
	request.timeout = 300 * MILLISECOND;
	cr_assert_lt(process_output(&request, &result, &err), 0);
	cr_assert_eq(err.kind, ERR_TIMEOUT);
	close(witness[1]);
	cr_assert_eq(read(witness[0], &byte, 1), 0);
	close(witness[0]);
}

/* We are killed, and have no time to kill anybody: what its shell started goes, too. */
Test(process, does_not_outlive_us)
{
	int witness[2];
	char text[200], byte;
	struct process_request request = request_of(SHELL(text));

	cr_assert_eq(pipe(witness), 0);
	pid_t child = fork();
	cr_assert_geq(child, 0);
	if (child == 0) {
		struct process_result result;

		snprintf(text, sizeof(text),
			 "exec >/proc/%d/fd/%d; sleep 100 & (trap '' TERM HUP INT; sleep 100; :) & "
			 "kill -KILL %d; wait",
			 (int)getppid(), witness[1], (int)getpid());
		process_output(&request, &result, NULL);
		_exit(0);
	}
	cr_assert_eq(waitpid(child, NULL, 0), child);
	close(witness[1]);
	cr_assert_eq(read(witness[0], &byte, 1), 0);
	close(witness[0]);
}

struct job {
	struct process process;
	struct loop *loop;
	unsigned ended, *left;
	bool failed;
};

static void job_ended(struct process *process, const struct err *err)
{
	struct job *job = container_of(process, struct job, process);

	job->ended++;
	job->failed = err != NULL;
	process_done(process); /* from inside its own callback */
	--*job->left;
}

Test(process, many_at_once)
{
	struct loop *loop OWNED(loop_free) = loop_new_epoll(NULL);
	struct process_request request = request_of(SHELL("sleep 0.2; echo x; cat >/dev/null"));
	struct job jobs[10];
	unsigned left = ARRAY_LEN(jobs);
	uint64_t begin = loop_now(loop);

	for (size_t i = 0; i < ARRAY_LEN(jobs); i++) {
		jobs[i] = (struct job){ .loop = loop, .left = &left };
		cr_assert_eq(process_start(&jobs[i].process, loop, &request, job_ended, NULL), 0);
	}
	cr_assert_eq(loop_run(loop, NULL), 0);
	cr_assert_eq(left, 0);
	for (size_t i = 0; i < ARRAY_LEN(jobs); i++) {
		cr_assert_eq(jobs[i].ended, 1);
		cr_assert(!jobs[i].failed);
	}
	cr_assert_lt(loop_now(loop) - begin, 10 * 200 * MILLISECOND);
}

Test(process, may_be_ended_early)
{
	struct loop *loop OWNED(loop_free) = loop_new_epoll(NULL);
	struct process_request request = request_of(SHELL("sleep 100"));
	unsigned left = 1;
	struct job job = { .left = &left };

	process_done(&job.process); /* one that never began */
	cr_assert_eq(process_start(&job.process, loop, &request, job_ended, NULL), 0);
	pid_t pid = job.process.pid;
	process_done(&job.process);
	cr_assert_lt(kill(pid, 0), 0);
	cr_assert_eq(loop_run(loop, NULL), 0);
	cr_assert_eq(left, 1);
}

Test(process, not_in_virtual_time, .signal = SIGABRT)
{
	struct loop *loop = loop_new_virtual(0);
	struct process_request request = request_of(SHELL("true"));
	struct process process;

	process_start(&process, loop, &request, job_ended, NULL);
}
