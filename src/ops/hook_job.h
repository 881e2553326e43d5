/*
 * Hooks of a TalosUpgrade: containers that run as Jobs in the cluster, before and after its nodes.
 *
 *	if (hook_job_args(plan->arena, &job, &args, err) < 0) ... it would show a secret
 *	plan_add(plan, &(struct step){ .kind = &kind_hook_job, .args = args, ... });
 *
 * A Job is deleted before it is created, so that each life of a run has its own result, and judged
 * by its conditions; it stays afterwards, for its log, until Kubernetes removes it.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "ops/declared.h"
#include "tree/value.h"

#define HOOK_NAMESPACE "kube-system" /* where nothing else is said */

struct hook_job {
	const struct declared_hook *hook;
	const char *resource; /* the TalosUpgrade's name */
	const char *when;     /* "pre", "post" */
	const char *ns;	      /* NULL: HOOK_NAMESPACE */
};
/* ERR_REFUSED when what it runs may hold a secret: plans are shown and kept. */
int hook_job_args(struct arena *arena, const struct hook_job *job, const struct value **out,
		  struct err *err);
