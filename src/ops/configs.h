/*
 * The files a workspace gets: clusterconfig/ with a machine config per node and a talosconfig, and
 * the kubeconfig. All 0600, written beside and renamed; what is unchanged keeps its mtime.
 *
 * `render` and the steps of `up` share this.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/str.h"
#include "cluster/cluster.h"
#include "cluster/secrets.h"
#include "crypto/digest.h"
#include "render/render.h"
#include "tree/finding.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config_file {
	const struct node *node;
	const char *path;     /* "clusterconfig/home-mini01.yaml", below the workspace */
	const char *contract; /* it was rendered for */
	bool changed;	      /* differs from (or is not yet) what is on disk */
};

struct configs_request {
	struct render_input input;
	const char *folder;	 /* of the workspace */
	const char *const *only; /* node names, NULL-ended; NULL: all */
	uint64_t now;		 /* wall time, for the talosconfig's certificate */
	bool write;		 /* false: only tell what would change */
};

#define CONFIGS_MODE 0600
#define CONFIGS_IGNORE "clusterconfig/.gitignore" /* made when there is none */

/* A file as it was left there. */
struct config_output {
	const char *path; /* below the workspace */
	struct fs_stamp stamp;
	unsigned char digest[SHA256_SIZE]; /* of its bytes */
};

struct configs_result {
	struct config_file *at; /* in the order of nodes.yaml */
	size_t len;
	bool talosconfig_changed;
	bool changed; /* any of it */
	/* What was written, or was there as it would be: the configs and the talosconfig. None
	 * where nothing is to be written. */
	struct config_output *output;
	size_t outputs;
	uint64_t good_until; /* wall time: then the talosconfig is made anew */
};

/* Nothing is written when one of the nodes cannot be rendered. */
int configs_make(struct arena *arena, const struct configs_request *request,
		 struct configs_result *out, struct err *err);

/*
 * The same in two steps, for whoever has something to say in between: what the configs are judged
 * to be. With errors among the findings there is nothing to finish.
 *
 *	struct configs *configs OWNED(configs_free) = configs_new(arena, &request);
 *	configs_render(configs, &findings, err);
 *	configs_finish(configs, &result, err);       writes
 */
struct configs;
/* What the request names is borrowed; results live in `arena`. */
struct configs *configs_new(struct arena *arena, const struct configs_request *request);
void configs_free(struct configs *configs);
OWN_DEFINE(struct configs, configs_free)
/* `findings` get what render_check() says of these nodes; NULL: what is wrong with one is -1. */
int configs_render(struct configs *configs, struct findings *findings, struct err *err);
int configs_finish(struct configs *configs, struct configs_result *out, struct err *err);

/* The whole machine config of a node as text: secret. `install_disk` NULL: as the files say. */
int config_text(struct arena *arena, const struct render_input *input, const struct node *node,
		const char **text, size_t *len, struct err *err);

/* The Kubernetes version that a machine config gives its kubelet, "v1.36.3"; NULL: it has none. */
const char *config_kubelet(struct arena *arena, const char *text);
struct yaml_documents;
const char *documents_kubelet(struct arena *arena, const struct yaml_documents *documents);

#define KUBECONFIG_FILE "kubeconfig"
/* Does the workspace have a kubeconfig of this cluster's CA, good for 30 more days? Anything else,
 * unreadable ones included, is false. */
bool kubeconfig_is_good(const char *folder, const struct bundle *bundle, uint64_t now);
/* ERR_REMOTE when the text is none or is signed by another CA. */
int kubeconfig_write(const char *folder, const struct bundle *bundle, const char *text, size_t len,
		     uint64_t now, struct err *err);

/* A talosconfig for that cluster with a new admin certificate, as text: secret. */
struct talosconfig_request {
	const struct cluster *cluster;
	const struct bundle *bundle;
	const char *const *roles; /* NULL-ended; NULL: os:admin */
	uint64_t now, lifetime;	  /* lifetime 0: one year */
};
int talosconfig_text(struct str *out, const struct talosconfig_request *request, struct err *err);
