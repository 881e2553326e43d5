#!/bin/bash
# regenerate.sh PROGRAM SCRATCH: files change, the nodes are compared with them, get what differs, and go back
# shellcheck source=checks.bash
. "$(dirname "$0")/checks.bash"

w=$scratch/w
run 0 init "$w" --profile vip-and-workers
run 2 -C "$w" diff --sim worker0
out_has 'worker0: has no config yet'
run 0 -C "$w" up --sim --quiet
run 0 -C "$w" diff --sim
out_has 'worker2: no difference'
run 0 -C "$w" apply --sim -o json
one_object apply
out_has 'nothing to do: every node runs on its config'
for node in control0 control1 worker0 worker1 worker2; do
	mode_is 600 "$w/.talforge/world/good/$node.yaml"
done
[ ! -e "$w/.talforge/good" ] || fail "what simulated nodes ran well on is kept for real ones"

# a live change everywhere, one that needs a boot on workers
mkdir -p "$w/patches/global" "$w/patches/worker"
printf 'machine: {sysctls: {net.core.somaxconn: "4096"}}\n' >"$w/patches/global/zz-live.yaml"
printf 'machine: {udev: {rules: ["SUBSYSTEM==\\"drm\\""]}}\n' >"$w/patches/worker/zz-cold.yaml"
run 0 -C "$w" render --quiet
run 2 -C "$w" diff --sim
out_has 'v1alpha1 changed (live)'
out_has '    + machine.sysctls["net.core.somaxconn"]: 4096'
out_has 'v1alpha1 changed (reboot)'
run 2 -C "$w" diff --sim -o json worker0
one_object diff
out_has '"documents":[{"kind":"v1alpha1","name":"","change":"changed","effect":"reboot","lines":["+ machine.'
out_has '"lost_edits":[]'
run 0 -C "$w" status --sim -o json
out_has '"drift":"live"'
out_has '"drift":"reboot"'

# the plan says what changes, and the modes that cannot do it refuse
run 2 -C "$w" apply --sim --dry-run
out_has 'adds machine.udev.rules[0] (reboot)'
out_has 'adds machine.sysctls["net.core.somaxconn"] (live)'
for mode in no-reboot try; do
	run 4 -C "$w" apply --sim --mode $mode
	err_has 'machine.udev.rules[0] of worker0 cannot change without a reboot'
done
run 3 -C "$w" apply --sim --mode reboot
run 3 -C "$w" apply --sim worker9
run 0 -C "$w" apply --sim --mode staged worker0 -o json
out_has '"steps":{"done":1,"skipped":0,"failed":0}'
run 2 -C "$w" diff --sim worker0
out_has 'staged already: it takes effect with the next boot'
run 0 -C "$w" apply --sim -o json
one_object apply
out_has '"operation":"apply","outcome":"done"'
run 0 -C "$w" diff --sim
run 0 -C "$w" apply --sim
out_has 'nothing to do'

# a trial that nobody confirms
printf 'machine: {sysctls: {net.core.somaxconn: "8192"}}\n' >"$w/patches/global/zz-live.yaml"
run 2 -C "$w" apply --sim --mode try --trial 5m control1 --dry-run
out_has 'the node takes it back by itself after 5m'
run 0 -C "$w" apply --sim --mode try --trial 5m control1
run 2 -C "$w" diff --sim control1
out_has 'would boot with another config: a trial'
run 0 -C "$w" apply --sim control1
run 0 -C "$w" diff --sim control1

# what is on the node and came from nowhere is named
cp "$w/patches/global/zz-live.yaml" "$scratch/live"
printf 'machine: {sysctls: {net.core.somaxconn: "8192", fs.aio-max-nr: "65536"}}\n' >"$w/patches/global/zz-live.yaml"
run 0 -C "$w" apply --sim --mode try --trial 1h control1
cp "$scratch/live" "$w/patches/global/zz-live.yaml"
run 2 -C "$w" diff --sim control1 -o json
out_has '"lost_edits":["machine.sysctls[\"fs.aio-max-nr\"]"]'
run 2 -C "$w" apply --sim control1 --dry-run
out_has 'loses what was edited on the node: machine.sysctls["fs.aio-max-nr"]'
run 2 -C "$w" diff --sim control1
out_has '  edited on the node, would be lost: machine.sysctls["fs.aio-max-nr"]'
mv "$w/.talforge/world/good/control1.yaml" "$scratch/kept"
run 2 -C "$w" diff --sim control1
out_has '  maybe edited on the node, would be lost: machine.sysctls["fs.aio-max-nr"]'
run 2 -C "$w" apply --sim control1 --dry-run
out_has 'loses what may have been edited on the node: machine.sysctls["fs.aio-max-nr"]'
mv "$scratch/kept" "$w/.talforge/world/good/control1.yaml"
run 0 -C "$w" apply --sim control1

# a secret in a line is starred
sed -n 's/^ *token: //p' "$w/clusterconfig/kubernetes-worker0.yaml" | sort -u >"$scratch/tokens"
printf 'machine: {token: "zzzzzz.0123456789abcdef"}\n' >"$w/patches/worker/zz-token.yaml"
run 2 -C "$w" diff --sim worker0
out_has '    + machine.token: ***'
out_lacks zzzzzz.0123456789abcdef
run 2 -C "$w" diff --sim worker0 --show-secrets
out_has zzzzzz.0123456789abcdef
rm "$w/patches/worker/zz-token.yaml"

# Kubernetes is upgraded in order, not by the way
sed -i 's/^kubernetes_version:.*/kubernetes_version: v1.36.2/' "$w/cluster.yaml"
run 2 -C "$w" diff --sim worker0
out_has 'Kubernetes: runs v1.36.3, wanted v1.36.2'
run 4 -C "$w" apply --sim worker0
err_has 'talforge upgrade k8s'
sed -i 's/^kubernetes_version: v1.36.2/kubernetes_version: v1.36.3/' "$w/cluster.yaml"

# back to what the node ran on before
run 3 -C "$w" rollback worker0 --sim
err_has 'what shall go back is not said'
run 2 -C "$w" rollback worker0 --config --sim --dry-run
out_has 'removes machine.udev.rules[0] (reboot)'
run 0 -C "$w" rollback worker0 --config --sim -o json
one_object rollback
run 2 -C "$w" diff --sim worker0
out_has '    + machine.udev.rules[0]: SUBSYSTEM=="drm"'
run 0 -C "$w" rehearse rollback worker0 --config --sim
out_has 'rollback --config kubernetes is done'
run 0 -C "$w" rehearse rollback worker0 --os
out_has 'rollback --os kubernetes is done'
rm -r "$w/.talforge/world/good"
run 1 -C "$w" rollback worker0 --config --sim
err_has 'no last-known-good config is kept of worker0'
