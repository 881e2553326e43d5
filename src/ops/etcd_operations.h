/*
 * Operations on etcd itself: bootstrap or restore it, take a member out, hand over the lead,
 * defragment. All plans are pure and refuse before anything happens.
 *
 *	const struct member_options options = { .member = "old01" };
 *	operation_etcd_remove.plan(&(struct operation_input){ .options = &options, ... }, ...)
 *
 * bootstrap: nothing to do where etcd runs; every control plane must be configured and answer, so
 * that no member hides. restore is the same from a snapshot, which the caller has verified.
 * remove asks the arithmetic of quorum, and the members that stay do it. defrag blocks a member
 * while it runs: one at a time, the leader last, etcd well in between.
 */
#pragma once

#include "ops/operation.h"

struct bootstrap_options {
	const char *file; /* of a snapshot; an absolute path; NULL: an empty etcd */
};
struct member_options {
	const char *member; /* a node's name, or the member's number in hexadecimal */
};
/* Options: struct bootstrap_options (may be NULL), struct bootstrap_options, struct member_options,
 * none, none. */
extern const struct operation operation_bootstrap, operation_etcd_restore, operation_etcd_remove,
	operation_etcd_forfeit, operation_etcd_defrag;
