#!/bin/bash
# schematic.sh PROGRAM SCRATCH: ids and URLs of the Image Factory, and the key of cluster.yaml
# shellcheck source=checks.bash
. "$(dirname "$0")/checks.bash"
w=$scratch/w
cases=$data/golden/schematic
cd "$scratch" || exit 1

for case in "$cases"/*/; do
	run 0 schematic id "$case/schematic.yaml"
	[ "$(cat "$out")" = "$(cat "$case/id.txt")" ] || fail "the id of $case is $(cat "$out")"
	[ ! -s "$err" ] || fail "$case is not silent"
done
zfs=$(cat "$cases/two-extensions/id.txt")
run 0 schematic id "$cases/two-extensions/schematic.yaml" -o json
one_object 'schematic id'
out_has "\"id\":\"$zfs\""

run 0 schematic url "$cases/two-extensions/schematic.yaml" --talos-version 1.13.9 --arch arm64
out_has "https://factory.talos.dev/image/$zfs/v1.13.9/metal-arm64.iso"
run 0 schematic url "$cases/two-extensions/schematic.yaml" --talos-version v1.13.9 --secureboot \
	--platform aws -o json
one_object 'schematic url'
out_has "\"url\":\"factory.talos.dev/aws-installer-secureboot/$zfs:v1.13.9\""
run 3 schematic url "$cases/two-extensions/schematic.yaml"
err_has '--talos-version'
run 3 schematic url "$cases/two-extensions/schematic.yaml" --talos-version latest
run 3 schematic url "$cases/two-extensions/schematic.yaml" --talos-version v1.13.9 --platform a/b
run 1 schematic id nothing.yaml
out_is_empty
printf 'customization:\n  extraKernelArg: [quiet]\n' >bad.yaml
run 3 schematic id bad.yaml
out_is_empty
err_has 'bad.yaml:2:3: error: '
err_has 'extraKernelArgs'

# the same for a whole cluster, from a file with and without @, and inline
workspace "$w"
cp "$w/cluster.yaml" "$scratch/cluster.yaml"
cp "$cases/two-extensions/schematic.yaml" "$w/"
inline='{systemExtensions: {officialExtensions: [siderolabs/iscsi-tools, siderolabs/util-linux-tools]}}'
for value in schematic.yaml '"@schematic.yaml"' "$inline" "{customization: $inline}"; do
	cp "$scratch/cluster.yaml" "$w/cluster.yaml"
	echo "schematic: $value" >>"$w/cluster.yaml"
	run 0 -C "$w" render
	for name in control1 control2 control3 worker1; do
		grep -q "image: factory.talos.dev/installer/$zfs:v" "$w/clusterconfig/lab-$name.yaml" ||
			fail "no such image for $name with schematic: $value"
	done
done
cp "$scratch/cluster.yaml" "$w/cluster.yaml"
echo 'schematic: schematic.yaml' >>"$w/cluster.yaml"
run 0 -C "$w" explain worker1 machine.install.image
out_has 'schematic.yaml:1:1'
run 0 -C "$w" schematic url "$w/schematic.yaml"
out_has "/metal-installer/$zfs:v"

# a node's own stands against the cluster's; two that differ in one place do not
plain=$(cat "$cases/empty/id.txt")
cp "$w/nodes.yaml" "$scratch/nodes.yaml"
sed -i "s|^    disk: /dev/sda|&\n    schematic_id: $plain|" "$w/nodes.yaml"
run 0 -C "$w" render
grep -q "installer/$plain:" "$w/clusterconfig/lab-worker1.yaml" || fail "not the node's own id"
grep -q "installer/$zfs:" "$w/clusterconfig/lab-control1.yaml" || fail "not the cluster's id"
sed -i "s|^    schematic_id: .*|&\n    schematic: {bootloader: grub}|" "$w/nodes.yaml"
run 3 -C "$w" check
out_has '[schematic-twice]'
out_has 'nodes.yaml:'
run 3 -C "$w" render
cp "$scratch/nodes.yaml" "$w/nodes.yaml"

# what it says is judged, once, where it is written
printf 'customization:\n  bootlaoder: grub\n' >"$w/schematic.yaml"
run 3 -C "$w" check
out_has 'schematic.yaml:2:3: error: '
[ "$(grep -c 'unknown-key' "$out")" = 1 ] || fail "it was told more than once"
rm "$w/schematic.yaml"
run 3 -C "$w" check
out_has 'there is no file schematic.yaml'

# a factory of one's own
run 0 schematic url "$cases/two-extensions/schematic.yaml" --talos-version 1.14.0 \
	--factory factory.example.org:8443
out_has "https://factory.example.org:8443/image/$zfs/v1.14.0/metal-amd64.iso"
out_has "https://factory.example.org:8443/pxe/$zfs/v1.14.0/metal-amd64"
out_has " factory.example.org:8443/metal-installer/$zfs:v1.14.0"
out_lacks talos.dev
run 3 schematic url "$cases/two-extensions/schematic.yaml" --talos-version 1.14.0 \
	--factory https://factory.example.org/
err_has 'without https://'

# names that the factory has changed, told where they stand, and the id of what is written
printf 'customization:\n  systemExtensions:\n    officialExtensions:\n      - siderolabs/i915-ucode\n' >old.yaml
run 0 schematic id old.yaml
err_has 'old.yaml:4:9: warning: siderolabs/i915-ucode is called siderolabs/i915 now [extension-renamed]'
[ "${#zfs}" = "$(tr -d '\n' <"$out" | wc -c)" ] || fail "no bare id: $(cat "$out")"
cp "$scratch/cluster.yaml" "$w/cluster.yaml"
cp old.yaml "$w/schematic.yaml"
echo 'schematic: schematic.yaml' >>"$w/cluster.yaml"
run 0 -C "$w" check
out_has 'schematic.yaml:4:9: warning: '
[ "$(grep -c 'extension-renamed' "$out")" = 1 ] || fail "it was told more than once"

# the image that is published no more
cp "$scratch/cluster.yaml" "$w/cluster.yaml"
sed -i 's/^talos_version: .*/talos_version: v1.14.0/; s/^kubernetes_version: .*/kubernetes_version: v1.37.0/' \
	"$w/cluster.yaml"
echo 'contract: v1.13' >>"$w/cluster.yaml"
run 0 -C "$w" check
out_lacks 'installer-dead'
printf 'machine:\n  install:\n    image: ghcr.io/siderolabs/installer:v1.14.0\n' >"$w/patches/global/image.yaml"
run 0 -C "$w" check
out_has 'patches/global/image.yaml:3:12: warning: '
[ "$(grep -c 'installer-dead' "$out")" = 1 ] || fail "it was told more than once"
sed -i 's/v1.14.0/v1.13.9/' "$w/patches/global/image.yaml"
run 0 -C "$w" check
out_lacks 'installer-dead'
mkdir gen
run 0 gen config lab https://192.0.2.1:6443 --with-secrets "$w/talsecret.yaml" -o gen \
	--install-image ghcr.io/siderolabs/installer:v1.14.0
err_has 'warning: --install-image: no image is published under that name'
