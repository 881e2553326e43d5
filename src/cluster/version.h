/*
 * Version numbers as people write them: v1.13.9, 1.13, v1.14.0-rc.1.
 *
 *	struct version version;
 *	if (!version_parse("v1.13.9", &version))
 *		... not a version
 *	if (version_minor_compare(&version, &(struct version){ 1, 7, 0, NULL }) < 0)
 *		... before 1.7
 *
 * Plain data; `rest` points into the text that was read.
 */
#pragma once

#include <stdbool.h>

struct version {
	unsigned major, minor, patch;
	const char *rest; /* "-rc.1", or "" */
	bool has_patch;
};

/* A leading v may be missing; major and minor must be there. What follows the numbers begins with
 * "-" or "+". */
bool version_parse(const char *text, struct version *out);
/* Negative, 0, positive, by major and minor only. */
int version_minor_compare(const struct version *a, const struct version *b);
/* By all of it: v1.14.0-alpha.2 < v1.14.0-rc.1 < v1.14.0 < v1.14.1; what follows "+" is ignored. */
int version_compare(const struct version *a, const struct version *b);
bool version_is_early(const struct version *version); /* an alpha, beta or release candidate */
