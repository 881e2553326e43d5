/*
 * The version contract of a machine config: which release of Talos the generated config is meant
 * for, and what that changes. A row per difference, nothing asks for versions.
 *
 *	struct contract contract;
 *	if (contract_of("v1.12", RELEASE_1_13, &contract, err) < 0) ...
 *	if (contract_has(&contract, CONTRACT_HOSTNAME_DOCUMENT)) ...
 */
#pragma once

#include "base/err.h"
#include "render/config.h"

#include <stdbool.h>

enum contract_trait {
	CONTRACT_POD_SECURITY,
	CONTRACT_SECCOMP_DEFAULT,
	CONTRACT_NO_KUBERNETES_DISCOVERY,
	CONTRACT_STABLE_HOSTNAME,
	CONTRACT_SCHEDULING_ON_CONTROL_PLANES,
	CONTRACT_REGISTRY_K8S_MIRROR,
	CONTRACT_CHECK_KEY_USAGE,
	CONTRACT_RBAC,
	CONTRACT_AUDIT_POLICY,
	CONTRACT_NO_MANIFESTS_FOLDER,
	CONTRACT_SECRETBOX,
	CONTRACT_DISK_QUOTA,
	CONTRACT_KUBE_PRISM,
	CONTRACT_HOST_DNS,
	CONTRACT_FORWARD_KUBE_DNS,
	CONTRACT_LOAD_BALANCER_LABEL,
	CONTRACT_WORKER_CLUSTER_NAME,
	CONTRACT_HOSTNAME_DOCUMENT,
	CONTRACT_ENDPOINT_SAN,
	CONTRACT_POD_SECURITY_POLICY_OFF,
	CONTRACT_UKI_COMMAND_LINE,
	CONTRACT_REGISTRY_DOCUMENTS,
	CONTRACT_NETWORK_SECTION,
	CONTRACT_KUBESPAN_DOCUMENT,
	CONTRACT_VOLUME_DOCUMENTS,
	CONTRACT_DOCUMENTS_ONLY, /* all but a rest lives in documents of its own */
	CONTRACT_TRAIT_COUNT
};

struct contract {
	unsigned major, minor;
};

/* NULL or a version newer than the release knows: the newest it knows. */
int contract_of(const char *text, enum release release, struct contract *out, struct err *err);
bool contract_has(const struct contract *contract, enum contract_trait trait);
