/*
 * The witness: watches every change of a world and objects to what must never be done to one,
 * whatever goes wrong around it. Rules are written once and hold for every operation.
 *
 *	struct witness *witness OWNED(witness_free) = witness_new(&options);
 *	witness_consent(witness, "worker0");            this one may be wiped
 *	... the operation, however often ...
 *	witness_read(witness, "events", text, len);     an output: it must hold no secret
 *	witness_end(witness);                           everything is to be as it was
 *	cr_assert_null(witness_objection(witness));
 *
 * It tells what was done to the world from what happened in it: a node that reboots, is reset or
 * upgraded was told to; one that loses its power was not. The rules:
 *
 *	quorum      etcd of three or more members keeps its quorum while we take one down
 *	control     never two control planes down at once by our doing
 *	budget      never more workers down by our doing than agreed
 *	consent     nothing is wiped that nobody agreed to
 *	bootstrap   etcd is never bootstrapped beside one that has data
 *	cordon      in the end every node takes pods again that did before
 *	secret      no output holds key material
 *
 * A node that was taken down counts as down until all its services are healthy again, however long
 * that takes. The world is borrowed and outlives the witness.
 */
#pragma once

#include "base/own.h"
#include "cluster/secrets.h"
#include "sim/world.h"

#include <stddef.h>

struct witness_options {
	struct world *world;
	const struct bundle *bundle; /* whose keys no output may hold; borrowed */
	unsigned workers;	     /* that may be down at once by our doing; 0: any number */
};

struct witness;
struct witness *witness_new(const struct witness_options *options);
void witness_free(struct witness *witness);
OWN_DEFINE(struct witness, witness_free)

void witness_consent(struct witness *witness, const char *node);
void witness_budget(struct witness *witness, unsigned workers);
void witness_read(struct witness *witness, const char *what, const char *text, size_t len);
void witness_end(struct witness *witness);

/* The first objection, "control: mini01 goes down while mini02 is down"; NULL: it is content. */
const char *witness_objection(const struct witness *witness);
