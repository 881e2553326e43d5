#!/bin/bash
# shellcheck disable=SC2016
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

# where the results go: with one output type --output is a file, whose folder is made
cluster=(gen config patched https://192.0.2.1:6443 --with-secrets secrets.yaml)
o=$scratch/o
run 0 "${cluster[@]}" -t worker -o "$o/x/y.yaml"
[ "$(find "$o" -type f)" = "$o/x/y.yaml" ] || fail "not one file: $(find "$o")"
mode_is 600 "$o/x/y.yaml"
mode_is 700 "$o/x"
for force in '' --force; do
	for folder in "$o/x" "$o/x/" "$o/z/"; do
		run 3 "${cluster[@]}" -t worker -o "$folder" ${force:+"$force"}
		err_has 'is a folder'
		err_has '--output-dir takes a folder'
	done
done
[ "$(find "$o" -type f)" = "$o/x/y.yaml" ] || fail "something was written: $(find "$o")"
[ ! -e "$o/z" ] || fail "a folder was made"
run 0 "${cluster[@]}" -t worker,worker -o "$o/x"
[ -s "$o/x/worker.yaml" ] || fail "two output types are no folder"
run 0 "${cluster[@]}" -t talosconfig --output-dir "$o/x" -o ''
mode_is 600 "$o/x/talosconfig"
run 0 "${cluster[@]}" -t worker --output-dir -
out_has 'type: worker'
run 3 "${cluster[@]}" --output-dir -
here=$scratch/here
cp -r . "$here"
cd "$here" || exit 1
rm -f worker.yaml controlplane.yaml
run 0 "${cluster[@]}" -t worker -o ''
mode_is 600 worker.yaml

# what is no file is written to, with --force
run 1 "${cluster[@]}" -t worker -o /dev/stdout
out_is_empty
"$program" "${cluster[@]}" -t worker -o /dev/stdout -f 2>/dev/null | cmp - worker.yaml ||
	fail "not the same through a pipe"
"$program" machineconfig patch worker.yaml -o /dev/stdout | cmp - worker.yaml ||
	fail "a patched config does not go through a pipe"
run 0 "${cluster[@]}" -t worker -o /dev/null --force

# nothing is written where one of the files cannot be
rm -f worker.yaml
mkdir worker.yaml
run 3 "${cluster[@]}" --force
[ ! -e controlplane.yaml ] || fail "half of it was written"
rmdir worker.yaml
ln -s nowhere worker.yaml
run 1 "${cluster[@]}" --force
[ ! -e controlplane.yaml ] || fail "half of it was written"
rm worker.yaml

# patches must fit also those configs that nobody wants
for type in worker talosconfig; do
	run 3 "${cluster[@]}" -t "$type" -o "$o/none" \
		--config-patch-control-plane 'machine: {network: {hostname: {$patch: delete}}}
debug: [no]'
	run 3 "${cluster[@]}" -t "$type" -o "$o/none" --config-patch '[{"op": "test", "path": "/a"}]'
done
[ ! -e "$o/none" ] || fail "a refused gen config wrote something"

# flags in all the forms of talosctl
sans() {
	run 0 "${cluster[@]}" -t worker -o - "${@:2}"
	[ "$(sed -n '/certSANs:/,/kubelet:/p' "$out" | sed '1d;$d' | tr -d '\n')" = "$1" ] ||
		fail "other names: $(sed -n '/certSANs:/,/kubelet:/p' "$out")"
}
sans '        - a        - b        - c' --additional-sans a --additional-sans b,c
sans '        - a        - ""        - b' --additional-sans a,,b
sans '        - a,b        - c"d        - ""' --additional-sans '"a,b","c""d",'
run 0 "${cluster[@]}" -t worker -o - --additional-sans '' --registry-mirror ''
out_has 'certSANs: []'
for list in '"a' 'a"b' '"a"b' $'a\nb'; do
	run 3 "${cluster[@]}" -t worker -o - --additional-sans "$list"
	err_has '--additional-sans: it is no line of comma-separated values'
done
for no in 0 f F FALSE False false; do
	run 0 "${cluster[@]}" -t worker -o - "--with-cluster-discovery=$no" "--with-docs=$no"
	[ "$(sed -n '/^    discovery:/{n;p}' "$out")" = '        enabled: false' ] || fail "not false: $no"
done
for yes in 1 t T TRUE True true; do
	run 0 "${cluster[@]}" -t worker -o - "--with-cluster-discovery=$yes"
	[ "$(sed -n '/^    discovery:/{n;p}' "$out")" = '        enabled: true' ] || fail "not true: $yes"
done
run 0 "${cluster[@]}" -t worker -o - --talos-version '' --dns-domain '' --with-secrets secrets.yaml
out_has 'dnsDomain: ""'
for way in 'mc gen' 'machineconfig gen'; do
	# shellcheck disable=SC2086
	run 0 $way "${cluster[@]:2}" -t worker -o -
	out_has 'type: worker'
done

# endpoints
for endpoint in 'https://h:port' 'https://[bad]:6443' 'https://fd00::1:6443' 'https://h:0' http://h:6443 \
	'https://' 'https://[::1' h h:6443 'https://h%zz'; do
	run 3 gen config c "$endpoint" --with-secrets secrets.yaml -o "$o/none"
	[ ! -e "$o/none" ] || fail "a refused gen config wrote something"
done
endpoint() {
	run 0 gen config c "$1" --with-secrets secrets.yaml -t worker -o -
	out_has "endpoint: $2"
}
endpoint HTTPS://Host.Example https://Host.Example
endpoint 'https://[fd00::1%25eth0]:6443/a b?c#d' 'https://[fd00::1%25eth0]:6443/a%20b?c#d'
endpoint "https://h$(printf '\xc3\xb6')st" https://h%C3%B6st
run 0 gen config "$(printf 'a\nb')" https://h --with-secrets secrets.yaml -t talosconfig -o -
out_has '    :   endpoints: []'
cd "$case" || exit 1

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
cp "$out" "$scratch/plain"

# where the patched config goes; its folder is made, and nothing is touched by what is refused
run 0 mc patch base.yaml -o ''
printf 'machine: {type: worker}\n' >"$scratch/base.yaml"
run 0 machineconfig patch "$scratch/base.yaml" -p 'debug: true ' -o "$scratch/new/a/b.yaml"
mode_is 600 "$scratch/new/a/b.yaml"
grep -q '^debug: true$' "$scratch/new/a/b.yaml" || fail "not patched"
"$program" machineconfig patch <(cat "$scratch/base.yaml") -p @<(echo 'debug: true') |
	cmp - <(cat "$scratch/new/a/b.yaml"; echo) || fail "not the same from pipes"
run 3 machineconfig patch "$scratch/base.yaml" -o "$scratch/new"
err_has 'is a folder'
run 3 machineconfig patch "$scratch/base.yaml" -o "$scratch/newer/"
run 3 machineconfig patch "$scratch/base.yaml" -p '{"machine": {"foo": 1}}' -o "$scratch/newer/x"
err_has 'the command line:1:14: error: '
run 1 machineconfig patch "$scratch/base.yaml" -p @absent -o "$scratch/newer/x"
[ ! -e "$scratch/newer" ] || fail "a refused patch wrote something"
cp "$scratch/base.yaml" "$scratch/kept"
run 3 machineconfig patch "$scratch/base.yaml" -p '[{"op": "remove", "path": "/a"}]' -o "$scratch/base.yaml"
cmp "$scratch/kept" "$scratch/base.yaml" || fail "a refused patch changed its file"
for text in foo 5; do
	echo $text >"$scratch/text"
	run 3 machineconfig patch "$scratch/text" -p '[]'
	err_has 'text:1:1: error: there is nothing in it'
done

run 0 gen secrets -o "$scratch/secrets.yaml" --talos-version v1.13
mode_is 600 "$scratch/secrets.yaml"
cp "$scratch/secrets.yaml" "$scratch/kept"
run 1 gen secrets -o "$scratch/secrets.yaml" --talos-version v1.13
err_has '--force replaces it'
cmp "$scratch/kept" "$scratch/secrets.yaml" || fail "gen secrets replaced a file"
run 0 gen secrets --from-controlplane-config "$scratch/a/controlplane.yaml" -o -
cmp "$gen/c113-defaults/secrets.yaml" "$out" || fail "the imported bundle differs"

# the config is read as strictly as Talos reads it
sed 's/^    type: controlplane/&\n    instal: {}/' "$scratch/a/controlplane.yaml" >"$scratch/unknown"
cat "$scratch/a/controlplane.yaml" - <<<$'---\nmachine: {}' >"$scratch/twice"
for file in unknown twice; do
	run 3 gen secrets --from-controlplane-config "$scratch/$file" -o "$scratch/none"
	err_has "$file:"
	[ ! -e "$scratch/none" ] || fail "a refused gen secrets wrote something"
done
run 0 gen secrets --from-controlplane-config "$data/golden/secrets/import-control-plane-config-1.14/controlplane.yaml" -o -
cmp "$data/golden/secrets/import-control-plane-config-1.14/secrets.yaml" "$out" ||
	fail "the bundle of a config of 1.14 differs"
echo 'machine: {type: worker}' >"$scratch/partial"
run 0 gen secrets --from-controlplane-config "$scratch/partial" -o -
out_has '    bootstraptoken: .'
err_has 'has no token of two parts'
run 1 gen secrets -o "$scratch/none/x" --talos-version v1.13
[ ! -e "$scratch/none" ] || fail "gen secrets made a folder"
