/*
 * Branches: a part of a test that lives in a process of its own, with everything as it is at that
 * moment. What a branch does, nobody else sees; it may break anything, and be killed.
 *
 *	struct branch branch;
 *	if (branch_begin(&branch, NULL)) {
 *		... in the other process: go on, break things, assert ...
 *		branch_leave();
 *	}
 *	if (!branch_end(&branch)) ...		    an assertion failed there, or it died
 *
 * Files in the working directory are its own, open ones too, when all paths there are relative.
 * Assertions of Criterion work inside: the first that fails is printed on stderr and ends the
 * branch. One that goes on for ten minutes is ended.
 */
#pragma once

#include "base/arena.h"

#include <stdbool.h>
#include <sys/types.h>

struct branch {
	struct arena *arena; /* owned */
	const char *folder;  /* where it works */
	bool copied;	     /* the folder goes with the branch */
	pid_t process;
	bool killed; /* it has ended, by SIGKILL */
};

/* True in the branch. It works in `folder`; NULL: in a copy of the working directory, which is
 * removed after it. */
bool branch_begin(struct branch *branch, const char *folder);
_Noreturn void branch_leave(void);
/* In the test: waits; true when it left in good order. */
bool branch_end(struct branch *branch);
