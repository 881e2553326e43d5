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

/* `next` runs when the call has ended, well or not. Returns 0. */
int step_kube(struct step_run *run, const struct kube_request *request, step_fn *next);
/* The reply; NULL when the call failed. Lives until the next call. */
const struct value *step_kube_reply(const struct step_run *run);
/* How the last call or drain ended: kind ERR_NONE when well. */
const struct err *step_kube_err(const struct step_run *run);
int step_kube_failed(const struct step_run *run, struct err *err); /* copies it; returns -1 */

/* Drains, cordons or uncordons, saying its notes; `options->kube` is filled in here, what the rest
 * of the options points to lives as long as the run. Returns 0. */
int step_drain(struct step_run *run, const struct drain_options *options, step_fn *next);

/* For step_call.c: where the state of what is above hangs, and its end. */
struct step_kube;
struct step_kube **step_kube_slot(const struct step_run *run);
void step_kube_cancel(struct step_run *run);
