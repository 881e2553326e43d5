/*
 * A site: everything steps and observations need to work on one cluster: its model, its secrets, and a channel to each
 * node in each way it can be reached. It is what run_host() gives to the steps of src/ops.
 *
 *	struct site *site OWNED(site_free) = NULL;
 *	site_new(&(struct site_options){ .loop = loop, .dialer = dialer, .cluster = c, .bundle = b, ... }, &site, err);
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "cluster/cluster.h"
#include "cluster/secrets.h"
#include "loop/loop.h"
#include "net/dial.h"
#include "rpc/channel.h"

struct site_options {
	struct loop *loop;
	struct dialer *dialer;
	const struct cluster *cluster;
	const struct bundle *bundle;
	const struct identity *identity; /* NULL: an admin certificate is made from the bundle, in memory */
	const char *fingerprint; /* pinned for nodes in maintenance mode; NULL: none */
	const char *folder;      /* of the workspace: where kubeconfig and configs go */
};

struct site;
int site_new(const struct site_options *options, struct site **out, struct err *err);
void site_free(struct site *site);
OWN_DEFINE(struct site, site_free)

const struct site_options *site_options(const struct site *site);
const struct cluster *site_cluster(const struct site *site);
/* With our certificate, its server certificate checked against the cluster's CA. */
struct channel *site_channel(struct site *site, const struct node *node);
/* Without a client certificate: maintenance mode; the fingerprint is checked if one is pinned. */
struct channel *site_insecure(struct site *site, const struct node *node);
/* The machine config of a node as rendered, whole: secret. `install_disk` NULL: as the files say. */
int site_config(struct site *site, struct arena *arena, const struct node *node,
		const char *install_disk, const char **text, size_t *len, struct err *err);
