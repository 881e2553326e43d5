# Sourced behind checks.bash: a key of age that opens, one that does not, and no others at hand.
# shellcheck shell=bash disable=SC2034,SC2154
key=$data/seal/key.txt
other=$data/seal/other.txt
recipient=$(sed -n 's/^# public key: //p' "$key")
unset SOPS_AGE_KEY SOPS_AGE_KEY_CMD
export XDG_CONFIG_HOME=$scratch/config
export SOPS_AGE_KEY_FILE=$key
