#!/bin/bash
# merge_strict.sh PROGRAM SCRATCH: in a workspace every trap of a patch is a warning, and an error
# where merge: strict is chosen; what no schema knows goes through every command
# shellcheck source=checks.bash
. "$(dirname "$0")/checks.bash"
w=$scratch/w
workspace "$w"
cp "$w/cluster.yaml" "$scratch/cluster.yaml"
first=$w/patches/global/20-first.yaml
second=$w/patches/worker/20-second.yaml
link=$'apiVersion: v1alpha1\nkind: LinkConfig\nname: eth5\n'
volume=$'apiVersion: v1alpha1\nkind: UserVolumeConfig\nname: data\n'
disk='diskSelector: {match: disk.rotational}'
action=$'apiVersion: v1alpha1\nkind: NetworkDefaultActionConfig\n'
device='machine: {network: {interfaces: [{deviceSelector: {physical: true}, mtu: 1500}]}}'

# trap_of ID LINE:COLUMN GLOBAL WORKER: what the patch of the worker does to the one before
trap_of() {
	printf '%s\n' "$3" >"$first"
	printf '%s\n' "$4" >"$second"
	cp "$scratch/cluster.yaml" "$w/cluster.yaml"
	run 0 -C "$w" check
	out_has "patches/worker/20-second.yaml:$2: warning: "
	out_has "[$1]"
	run 0 -C "$w" render
	err_has "patches/worker/20-second.yaml:$2: warning: "
	rm -rf "$w/clusterconfig"
	echo 'merge: strict' >>"$w/cluster.yaml"
	run 3 -C "$w" check -o json
	one_object check
	run 3 -C "$w" render
	out_is_empty
	err_has "patches/worker/20-second.yaml:$2: error: "
	err_has 'or set merge: talos'
	[ ! -e "$w/clusterconfig" ] || fail "$1: something was written"
}

trap_of patch-zero-ignored 4:6 "${link}mtu: 9000" "${link}mtu: 0"
trap_of patch-word-ignored 3:10 "${action}ingress: block" "${action}ingress: accept"
trap_of patch-null-ignored 1:19 'machine: {token: a}' 'machine: {token:  null}'
trap_of patch-empty-kept 1:21 'machine: {certSANs: [a]}' 'machine: {certSANs: []}'
trap_of patch-url-merged 2:29 $'cluster:\n  controlPlane: {endpoint: "https://192.0.2.50:6443/x"}' \
	$'cluster:\n  controlPlane: {endpoint:  "https://192.0.2.51"}'
trap_of patch-size-hidden 4:65 "${volume}provisioning: {$disk, maxSize: 2GB}" \
	"${volume}provisioning: {$disk, maxSize: 50%}"
trap_of patch-field-wiped 1:1 "${volume}provisioning: {$disk, minSize: 1GB}" \
	"${volume}provisioning: {$disk, maxSize: 3GB}"
# shellcheck disable=SC2016
trap_of patch-siblings-lost 1:40 'machine: {nodeLabels: {a: b}}' \
	'machine: {nodeLabels: {$patch: delete, c: d}}'
trap_of patch-selector-repeated 1:34 "$device" "$device"

# in every document of a patch, and not only in the first
trap_of patch-zero-ignored 6:6 "${link}mtu: 9000" $'machine: {nodeLabels: {a: b}}\n---\n'"${link}mtu: 0"
rm "$first" "$second"
cp "$scratch/cluster.yaml" "$w/cluster.yaml"

# what no schema knows: told by check, render, diff and up, and kept
printf 'machine:\n  sysctl: {a: b}\n---\napiVersion: v2\nkind: NewConfig\nspin: up\n' >"$second"
told() {
	cat "$out" "$err" >"$scratch/both"
	grep -qF 'patches/worker/20-second.yaml:2:3: warning: ' "$scratch/both" ||
		fail "$1 says nothing of the field: $(cat "$scratch/both")"
	grep -qF 'patches/worker/20-second.yaml:5:7: warning: ' "$scratch/both" ||
		fail "$1 says nothing of the document"
}
run 0 -C "$w" check
told check
run 0 -C "$w" render
told render
grep -q '^kind: NewConfig$' "$w"/clusterconfig/lab-worker1.yaml || fail "the document is lost"

# the commands that are as the original's refuse both, and write nothing
run 3 validate -c "$w/clusterconfig/lab-worker1.yaml" -m metal
out_has '[unknown-k'
printf 'machine: {type: worker}\n' >"$scratch/base.yaml"
run 3 machineconfig patch "$scratch/base.yaml" -p "@$second"
out_is_empty
err_has '20-second.yaml:2:3: error: '
run 3 gen config lab https://192.0.2.1:6443 --config-patch "@$second" -o "$scratch/gen"
[ ! -e "$scratch/gen" ] || fail "gen config wrote something"

# operations of RFC 6902 meet the main document only
printf -- '- {op: replace, path: /machine/type, value: controlplane}\n- {op: test, path: /kind, value: HostnameConfig}\n' >"$second"
run 3 -C "$w" render
err_has 'patches/worker/20-second.yaml:2:'

# what is passed on is the node's to judge: an older one refuses it, and nothing else fails
printf 'machine:\n  sysctl: {a: b}\n---\napiVersion: v2\nkind: NewConfig\nspin: up\n' >"$second"
run 5 -C "$w" up --sim -q --yes
told up
err_has 'worker1: '
err_has 'sysctl is not a field of machine'
run 2 -C "$w" diff --sim
told diff
