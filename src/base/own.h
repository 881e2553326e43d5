/*
 * Ownership of locals.
 *
 * A local that owns something says so where it is declared and gives it away with take():
 *
 *	struct plan *plan OWNED(plan_free) = plan_new("up");
 *	...
 *	*out = take(plan);
 *
 * OWNED(f) calls f(variable) when the variable leaves its scope; every destructor named here
 * accepts NULL. For embedded objects, SCOPED(f) calls f(&variable).
 */
#pragma once

#include <stddef.h>

/* clang-format off */
#define OWNED(destroy) __attribute__((cleanup(own_##destroy)))
#define SCOPED(done) __attribute__((cleanup(done)))

/* Beside a destructor `void x_free(struct x *x)`: makes OWNED(x_free) possible. */
#define OWN_DEFINE(type, destroy)                          \
	static inline void own_##destroy(type **owned_variable) \
	{                                                  \
		destroy(*owned_variable);                  \
	}

/* Hands the pointer over and leaves NULL behind, so that the scope frees nothing. */
#define take(variable)                                             \
	__extension__({                                            \
		__typeof__(variable) taken_value_ = (variable);    \
		(variable) = NULL;                                 \
		taken_value_;                                      \
	})

/* From a pointer to an embedded member back to its owner. */
#define container_of(pointer, type, member) \
	((type *)(void *)((char *)(pointer) - offsetof(type, member)))

#define ARRAY_LEN(array) (sizeof(array) / sizeof((array)[0]))
/* clang-format on */
