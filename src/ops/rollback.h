/*
 * `rollback NODE --os`: one node boots the system that it ran before its last upgrade, which is
 * still on its disk. Proved by another boot and another version (or schematic).
 *
 * Planning is pure. A locked node, one that does not answer, and a control plane whose reboot would
 * cost etcd its quorum are refused. The node is drained before and uncordoned after, as in an
 * upgrade.
 */
#pragma once

#include "ops/operation.h"

extern const struct operation operation_rollback_os; /* no options; input->only: that node */
