/*
 * A little Kubernetes client for the tests of the simulated one: through the world's door, one
 * request at a time, and watches that stay open.
 *
 *	struct ask ask = kube_ask(&stage, CP1, "GET", "/api/v1/nodes", NULL);
 *	cr_assert_eq(ask.status, 200);    ask.value is the JSON that came
 */
#pragma once

#include "net/http.h"
#include "stage.h"
#include "tree/value.h"

struct ask {
	struct http_exchange exchange;
	struct stage *stage;
	struct str body;
	int status;
	bool ended;
	struct err err;
	const struct value *value; /* in the stage's arena */
};

struct asked {
	const char *host, *method, *path, *type; /* type: of the body, NULL: JSON */
	const char *body;
	const struct identity *identity; /* NULL with `nobody`: none; else the admin */
	const struct trust *trust;	 /* NULL: the cluster's */
	bool nobody;
	uint64_t timeout; /* 0: 10 s */
};

struct ask *kube_run(struct stage *stage, const struct asked *asked);
/* With what it takes mostly. */
struct ask *kube_ask(struct stage *stage, const char *method, const char *path, const char *body);
/* Goes on until kube_stop(). */
struct ask *kube_start(struct stage *stage, const struct asked *asked);
void kube_stop(struct ask *ask);
const char *kube_got(const struct ask *ask, const char *path); /* of the value; "" none */
/* A client certificate of the cluster's Kubernetes. */
const struct identity *kube_identity(struct stage *stage, const char *group);
