/*
 * Starting a program that does not outlive us, whatever ends us: SIGKILL, too.
 *
 *	const struct keeper_request request = { .argv = argv, .folder = folder, .fd = fds };
 *	int os = keeper_start(&request, &pid);
 *
 * Between the program and us stands a keeper: a process of ours that leads a session of its own
 * with the program in it, waits for it and ends as it ended. When we die first it kills the whole
 * process group. `pid` is the keeper's and the group's number; who kills the group kills both.
 *
 * The program has default signals, none blocked, and of our descriptors only `fd`, as 0 to 2.
 */
#pragma once

#include <sys/types.h>

struct keeper_request {
	const char *const *argv; /* argv[0] is looked up in PATH */
	const char *folder;	 /* where it runs; NULL: where we do */
	const int *fd;		 /* three, none of them 0 to 2 */
};

/* An errno when the program could not be started; 0: it runs. */
int keeper_start(const struct keeper_request *request, pid_t *pid);
