/*
 * What is wrong in a user's document, with its place: ERR_INPUT in one call.
 */
#pragma once

#include "base/err.h"
#include "tree/value.h"

/* Returns -1. A place without a file is left out. */
int fault(struct err *err, struct src src, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
