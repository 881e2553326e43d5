/*
 * Calls to the Kubernetes API inside steps, beside step_call.h: a step names the request and its
 * continuation, and reads downward.
 *
 *	return step_kube(run, &(struct kube_request){ .verb = KUBE_GET, ... }, node_known);
 *	...
 *	static int node_known(struct step_run *run, struct err *err)
 *	{
 *		const struct value *node = step_kube_reply(run);
 *		if (!node)
 *			return step_kube_failed(run, err);
 *
 * It shares the state of step_call.h, whose step_call_cancel() ends what runs here too. One thing
 * at a time: a call to a node, a call to Kubernetes, or a drain. A site without a way to Kubernetes
 * (site_kube() NULL) fails the call with ERR_USAGE.
 */
#pragma once

#include "base/err.h"
#include "flow/step.h"
#include "kube/drain.h"
#include "kube/kube.h"
#include "kube/watch.h"

#include <stdbool.h>

/* `next` runs when the call has ended, well or not. Returns 0. */
int step_kube(struct step_run *run, const struct kube_request *request, step_fn *next);
/* The reply; NULL when the call failed. Lives until the next call. */
const struct value *step_kube_reply(const struct step_run *run);
/* How the last call or drain ended: kind ERR_NONE when well. */
const struct err *step_kube_err(const struct step_run *run);
int step_kube_failed(const struct step_run *run, struct err *err); /* copies it; returns -1 */
/* After a call that failed: `again` after the pause of step_poll(), because API servers come and
 * go; or failed for good when the request is no good or we have been refused for a minute. */
int step_kube_again(struct step_run *run, step_fn *again, struct err *err);

/* Drains, cordons or uncordons, saying its notes; `options->kube` is filled in here, what the rest
 * of the options points to lives as long as the run. Returns 0. */
int step_drain(struct step_run *run, const struct drain_options *options, step_fn *next);

/* Follows one object, named by `options`, of which `kind` is a row of the table. `next` runs when
 * it has been looked up, and again after each step_watch_on(): when something about it has changed
 * or, at the latest, `patience` later. Calls to nodes may run meanwhile. Returns 0. */
int step_watch(struct step_run *run, const struct kube_watch_options *options, step_fn *next);
int step_watch_on(struct step_run *run, uint64_t patience, step_fn *next);
/* As it is now, until the next step_watch_on(); NULL: it is not there. */
const struct value *step_watched(const struct step_run *run);
/* Why it cannot be followed; kind ERR_NONE: it is. */
const struct err *step_watch_err(const struct step_run *run);
void step_unwatch(struct step_run *run);

/* For step_call.c: where the state of what is above hangs, and its end. */
struct step_kube;
struct step_kube **step_kube_slot(const struct step_run *run);
void step_kube_cancel(struct step_run *run);
