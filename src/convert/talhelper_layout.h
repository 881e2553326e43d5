/*
 * Where the patches of an import go. The plainest layout that gives talhelper's result is taken;
 * the last one always does, because it lists the patches of each node in talhelper's order.
 */
#pragma once

#include "convert/talhelper_parts.h"

enum import_layout {
	LAYOUT_NONE,	/* what is generated, no patches */
	LAYOUT_FOLDERS, /* patches/global, controller, worker, <hostname> */
	LAYOUT_LATE,	/* likewise, but those for all nodes stand in cluster.yaml */
	LAYOUT_LISTS,	/* all of them stand in nodes.yaml */
	LAYOUT_COUNT
};

/* .gitignore, with the files that hold secrets in clear. */
void import_ignore(struct import *import);
/* Fills import->file anew. >0 when the patches differ in a way that this layout cannot hold. */
int import_lay_out(struct import *import, enum import_layout layout);
