/*
 * Help, made from the tables of commands and options.
 */
#pragma once

#include "base/str.h"
#include "cli/command.h"

void help_overview(struct str *out);
void help_group(struct str *out, const char *group);
void help_command(struct str *out, const struct command *command);
