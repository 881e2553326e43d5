/*
 * An operation as a command runs it: look, plan, show or ask, run with a journal; or go on with an
 * unfinished run. Every command that changes a cluster is a few lines around this.
 *
 *	static int cmd_reset(struct program *program, const void *data, struct err *err)
 *	{
 *		struct operation_call call = { &operation_reset, &options };
 *
 *		if (operation_nodes(program, &mine->node, &call.only, err) < 0)
 *			return -1;
 *		return operation_run(program, &call, err);
 *	}
 *
 * `plan` and `rehearse` in front of the command run the same lines: program->work says what is to
 * become of the plan. All of them set the program's result.
 */
#pragma once

#include "base/err.h"
#include "cli/option.h"
#include "cli/program.h"
#include "ops/operation.h"

struct operation_call {
	const struct operation *operation;
	const void *options;	 /* the operation's own; NULL where it has none */
	const char *const *only; /* operation_nodes(); NULL: all */
	const char *request;	 /* what was asked for, as typed; NULL: from the command line */
	bool now;		 /* windows of cluster.yaml do not count */
};
int operation_run(struct program *program, const struct operation_call *call, struct err *err);

/* Goes on with that run of whatever operation; NULL: the newest unfinished one. */
int operation_resume(struct program *program, const char *run, struct err *err);
/* Runs a saved plan exactly. ERR_CONFLICT when the files changed since it was made. */
int operation_run_file(struct program *program, const char *file, struct err *err);

/* Names given as words of the command and by --nodes, together; NULL: neither. */
int operation_nodes(struct program *program, const struct words *words, const char *const **out,
		    struct err *err);
