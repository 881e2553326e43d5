/*
 * The expressions of machine configs: what each may know in a release of Talos, what it must
 * answer with, and whether it chooses a disk, a volume or a link that is given as a tree. Disks of
 * nodes are chosen with cel/disk.h.
 *
 *	if (selector_check(SELECTOR_LINK, 13, "glob('aa:bb:*', mac(link.hardware_addr))", &err) < 0)
 *		... err->text begins with line and column in the expression
 *
 * The answer must have the wanted type for certain: dyn(true) is refused. ERR_INPUT.
 */
#pragma once

#include "base/err.h"
#include "tree/value.h"

#include <stdbool.h>

enum selector {
	SELECTOR_DISK,	      /* yes or no */
	SELECTOR_VOLUME,      /* yes or no */
	SELECTOR_LINK,	      /* yes or no */
	SELECTOR_OOM_TRIGGER, /* yes or no */
	SELECTOR_OOM_RANKING, /* a double */
	SELECTOR_COUNT
};

/* `minor`: of Talos 1.x. */
int selector_check(enum selector of, unsigned minor, const char *text, struct err *err);

struct selector_question {
	enum selector of; /* one of the first three */
	unsigned minor;
	const char *text;
};
/* `facts`: a map with what the expression knows, "disk" and "system_disk", "volume" and "disk", or
 * "link": the fields by their names. What is not there is zero, bytes are in base64. */
int selector_holds(const struct selector_question *question, const struct value *facts, bool *out,
		   struct err *err);
