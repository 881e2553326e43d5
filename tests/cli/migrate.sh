#!/bin/bash
# migrate.sh PROGRAM SCRATCH: patches in v1alpha1 become the documents of Talos 1.14
# With TALFORGE_INPUTS, a folder of people's trees, those with a cluster.yaml are migrated too.
inputs=${TALFORGE_INPUTS:-}
# shellcheck source=checks.bash
. "$(dirname "$0")/checks.bash"
w=$scratch/w

# valid WORKSPACE CODE: whether Talos 1.14 takes what it renders
valid() {
	local config
	run 0 -C "$1" render
	for config in "$1"/clusterconfig/*.yaml; do
		run "$2" validate --as v1.14 -m metal -c "$config"
	done
}

# both profiles: proved, written beside, and valid where the old patches collide
for profile in vip-and-workers all-control-plane; do
	w=$scratch/$profile
	run 0 init "$w" --profile "$profile"
	cp -r "$w" "$w.before"
	run 0 -C "$w" migrate --to v1.14
	out_has 'settings of'
	out_has 'KubeProxyConfig.enabled'
	out_has 'nothing was written'
	out_has 'cluster.etcd: Talos 1.14 has no document for it'
	run 0 -C "$w" migrate --to v1.14.0 --write "$w.new"
	diff -r "$w" "$w.before" >&2 || fail "migrate changed the user's files"
	cmp "$w/talsecret.yaml" "$w.new/talsecret.yaml" || fail 'the secrets are not the same'
	mode_is 600 "$w.new/talsecret.yaml"
	cmp "$w/.gitignore" "$w.new/.gitignore" || fail 'the copy is not complete'
	grep -qx 'talos_version: v1.14.0' "$w.new/cluster.yaml" || fail 'the release is the old one'
	run 0 -C "$w.new" check
	valid "$w.new" 0
	# a second time there is nothing to do
	run 0 -C "$w.new" migrate --to v1.14 --write "$w.again" -o json
	one_object migrate
	out_has '"changes":[]'
	out_has '"files":[]'

	sed -i 's/^talos_version:.*/talos_version: v1.14.0/' "$w.before/cluster.yaml"
	run 3 -C "$w.before" render
	err_has 'patches/controller/cluster.yaml'
	err_has '[said-twice]'
	run 0 -C "$w.before" migrate --to v1.14 --write "$w.after"
	valid "$w.after" 0
done

# the report as data, with the place of what stays
w=$scratch/vip-and-workers
cat >"$w/patches/global/mounts.yaml" <<'END'
machine:
  kubelet:
    extraMounts:
      - {destination: /var/openebs, source: /var/openebs, type: bind, options: [bind, rw]}
END
run 0 -C "$w" migrate --to v1.14 -o json
one_object migrate
out_has '"talos":"v1.14.0","contract":"v1.14","written":null'
out_has '"subsystem":"sysctls","from":"machine.sysctls","to":"SysctlConfig.params","file":"patches/global/sysctls.yaml","line":4'
out_has '"path":"machine.kubelet.extraMounts"'
out_has '"file":"patches/global/mounts.yaml","line":4'
out_has '"proof":{"nodes":5,'
run 0 -C "$w" migrate --to v1.14 --write "$scratch/mounts"
valid "$scratch/mounts" 0
grep -q '^    extraMounts:' "$scratch/mounts/patches/global/mounts.yaml" || fail 'the mounts are gone'
rm "$w/patches/global/mounts.yaml"

# what cannot be said in 1.14 is refused, and nothing is written
cat >"$w/patches/global/clock.yaml" <<'END'
machine:
  time:
    servers: [/dev/ptp0]
END
run 4 -C "$w" migrate --to v1.14 --write "$scratch/none"
err_has 'ntp or ptp'
out_is_empty
[ ! -e "$scratch/none" ] || fail 'a refused migration wrote something'
rm "$w/patches/global/clock.yaml"

# what is encrypted stays so, and what is made of it becomes so, by the rules of the workspace
export SOPS_AGE_KEY_FILE=$data/seal/key.txt
recipient=$(sed -n 's/^# public key: //p' "$SOPS_AGE_KEY_FILE")
printf 'creation_rules:\n  - age: %s\n' "$recipient" >"$w/.sops.yaml"
cat >"$w/patches/global/sealed.yaml" <<'END'
machine:
  env: {http_proxy: "http://user:hidden-proxy@proxy"}
  network:
    interfaces:
      - interface: wg0
        mtu: 1420
cluster:
  scheduler: {extraArgs: {secret: hidden-argument}}
END
run 0 -C "$w" secrets encrypt patches/global/sealed.yaml
run 0 -C "$w" migrate --to v1.14 --write "$scratch/sealed"
for hidden in hidden-proxy hidden-argument wg0; do
	! grep -rq "$hidden" "$scratch/sealed" || fail "$hidden is in clear"
done
valid "$scratch/sealed" 0
grep -rq hidden-proxy "$scratch/sealed/clusterconfig" || fail 'the proxy is lost'
grep -rq hidden-argument "$scratch/sealed/clusterconfig" || fail 'the argument is lost'
run 0 -C "$scratch/sealed" secrets decrypt patches/global/sealed.yaml --to "$scratch/opened.yaml"
grep -q "kind: EnvironmentConfig" "$scratch/opened.yaml" ||
	fail 'the encrypted patch was not migrated'
! grep -q 'hidden-' "$everything" || fail 'a secret was printed'
rm -r "$w/.sops.yaml" "$scratch/sealed"
run 0 -C "$w" migrate --to v1.14 --write "$scratch/sealed"
! grep -rq 'hidden-' "$scratch/sealed" || fail 'without a rule it is in clear'
(unset SOPS_AGE_KEY_FILE && run 7 -C "$w" migrate --to v1.14 --write "$scratch/none") || exit 1
rm "$w/patches/global/sealed.yaml"

# what is JSON stays JSON, encrypted or not, and keeps its mode
cp -r "$w" "$scratch/json"
mkdir "$scratch/json/extra"
printf 'patches: ["@extra/p.json"]\n' >>"$scratch/json/cluster.yaml"
printf '{"machine":{"sysctls":{"vm.x":"hidden-1"}}}\n' >"$scratch/json/extra/p.json"
chmod 600 "$scratch/json/extra/p.json"
run 0 -C "$scratch/json" migrate --to v1.14 --write "$scratch/json.new"
jq -e '.params["vm.x"] == "hidden-1"' "$scratch/json.new/extra/p.json" >/dev/null ||
	fail 'a patch in JSON is JSON no more'
mode_is 600 "$scratch/json.new/extra/p.json"

# an empty list of search domains, in either form, keeps those of DHCP away to the last
for text in \
	'machine: {certSANs: [twice, twice], network: {searchDomains: []}}' \
	'{apiVersion: v1alpha1, kind: ResolverConfig, searchDomains: {domains: []}}'; do
	rm -rf "$scratch/domains" "$scratch/domains.new"
	run 0 init "$scratch/domains" --profile vip-and-workers
	echo "$text" >"$scratch/domains/patches/global/domains.yaml"
	run 0 -C "$scratch/domains" migrate --to v1.14 --write "$scratch/domains.new"
	out_lacks 'the search domains of DHCP'
	run 0 -C "$scratch/domains.new" render
	for config in "$scratch"/domains.new/clusterconfig/*.yaml; do
		grep -q '^    domains: \[\]$' "$config" || fail "$config has lost the empty list"
	done
done

# usage
run 3 -C "$w" migrate
err_has '--to'
run 3 -C "$w" migrate --to v1.12
run 1 -C "$w" migrate --to v1.14 --write "$scratch/mounts"
err_has 'is not empty'
echo 'machine: [' >"$w/patches/global/broken.yaml"
run 3 -C "$w" migrate --to v1.14 --write "$scratch/none"
[ ! -e "$scratch/none" ] || fail 'a workspace with errors was migrated'

grep -oE '(token|secret|key): [^ ]{20,}' "$w/talsecret.yaml" | while read -r _ secret; do
	if grep -qF "$secret" "$everything"; then
		fail 'a secret was printed'
	fi
done || exit 1

if [ -z "$inputs" ]; then
	echo "NOT RUN: people's trees, because TALFORGE_INPUTS names no folder of them" >&2
	exit 0
fi
for tree in "$inputs"/*/; do
	[ -e "$tree/cluster.yaml" ] || continue
	w=$scratch/tree
	rm -rf "$w" "$w.new"
	cp -r "$tree" "$w"
	chmod -R u+w "$w"
	run 0 -C "$w" migrate --to v1.14 --write "$w.new"
	run 0 -C "$w.new" secrets new
	valid "$w.new" 0
done
