/* What pipelines are worth. Internal to the module; values of the run's dot and variables. */
#pragma once

#include "convert/go_parse.h"

int go_eval_pipe(struct go_run *run, const struct go_node *pipe, struct go_value *out);
/* Variables: declared on top, or found by name. */
void go_variable_push(struct go_run *run, struct go_text name, struct go_value value);
int go_variable_set(struct go_run *run, struct go_text name, struct go_value value);
