/*
 * What was asked for, as one could type it again: the command's words, its arguments and the
 * options that shape a plan. Journals keep it, so that the same command goes on with its run and
 * another one does not.
 *
 * Of the flags of all changing commands only --max-parallel and --nodes shape a plan; a command's
 * own all do. No secret is ever an option.
 */
#pragma once

#include "cli/program.h"

const char *request_text(struct program *program); /* in the program's arena */
