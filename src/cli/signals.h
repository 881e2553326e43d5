/*
 * Ctrl-C and SIGTERM as events of a loop.
 *
 *	struct signals signals;
 *	signals_open(&signals, loop, on_signal, err);
 *	... on_signal(signals, 1), on_signal(signals, 2)
 *	signals_close(&signals);
 *
 * While it is open these signals do nothing else; before and after they end the program as usual,
 *so a question can be interrupted. Closing twice is fine.
 */
#pragma once

#include "base/err.h"
#include "loop/loop.h"

#include <signal.h>

struct signals {
	struct watch watch;
	int fd; /* -1: closed */
	unsigned count;
	sigset_t before;
	void (*on_signal)(struct signals *signals, unsigned count);
};

int signals_open(struct signals *signals, struct loop *loop,
		 void (*on_signal)(struct signals *signals, unsigned count), struct err *err);
void signals_close(struct signals *signals);
