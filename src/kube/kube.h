/*
 * A Kubernetes API server and calls to it. A struct kube says where it is, who we are and whom we
 * accept; a kube_call is one use of it.
 *
 *	struct kube_request request = { .verb = KUBE_GET, .kind = &kube_nodes, .name = "w-1" };
 *	static const struct kube_call_ops ops = { .on_end = node_read };
 *	kube_start(&me->call, kube, &request, &ops);
 *	... node_read(call, err): err->kind is ERR_NONE and call->reply the object
 *
 * Requests are copied at once and may go. A reply is a value in the call's arena and lives until
 * the next kube_start() of the same call or kube_call_done(); it has at most 128 MiB as text.
 * Lists are asked for in pages and answered as one, `items` complete.
 *
 * on_end comes exactly once, never from inside kube_start() or kube_call_done(). It may do
 * anything: start the same call again, end it with kube_call_done(), free its owner.
 *
 * Errors read like "read Node w-1: nodes "w-1" not found". err.remote holds the HTTP status for the
 * questions below; 401 and 403 are ERR_AUTH, 404 is ERR_NOT_FOUND, 409 is ERR_CONFLICT, 400 and 422
 * are ERR_INPUT, all else that is no success ERR_REMOTE. Nothing is tried again here.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/own.h"
#include "base/str.h"
#include "crypto/x509.h"
#include "kube/kind.h"
#include "loop/loop.h"
#include "net/http.h"
#include "tree/value.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KUBE_PORT 6443
#define KUBE_MANAGER "talforge" /* the field manager of what we write */

struct kube_options {
	struct loop *loop;	  /* borrowed */
	struct http_door *door;	  /* borrowed */
	const char *host;	  /* IP (IPv6 bare) or name, as in the certificate */
	unsigned port;		  /* 0: KUBE_PORT */
	const char *prefix;	  /* of all paths, "/k8s/clusters/c-1"; NULL: none */
	const char *ca;		  /* PEM of the server's authorities; never NULL */
	struct identity identity; /* client certificate; all NULL: none */
	const char *bearer;	  /* token; NULL: none */
};

struct kube;
/* Copies all texts. Nothing is sent before the first call. */
struct kube *kube_new(const struct kube_options *options);
void kube_free(struct kube *kube); /* after all its calls, watches, leases, drains */
OWN_DEFINE(struct kube, kube_free)
const char *kube_host(const struct kube *kube);
unsigned kube_port(const struct kube *kube);
struct loop *kube_loop(const struct kube *kube);

/* Questions about an error of a call that matter to callers; everything else is in its kind. */
bool kube_says_exists(const struct err *err);  /* AlreadyExists: somebody created it before */
bool kube_says_expired(const struct err *err); /* 410: that version is too old; list anew */
/* An eviction that a PodDisruptionBudget forbids now; err.text has its name and numbers as the
 * server tells them. It may succeed later. */
bool kube_says_blocked_by_budget(const struct err *err);
bool kube_says_namespace_ends(const struct err *err); /* nothing can be created in it */
/* The server is there and cannot serve now (429 without a budget, 500, 502, 503, 504). */
bool kube_says_busy(const struct err *err);

enum kube_verb {
	KUBE_GET,
	KUBE_LIST,	 /* namespace NULL: of all namespaces */
	KUBE_CREATE,	 /* body: the object */
	KUBE_UPDATE,	 /* body: the object with its metadata.resourceVersion */
	KUBE_MERGE,	 /* body: a JSON merge patch */
	KUBE_JSON_PATCH, /* body: a list of operations */
	KUBE_STRATEGIC,	 /* body: a strategic merge patch */
	KUBE_APPLY,	 /* server-side apply; body: the fields we want to own */
	KUBE_DELETE,
	KUBE_EVICT, /* of a pod; budgets are honoured */
	KUBE_PATH,  /* GET of `name` as it is: "/version", "/readyz" */
	KUBE_VERB_COUNT
};

struct kube_request {
	enum kube_verb verb;
	const struct kube_kind *kind; /* NULL: by the two below, or by the body's */
	const char *api_version;      /* with `kind_name`: anything the server has; NULL */
	const char *kind_name;
	const char *ns;		 /* NULL: the body's, else "default"; ignored without namespaces */
	const char *name;	 /* NULL: the body's */
	const char *subresource; /* "status", "log", "scale"; NULL */
	const struct value *body;
	const char *labels, *fields; /* selectors of a list: "app=x", "spec.nodeName=w-1" */
	const char *query;	     /* more of the path behind ? or &, escaped: "tailLines=10" */
	const char *manager;	     /* field manager; NULL: KUBE_MANAGER */
	bool force;		     /* KUBE_APPLY takes fields over from other managers */
	bool dry_run;		     /* the server checks and changes nothing */
	const char *uid, *version;   /* KUBE_DELETE and KUBE_EVICT only of exactly that; NULL */
	const int64_t *grace;	     /* seconds for those two; NULL: the pod's own */
	bool orphan;		     /* KUBE_DELETE leaves what belongs to it; else it goes too */
	unsigned page;		     /* entries per page of a list; 0: 500 */
	uint64_t timeout;	     /* of each page, nanoseconds; 0: 30 s */
};

struct kube_call;

struct kube_call_ops {
	void (*on_end)(struct kube_call *call, const struct err *err);
};

/*
 *	IDLE --> FINDING --> ASKING --> IDLE
 *	   `------------------^  `---> DOOMED --> IDLE
 *	    `--------------------------^
 */
enum kube_call_state {
	KUBE_CALL_IDLE,
	KUBE_CALL_FINDING, /* asks the server where objects of that kind live */
	KUBE_CALL_ASKING,  /* the request itself, or one page of it */
	KUBE_CALL_DOOMED,  /* on_end will tell `err` in the next round */
};

/* Zeroed at first; embedded in its user; read-only. */
struct kube_call {
	const struct value *reply;    /* of a DELETE or a text (log, readyz) too: a string */
	const struct kube_kind *kind; /* of what was asked, once known */
	uint64_t retry_after;	      /* as the server asked for, nanoseconds; 0: it did not */

	struct http_exchange exchange;
	struct task doom;
	struct kube *kube;
	const struct kube_call_ops *ops;
	struct arena *arena;  /* owned; holds the request's copy and the reply */
	struct kube_ask *ask; /* in the arena */
	struct str text;      /* what came of the reply */
	struct err err;	      /* of a doomed call */
	enum kube_call_state state;
	int status;
};

/* The call must not be running. */
void kube_start(struct kube_call *call, struct kube *kube, const struct kube_request *request,
		const struct kube_call_ops *ops);
bool kube_call_is_running(const struct kube_call *call);
/* Cancels if it runs (on_end does not follow), frees the arena. Fine on a zeroed one. */
void kube_call_done(struct kube_call *call);

/* What everybody asks of objects. "" when absent. */
const char *kube_name(const struct value *object);
const char *kube_namespace(const struct value *object);
const char *kube_uid(const struct value *object);
/* metadata.resourceVersion */
const char *kube_version(const struct value *object);
const char *kube_annotation(const struct value *object, const char *name); /* NULL when absent */
const char *kube_label(const struct value *object, const char *name);	   /* NULL when absent */
/* status of the condition of that type: "True", "False", "Unknown"; NULL when absent. */
const char *kube_condition(const struct value *object, const char *type);
/* The owner with controller: true; NULL when there is none. A map with kind, name, uid. */
const struct value *kube_controller(const struct value *object);
