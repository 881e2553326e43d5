/*
 * From what was decoded to the model: defaults filled in, forms told apart. For workspace.c.
 */
#pragma once

#include "cluster/input.h"

/* Fills draft->cluster. What has errors is left out; the caller does not hand such a model on. */
void model_resolve(struct draft *draft);
