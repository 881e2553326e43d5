/*
 * Which objects are meant: label selectors as queries and as objects, and field selectors.
 *
 *	struct kube_selector selector;
 *	if (selector_parse(arena, "app=web,tier in (a,b)", &selector, err) < 0)
 *	if (selector_matches(&selector, kube_at(pod, "metadata.labels")))
 *
 * Everything lives in the arena given. No terms match everything.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "sim/kube_store.h"
#include "tree/value.h"

#include <stdbool.h>
#include <stddef.h>

enum selector_op {
	SELECT_IN,
	SELECT_NOT_IN,
	SELECT_EXISTS,
	SELECT_NOT_EXISTS,
	SELECT_ABOVE,
	SELECT_BELOW,
};

struct selector_term {
	const char *key;
	enum selector_op op;
	const char **value;
	size_t values;
};

struct kube_selector {
	struct selector_term *term;
	size_t terms, cap;
	bool nothing; /* matches no object */
};

int selector_parse(struct arena *arena, const char *text, struct kube_selector *out,
		   struct err *err);
/* A LabelSelector: matchLabels and matchExpressions. Absent: nothing matches. */
struct kube_selector selector_of(struct arena *arena, const struct value *value);
/* A map of labels, as of a nodeSelector. */
struct kube_selector selector_of_map(struct arena *arena, const struct value *labels);
bool selector_matches(const struct kube_selector *selector, const struct value *labels);
/* Appends a term as nodeSelectorTerms and LabelSelectors have it: key, operator, values. */
void selector_add(struct arena *arena, struct kube_selector *selector, const struct value *term);

/* `spec.nodeName=n1,status.phase!=Running`; ERR_INPUT when the type has no such field. */
int fields_parse(struct arena *arena, const struct kube_type *type, const char *text,
		 struct kube_selector *out, struct err *err);
bool fields_match(const struct kube_selector *selector, const struct value *object);
