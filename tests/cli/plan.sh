#!/bin/bash
# plan.sh PROGRAM SCRATCH: plans that are shown, saved, and carried out exactly
# shellcheck source=checks.bash
. "$(dirname "$0")/checks.bash"
w=$scratch/w
saved=$scratch/up.plan

run 0 init "$w" --profile vip-and-workers
run 2 plan up -C "$w" --sim
out_has 'bootstrap'
[ ! -e "$w/.talforge/world/runs" ] || fail "a plan left a journal"

run 2 plan -C "$w" up --sim --out "$saved" -o json
one_object plan
out_has '"operation":"up"'
[ "$(stat -c %a "$saved")" = 600 ] || fail "the saved plan has mode $(stat -c %a "$saved")"
grep -q '"request":"up"' "$saved" || fail "the plan does not say what was asked for"
digest=$(grep -o '"digest":"sha256:[0-9a-f]*"' "$saved")
out_has "$digest"

# what the schema says of a saved plan is so, as far as keys go
run 0 schema plan
keys() { # of stdin, in any depth
	grep -o '"[a-z_]*":' | sort -u
}
for key in $(sed 's/"args":{[^{}]*}/"args":{}/g; s/"args":{[^{}]*}/"args":{}/g' "$saved" | keys); do
	out_has "$key"
done

# changed by hand
sed 's/"target":"worker0"/"target":"worker1"/' "$saved" >"$scratch/changed.plan"
run 3 run -C "$w" --sim "$scratch/changed.plan"
err_has 'read the saved plan'
echo '{"kind":"status","version":1}' >"$scratch/none.plan"
run 3 run -C "$w" --sim "$scratch/none.plan"
err_has 'this is no saved plan'
head -c 300 "$saved" >"$scratch/cut.plan"
run 3 run -C "$w" --sim "$scratch/cut.plan"

# the files changed since
cp "$w/cluster.yaml" "$scratch/cluster.yaml"
echo '# a remark' >>"$w/cluster.yaml"
run 1 run -C "$w" --sim "$saved"
err_has 'the files changed since'
cp "$scratch/cluster.yaml" "$w/cluster.yaml"

# for another cluster
run 0 init "$scratch/other" --profile vip-and-workers
run 1 run -C "$scratch/other" --sim "$saved"
err_has 'a plan for another cluster'

run 4 run -C "$w" "$saved" --hosts /dev/null
err_has 'nobody to ask'

run 0 run -C "$w" --sim "$saved" -o json
one_object run
out_has '"operation":"up"'
out_has '"outcome":"done"'
run 0 run -C "$w" --sim "$saved" -o json
out_has '"done":0'
run 0 plan up -C "$w" --sim

# plan stands in front of what changes something, and of nothing else
run 3 plan status -C "$w"
err_has 'takes a command that changes something'
run 3 plan
run 0 plan --help
out_has 'OPERATION'
