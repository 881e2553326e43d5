/*
 * The inside of the Kubernetes client, for the files of src/kube only: what calls and watches
 * share.
 */
#pragma once

#include "base/str.h"
#include "kube/kube.h"

#define KUBE_BODY_MAX ((size_t)128 << 20)

struct kube {
	struct arena *arena; /* owned */
	struct loop *loop;
	struct http_door *door;
	const char *prefix;
	struct identity identity;
	struct trust trust;
	struct http_target target;
	const struct kube_kind **found; /* kinds that the server told of, in the arena */
	size_t founds, cap;
};

const struct kube_kind *kube_known(const struct kube *kube, const char *api_version,
				   const char *kind);
void kube_learn(struct kube *kube, const struct kube_kind *kind); /* copied */

/* Where things live: all escape what they put into the path. */
struct kube_place {
	const struct kube_kind *kind;
	const char *ns, *name, *subresource; /* NULL: none */
};
void kube_path_add(struct str *path, const struct kube *kube, const struct kube_place *place);
void kube_path_version(struct str *path, const struct kube *kube, const char *api_version);
/* Adds "?key=value" or "&key=value"; nothing when the value is NULL or empty. */
void kube_query_add(struct str *path, const char *key, const char *value);

/* What the server says instead of an answer: its Status object, or a text. */
int kube_status_err(int status, const struct value *body, struct err *err);
/* "120" of a Retry-After header, as nanoseconds; 0 when there is none. */
uint64_t kube_retry_after(const struct http_header *header, size_t headers);

/* The arena with the reply of a call that has ended, from now on the caller's. */
struct arena *kube_call_take(struct kube_call *call);
