/*
 * From one control plane to the next, each asked for the members of etcd as it lists them itself:
 * what gates that compare those lists have in common.
 *
 *	static const struct etcd_walk walk = { .judge = judge_list, .again = wait_a_while };
 *
 *	static int start(struct step_run *run, struct err *err)
 *	{
 *		return etcd_walk(run, &walk);
 *	}
 *
 * The step is done when every control plane was judged well in one round. It uses the step's
 * memory: `index` and `data`; `mark` and `count` are the step's own.
 */
#pragma once

#include "base/err.h"
#include "flow/step.h"
#include "talos/talos.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct node;

#define ETCD_LISTED_MAX 64

/* What a control plane listed. */
struct etcd_listed {
	const char *by; /* its name */
	struct {
		uint64_t id;
		bool learner;
		char name[64];
	} at[ETCD_LISTED_MAX];
	size_t len;
};

struct etcd_walk {
	/* `first`: what the first one of this round listed, perhaps the same. 0: as it should be;
	 * >0: not now, and said why; <0: with *err. */
	int (*judge)(struct step_run *run, const struct node *node, const struct etcd_listed *first,
		     const struct talos_etcd_members *members, struct err *err);
	/* After one that gave no answer or is not as it should be; ends in a pause and a new
	 * walk. */
	step_fn *again;
};

int etcd_walk(struct step_run *run, const struct etcd_walk *walk);

/* The next control plane from `index` on; NULL: none. */
const struct node *etcd_control(const struct step_run *run, unsigned *index);

/* The same members, by id, name and whether they learn? */
bool etcd_listed_same(const struct etcd_listed *first, const struct talos_etcd_members *members);
/* How many of the first list are in the other one, by id. */
size_t etcd_listed_shared(const struct etcd_listed *first,
			  const struct talos_etcd_members *members);
