/*
 * A rehearsal: a simulated copy of the workspace's cluster in virtual time, for a command that runs
 * on it as it would on the real one. No socket is opened and nothing of the workspace is changed;
 * what steps write goes to a folder in .talforge/ that goes with the rehearsal.
 *
 *	struct rehearsal *rehearsal OWNED(rehearsal_free) = NULL;
 *	if (rehearsal_open(program, &setup, &rehearsal, err) < 0) ...
 *	program_site() and program_loop() now give those of the rehearsal
 *	r = command->run(program, options, err);
 *	return rehearsal_result(rehearsal, r, err);
 *
 * The program borrows it; it goes before the program does.
 */
#pragma once

#include "base/err.h"
#include "base/own.h"
#include "net/dial.h"
#include "net/http.h"
#include "net/ssh.h"

#include <stdint.h>

struct program;
struct rehearsal;

struct rehearsal_setup {
	const char *scenario; /* a file; NULL: none */
	const char *seed;     /* a number; NULL: 1. Without a file things go wrong at random */
	const char *from;     /* version to start at; NULL: follows from the command */
	bool live;	      /* as the real cluster is now */
};
int rehearsal_open(struct program *program, const struct rehearsal_setup *setup,
		   struct rehearsal **out, struct err *err);
void rehearsal_free(struct rehearsal *rehearsal);
OWN_DEFINE(struct rehearsal, rehearsal_free)

struct dialer *rehearsal_dialer(struct rehearsal *rehearsal);
struct http_door *rehearsal_http(struct rehearsal *rehearsal);
struct ssh_door *rehearsal_ssh(struct rehearsal *rehearsal);
const char *rehearsal_folder(const struct rehearsal *rehearsal);

/* Adds the timeline and what would break to the program's result; `r` is how the command ended.
 * Returns that, or -1 when the witness objects to a run that ended well. */
int rehearsal_result(struct rehearsal *rehearsal, int r, struct err *err);
