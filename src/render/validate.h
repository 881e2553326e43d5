/*
 * Whether Talos would take a machine config: its own checks, per mode, as findings with the place
 * of the value at fault. docs/validate.md says what is checked.
 *
 *	struct validate_options options = { .mode = VALIDATE_METAL };
 *	struct findings findings;
 *
 *	findings_init(&findings, arena);
 *	validate_text(&findings, &(struct config_input){ path, text, len, RELEASE_1_13 }, &options);
 *	if (findings.errors)
 *		it would be refused
 *
 * One finding per fault, in the order Talos tells them: the main document, the other documents,
 * what they say about the same thing. What a file does not even load for comes alone. Findings
 * live in the arena of `findings`; values of secrets never enter a text.
 */
#pragma once

#include "render/config.h"
#include "tree/finding.h"

#include <stdbool.h>

enum validate_mode {
	VALIDATE_METAL,
	VALIDATE_CLOUD,
	VALIDATE_CONTAINER,
	VALIDATE_METAL_AGENT,
	VALIDATE_MODE_COUNT
};
extern const char *const validate_mode_names[]; /* "metal-agent"; NULL-ended */
bool validate_mode_named(const char *name, enum validate_mode *out);

struct validate_options {
	enum validate_mode mode;
	bool strict; /* warnings about the main document are errors */
};

/* The release is that of the config. */
void validate_config(struct findings *findings, const struct config *config,
		     const struct validate_options *options);
/* A file: what keeps it from being read, else what is wrong with it. */
void validate_text(struct findings *findings, const struct config_input *input,
		   const struct validate_options *options);
