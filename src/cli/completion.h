/*
 * Completion scripts, made from the tables of commands and options.
 */
#pragma once

#include "base/str.h"

void completion_bash(struct str *out);
void completion_zsh(struct str *out); /* bash's, through zsh's bridge */
void completion_fish(struct str *out);
