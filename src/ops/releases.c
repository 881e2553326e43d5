#include "ops/releases.h"

#include "base/own.h"

#include <stddef.h>

struct release_row {
	unsigned minor;
	const char *last;
};

static const struct release_row talos_rows[] = {
	{ 2, "v1.2.9" },
	{ 3, "v1.3.7" },
	{ 4, "v1.4.8" },
	{ 5, "v1.5.5" },
	{ 6, "v1.6.8" },
	{ 7, "v1.7.7" },
	{ 8, "v1.8.4" },
	{ 9, "v1.9.6" },
	{ 10, "v1.10.9" },
	{ 11, "v1.11.6" },
	{ 12, "v1.12.11" },
	{ 13, "v1.13.9" },
};

static const struct release_row kube_rows[] = {
	{ 24, "v1.24.17" },
	{ 25, "v1.25.16" },
	{ 26, "v1.26.15" },
	{ 27, "v1.27.16" },
	{ 28, "v1.28.15" },
	{ 29, "v1.29.15" },
	{ 30, "v1.30.14" },
	{ 31, "v1.31.14" },
	{ 32, "v1.32.13" },
	{ 33, "v1.33.13" },
	{ 34, "v1.34.13" },
	{ 35, "v1.35.10" },
	{ 36, "v1.36.6" },
	{ 37, "v1.37.1" },
};

static const struct {
	const struct release_row *rows;
	size_t len;
} releases[VERSION_SUBJECT_COUNT] = {
	[VERSION_TALOS] = { talos_rows, ARRAY_LEN(talos_rows) },
	[VERSION_KUBERNETES] = { kube_rows, ARRAY_LEN(kube_rows) },
};

static const struct {
	unsigned talos, least, most;
} ranges[] = {
	{ 6, 24, 29 },
	{ 7, 25, 30 },
	{ 8, 26, 31 },
	{ 9, 27, 32 },
	{ 10, 28, 33 },
	{ 11, 29, 34 },
	{ 12, 30, 35 },
	{ 13, 31, 36 },
	{ 14, 32, 37 },
	{ 15, 33, 38 },
};

const char *release_last(enum version_subject subject, unsigned minor)
{
	for (size_t i = 0; i < releases[subject].len; i++)
		if (releases[subject].rows[i].minor == minor)
			return releases[subject].rows[i].last;
	return NULL;
}

bool release_kube_range(const struct version *talos, struct kube_range *out)
{
	const size_t last = ARRAY_LEN(ranges) - 1;

	if (talos->major != 1 || talos->minor < ranges[0].talos)
		return false;
	if (talos->minor > ranges[last].talos) {
		unsigned beyond = talos->minor - ranges[last].talos;

		*out = (struct kube_range){ ranges[last].least + beyond,
					    ranges[last].most + beyond, false };
		return true;
	}
	for (size_t i = 0; i <= last; i++)
		if (ranges[i].talos == talos->minor)
			*out = (struct kube_range){ ranges[i].least, ranges[i].most, true };
	return true;
}
