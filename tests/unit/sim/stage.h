/*
 * What the tests of the simulator share: a world in virtual time, the secrets and configs of one
 * cluster, and calls as a client makes them.
 *
 *	struct stage stage;
 *	stage_init(&stage, 1, 1);                      one control plane cp1, one worker w1
 *	struct reply *reply = stage_call(&stage, "10.0.0.1", stage.admin,
 *"machine.MachineService/Version", NULL, 0); stage_done(&stage);
 */
#pragma once

#include "base/arena.h"
#include "cluster/secrets.h"
#include "crypto/random.h"
#include "loop/loop.h"
#include "rpc/channel.h"
#include "sim/world.h"

#include <stdbool.h>
#include <stddef.h>

#define STAGE_WALL UINT64_C(1798848000123456789) /* 2027-01-02 */
#define STAGE_BUNDLE TEST_DATA_DIR "/golden/gen/c113-defaults/secrets.yaml"
#define CP1 "10.0.0.1"
#define CP2 "10.0.0.2"
#define CP3 "10.0.0.3"
#define W1 "10.0.0.11"
#define STAGE_VIP "10.0.0.100"

struct stage {
	struct arena *arena;
	struct loop *loop;
	struct random_seeded random;
	struct bundle *bundle;
	struct world *world;
	struct world_options options;
	const struct identity *admin, *reader;
	size_t controls;
};

/* Nodes cp1... at 10.0.0.1..., w1... at 10.0.0.11...; all bare. */
void stage_init(struct stage *stage, size_t controls, size_t workers);
/* The same with a folder, and a world that may be there already. */
void stage_init_in(struct stage *stage, size_t controls, size_t workers, const char *folder);
void stage_done(struct stage *stage);

struct reply {
	struct call call;
	struct stage *stage;
	struct err err; /* as on_end got it */
	bool ended;
	const void **message; /* in the stage's arena */
	size_t *len;
	size_t messages;
	void (*on_message)(struct reply *reply); /* may be NULL */
};

struct stage_call {
	const char *address;
	const struct identity *identity; /* NULL: none, and whoever answers is trusted */
	const char *method;		 /* "machine.MachineService/Version" */
	const void *message;
	size_t len;
	uint64_t timeout; /* 0: 10 s */
	bool streaming;
	const char *const *metadata;
	bool trusting; /* whoever answers is trusted, with an identity too */
};
/* Runs the loop until the call is over. */
struct reply *stage_run(struct stage *stage, const struct stage_call *call);
struct reply *stage_ask(struct stage *stage, const char *address, const struct identity *identity,
			const char *method);
/* Begins a call that stays open while others run; its channel lives until stage_stop(). */
struct stage_stream {
	struct reply reply;
	struct channel *channel;
};
void stage_start(struct stage *stage, const struct stage_call *call, struct stage_stream *stream);
void stage_stop(struct stage_stream *stream);

/* Lets time pass. */
void stage_wait(struct stage *stage, uint64_t duration);

/* A machine config as the cluster's generator makes it. */
struct stage_config {
	enum role role;
	const char *hostname;
	const char *disk; /* NULL: /dev/sda */
	const char *more; /* YAML documents behind it; NULL: none */
	bool vip;
};
const char *stage_config(struct stage *stage, const struct stage_config *config);
/* Applies it in maintenance mode; returns the code. */
int stage_apply(struct stage *stage, const char *address, const struct identity *identity,
		const char *text);
int stage_bootstrap(struct stage *stage, const char *address);
/* Applies to all and waits until they have booted. */
void stage_install(struct stage *stage);
const struct world_fact *stage_fact(struct stage *stage, const char *name);
