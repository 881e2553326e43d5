#!/bin/bash
# gen.sh PROGRAM SCRATCH: the commands in the manner of talosctl
# shellcheck source=checks.bash
. "$(dirname "$0")/checks.bash"
gen=$data/golden/gen

same() {
	cmp "$1" "$2" || fail "$2 differs from $1"
	mode_is 600 "$2"
}

case=$gen/c113-defaults
name=$(sed -n 's/.*"cluster_name": "\(.*\)".*/\1/p' "$case/args.json")
endpoint=$(sed -n 's/.*"endpoint": "\(.*\)".*/\1/p' "$case/args.json")
run 0 gen config "$name" "$endpoint" --with-secrets "$case/secrets.yaml" --talos-version v1.13 \
	-o "$scratch/a" --with-docs=false --with-examples=false
same "$case/controlplane.yaml" "$scratch/a/controlplane.yaml"
same "$case/worker.yaml" "$scratch/a/worker.yaml"
mode_is 600 "$scratch/a/talosconfig"
run 1 gen config "$name" "$endpoint" --with-secrets "$case/secrets.yaml" -o "$scratch/a"
err_has 'exists already'
run 0 gen config "$name" "$endpoint" --with-secrets "$case/secrets.yaml" -o "$scratch/a" --force

case=$gen/c113-patches-all-cp-worker
cd "$case" || exit 1
run 0 gen config patched https://192.0.2.50:6443 --with-secrets secrets.yaml --talos-version v1.13 \
	--kubernetes-version 1.36.3 --install-disk /dev/nvme0n1 --config-patch @all.yaml \
	--config-patch '{"machine":{"sysctls":{"vm.nr_hugepages":"1024"}}}' \
	--config-patch-control-plane @cp.yaml --config-patch-worker @worker1.yaml \
	--config-patch-worker worker2.yaml -o "$scratch/b"
same controlplane.yaml "$scratch/b/controlplane.yaml"
same worker.yaml "$scratch/b/worker.yaml"

# one output type: a file, or stdout and nothing else
run 0 gen config patched https://192.0.2.50:6443 --with-secrets secrets.yaml -t worker -o -
grep -q '^    type: worker$' "$out" || fail "no worker config on stdout"
run 0 gen config patched https://192.0.2.50:6443 --with-secrets secrets.yaml -t controlplane \
	-o "$scratch/one.yaml"
mode_is 600 "$scratch/one.yaml"
run 3 gen config patched https://192.0.2.50:6443 -t master
run 3 gen config patched 192.0.2.50:6443 --with-secrets secrets.yaml -o "$scratch/c"
[ ! -e "$scratch/c" ] || fail "a failed gen config wrote something"

# the old name of the folder, also for a single file; the name talosctl has for the file of secrets
run 0 gen config patched https://192.0.2.50:6443 --with-secrets secrets.yaml -t worker \
	--output-dir "$scratch/old"
mode_is 600 "$scratch/old/worker.yaml"
run 3 gen config patched https://192.0.2.50:6443 --output-dir "$scratch/c" -o "$scratch/c"
[ ! -e "$scratch/c" ] || fail "a refused gen config wrote something"
run 0 gen secrets --talos-version v1.13 --output-file "$scratch/old/secrets.yaml"
mode_is 600 "$scratch/old/secrets.yaml"
run 0 gen config --help
out_lacks output-dir

# a JSON patch on several documents is refused, and nothing is written
echo '[{"op": "add", "path": "/debug", "value": true}]' >"$scratch/json"
run 3 gen config patched https://192.0.2.50:6443 --with-secrets secrets.yaml \
	--config-patch "@$scratch/json" -o "$scratch/c"
[ ! -e "$scratch/c" ] || fail "a failed gen config wrote something"

patched=0
for case in "$data"/golden/patch/*/; do
	grep -q '"compare": "bytes"' "$case/args.json" || continue
	[ -s "$case/expected.yaml" ] || continue
	cd "$case" || exit 1
	patches=()
	while IFS= read -r patch; do
		patches+=(-p "$patch")
	done < <(sed -n '/"patches"/,/]/p' args.json | sed -n 's/^ *"\(@[^"]*\)",\{0,1\}$/\1/p')
	[ ${#patches[@]} -gt 0 ] || continue
	as=v1.13
	grep -q '"tool": "1.14"' args.json && as=v1.14
	run 0 machineconfig patch base.yaml "${patches[@]}" --as $as -o "$scratch/patched.yaml"
	same expected.yaml "$scratch/patched.yaml"
	patched=$((patched + 1))
done
[ "$patched" -gt 0 ] || fail "no case of patching was run"
run 0 machineconfig patch base.yaml
{
	cat base.yaml
	echo
} | cmp - "$out" || fail "a config without patches is not printed as it is"
run 1 machineconfig patch "$scratch/absent.yaml"

run 0 gen secrets -o "$scratch/secrets.yaml" --talos-version v1.13
mode_is 600 "$scratch/secrets.yaml"
cp "$scratch/secrets.yaml" "$scratch/kept"
run 1 gen secrets -o "$scratch/secrets.yaml" --talos-version v1.13
err_has '--force replaces it'
cmp "$scratch/kept" "$scratch/secrets.yaml" || fail "gen secrets replaced a file"
run 0 gen secrets --from-controlplane-config "$scratch/a/controlplane.yaml" -o -
cmp "$gen/c113-defaults/secrets.yaml" "$out" || fail "the imported bundle differs"
