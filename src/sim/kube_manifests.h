/*
 * The bootstrap manifests of a control plane: the Kubernetes objects that follow from its machine
 * config. It creates those that are missing and shows all of them as resources; it changes nothing
 * that is there, which is left to whoever upgrades Kubernetes.
 *
 *	manifests_render(settings);      fills settings->rendered, sorted by id
 *
 * From Talos 1.13 on, what was created is listed in an inventory, a ConfigMap whose keys name the
 * objects, and each object says in an annotation to which inventory it belongs.
 */
#pragma once

#include "sim/kube_settings.h"

#include <stdbool.h>

struct sim_node;

#define INVENTORY_NAME "talos-bootstrap-manifests-inventory"
#define INVENTORY_ANNOTATION "config.k8s.io/owning-inventory"

void manifests_render(struct kube_settings *settings);
/* Whether the Talos of that node keeps an inventory. */
bool manifests_are_listed(const struct sim_node *node);
/* "kube-system_kube-proxy_apps_DaemonSet" */
const char *manifest_key(struct arena *arena, const struct value *object);
