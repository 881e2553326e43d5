#include "render/contract.h"

#include "base/own.h"
#include "render/generate.h"

#include <ctype.h>
#include <stdlib.h>

struct trait {
	unsigned since, before; /* minor versions of 1; 0: always, for ever */
};

static const struct trait traits[] = {
	[CONTRACT_POD_SECURITY] = { 1, 0 },
	[CONTRACT_SECCOMP_DEFAULT] = { 2, 0 },
	[CONTRACT_NO_KUBERNETES_DISCOVERY] = { 2, 0 },
	[CONTRACT_STABLE_HOSTNAME] = { 2, 12 },
	[CONTRACT_SCHEDULING_ON_CONTROL_PLANES] = { 2, 0 },
	[CONTRACT_REGISTRY_K8S_MIRROR] = { 2, 3 },
	[CONTRACT_CHECK_KEY_USAGE] = { 3, 12 },
	[CONTRACT_RBAC] = { 0, 12 },
	[CONTRACT_AUDIT_POLICY] = { 3, 0 },
	[CONTRACT_NO_MANIFESTS_FOLDER] = { 3, 0 },
	[CONTRACT_SECRETBOX] = { 3, 0 },
	[CONTRACT_DISK_QUOTA] = { 5, 0 },
	[CONTRACT_KUBE_PRISM] = { 6, 0 },
	[CONTRACT_HOST_DNS] = { 7, 0 },
	[CONTRACT_FORWARD_KUBE_DNS] = { 8, 0 },
	[CONTRACT_LOAD_BALANCER_LABEL] = { 8, 0 },
	[CONTRACT_WORKER_CLUSTER_NAME] = { 8, 0 },
	[CONTRACT_HOSTNAME_DOCUMENT] = { 12, 0 },
	[CONTRACT_ENDPOINT_SAN] = { 0, 12 },
	[CONTRACT_POD_SECURITY_POLICY_OFF] = { 0, 12 },
	[CONTRACT_UKI_COMMAND_LINE] = { 12, 0 },
	[CONTRACT_REGISTRY_DOCUMENTS] = { 12, 0 },
	[CONTRACT_NETWORK_SECTION] = { 0, 13 },
	[CONTRACT_KUBESPAN_DOCUMENT] = { 13, 0 },
	[CONTRACT_VOLUME_DOCUMENTS] = { 11, 0 },
	[CONTRACT_DOCUMENTS_ONLY] = { 14, 0 },
};
_Static_assert(ARRAY_LEN(traits) == CONTRACT_TRAIT_COUNT, "a row for every trait");

static const struct contract newest[RELEASE_COUNT] = {
	[RELEASE_1_13] = { 1, 13 },
	[RELEASE_1_14] = { 1, 14 },
};

bool contract_has(const struct contract *contract, enum contract_trait trait)
{
	const struct trait *row = &traits[trait];

	return contract->minor >= row->since && (!row->before || contract->minor < row->before);
}

static bool take_number(const char **text, unsigned *out)
{
	unsigned long number = 0;
	const char *start = *text;

	for (; isdigit((unsigned char)**text) && number < 1000000; (*text)++)
		number = number * 10 + (unsigned long)(**text - '0');
	*out = (unsigned)number;
	return *text > start;
}

int contract_parse(const char *text, unsigned *major, unsigned *minor, struct err *err)
{
	const char *rest = text + (*text == 'v');

	if (!take_number(&rest, major) || *rest++ != '.' || !take_number(&rest, minor) ||
	    (*rest && *rest != '.'))
		return err_set(err, ERR_USAGE, "\"%s\" is not a version such as v1.13", text);
	return 0;
}

int contract_of(const char *text, enum release release, struct contract *out, struct err *err)
{
	struct contract contract = newest[release];

	if (text && contract_parse(text, &contract.major, &contract.minor, err) < 0)
		return -1;
	if (contract.major == 0)
		contract = (struct contract){ 1, 0 };
	if (contract.major > 1 || contract.minor > newest[release].minor)
		contract = newest[release];
	*out = contract;
	return 0;
}
