/*
 * What the resources decode into, before anything is judged, and the tables of their keys. For
 * declared.c.
 */
#pragma once

#include "cluster/upgrade.h"
#include "tree/decode.h"

struct hook_input {
	const char *name, *image, *pull_policy, *service_account;
	struct texts command, args;
	const struct value *env, *env_from, *volumes, *mounts;
	uint64_t deadline_s, backoff_limit;
};

struct policy_input {
	enum tristate debug, force, nodrain, wait_for_volumes, stage;
	const char *placement, *reboot_mode, *priority_class, *timeout, *drain_timeout;
};

struct talos_input {
	struct {
		const char *version;
		enum tristate pre_pull;
	} talos;
	struct policy_input policy;
	const struct value *selector;
	const char *parallelism;
	struct structs windows, checks, before, after; /* hook_input in the last two */
	struct {
		enum tristate enabled, disable_eviction;
	} drain;
	const char *image_repository, *image_tag, *pull_policy; /* of talosctl */
	struct structs silences;
};

struct kube_input {
	struct {
		const char *version, *image_repository, *endpoint;
	} kubernetes;
	struct structs windows, checks;
	const char *image_repository, *image_tag, *pull_policy; /* of talosctl */
};

extern const struct field talos_spec_fields[];
extern const struct field kube_spec_fields[];

/* A key of an earlier shape of the resources: where it stood and what to write instead. */
struct old_key {
	const char *parent; /* key of the spec, or "" for the spec itself */
	const char *key;
	bool harmless; /* it can be left out without loss: a warning */
	const char *hint;
};
extern const struct old_key old_keys[]; /* ended by a row without key */

/* A key that is right and does nothing here: path in the spec. */
struct idle_key {
	const char *parent; /* "" for the spec itself */
	const char *key, *why;
};
extern const struct idle_key idle_keys[]; /* ended by a row without key */
