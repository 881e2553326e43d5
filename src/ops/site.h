/*
 * A site: everything steps and observations need to work on one cluster: its model, its secrets,
 * and a channel to each node in each way it can be reached. It is what run_host() gives to the
 * steps of src/ops.
 *
 *	struct site *site OWNED(site_free) = NULL;
 *	if (site_new(&options, &site, err) < 0) ...
 *	step_call(run, site_channel(site, node), &talos_version, NULL, next);
 *
 * Options are borrowed and outlive the site. Channels belong to the site. A client certificate that
 * is not valid now is ERR_AUTH here, before anything is dialled.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "cluster/cluster.h"
#include "cluster/secrets.h"
#include "loop/loop.h"
#include "net/dial.h"

struct channel; /* talos_connect() */
struct http_door;
struct kube;
struct kube_options;
struct ssh_door;
struct ssh_target;

/* What is secret and read only when something needs it; what comes out is borrowed and stays. */
struct site_access {
	/* One password per peer of BGP, NULL where it has none. */
	int (*peers)(struct site_access *access, const char *const **out, struct err *err);
	/* The router of cluster.yaml's bgp.router. */
	int (*router)(struct site_access *access, struct ssh_target *out, struct err *err);
	const char *peer; /* the router meant, by its address; NULL: there is only one */
};

struct site_options {
	struct loop *loop;
	struct dialer *dialer;
	const struct cluster *cluster;
	const struct bundle *bundle;
	const struct identity *identity; /* NULL: an admin certificate is made from the bundle */
	const char *fingerprint;	 /* pinned for nodes in maintenance mode; NULL: none */
	const char *folder;		 /* of the workspace; NULL: nothing is written */
	const char *state;		 /* .talforge of the workspace; NULL: nothing is kept */
	bool commands;			 /* hooks run; else they are only told of */
	struct http_door *http;		 /* to Kubernetes; NULL: there is no way to it */
	struct ssh_door *ssh;		 /* to the router; NULL: there is no way to it */
	struct site_access *access;	 /* NULL: there are no passwords and there is no router */
	const char *helm;		 /* the kubeconfig that helm takes; NULL: do without helm */
	const struct kube_options *kube; /* of --kubeconfig; NULL: the cluster's endpoint, with an
					  * administrator's certificate from the bundle */
};

struct site;
int site_new(const struct site_options *options, struct site **out, struct err *err);
void site_free(struct site *site);
OWN_DEFINE(struct site, site_free)

const struct site_options *site_options(const struct site *site);
const struct cluster *site_cluster(const struct site *site);
/* With our certificate; the node's is checked against the cluster's CA. */
struct channel *site_channel(struct site *site, const struct node *node);
/* Without a client certificate: maintenance mode; the fingerprint is checked if one is pinned. */
struct channel *site_insecure(struct site *site, const struct node *node);
/* After a node's identity or life changed: both ways are dialled anew. */
void site_redial(struct site *site, const struct node *node);
/* The cluster's Kubernetes API; NULL when `http` is. It belongs to the site; no word is sent before
 * the first call. */
struct kube *site_kube(struct site *site);
