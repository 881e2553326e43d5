#include "cluster/version.h"

#include <criterion/criterion.h>

static const struct {
	const char *text;
	bool good, has_patch;
	unsigned major, minor, patch;
	const char *rest;
} rows[] = {
	{ "v1.13.9", true, true, 1, 13, 9, "" },
	{ "1.13", true, false, 1, 13, 0, "" },
	{ "v1.14.0-rc.1", true, true, 1, 14, 0, "-rc.1" },
	{ "1.36.3+build", true, true, 1, 36, 3, "+build" },
	{ "v1", false, false, 0, 0, 0, "" },
	{ "v1.13-alpha", false, false, 0, 0, 0, "" },
	{ "v1.13.", false, false, 0, 0, 0, "" },
	{ "v1.13.9-", false, false, 0, 0, 0, "" },
	{ "v1.13.9.1", false, false, 0, 0, 0, "" },
	{ "vv1.13", false, false, 0, 0, 0, "" },
	{ "v1.99999999999", false, false, 0, 0, 0, "" },
	{ "", false, false, 0, 0, 0, "" },
	{ NULL, false, false, 0, 0, 0, "" },
};

Test(version, texts_are_versions_or_not)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct version version;

		cr_assert_eq(version_parse(rows[i].text, &version), rows[i].good, "%s",
			     rows[i].text);
		if (!rows[i].good)
			continue;
		cr_assert_eq(version.major, rows[i].major, "%s", rows[i].text);
		cr_assert_eq(version.minor, rows[i].minor, "%s", rows[i].text);
		cr_assert_eq(version.patch, rows[i].patch, "%s", rows[i].text);
		cr_assert_eq(version.has_patch, rows[i].has_patch, "%s", rows[i].text);
		cr_assert_str_eq(version.rest, rows[i].rest, "%s", rows[i].text);
	}
}

Test(version, minors_compare_as_numbers)
{
	const struct version old = { .major = 1, .minor = 9, .patch = 7 };
	const struct version new = { .major = 1, .minor = 10 };
	const struct version next = { .major = 2, .minor = 0 };

	cr_assert_lt(version_minor_compare(&old, &new), 0);
	cr_assert_gt(version_minor_compare(&next, &new), 0);
	cr_assert_eq(version_minor_compare(&old, &(struct version){ .major = 1, .minor = 9 }), 0);
}

/* Each before the next. */
static const char *const ascending[] = {
	"v1.9.6",
	"v1.10.0-alpha",
	"v1.10.0-alpha.1",
	"v1.10.0-alpha.beta",
	"v1.10.0-beta",
	"v1.10.0-beta.2",
	"v1.10.0-beta.11",
	"v1.10.0-rc.1",
	"v1.10.0",
	"v1.10.1-rc.0",
	"v1.10.1",
	"v1.10.9",
	"v1.10.10",
	"v1.11.0",
	"v2.0.0-rc.1",
	"v2.0.0",
};

Test(version, order)
{
	const size_t count = sizeof(ascending) / sizeof(ascending[0]);

	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < count; k++) {
			struct version a, b;

			cr_assert(version_parse(ascending[i], &a));
			cr_assert(version_parse(ascending[k] + 1, &b));
			int order = version_compare(&a, &b);

			cr_assert_eq((order > 0) - (order < 0), (i > k) - (i < k), "%s %s",
				     ascending[i], ascending[k]);
		}
	}
}

Test(version, a_build_does_not_count)
{
	struct version a, b;

	cr_assert(version_parse("v1.36.3+k3s1", &a) && version_parse("v1.36.3", &b));
	cr_assert_eq(version_compare(&a, &b), 0);
	cr_assert(version_parse("v1.36.3-rc.1+b.2", &a) && version_parse("v1.36.3-rc.1", &b));
	cr_assert_eq(version_compare(&a, &b), 0);
	cr_assert(version_is_early(&a));
	cr_assert(version_parse("v1.36.3+b-1", &a));
	cr_assert(!version_is_early(&a));
}
