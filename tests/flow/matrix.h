/*
 * Matrices: one operation, broken at every place where it can break. The same for all operations;
 * what differs is data.
 *
 *	static const struct matrix upgrade = {
 *		.name = "upgrade talos",
 *		.scene = { .profile = "vip-and-workers", .start = WORLD_RUNNING },
 *		.order = { .operation = &operation_upgrade_talos, .options = &options },
 *		.after = runs_the_new_version,
 *	};
 *	MATRIX(upgrade_talos, upgrade);
 *
 * makes ten tests of it: matrix/upgrade_talos_killed and _abandoned, one for each way in which a
 * call can break, and random/upgrade_talos. First the operation runs undisturbed; that tells how
 * many records and calls there are, and how often each node is installed, upgraded, wiped, rebooted
 * and bootstrapped. No run that is disturbed at one place may do any of that more often, whatever
 * it takes to come to its end; at that end the world has to be as after() wants it, and witnesses
 * watch all the way there.
 *
 * A few of the places are taken, evenly spread, and a few random scenarios. With
 * TALFORGE_MATRIX=complete it is all of the places, and 500 scenarios. How many of how many is said
 * on stderr, and every place that fails.
 *
 *	TALFORGE_SEEDS=5000 suite_flow --filter 'random/...'     more of them
 *	TALFORGE_SEED=17 suite_flow --filter 'random/...'        this one; it is shown when it fails
 */
#pragma once

#include "flow/scene.h"

#include <criterion/criterion.h>

struct matrix {
	const char *name;
	/* Of every scene; world, folder and sink are the matrix's own, and the pace is the fast one
	 * when none is given. */
	struct scene_options scene;
	/* Brings a new scene to where the operation begins; NULL: it is there. */
	void (*before)(struct scene *scene);
	struct scene_order order;
	/* Fails the test unless the end is as it should be; NULL: scene_is_healthy(). */
	void (*after)(struct scene *scene);
	/* The same after a random scenario, when nodes may have lost their power; NULL: after(). */
	void (*after_all)(struct scene *scene);
	/* The same for a run that was given up and planned anew; NULL: after(). */
	void (*after_anew)(struct scene *scene);
	/* Once it has begun, to plan it anew is to ask for something else: MATRIX_ONCE. */
	bool once;
	unsigned cases;	   /* of a sample; 0: the usual number */
	unsigned rewrites; /* so many times more an image may be written that nobody boots yet */
	unsigned at_least; /* there are at least so many places, else the test is about nothing */
};

/* A process is killed with SIGKILL right after each record of its journal; the next one must come
 * to the end. */
void matrix_crash(const struct matrix *matrix);

/* The same, but its run is given up, as when a file was changed since: the next one plans anew. */
void matrix_abandon(const struct matrix *matrix);

enum harm {		  /* what a call suffers, of Talos, of Kubernetes or of the router */
	HARM_RESET,	  /* the connection breaks before it has an effect */
	HARM_RESET_AFTER, /* and after it */
	HARM_REFUSED,	  /* it may not be made: that one time */
	HARM_UNAVAILABLE,
	HARM_SILENT, /* no answer ever comes */
	HARM_LATE,
	HARM_TWICE, /* it has its effect twice */
	HARM_COUNT
};
/* Each call suffers that; the run ends well, or one more does. */
void matrix_harm(const struct matrix *matrix, enum harm harm);

/* Random scenarios, from seeds. Whatever goes wrong: the witness stays content, the run ends by
 * itself, and once somebody has repaired what is broken the same command comes to its end. */
void matrix_random(const struct matrix *matrix);

bool matrix_is_complete(void);

/* clang-format off */
#define MATRIX(test, data) \
	Test(matrix, test##_abandoned, .timeout = 3600) \
	{ \
		matrix_abandon(&(data)); \
	} \
	MATRIX_ONCE(test, data)

#define MATRIX_ONCE(test, data) \
	Test(matrix, test##_killed, .timeout = 3600) \
	{ \
		matrix_crash(&(data)); \
	} \
	MATRIX_HARM(test##_reset, data, HARM_RESET) \
	MATRIX_HARM(test##_reset_after, data, HARM_RESET_AFTER) \
	MATRIX_HARM(test##_refused, data, HARM_REFUSED) \
	MATRIX_HARM(test##_unavailable, data, HARM_UNAVAILABLE) \
	MATRIX_HARM(test##_silent, data, HARM_SILENT) \
	MATRIX_HARM(test##_late, data, HARM_LATE) \
	MATRIX_HARM(test##_twice, data, HARM_TWICE) \
	Test(random, test, .timeout = 3600) \
	{ \
		matrix_random(&(data)); \
	} \
	struct matrix /* takes the semicolon */

#define MATRIX_HARM(name, data, harm) \
	Test(matrix, name, .timeout = 3600) \
	{ \
		matrix_harm(&(data), (harm)); \
	}
/* clang-format on */
