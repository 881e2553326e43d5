/*
 * What a node understands of the machine config that was applied to it.
 *
 *	struct sim_config *config OWNED(sim_config_free) = NULL;
 *	if (sim_config_read(text, len, RELEASE_1_13, &config, err) < 0)
 *		... err is what the node would answer: InvalidArgument
 *
 * A config owns an arena with its text and everything that points into it. It is immutable and
 * never shared. An empty text is ERR_INPUT, as is what the release would refuse.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "crypto/x509.h"
#include "render/config.h"
#include "tree/value.h"

#include <stdbool.h>
#include <stddef.h>

/* A partition that a document asks for, besides those of every node. */
struct sim_volume {
	const char *id;	   /* "u-data", "ETCD" */
	const char *match; /* expression that chooses its disk; "": the system disk */
};

struct sim_config {
	struct arena *arena; /* owned */
	enum release release;
	const char *text; /* as applied: secret */
	size_t len;
	bool complete; /* has a v1alpha1 document: else the node stays in maintenance */
	bool control;
	const char *hostname;		      /* "" when it is to be made up */
	struct identity ca;		      /* machine.ca; the key is NULL on workers */
	const char *accepted;		      /* PEM: the CA and acceptedCAs */
	const char *const *sans;	      /* machine.certSANs, NULL-ended */
	const char *install_disk;	      /* "" when there is none */
	const struct value *install_selector; /* a text: an expression */
	const char *install_image;	      /* "" */
	const char *vip;		      /* "" */
	const char *addresses;		      /* that it gives to links: " 10.0.0.1 fd00::1 " */
	const char *cluster_id, *cluster_secret, *cluster_name, *endpoint;
	const char *cni;
	bool flannel;		/* a document asks for it */
	bool unattended;	/* a document says how to install */
	bool discovery;		/* nodes of a cluster find each other */
	const char *kubernetes; /* "v1.36.3", of the kubelet's image; "" */
	struct identity kubernetes_ca;
	struct sim_volume *volume;
	size_t volumes;
};

int sim_config_read(const char *text, size_t len, enum release release, struct sim_config **out,
		    struct err *err);
void sim_config_free(struct sim_config *config);
OWN_DEFINE(struct sim_config, sim_config_free)

/* Whether both belong to one cluster: by id and secret. */
bool sim_config_same_cluster(const struct sim_config *a, const struct sim_config *b);

/* Whether going from one to the other needs a reboot on 1.13; *section says which part. */
bool sim_config_needs_reboot(const struct sim_config *from, const struct sim_config *to,
			     const char **section);

/* The unified diff that a dry run reports, of both as the release prints them; "" when nothing
 * changes. `from` may be NULL. */
const char *sim_config_diff(struct arena *arena, const struct sim_config *from,
			    const struct sim_config *to);
