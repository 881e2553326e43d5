/*
 * A node that listens on the loopback with real certificates, and those who call it.
 *
 *	struct scene *scene OWNED(scene_free) = scene_new();
 *	scene->callers[0].to_send = scene->answerers[0].to_receive = 1000;
 *	scene->left = 2;
 *	scene_dial(scene, 0, &target);
 *	scene_run(scene);
 *
 * Each side sends a known sequence of bytes, checks what it receives, and notes how it ended. The
 * run ends when `left` sides are done and fails after a minute. The scene owns everything in it.
 */
#pragma once

#include "crypto/x509.h"
#include "loop/loop.h"
#include "net/dial.h"
#include "net/tcp.h"

/* What is wrong with a certificate. */
enum {
	CERT_NONE,
	CERT_GOOD,
	CERT_STRANGE,
	CERT_EXPIRED,
	CERT_FUTURE,
	CERT_USAGE,
	CERT_HOST,
	CERT_COUNT
};

struct papers {
	struct arena *arena; /* owned */
	uint64_t now;
	struct identity ca, strange_ca;
	struct identity node[CERT_COUNT], client[CERT_COUNT];
	const char *node_pin;
};

struct side {
	struct stream_user user;
	struct loop *loop;
	struct stream *stream; /* owned */
	size_t to_send, sent, to_receive, received;
	bool open, corrupt, done;
	int end; /* 0: all sent and received; IO_EOF; <0: err */
	struct err err;
	size_t *left; /* sides that are not done; the last one stops the loop */
};

void side_start(struct side *side, struct stream *stream);

enum {
	CALLERS_MAX = 100
};

struct scene {
	struct loop *loop; /* owned */
	struct papers papers;
	struct tcp_listener listener;
	const struct identity *node;
	const char *client_ca;
	struct side callers[CALLERS_MAX], answerers[CALLERS_MAX];
	size_t accepted, left;
	struct timer deadline;
	bool late;
};

struct scene *scene_new(void);
void scene_free(struct scene *scene);
OWN_DEFINE(struct scene, scene_free)
void scene_dial(struct scene *scene, size_t caller, const struct dial_target *target);
void scene_run(struct scene *scene);
