/*
 * Processes: a program run on the loop, its output read with limits. The only way to start one.
 *
 *	const char *const argv[] = { "age", "-d", "bundle.age", NULL };
 *	struct process_request request = { .argv = argv, .output_max = 1 << 20,
 *					   .error_max = 4096, .timeout = 60 * SECOND };
 *	process_start(&job->process, loop, &request, job_ended, err)
 *	...
 *	static void job_ended(struct process *process, const struct err *err)
 *
 * argv[0] is looked up in PATH; no shell is involved unless argv names one. The child has our
 * environment, a session of its own (no terminal, so it cannot stop to ask), standard signals, and
 * no descriptor but 0 to 2. When it ends, when it is over a limit or late, and when we end, killed
 * or not, whatever is left of its process group is killed.
 *
 * on_end comes exactly once, from the loop, and may end the process with process_done(). An exit
 * code is no error; err is set (ERR_TIMEOUT, ERR_INPUT for too much output, ERR_SYSTEM) when the
 * result does not count. What the child printed may be secret: it is erased when freed, and no
 * error quotes it. Real time only: a virtual loop is asserted away.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"
#include "loop/loop.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct process_request { /* borrowed until process_start() returns, but for `name` */
	const char *const *argv;
	const char *name;   /* what errors call it; NULL: argv[0], which must then live on */
	const char *folder; /* where it runs; NULL: where we do */
	const void *input;  /* its stdin; NULL: nothing to read */
	size_t input_len;
	size_t output_max; /* bytes of stdout; more is an error */
	size_t error_max;  /* bytes of stderr; of more the end is kept */
	uint64_t timeout;  /* nanoseconds; 0: none */
};

struct process_result {
	int code;   /* what it exited with; -1: a signal ended it */
	int signal; /* which; 0: none */
	struct str output, errors;
};
void process_result_done(struct process_result *result);

struct process {
	struct process_result result; /* complete when on_end is called */
	const char *name;
	struct loop *loop;
	pid_t pid; /* of its keeper and its group; 0: none that is still to be waited for */
	struct watch exited, output, errors;
	struct timer deadline;
	uint64_t timeout;
	void (*on_end)(struct process *process, const struct err *err);
};
/* ERR_NOT_FOUND when there is no such program or folder. */
int process_start(struct process *process, struct loop *loop, const struct process_request *request,
		  void (*on_end)(struct process *process, const struct err *err), struct err *err);
/* Kills what still runs; may be called at any time, also on one that is all zero. */
void process_done(struct process *process);

/* The same, waited for: for what runs before there is a loop. *out on success only. */
int process_output(const struct process_request *request, struct process_result *out,
		   struct err *err);
