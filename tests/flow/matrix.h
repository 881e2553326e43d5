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
 *	Test(upgrade, survives_a_kill, .timeout = 600) { matrix_crash(&upgrade); }
 *	Test(upgrade, survives_a_reset, .timeout = 600) { matrix_fault(&upgrade, FAULT_RESET); }
 *
 * First the operation runs undisturbed; that tells how many records and calls there are, and how
 * often each node is installed, upgraded, wiped, rebooted and bootstrapped. No disturbed run may do
 * any of that more often, whatever it takes to come to its end. What is sampled is said on stderr.
 */
#pragma once

#include "flow/scene.h"

struct matrix {
	const char *name;
	/* Of every scene; world, folder and sink are the matrix's own, and the pace is the fast one
	 * when none is given. */
	struct scene_options scene;
	/* Brings a new scene to where the operation begins; NULL: it is there. Scenes on disk are
	 * closed after it and opened again. */
	void (*before)(struct scene *scene);
	struct scene_order order;
	/* Fails the test unless the end is as it should be; NULL: scene_is_healthy(). */
	void (*after)(struct scene *scene);
	unsigned cases;	   /* at most so many of the places, evenly spread; 0: all */
	unsigned rewrites; /* so many times more an image may be written that nobody boots yet */
	unsigned at_least; /* there are at least so many places, else the test is about nothing */
};

/* A process is killed with SIGKILL right after each record of its journal; the next one must come
 * to the end. */
void matrix_crash(const struct matrix *matrix);
/* Each call, of Talos and of Kubernetes, suffers that; the run ends well, or one more does. A
 * refusal is Unavailable. */
void matrix_fault(const struct matrix *matrix, enum fault_kind kind);
