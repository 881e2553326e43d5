#include "ops/kinds.h"

#include "base/own.h"

const struct step_kind *const ops_kinds[] = {
	&kind_write_configs,
	&kind_reach,
	&kind_apply_config,
	&kind_boot,
	&kind_bootstrap,
	&kind_etcd,
	&kind_etcd_well,
	&kind_kubeconfig,
	&kind_ready,
	&kind_vip,
	&kind_drain,
	&kind_uncordon,
	&kind_reboot,
	&kind_back,
	&kind_kubernetes,
	&kind_cilium_install,
	&kind_cilium_ready,
	&kind_cilium_resources,
	&kind_cilium_announce,
	&kind_kube_versions,
	&kind_removed_apis,
	&kind_kube_pull,
	&kind_kube_component,
};
const size_t ops_kind_count = ARRAY_LEN(ops_kinds);
