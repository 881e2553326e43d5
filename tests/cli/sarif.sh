#!/usr/bin/env bash
# check -o sarif: the structure that readers of SARIF 2.1.0 rely on.
source "$(dirname "${BASH_SOURCE[0]}")/checks.bash"

w=$scratch/w
run 0 init "$w" --profile vip-and-workers
mkdir -p "$w/patches/global"
printf 'machine:\n  install: {wipe: true}\n' >"$w/patches/global/a b.yaml"
run 0 -C "$w" check -o sarif

# shape TEXT FILTER: the filter of jq says true of the report
shape() {
	[ "$(jq "$2" "$out")" = true ] || fail "$1: $(cat "$out")"
}
# shellcheck disable=SC2016
shape "version and schema" '.version == "2.1.0" and (."$schema" | test("sarif-2.1.0"))'
shape "one run with its tool" '(.runs | length) == 1 and .runs[0].tool.driver.name == "talforge"'
shape "there are results" '(.runs[0].results | length) > 0'
shape "each with rule, level and text" 'all(.runs[0].results[];
	(.ruleId | test("^[a-z0-9]+(-[a-z0-9]+)*$")) and (.message.text | length > 0) and
	(.level | IN("note", "warning", "error")))'
shape "places begin at 1" 'all(.runs[0].results[].locations[]?.physicalLocation.region // {};
	all(.[]; . >= 1))'
shape "places are references" 'all(.runs[0].results[].locations[]?.physicalLocation;
	.artifactLocation.uri | test("^[A-Za-z0-9._~/%-]+$"))'
shape "a wipe that stays on" 'any(.runs[0].results[]; .ruleId == "install-wipe" and
	.level == "warning" and
	.locations[0].physicalLocation.artifactLocation.uri == "patches/global/a%20b.yaml" and
	.locations[0].physicalLocation.region == {startLine: 2, startColumn: 19})'

# an inline patch has the place where it is written
rm "$w/patches/global/a b.yaml"
cp "$w/cluster.yaml" "$scratch/cluster.yaml"
printf 'patches:\n  - machine: {install: {wipe: true}}\n' >>"$w/cluster.yaml"
line=$(wc -l <"$w/cluster.yaml")
run 0 -C "$w" check -o sarif
shape "an inline patch" "any(.runs[0].results[]; .ruleId == \"install-wipe\" and
	.locations[0].physicalLocation.artifactLocation.uri == \"cluster.yaml\" and
	.locations[0].physicalLocation.region == {startLine: $line, startColumn: 5})"
cp "$scratch/cluster.yaml" "$w/cluster.yaml"

printf 'unknown: 1\nnodes: [1, {}]\n' >"$w/nodes.yaml"
run 3 -C "$w" check -o sarif
shape "errors" 'any(.runs[0].results[]; .level == "error")'
