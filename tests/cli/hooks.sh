#!/bin/bash
# hooks.sh PROGRAM SCRATCH: commands around an operation, told of in the simulated world, run elsewhere
# shellcheck source=checks.bash
. "$(dirname "$0")/checks.bash"
w=$scratch/w
workspace "$w"
cat >>"$w/cluster.yaml" <<'EOF'
hooks:
  before:
    up: 'echo before >>order; echo "sometoken1.0123456789abcdef0123456789ABCDEF"'
  after:
    up: [sh, -c, 'echo after >>order; echo tidy']
    node: 'echo "node $1" >>order'
EOF

run 2 -C "$w" up --sim --dry-run
out_has 'hook-after'
out_lacks 0123456789abcdef
run 0 -C "$w" up --sim --yes
err_has 'not run here'
[ -e "$w/order" ] && fail "a hook was run in the simulated world"

serve "$w"
run 0 -C "$w" up --hosts "$hosts" --yes
err_has tidy
err_lacks 0123456789abcdef
[ "$(head -n 1 "$w/order")" = before ] || fail "not first: $(cat "$w/order")"
[ "$(tail -n 1 "$w/order")" = after ] || fail "not last: $(cat "$w/order")"
[ "$(grep -c '^node ' "$w/order")" = 4 ] || fail "not around each node: $(cat "$w/order")"
grep -rqF 0123456789abcdef "$w/.talforge" && fail "a secret is in the journal"

# nothing to do: no hook
rm "$w/order"
run 0 -C "$w" up --hosts "$hosts" --yes
[ -e "$w/order" ] && fail "a hook ran though nothing changed"

# one that fails stops it before anything changes, and the one after runs all the same
stop_jobs
jobs=()
x=$scratch/x
workspace "$x"
cat >>"$x/cluster.yaml" <<'EOF'
hooks: {before: {up: 'echo no; exit 3'}, after: {up: 'echo after >>order'}}
EOF
serve "$x"
run 1 -C "$x" up --hosts "$hosts" --yes
err_has 'run the hook before: the hook failed with exit code 3'
err_has 'no'
[ "$(cat "$x/order")" = after ] || fail "the hook after did not run"
[ -e "$x/kubeconfig" ] && fail "it went on after a hook that failed"
exit 0
