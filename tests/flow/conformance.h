/*
 * What users of upgrade resources rely on, one row per case: what is given, and what happens here.
 * A row's letter is its subject, as the comments of the table say; numbers are never used again.
 */
#pragma once

#include "flow/scene.h"
#include "ops/installer.h"

#include <stddef.h>

enum judged {
	WRONG_FILE, /* the file has an error that says `says` */
	DOUBTED,    /* it is read, and a warning or a note says `says` */
	OPEN,	    /* the windows `text` are open at `at` */
	CLOSED,	    /* they are not, and open next at `says`; NULL: never mind */
	IMAGE,	    /* the node of `facts` gets `says` */
	NO_IMAGE,   /* it is refused with `says` */
	REFUSED,    /* with exit code 4 before anything changes */
	GOES,	    /* well; nodes are written in the order of `says`, NULL: whatever */
	IDLE,	    /* well, and nothing is changed */
	FAILS,	    /* it begins, and ends with `says` */
	/* "suite, test", "matrix, row", another row, or "tests/FILE: what stands in it" */
	SHOWN_BY,
	NO_CONTROLLER, /* nothing of a command that is run by hand: `says` why */
};

struct conformance {
	const char *id, *given;
	enum judged how;
	const char *says;
	const char *text; /* of the file; of the list of windows */
	const char *at;	  /* time */
	const struct installer_facts *facts;
	void (*before)(struct scene *scene);
	const char *talos;    /* that the nodes run; NULL: v1.13.9 */
	const char *settings; /* for cluster.yaml */
};

extern const struct conformance conformance_rows[];
extern const size_t conformance_count;
