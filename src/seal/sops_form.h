/*
 * What a SOPS file is written in. Internal to src/seal.
 *
 * The sops program has a store for each form; ours are two of them, and the others are told by
 * what they look like, so that an error can name them.
 */
#pragma once

#include "base/err.h"
#include "seal/sops.h"

enum sops_form {
	SOPS_FORM_YAML,
	SOPS_FORM_JSON,
	SOPS_FORM_DOTENV,
	SOPS_FORM_INI,
	SOPS_FORM_BINARY
};

/* Of an encrypted file, or of one that is to be. */
enum sops_form sops_form_of(const struct sops_input *input);
/* ERR_INPUT, naming it, when the form is none of ours. */
int sops_form_check(const struct sops_input *input, struct err *err);
