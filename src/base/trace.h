/*
 * What --debug tells: a line for each call, from where it ends. Whoever speaks to others is given a
 * trace by its door; without one nobody hears it.
 *
 *	trace_line(channel->dialer->trace, "%s: %s", address, method);
 *
 * Lines hold names and errors, never what was sent or answered.
 */
#pragma once

struct trace {
	void (*on_line)(struct trace *trace, const char *text);
};

/* `trace` may be NULL. Long lines are cut. */
void trace_line(struct trace *trace, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
