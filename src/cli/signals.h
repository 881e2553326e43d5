/*
 * Ctrl-C and SIGTERM as events of a loop.
 *
 *	struct signals signals;
 *	signals_open(&signals, loop, on_signal, err);
 *	... on_signal(signals, 1), on_signal(signals, 2)
 *	signals_close(&signals);
 *
 * While it is open these signals do nothing else. Closing twice is fine. signals_catch() is for
 * the rest of the time: they end the program with exit code 130. A command that has something to
 * tell at its end holds them back instead; then they wait for the next signals_open() or
 * signals_wait_input().
 */
#pragma once

#include "base/err.h"
#include "loop/loop.h"

#include <signal.h>
#include <stdbool.h>

struct signals {
	struct watch watch;
	int fd; /* -1: closed */
	unsigned count;
	bool virtual;
	sigset_t before;
	void (*on_signal)(struct signals *signals, unsigned count);
};

int signals_open(struct signals *signals, struct loop *loop,
		 void (*on_signal)(struct signals *signals, unsigned count), struct err *err);
void signals_close(struct signals *signals);
/* On a virtual loop, which waits for nothing, signals are told of when somebody asks: here. */
void signals_poll(struct signals *signals);

/* From now on a signal that nobody listens to says "interrupted" and ends the program. */
void signals_catch(void);

/* From now on signals are counted for signals_poll(), and only the third ends the program; until
 * signals_catch() is called again. */
void signals_tally(void);

struct signals_held {
	sigset_t before;
};
void signals_hold(struct signals_held *held);
/* What came too late for anybody to listen is forgotten. */
void signals_release(struct signals_held *held);
/* Waits until `fd` can be read; ERR_CANCELLED when a signal came first. */
int signals_wait_input(int fd, struct err *err);
