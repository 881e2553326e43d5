/*
 * Which resources are served: the built-in ones, and those that CustomResourceDefinitions add.
 */
#pragma once

#include "sim/kube_store.h"

void types_add_builtin(struct kube_store *store);
/* Serves, or no longer serves, what a CustomResourceDefinition defines. */
void types_add_custom(struct kube_store *store, const struct value *definition);
void types_drop_custom(struct kube_store *store, const struct value *definition);
/* With the defaults of a built-in type; in kube_check.c. */
const struct value *type_defaults(struct arena *arena, const struct kube_type *type,
				  const struct value *object);
