/*
 * A server that follows a script: the n-th request gets the n-th answer, whatever it asks for; what
 * it asked for is kept.
 *
 *	script_init(&script, rows, ARRAY_LEN(rows));   a virtual loop, a door, a struct kube
 *	... loop_run(script.loop, NULL);   script.path[0] is "/api/v1/pods?limit=500"
 */
#pragma once

#include "kube/kube.h"

struct script_row {
	int status;
	const char *text;
	size_t chunk;	    /* bytes per on_body; 0: all at once */
	enum err_kind ends; /* how, after the text; ERR_CANCELLED: not at all */
};

enum {
	SCRIPT_MAX = 32
};

struct script_turn {
	struct task task;
	struct script *script;
	struct http_exchange *exchange; /* NULL: cancelled or over */
	size_t row;
};

struct script {
	struct http_door door;
	struct loop *loop;   /* owned */
	struct kube *kube;   /* owned */
	struct arena *arena; /* owned */
	const struct script_row *rows;
	size_t count, asked;
	struct script_turn turn[SCRIPT_MAX];
	const char *path[SCRIPT_MAX], *method[SCRIPT_MAX], *body[SCRIPT_MAX];
	uint64_t at[SCRIPT_MAX]; /* loop time */
};

#define SCRIPT_WALL (UINT64_C(1800000000) * SECOND) /* 2027-01-15T08:00:00Z */

void script_init(struct script *script, const struct script_row *rows, size_t count);
void script_done(struct script *script);
