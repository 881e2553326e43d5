/*
 * What the program's standard streams are: terminals or not, their size, whether colour is wanted.
 *
 *	struct terminal terminal;
 *	terminal_init(&terminal, env);
 *	terminal_write(STDERR_FILENO, text, len);
 *
 * NO_COLOR turns colour off, CI and TERM=dumb turn the live view off, a locale that is not UTF-8
 *turns characters beyond ASCII off.
 */
#pragma once

#include "cli/option.h"

#include <stdbool.h>
#include <stddef.h>

struct terminal {
	bool asks;   /* stdin and stderr are terminals: people can be asked */
	bool live;   /* stderr can be redrawn */
	bool colour; /* on stderr */
	bool utf8;
};
void terminal_init(struct terminal *terminal, env_fn *env);

struct terminal_size {
	unsigned columns, rows;
};
struct terminal_size terminal_size(void); /* of stderr, now; 80 by 24 when it does not say */

/* All of it; false when the reader is gone. */
bool terminal_write(int fd, const char *text, size_t len);
/* Columns that UTF-8 text takes, by counting characters. */
size_t terminal_columns(const char *text);
