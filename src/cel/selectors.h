/*
 * The expressions of machine configs: what each may know in a release of Talos, and what it must
 * answer with. They are only checked here; disks are chosen with cel/disk.h.
 *
 *	if (selector_check(SELECTOR_LINK, 13, "glob('aa:bb:*', mac(link.hardware_addr))", &err) < 0)
 *		... err->text begins with line and column in the expression
 *
 * The answer must have the wanted type for certain: dyn(true) is refused. ERR_INPUT.
 */
#pragma once

#include "base/err.h"

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
