#!/bin/bash
# upgrade_k8s.sh PROGRAM SCRATCH: Kubernetes one minor release further, and what is refused
# shellcheck source=checks.bash
. "$(dirname "$0")/checks.bash"

w=$scratch/w
run 0 init "$w" --profile vip-and-workers
sed -i 's/^kubernetes_version: .*/kubernetes_version: v1.35.4/' "$w/cluster.yaml"
grep -qx 'kubernetes_version: v1.35.4' "$w/cluster.yaml" || fail "cluster.yaml names no version"
run 0 -C "$w" up --sim --yes -q
run 0 -C "$w" upgrade k8s --sim
out_has 'nothing to do: Kubernetes runs the wanted version everywhere'

run 4 -C "$w" upgrade k8s --to v1.34.2 --sim
err_has 'downgrade'
err_lacks 'rollback --os'
run 4 -C "$w" upgrade k8s --to v1.37.0 --sim
run 3 -C "$w" upgrade k8s --to garbage --sim
err_has '"garbage" is no version like v1.36.3'
run 3 -C "$w" upgrade k8s --to v1.36 --sim

run 2 -C "$w" upgrade k8s --to v1.36.3 --sim --dry-run
out_has 'kube-apiserver'
run 2 -C "$w" upgrade k8s --to v1.36.3 --sim --dry-run -o json
one_object "upgrade k8s"
for kind in kube-versions removed-apis kube-pull etcd-well kube-component; do
	out_has "\"op\":\"$kind\""
done
out_has 'kubelet:v1.36.3'
# a plan changes nothing
run 0 -C "$w" upgrade k8s --sim
out_has 'nothing to do: '

run 0 -C "$w" upgrade k8s --to v1.36.3 --sim --yes -o json
out_has '"operation":"upgrade k8s","outcome":"done"'
out_has '"failed":0}'
run 0 -C "$w" upgrade k8s --to 1.36.3 --sim -o json
out_has '"text":"nothing to do: '

run 4 -C "$w" upgrade k8s --to v1.35.4 --sim
err_has 'downgrade'

# ---- what the new version does not know, and images from elsewhere ----------------------------------

w=$scratch/mirror
run 0 init "$w" --profile vip-and-workers
sed -i 's/^kubernetes_version: .*/kubernetes_version: v1.35.4/' "$w/cluster.yaml"
cat >"$w/patches/controller/cluster.yaml" <<'YAML'
cluster:
  proxy:
    disabled: false
  apiServer:
    extraArgs:
      feature-gates: WatchFromStorageWithoutResourceVersion=true
YAML
run 0 -C "$w" up --sim --yes -q
run 4 -C "$w" upgrade k8s --to v1.36.3 --sim --yes
err_has 'kube-apiserver of control0, control1 is given the feature gate'
err_has 'WatchFromStorageWithoutResourceVersion, which v1.36 does not know'
err_has '--ignore-removed-apis'

run 2 -C "$w" upgrade k8s --to v1.36.3 --sim --dry-run --ignore-removed-apis \
	--image-repository registry.local/k8s -o json
one_object "upgrade k8s"
out_has 'v1.36 serves every API version that v1.35 served'
out_has 'is given the feature gate WatchFromStorageWithoutResourceVersion'
out_has 'registry.local/k8s/kubelet:v1.36.3'
out_has 'registry.local/k8s/kube-proxy:v1.36.3'
for kind in kube-manifests kube-rollout kube-prune; do
	out_has "\"op\":\"$kind\""
done

run 0 -C "$w" upgrade k8s --to v1.36.3 --sim --yes --ignore-removed-apis \
	--image-repository registry.local/k8s
err_has 'changed DaemonSet kube-system/kube-proxy'
grep -q 'registry.local/k8s/kube-scheduler:v1.36.3' "$w/.talforge/world/nodes/control0.json" ||
	fail "control0 has another image"
run 0 -C "$w" upgrade k8s --to v1.36.3 --sim
out_has 'nothing to do: '
# asked for, the manifests are looked at; nothing differs
run 0 -C "$w" upgrade k8s --to v1.36.3 --manifests --sim --yes
out_has 'nothing to do: '
