/*
 * Generation: the config documents a contract starts from, before any patch (what `gen config`
 * prints).
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "cluster/cluster.h"
#include "cluster/secrets.h"
#include "render/config.h"

#include <stdbool.h>
#include <stddef.h>

struct registry_mirror {
	const char *host;
	const char *const *endpoint;
	size_t endpoints;
};

struct generate_input {
	const char *cluster_name;
	const char *endpoint;		/* checked: https, host, port */
	const char *contract;		/* "v1.13"; NULL: the newest */
	const char *kubernetes_version; /* a leading v is dropped; "" : no images (1.13) */
	const char *install_disk;	/* "": dropped */
	const char *install_image;
	const char *dns_domain; /* NULL: cluster.local */
	const char *const *san;
	size_t sans;
	const struct registry_mirror *mirror;
	size_t mirrors;
	bool no_discovery, kubespan;
	bool keep_aescbc;	/* beside the newer kind of secret, which talosctl drops it for */
	bool aescbc_on_workers; /* likewise, where talosctl never has it */
	const struct bundle *bundle;
	enum release release;
};
int generate_config(struct arena *arena, const struct generate_input *input, enum role role,
		    struct config *out, struct err *err);

/* "https://host:6443" checked and in normal form; ERR_USAGE with the fact. */
int endpoint_check(struct arena *arena, const char *text, const char **out, struct err *err);
/* "1.13", "v1.13.9", ... to (1, 13); ERR_USAGE else. */
int contract_parse(const char *text, unsigned *major, unsigned *minor, struct err *err);
