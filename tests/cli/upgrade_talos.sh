#!/bin/bash
# upgrade_talos.sh PROGRAM SCRATCH: both profiles to another Talos, one node back, and what is refused
# shellcheck source=checks.bash
. "$(dirname "$0")/checks.bash"

for profile in all-control-plane vip-and-workers; do
	w=$scratch/$profile
	run 0 init "$w" --profile $profile
	run 0 -C "$w" up --sim --yes
	run 0 -C "$w" upgrade talos --sim
	out_has 'nothing to do: every node runs that version and its schematic'

	run 2 -C "$w" upgrade talos --to v1.13.10 --sim --dry-run -o json
	one_object "upgrade talos"
	out_has '"op":"pull-image"'
	out_has '"op":"verify-version"'
	run 2 -C "$w" upgrade talos --to v1.13.10 --sim --dry-run
	out_has 'from v1.13.9 to v1.13.10: ghcr.io/siderolabs/installer:v1.13.10'
	run 2 -C "$w" plan upgrade talos --to v1.13.10 --sim --out "$scratch/$profile.plan"
	out_has 'etcd-well'

	run 0 -C "$w" upgrade talos --to 1.13.10 --sim --yes -o json
	out_has '"operation":"upgrade talos","outcome":"done"'
	out_has '"failed":0}'
	run 0 -C "$w" status --sim -o json
	out_lacks '"talos":"v1.13.9"'
	run 0 -C "$w" upgrade talos --to v1.13.10 --sim -o json
	out_has '"text":"nothing to do: '
	run 0 -C "$w" run "$scratch/$profile.plan" --sim --yes
	out_has 'nothing to do: every node runs that version and its schematic'
	err_lacks 'cordon and drain'

	run 4 -C "$w" upgrade talos --to v1.13.2 --sim
	err_has 'would be a downgrade'
	run 4 -C "$w" upgrade talos --to v1.19.0 --sim
	err_has 'would skip a minor release'
	run 3 -C "$w" upgrade talos --to newest --sim
	err_has '"newest" is no version'

	node=$(sed -n 's/^- name: *//p; s/^  - name: *//p' "$w/nodes.yaml" | tail -n 1 | tr -d '"')
	run 0 -C "$w" rollback "$node" --os --sim --yes
	run 0 -C "$w" status --sim -n "$node" -o json
	out_has '"talos":"v1.13.9"'
	run 3 -C "$w" rollback "$node" --sim
	err_has 'what shall go back is not said'
	run 3 -C "$w" rollback "$node" --os --config --sim
	err_has '--config and --os are two things'
done
