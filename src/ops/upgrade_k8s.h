/*
 * `upgrade k8s`: Kubernetes to another version, one minor release after the other, without a drain
 * or a reboot.
 *
 *	const struct upgrade_k8s_options options = { .to = "v1.36.3" };
 *	const struct operation_input input = { .inventory = inventory, .options = &options };
 *	if (operation_upgrade_k8s.plan(&input, &plan, err) < 0) ...
 *
 * Of each hop: check that every version fits, look for objects of APIs that go, pull the images on
 * every node; then kube-apiserver on one control plane after the other, each only while etcd is
 * well, kube-controller-manager and kube-scheduler likewise, kube-proxy's image, the kubelets of
 * the control planes one by one, and those of the workers, as many at once as --max-parallel says.
 * Then the bootstrap manifests, as the first control plane has rendered them by now: kube-proxy's
 * DaemonSet and the others are applied, watched until they are rolled out, and what is in none of
 * them any more is removed. Without a hop that is done when kube-proxy is behind, or when asked.
 *
 * Of the nodes' own configs only the images change. A step that finds its component there, or
 * beyond, does nothing: what an earlier run began is finished by the next one.
 *
 * Refused before anything changes: flags, feature gates and admission plugins in the configs that a
 * release on the way does not know, a downgrade, versions that do not fit, a node that does not
 * answer or is none of ours, a config that waits for a reboot and would be lost, a locked control
 * plane. The kubelet of a locked worker stays as it is.
 */
#pragma once

#include "ops/operation.h"

#include <stdbool.h>

struct upgrade_k8s_options {
	const char *to;		/* "v1.36.3" or "1.36.3"; NULL: the workspace's version */
	const char *repository; /* of all images: "registry.local/k8s"; NULL: as it is */
	bool ignore_removed;	/* go on though removed APIs, flags or gates are used */
	bool manifests;		/* bring them up to date though no version changes */
	const char *from;	/* what runs is that version at least: an earlier part of the plan
				 * sees to it; NULL: as observed */
};

extern const struct operation operation_upgrade_k8s;
