#!/bin/bash
# shellcheck disable=SC2016
# patch_traps.sh PROGRAM SCRATCH: what a patch says and Talos does not do is told, by the commands in
# the manner of talosctl, by check and by render
# shellcheck source=checks.bash
. "$(dirname "$0")/checks.bash"
w=$scratch/w

# machineconfig patch: the result of talosctl, and a warning on stderr
cat >"$scratch/base.yaml" <<'END'
machine:
  type: worker
---
apiVersion: v1alpha1
kind: LinkConfig
name: eth0
mtu: 9000
END
printf 'apiVersion: v1alpha1\nkind: LinkConfig\nname: eth0\nmtu: 0\n' >"$scratch/zero.yaml"
run 0 machineconfig patch "$scratch/base.yaml" -p "@$scratch/zero.yaml"
out_has 'mtu: 9000'
err_has "zero.yaml:4:6: warning: "
err_has '[patch-zero-ignored]'

# where talosctl crashes there is an error
printf 'machine: {baseRuntimeSpecOverrides: {a: 1}}\n' >"$scratch/free.yaml"
printf 'machine: {baseRuntimeSpecOverrides: {a: null}}\n' >"$scratch/null.yaml"
run 3 machineconfig patch "$scratch/free.yaml" -p "@$scratch/null.yaml"
out_is_empty
err_has 'null.yaml:1:41: error: '
err_has 'Talos crashes on null'

# every fault with its place
fault() {
	printf '%b' "$2" >"$scratch/wrong.yaml"
	run 3 machineconfig patch "$scratch/single.yaml" -p "@$scratch/wrong.yaml"
	out_is_empty
	err_has "wrong.yaml:$1: error: $3"
}
printf 'machine: {type: worker, network: {interfaces: [{interface: eth0, addresses: [10.0.0.1/8]}]}}\n' \
	>"$scratch/single.yaml"
fault 1:1 '{"op": "add", "path": "/a"}' 'the document has no kind'
err_has 'a JSON patch is a list of operations'
fault 1:3 '- {op: remove, path: /machine/x}\n' 'remove /machine/x: there is no such place'
fault 2:3 '# a\n- {op: replace, path: /machine/x/y, value: 1}\n' 'replace /machine/x/y: there is no such place'
fault 1:3 '- {op: test, path: /machine/type, value: x}\n' 'the test of /machine/type fails'
fault 1:8 '- {op: foo, path: /machine}\n' 'foo is not an operation'
fault 1:3 '- {op: add, value: 1}\n' 'the add operation needs a path'
fault 5:1 'apiVersion: v1alpha1\nkind: LinkConfig\nname: a\n---\napiVersion: v1alpha1\nkind: LinkConfig\nname: a\n' \
	'LinkConfig a is in this patch twice'
fault 5:1 'apiVersion: v1alpha1\nkind: LinkConfig\nname: a\n---\napiVersion: v1alpha1\nkind: BondConfig\nname: a\n' \
	'LinkConfig and BondConfig must not both be named a'
fault 2:7 'apiVersion: v1alpha1\nkind: Foo\n' 'v1alpha1 Foo is not a kind'
fault 2:3 'machine:\n  foo: 1\n' 'v1alpha1: foo is not a field of machine'
fault 2:1 'machine: {}\nmachine: {}\n' 'the key "machine" is there already'
fault 2:23 'machine:\n  time: {bootTimeout: 1d}\n' 'v1alpha1: machine.time.bootTimeout: 1d is not a duration'
fault 1:1 '$patch: delete\n' 'a document is deleted by apiVersion and kind'
fault 2:44 'machine:\n  network: {interfaces: [{interface: eth9, $patch: delete}]}\n' \
	'there is no machine.network.interfaces.[0] to delete'
fault 2:56 'machine:\n  network: {interfaces: [{interface: eth0, addresses: {$patch: delete}}]}\n' \
	'nothing can be deleted inside a list element'
fault 2:27 'machine:\n  network: {interfaces: [{$patch: delete}]}\n' 'a list element is deleted by one of its fields'
fault 4:1 'apiVersion: v1alpha1\nkind: LinkConfig\nname: eth9\n$patch: delete\n' 'there is no LinkConfig eth9 to delete'

# gen config: once, although both configs have it
printf 'machine: {certSANs: []}\n' >"$scratch/empty.yaml"
run 0 gen config c https://10.0.0.1:6443 -o "$scratch/c" --additional-sans a.example \
	--config-patch "@$scratch/empty.yaml"
[ "$(grep -c "patch-empty-kept" "$err")" = 1 ] || fail "not told once"

# RFC 6902 on several documents: refused there, for the main document in a workspace
printf -- '- {op: add, path: /machine/sysctls, value: {kernel.panic: "7"}}\n' >"$scratch/list.yaml"
run 3 machineconfig patch "$scratch/base.yaml" -p "@$scratch/list.yaml"
out_is_empty
err_has 'several documents'

workspace "$w"
cp "$scratch/list.yaml" "$w/patches/global/30-list.yaml"
printf 'machine: {nodeAnnotations: {a.example/b: c}}\n' >"$w/patches/global/40-set.yaml"
printf 'machine: {nodeAnnotations: {a.example/b: ""}}\n' >"$w/patches/worker/40-unset.yaml"
run 0 -C "$w" render
err_has 'patches/worker/40-unset.yaml:1:42: warning: '
grep -qs 'kernel.panic: "7"' "$w"/clusterconfig/*.yaml || fail "the list of operations is lost"
grep -qs 'a.example/b: c' "$w"/clusterconfig/*.yaml || fail "the annotation is lost"
run 0 -C "$w" check -o json
one_object check
out_has '"id":"patch-zero-ignored"'
out_has '"path":"machine.nodeAnnotations[\"a.example/b\"]"'

printf 'merge: strict\n' >>"$w/cluster.yaml"
run 3 -C "$w" render
err_has 'patches/worker/40-unset.yaml:1:42: error: '
