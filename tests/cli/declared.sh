#!/bin/bash
# declared.sh PROGRAM SCRATCH: upgrade -f, from a wrong file to a second run with nothing to do
# shellcheck source=checks.bash
. "$(dirname "$0")/checks.bash"
w=$scratch/w
workspace "$w"
up=$scratch/up.yaml
declare_talos() {
	cat >"$up" <<EOF
apiVersion: tuppr.home-operations.com/v1alpha1
kind: TalosUpgrade
metadata: {name: fleet}
spec:
  talos: {version: $1}
  maintenance:
    windows:
    - {start: "$2", duration: 1h}
EOF
}
run 3 -C "$w" upgrade
err_has 'needs -f FILE'
run 3 -C "$w" upgrade --sim -f "$scratch/absent.yaml"
declare_talos v1.13.10 "0 2 31 2 *"
run 3 -C "$w" upgrade --sim -f "$up"
err_has 'never opens'
# a health check that cannot be read is told before anybody is asked, with its place
cat >"$scratch/check.yaml" <<'EOF'
apiVersion: tuppr.home-operations.com/v1alpha1
kind: TalosUpgrade
metadata: {name: fleet}
spec:
  talos: {version: v1.13.10}
  healthChecks:
  - {apiVersion: v1, kind: Node, expr: "status.phase =="}
EOF
run 3 -C "$w" upgrade --sim -f "$scratch/check.yaml"
err_has 'check.yaml:7:'
err_has '[bad-expression]'
[ ! -e "$w/.talforge/runs" ] || fail "a journal of an upgrade that was not"
run 0 -C "$w" up --sim --yes
# open for one hour, on a day that is not near
declare_talos v1.13.10 "0 2 $(date -u -d '+10 days' +%d) * *"
run 4 -C "$w" upgrade --sim -f "$up"
err_has 'the maintenance window is closed; it opens at'
run 2 -C "$w" upgrade --sim -f "$up" --now --dry-run
out_has lifecycle-upgrade
run 0 -C "$w" upgrade --sim -f "$up" --now -o json
one_object upgrade
out_has '"outcome":"done"'
run 0 -C "$w" upgrade --sim -f "$up" --now
out_has 'nothing to do'
# one that names a field that is not there waits, and says which
declare_talos v1.13.11 "0 2 $(date -u -d '+10 days' +%d) * *"
cat >>"$up" <<'EOF'
  healthChecks:
  - {apiVersion: v1, kind: Node, expr: "status.colour == 'green'", timeout: 2s}
EOF
run 6 -C "$w" upgrade --sim -f "$up" --now
err_has 'colour'
err_has 'not within 2s'
run 0 -C "$w" status --sim -o json
out_lacks '"talos":"v1.13.11"'
# edited between two goes: what was begun is given up, and the new target counts
declare_talos v1.13.12 "0 2 $(date -u -d '+10 days' +%d) * *"
run 0 -C "$w" upgrade --sim -f "$up" --now
run 0 -C "$w" status --sim -o json
out_lacks '"talos":"v1.13.1[01]"'
out_has '"talos":"v1.13.12"'
# edited after it was done: it is planned anew
declare_talos v1.13.13 "0 2 $(date -u -d '+10 days' +%d) * *"
run 2 -C "$w" upgrade --sim -f "$up" --now --dry-run
out_has lifecycle-upgrade
run 0 -C "$w" upgrade --sim -f "$up" --now
run 0 -C "$w" status --sim -o json
out_lacks '"talos":"v1.13.12"'
run 0 upgrade talos --help
