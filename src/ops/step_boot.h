/*
 * Boots inside steps: learn which boot a node is in, ask for something that ends it, wait for the
 * next one. The proof is the id that the kernel draws for every boot.
 *
 *	return boot_learn(run, known);                     first
 *	static int known(run, err)  { return step_call(run, channel, &talos_reboot, &r, asked); }
 *	static int asked(run, err)  { return boot_await(run, &rebooted, err); }
 *
 * It shares the state of step_call.h and uses step_memory()->data. boot_await() also takes a call
 * whose answer was lost: the node itself shows whether it was heard. What it says when it gives up
 * tells apart a node that never went down from one that never came back; both are ERR_CONFLICT, so
 * that nothing is asked for twice.
 */
#pragma once

#include "base/err.h"
#include "flow/step.h"
#include "talos/talos.h"

#include <stdint.h>

/* `next` runs when the id is known; a node that does not answer is asked again. */
int boot_learn(struct step_run *run, step_fn *next);
/* The id that was learnt; NULL before. */
const char *boot_before(struct step_run *run);

struct boot_wait {
	const char *what; /* "the reboot was asked for": for sentences */
	step_fn *next;	  /* once another boot answers */
	uint64_t down;	  /* how long the old boot may go on, nanoseconds */
};
/* After the call that ends the boot, however it ended. ERR of that call when the node refused. */
int boot_await(struct step_run *run, const struct boot_wait *wait, struct err *err);

/* All of it for a reboot; the step is done when the next boot answers. */
int boot_reboot(struct step_run *run, enum talos_reboot_mode mode);
