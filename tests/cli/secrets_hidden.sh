#!/bin/bash
# secrets_hidden.sh PROGRAM SCRATCH: no secret of the bundle in any output or journal
# shellcheck source=checks.bash
. "$(dirname "$0")/checks.bash"
w=$scratch/w
workspace "$w"

# what must not be seen: keys and tokens as the file has them, and the keys' PEM lines
secrets=$scratch/values
sed -n 's/^ *\(key\|secret\|token\|bootstraptoken\|secretboxencryptionsecret\): //p' \
	"$w/talsecret.yaml" >"$secrets"
[ "$(wc -l <"$secrets")" -ge 8 ] || fail "too few secrets to look for"
while read -r value; do
	base64 -d <<<"$value" 2>/dev/null | grep -a '^[A-Za-z0-9+/=]\{24,\}$' || true
done <"$secrets" >"$scratch/pem"
cat "$scratch/pem" >>"$secrets"

for form in table json yaml; do
	run 0 -C "$w" secrets show -o $form
	run 0 -C "$w" check -o $form
	run 0 -C "$w" render -o $form
	for path in machine.token machine.ca cluster.ca cluster.token cluster.secret machine cluster; do
		run 0 -C "$w" explain control1 $path -o $form
	done
	run 0 -C "$w" up --sim --yes -o $form --events json
	run 0 -C "$w" status --sim -o $form
	run 0 -C "$w" up --sim --dry-run -o $form
	run 0 -C "$w" kubeconfig --sim -o $form
	run 0 -C "$w" talosconfig -o $form
	run 0 -C "$w" runs --sim -o $form
	rm -rf "$w/.talforge" "$w/kubeconfig"
done
run 0 -C "$w" up --sim --yes
sed -i 's/crt: LS0t/crt: AAAA/' "$w/talsecret.yaml"
run 3 -C "$w" render
run 1 -C "$w" secrets import "$w/clusterconfig/lab-control1.yaml"
run 3 -C "$w" up --sim --yes -o json

grep -qFf "$secrets" "$everything" && fail "a secret was printed: $(grep -oFf "$secrets" "$everything" | head -1 | cut -c 1-8)..."
cat "$w"/.talforge/world/runs/*.jsonl >"$scratch/journals" || fail "there is no journal"
grep -qFf "$secrets" "$scratch/journals" && fail "a secret is in a journal"

# on request they are shown
rm "$w/talsecret.yaml"
workspace "$w"
run 0 -C "$w" secrets show --show-secrets
cmp "$out" "$w/talsecret.yaml" || fail "the bundle is shown otherwise than it is"
run 0 -C "$w" explain control1 cluster.token
out_has '***'
for form in table json yaml; do
	run 0 -C "$w" explain control1 cluster.token --show-secrets -o $form
	out_lacks '***'
	grep -qFf <(sed -n 's/^ *\(token\|bootstraptoken\): //p' "$w/talsecret.yaml") "$out" ||
		fail "the token is not shown: $(cat "$out")"
done
