#!/bin/bash
# import_trees.sh PROGRAM SCRATCH: whole trees of other people, where TALFORGE_INPUTS says they are
inputs=${TALFORGE_INPUTS:-}
# shellcheck source=checks.bash
. "$(dirname "$0")/checks.bash"
cd "$scratch" || exit 1

if [ -z "$inputs" ] || [ ! -d "$inputs" ]; then
	echo "SKIPPED: TALFORGE_INPUTS names no folder with trees to import" >&2
	exit 0
fi

tried=0
for config in "$inputs"/*/talconfig.yaml; do
	[ -f "$config" ] || continue
	name=$(basename "$(dirname "$config")")
	run 0 import talhelper "$(dirname "$config")" "$name"
	run 0 -C "$name" render
	nodes=$(grep -c '  - name: ' "$name/nodes.yaml")
	files=$(find "$name/clusterconfig" -name '*.yaml' | wc -l)
	[ "$nodes" = "$files" ] || fail "$name has $nodes nodes and $files configs"
	tried=$((tried + 1))
done
# trees that are in our form already
for cluster in "$inputs"/*/cluster.yaml; do
	[ -f "$cluster" ] || continue
	name=$(basename "$(dirname "$cluster")")-own
	cp -r "$(dirname "$cluster")" "$name"
	chmod -R u+w "$name"
	rm -f "$name/talconfig.yaml"
	run 0 -C "$name" secrets new
	run 0 -C "$name" render
	tried=$((tried + 1))
done
[ "$tried" -gt 0 ] || fail "there is no tree in $inputs"
exit 0
