#include "flow/order.h"

#include <assert.h>

struct knot {
	unsigned unmet;	     /* steps it is after that have not ended well */
	unsigned *dependent; /* steps that are after it */
	unsigned dependents;
	bool released;
};

struct order {
	struct knot *knot; /* per step */
};

struct order *order_new(struct arena *arena, const struct plan *plan)
{
	struct order *order = arena_alloc(arena, sizeof(*order));
	struct knot *knot = arena_calloc(arena, plan->len, sizeof(*knot));

	order->knot = knot;
	for (unsigned i = 0; i < plan->len; i++) {
		knot[i].unmet = plan->at[i].afters;
		for (unsigned k = 0; k < plan->at[i].afters; k++)
			knot[plan->at[i].after[k]].dependents++;
	}
	/* A step is after earlier ones only, so its list is still empty when its turn comes. */
	for (unsigned i = 0; i < plan->len; i++) {
		knot[i].dependent = arena_calloc(arena, knot[i].dependents, sizeof(unsigned));
		knot[i].dependents = 0;
		for (unsigned k = 0; k < plan->at[i].afters; k++) {
			struct knot *before = &knot[plan->at[i].after[k]];

			before->dependent[before->dependents++] = i;
		}
	}
	return order;
}

bool order_is_ready(const struct order *order, unsigned step)
{
	return order->knot[step].unmet == 0;
}

void order_release(struct order *order, unsigned step)
{
	struct knot *knot = &order->knot[step];

	assert(!knot->released);
	knot->released = true;
	for (unsigned i = 0; i < knot->dependents; i++)
		order->knot[knot->dependent[i]].unmet--;
}
