#!/bin/bash
# release_1_14.sh PROGRAM SCRATCH: a cluster of Talos 1.14, whose config is many documents, through its life
# shellcheck source=checks.bash
. "$(dirname "$0")/checks.bash"
w=$scratch/w
run 0 init "$w.old" --profile all-control-plane
run 0 -C "$w.old" migrate --to v1.14 --write "$w"
run 0 -C "$w" up --sim -q
out_has '3 nodes are healthy'
run 0 -C "$w" status --sim -o json
[ "$(grep -o '"talos":"v1.14.0","kubernetes":"v1.36.3"' "$out" | wc -l)" = 3 ] || fail "$(cat "$out")"
run 0 -C "$w" diff --sim
run 0 -C "$w" health --sim

# Kubernetes is upgraded where the documents say its versions
sed -i 's/^kubernetes_version:.*/kubernetes_version: v1.37.1/' "$w/cluster.yaml"
run 2 -C "$w" diff --sim mini01
out_has 'KubeletConfig changed (live)'
out_has 'Kubernetes: runs v1.36.3, wanted v1.37.1'
run 0 -C "$w" upgrade k8s --sim -q
run 0 -C "$w" diff --sim

# volumes: etcd's is wiped where it is a partition of its own, the users' only where they are named
cat >"$w/patches/controller/volumes.yaml" <<'END'
apiVersion: v1alpha1
kind: VolumeConfig
name: ETCD
provisioning: {minSize: 2GiB}
---
apiVersion: v1alpha1
kind: UserVolumeConfig
name: data
provisioning:
  diskSelector: {match: 'disk.transport == "usb"'}
  minSize: 1GiB
END
run 2 -C "$w" diff --sim mini01
out_has 'VolumeConfig/ETCD added (live)'
run 0 -C "$w" apply --sim -q
run 0 -C "$w" reset mini03 --sim
err_has 'wipes ETCD'
err_lacks 'wipes u-data'
run 0 -C "$w" up --sim -q
run 4 -C "$w" reset mini03 --user-volume other --sim
err_has 'mini03 has no user volume other'
run 2 -C "$w" reset mini03 --user-volume data --sim --dry-run
out_has 'wipes the user volume data'
run 0 -C "$w" reset mini03 --user-volume data --sim
err_has 'wipes u-data'
run 0 -C "$w" up --sim -q
out_has '3 nodes are healthy'
run 0 -C "$w" rehearse upgrade talos --to v1.14.1 -o json
out_has '"outcome":"done"'
