/*
 * `up` as a command runs it: look, plan, show or ask, run with a journal; or go on with an
 * unfinished run.
 */
#pragma once

#include "base/err.h"

struct program;

enum up_mode {
	UP_ANY,	   /* go on with an unfinished run of the same inputs, else plan anew */
	UP_RESUME, /* only go on */
};
/* `run` with UP_RESUME: that one; NULL: the newest unfinished one. Sets the program's result. */
int up_run(struct program *program, enum up_mode mode, const char *run, struct err *err);
