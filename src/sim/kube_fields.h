/*
 * Who owns which field: metadata.managedFields, and the merging that follows from it.
 *
 * Sets of fields are values in the form FieldsV1 has: `f:name` for a key, `k:{"name":"x"}` for an
 * entry of a list that has keys, `v:"x"` for one of a set, `.` for the thing itself.
 */
#pragma once

#include "base/arena.h"
#include "base/str.h"
#include "tree/value.h"

#include <stdbool.h>
#include <stdint.h>

struct kube_manager {
	const char *name;
	const char *operation; /* "Apply", "Update" */
	const char *version;   /* apiVersion of the object as it was sent */
	const char *sub;       /* "status", "" none */
	uint64_t wall;
};

/* After a create, an update or a patch: `manager` owns what differs between both. `before` may be
 * NULL. */
const struct value *fields_updated(struct arena *arena, const struct value *before,
				   const struct value *after, const struct kube_manager *manager);

struct kube_conflict {
	const char *manager, *field; /* ".spec.replicas" */
};

struct kube_applied {
	const struct value *value; /* the result */
	struct kube_conflict *conflict;
	size_t conflicts; /* not 0: nothing may be written */
};
/* Server-side apply of `config` onto `live` (NULL: there is none yet). */
void fields_apply(struct arena *arena, const struct value *live, const struct value *config,
		  const struct kube_manager *manager, bool force, struct kube_applied *out);

/* The keys by which the entries of a list below that field are told apart; NULL: a list is one
 * thing. The last is NULL. "" as the first: a set of scalars. */
const char *const *fields_list_keys(const char *field, const struct value *list);
