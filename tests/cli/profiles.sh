#!/bin/bash
# profiles.sh PROGRAM SCRATCH: each job that people come for, on both shipped profiles
# shellcheck source=checks.bash
. "$(dirname "$0")/checks.bash"

# healthy: every gate is ok, and the network is as cluster.yaml says
healthy() {
	run 0 -C "$w" health --sim -o json
	out_has '"id":"nodes-ready","target":"","verdict":"ok"'
	out_has '"id":"vip","target":"","verdict":"ok"'
	run 0 -C "$w" cilium status --sim -o json
	out_has '"ready":true,"note":null,"current":true'
	out_lacks '"state":"absent"'
	out_lacks '"state":"differs"'
	out_lacks '"state":"complains"'
	out_lacks '"state":"active"'
}

# declare FILE: what Tuppr's users write, for both
declare_upgrades() {
	cat >"$1" <<EOF
apiVersion: tuppr.home-operations.com/v1alpha1
kind: TalosUpgrade
metadata: {name: talos}
spec:
  talos: {version: v1.13.11}
  healthChecks:
  - {apiVersion: v1, kind: Node, expr: 'status.conditions.exists(c, c.type == "Ready" && c.status == "True")'}
---
apiVersion: tuppr.home-operations.com/v1alpha1
kind: KubernetesUpgrade
metadata: {name: kubernetes}
spec:
  kubernetes: {version: v1.36.3}
EOF
}

# jobs PROFILE NODE RESOURCE: NODE is one that can be reset alone
jobs() {
	local profile=$1 node=$2 resource=$3
	w=$scratch/$profile

	run 0 init "$w" --profile "$profile"
	grep -qx 'cni: cilium' "$w/cluster.yaml" || fail "$profile brings no network plugin"
	sed -i 's/^kubernetes_version: .*/kubernetes_version: v1.35.4/' "$w/cluster.yaml"
	run 0 -C "$w" check

	run 0 -C "$w" rehearse up -o json
	out_has '"op":"cilium-announce"'
	out_has '"breaks":[]'
	run 0 -C "$w" up --sim --yes -o json
	one_object up
	healthy
	out_has "$resource"
	run 0 -C "$w" up --sim --yes -o json
	out_has '"steps":{"done":0,'

	# regenerated after an edit
	mkdir -p "$w/patches/global"
	printf 'machine: {sysctls: {net.core.somaxconn: "4096"}}\n' >"$w/patches/global/zz.yaml"
	run 0 -C "$w" render -q
	run 2 -C "$w" diff --sim
	run 0 -C "$w" apply --sim --yes -o json
	out_has '"outcome":"done"'
	run 0 -C "$w" diff --sim

	# a node that is wiped and comes back
	run 0 -C "$w" reset "$node" --sim --yes -o json
	out_has '"outcome":"done"'
	run 0 -C "$w" up --sim --yes -o json
	healthy

	# both upgrades, as typed and as declared
	run 0 -C "$w" upgrade talos --to v1.13.10 --sim --yes -o json
	out_has '"outcome":"done"'
	run 0 -C "$w" upgrade k8s --to v1.36.2 --sim --yes -o json
	out_has '"outcome":"done"'
	declare_upgrades "$w/upgrades.yaml"
	run 0 -C "$w" upgrade -f "$w/upgrades.yaml" --sim --yes -o json
	out_has '"outcome":"done"'
	run 0 -C "$w" status --sim -o json
	out_has '"talos":"v1.13.11"'
	out_lacks '"talos":"v1.13.10"'
	healthy
	run 0 -C "$w" rehearse reset "$node" --yes -o json
	out_has '"breaks":[]'
	run 0 -C "$w" rehearse upgrade talos --to v1.13.11 -o json
	out_has '"breaks":[]'
}

jobs all-control-plane mini02 'CiliumBGPClusterConfig nodes'
run 0 -C "$w" cilium status --sim -o json
[ "$(grep -o '"state":"established"' "$out" | wc -l)" = 6 ] || fail "not 6 sessions: $(cat "$out")"
jobs vip-and-workers worker1 'CiliumL2AnnouncementPolicy services'
exit 0
