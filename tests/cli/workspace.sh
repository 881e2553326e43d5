#!/bin/bash
# workspace.sh PROGRAM SCRATCH: init, check, render and explain
# shellcheck source=checks.bash
. "$(dirname "$0")/checks.bash"
w=$scratch/w

run 0 init --list
out_has all-control-plane
out_has vip-and-workers
run 3 init "$scratch/new" --profile vip-and-wokers
err_has 'did you mean "vip-and-workers"?'
[ ! -e "$scratch/new/cluster.yaml" ] || fail "init wrote a workspace without a profile"

run 0 init "$scratch/new" --profile vip-and-workers -o json
one_object init
mode_is 600 "$scratch/new/talsecret.yaml"
grep -qx talsecret.yaml "$scratch/new/.gitignore" || fail "git would take the secrets"
err_has 'warning: talsecret.yaml is kept in clear'
cp -r "$scratch/new" "$scratch/before"
run 1 init "$scratch/new" --profile vip-and-workers
err_has 'exists already'
out_is_empty
diff -r "$scratch/before" "$scratch/new" || fail "a refused init changed something"
run 1 -C "$scratch/new" secrets new
err_has 'exists'
rm "$scratch/new/talsecret.yaml"
run 1 -C "$scratch/new" render
err_has talsecret.yaml
[ ! -e "$scratch/new/clusterconfig" ] || fail "render without secrets wrote something"
run 0 -C "$scratch/new" secrets new
mode_is 600 "$scratch/new/talsecret.yaml"
run 0 -C "$scratch/new" check
cmp -s "$scratch/before/talsecret.yaml" "$scratch/new/talsecret.yaml" && fail "the same secrets twice"

workspace "$w"
run 0 -C "$w" check
is_golden "$out" check.txt
run 0 -C "$w" check -o json
one_object check
is_golden "$out" check.json
run 0 -C "$w" check -o sarif
is_golden "$out" check.sarif
run 0 -C "$w" check -o yaml
is_golden "$out" check.yaml

run 2 -C "$w" render --check -o json
one_object render
is_golden "$out" render-check.json
[ ! -e "$w/clusterconfig" ] || fail "render --check wrote something"
run 0 -C "$w" render
is_golden "$out" render.txt
err_has 'warning: talsecret.yaml is kept in clear'
for file in "$w"/clusterconfig/*; do
	mode_is 600 "$file"
done
[ -s "$w/clusterconfig/.gitignore" ] || fail "no .gitignore beside the configs"
touch -d '2020-01-01' "$w"/clusterconfig/*
run 0 -C "$w" render -o json
[ -z "$(find "$w/clusterconfig" -newermt 2020-01-02 -type f ! -name .gitignore)" ] || fail "an unchanged file was written"
run 0 -C "$w" render --check
sed -i 's/262144/262145/' "$w/cluster.yaml"
run 2 -C "$w" render --check -o json
run 0 -C "$w" render -n worker1,192.0.2.12 -o json
is_golden "$out" render-nodes.json
run 3 -C "$w" render -n wroker1
err_has 'did you mean worker1?'
run 3 -C "$w" render --contract v9
out_is_empty
run 3 -C "$w" render --contract v1.99
err_has 'there is no contract v1.99: those known are v1.9 to v1.'
run 3 -C "$w" explain worker1 machine.type --contract v2.13
err_has 'there is no contract v2.13'

# the order of merging: global, role, host, cluster.yaml, nodes.yaml
run 0 -C "$w" explain worker1 'machine.sysctls["vm.max_map_count"]'
is_golden "$out" explain.txt
run 0 -C "$w" explain 192.0.2.21 machine.install.disk -o json
one_object explain
is_golden "$out" explain.json
run 1 -C "$w" explain worker1 machine.innstall
err_has 'did you mean'
run 3 -C "$w" explain worker7 machine.install
err_has 'did you mean worker1?'

# an import gives the same bundle again
cp "$w/talsecret.yaml" "$scratch/bundle.yaml"
rm "$w/talsecret.yaml"
run 0 -C "$w" secrets import "$w/clusterconfig/lab-control1.yaml"
mode_is 600 "$w/talsecret.yaml"
cmp "$scratch/bundle.yaml" "$w/talsecret.yaml" || fail "the imported bundle differs"
run 1 -C "$w" secrets import "$w/clusterconfig/lab-control1.yaml"
rm "$w/talsecret.yaml"
run 3 -C "$w" secrets import "$w/clusterconfig/lab-worker1.yaml"
err_has 'the config of a control plane'
[ ! -e "$w/talsecret.yaml" ] || fail "half a bundle was imported"
cp "$scratch/bundle.yaml" "$w/talsecret.yaml"
run 0 -C "$w" talosconfig --roles os:reader,os:etcd:backup --ttl 1h
mode_is 600 "$w/talosconfig"
run 0 -C "$w" runs
out_has 'no runs yet'
run 0 -C "$w" runs -o json
one_object runs
