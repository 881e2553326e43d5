/*
 * A program that a peer asks through a pipe: a line in, a line out. Linking lines.c makes it one;
 * what a line is answered with is its own.
 */
#pragma once

#include <stddef.h>

/* Prints the answer and flushes it; -1 ends the program with 1. */
int lines_answer(const char *line, size_t len);
