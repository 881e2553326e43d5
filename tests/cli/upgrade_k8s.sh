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
