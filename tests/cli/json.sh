#!/bin/bash
# json.sh PROGRAM SCRATCH: what is in the one object that -o json prints, and in the lines of --events json
# shellcheck source=checks.bash
. "$(dirname "$0")/checks.bash"
w=$scratch/w
workspace "$w"
workspace "$scratch/bare"
printf 'apiVersion: v1\n' >"$scratch/no.plan"

# skeleton FILE: keys in their order, values as _, and objects of the same shape in a row once
skeleton() {
	sed -E -e 's/\\"//g' -e 's/:"[^"]*"/:_/g' -e 's/:(-?[0-9][0-9.e+-]*|true|false|null)/:_/g' \
		-e ':a; s/([[,])"[^"]*"([],])/\1\2/; ta; s/\[,*\]/[]/g' -e ':b; s/(\{[^][{}]*\}),\1/\1/; tb' \
		-e ':c; s/(\{([^{}]|\{[^{}]*\})*\}),\1/\1/; tc' "$1"
}
# shape TEXT: stdout is one object that looks like this
shape() {
	[ "$(wc -l <"$out")" = 1 ] || fail "stdout is not one line: $(cat "$out")"
	[ "$(skeleton "$out")" = "$1" ] || fail "the shape is $(skeleton "$out") and not $1"
}
result='"operation":_,"outcome":_,"text":_,"steps":{"done":_,"skipped":_,"failed":_},"nodes":[{"name":_,"outcome":_,"err":_}],"elapsed":_'
versions='"talos":{"live":_,"wanted":_,"differs":_},"schematic":{"live":_,"wanted":_,"differs":_},"kubernetes":{"live":_,"wanted":_,"differs":_}'
finding='{"id":_,"severity":_,"file":_,"line":_,"column":_,"path":_,"text":_,"hint":_}'

run 0 -C "$w" up --sim -o json
shape '{"kind":_,"version":_,"run":_,'"$result}"
run 0 -C "$w" check -o json
shape '{"kind":_,"version":_,"findings":['"$finding]}"
sed 's/^talos_version:.*/talos_version: v1.13.9\ntalos_verison: x/' "$w/cluster.yaml" >"$scratch/bare/cluster.yaml"
run 3 -C "$scratch/bare" check -o json
shape '{"kind":_,"version":_,"findings":['"$finding]}"
run 0 -C "$w" render -o json
shape '{"kind":_,"version":_,"nodes":[{"name":_,"role":_,"file":_,"changed":_,"contract":_}],"findings":['"$finding]}"
run 0 -C "$w" status --sim -o json
shape '{"kind":_,"version":_,"nodes":[{"name":_,"address":_,"role":_,"stage":_,"ready":_,"talos":_,"kubernetes":_,"schematic":_,"drift":_,"note":_}]}'
run 0 -C "$w" health --sim -o json
shape '{"kind":_,"version":_,"gates":[{"id":_,"target":_,"verdict":_,"text":_}]}'
mkdir -p "$w/patches/worker"
printf 'machine: {udev: {rules: ["SUBSYSTEM==\\"drm\\""]}}\n' >"$w/patches/worker/cold.yaml"
run 2 -C "$w" diff worker1 --sim -o json
shape '{"kind":_,"version":_,"nodes":[{"name":_,"sight":_,"documents":[{"kind":_,"name":_,"change":_,"effect":_,"lines":[]}],"lost_edits":[],"staged":_,"unsaved":_,'"$versions"',"err":_}]}'
run 2 -C "$w" apply worker1 --sim --dry-run -o json
out_has '"op":"send-config","target":"worker1","lane":"","after":["drain/worker1"],"danger":"changes","args":{"mode":'
plan=$(skeleton "$out" | sed -E -e 's/"args":\{[^{}]*\}/"args":{}/g' -e ':a; s/(\{([^{}]|\{\})*\}),\1/\1/; ta')
[ "$plan" = '{"kind":_,"version":_,"operation":_,"digest":_,"steps":[{"id":_,"op":_,"target":_,"lane":_,"after":[],"danger":_,"args":{}}]}' ] ||
	fail "the plan looks like $plan"
grep -qE '"digest":"sha256:[0-9a-f]{64}"' "$out" || fail "no digest: $(cat "$out")"
run 2 -C "$w" plan apply worker1 --sim -o json
one_object plan
run 0 -C "$w" apply worker1 --sim --events json -o json
shape '{"kind":_,"version":_,"run":_,'"$result}"
[ "$(skeleton "$err" | sort -u)" = '{"at":_,"event":_,"run":_,"step":_,"op":_,"target":_,"text":_,"err":_}' ] ||
	fail "not only events: $(skeleton "$err" | sort -u)"
grep -qvE '^\{"at":"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?Z",' "$err" && fail "no time in UTC: $(cat "$err")"
run 0 -C "$w" apply worker1 --sim -o json
shape '{"kind":_,"version":_,"run":_,'"$result}"
run 4 -C "$w" reset control1 control2 --sim -o json
shape '{"kind":_,"version":_,"run":_,'"$result}"
run 0 -C "$w" rehearse apply -o json
shape '{"kind":_,"version":_,"run":_,'"$result"',"seed":_,"scenario":_,"breaks":[],"timeline":[{"at":_,"event":_,"run":_,"step":_,"op":_,"target":_,"text":_,"err":_}]}'
run 0 -C "$w" runs --sim -o json
shape '{"kind":_,"version":_,"runs":[{"run":_,"operation":_,"cluster":_,"started":_,"ended":_,"state":_,"resumable":_,"steps":_}]}'
run 0 -C "$w" etcd members --sim -o json
out_has '"learner":false'
run 0 -C "$w" kubeconfig --sim -o json
shape '{"kind":_,"version":_,"file":_,"changed":_}'

# an error that no object can tell of has none
run 3 -C "$w" run "$scratch/no.plan" --sim -o json
run 3 -C "$w" status --simm -o json
out_is_empty

serve "$scratch/w"
cp "$scratch/serve" "$out"
shape '{"kind":_,"version":_,"nodes":[{"name":_,"address":_,"listen":_}],"talosconfig":_,"hosts":_,"kubernetes":_}'

# the same as YAML
run 0 -C "$w" status --sim -o yaml
out_has 'kind: status'
out_has 'version: 1'
