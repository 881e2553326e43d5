/*
 * Rows for tests of validation: a config, and the ids of what is found in it.
 *
 *	static const struct validated rows[] = {
 *		{ KIND("LinkConfig", "eth0") "mtu: 1500\n", "" },
 *		{ KIND("BondConfig", "bond0") "miimon: 1\n", "bond-links bond-mode" },
 *	};
 *	validated_check(rows, ARRAY_LEN(rows), RELEASE_1_13);
 *
 * Ids stand in the order in which they are found; ~ is before that of a warning. Every finding must
 * have a place in the text and a path.
 */
#pragma once

#include "render/validate.h"

#define KIND(kind, name) "apiVersion: v1alpha1\nkind: " kind "\nname: " name "\n"
#define SINGLE(kind) "apiVersion: v1alpha1\nkind: " kind "\n"
#define AND "---\n"

struct validated {
	const char *text, *ids;
	const char *path; /* of the first finding; NULL: whatever it is */
	unsigned line;	  /* of the first finding; 0: whatever it is */
	enum validate_mode mode;
};

void validated_check(const struct validated *rows, size_t count, enum release release);
