#include "ops/removed_api.h"

#include "base/arena.h"
#include "base/own.h"
#include "base/text.h"
#include "tree/json.h"

#include <criterion/criterion.h>
#include <string.h>

Test(removed_api, table_is_in_order_and_complete)
{
	size_t count;
	const struct removed_api *api = removed_apis(&count);

	cr_assert_gt(count, 0);
	for (size_t i = 0; i < count; i++) {
		cr_assert_not_null(strchr(api[i].api_version, '/'), "%s", api[i].api_version);
		cr_assert_neq(api[i].kind[0], 0, "%s", api[i].api_version);
		if (i)
			cr_assert_leq(api[i - 1].minor, api[i].minor, "%s", api[i].api_version);
		if (api[i].instead)
			cr_assert_str_neq(api[i].instead, api[i].api_version);
		for (size_t k = 0; k < i; k++)
			cr_assert_not(text_equal(api[i].api_version, api[k].api_version) &&
					      text_equal(api[i].kind, api[k].kind),
				      "%s %s is there twice", api[i].api_version, api[i].kind);
	}
}

Test(removed_api, concerns_an_upgrade_over_its_release)
{
	static const struct removed_api api = { 32, "group/v1beta3", "Kind", "group/v1" };
	static const struct {
		const char *from, *to;
		bool concerns;
	} rows[] = {
		{ "v1.31.2", "v1.32.13", true },
		{ "1.31.2", "1.32.0", true },
		{ "v1.30.0", "v1.33.1", true },
		{ "v1.31.2", "v1.31.9", false },
		{ "v1.32.0", "v1.33.1", false },
		{ "v1.32.0", "v1.32.1", false },
		{ "v1.30.0", "v1.31.9", false },
		{ "v1.31.2", "v1.32.0-rc.1", true },
		{ "anything", "v1.32.0", false },
		{ "v1.31.2", NULL, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		cr_assert_eq(removed_api_concerns(&api, rows[i].from, rows[i].to),
			     rows[i].concerns, "%s to %s", rows[i].from, rows[i].to);
}

#define APF "api-priority-and-fairness-config-producer-v1"
#define MANAGED(manager, version) \
	"{\"manager\":\"" manager "\",\"apiVersion\":\"" version "\",\"operation\":\"Update\"}"
#define APPLIED(text)                                              \
	"{\"metadata\":{\"annotations\":{\"kubectl.kubernetes.io/" \
	"last-applied-configuration\":\"" text "\"}}}"

Test(removed_api, use_is_told_by_who_wrote_the_object_and_how)
{
	static const struct removed_api moved = { 32, "g/v1beta3", "Kind", "g/v1" };
	static const struct removed_api gone = { 25, "g/v1beta3", "Kind", NULL };
	static const struct {
		const char *name;
		const struct removed_api *api;
		const char *object;
		bool used;
	} rows[] = {
		{ "nothing known", &moved, "{\"apiVersion\":\"g/v1beta3\"}", false },
		{ "a kind that goes for good", &gone, "{\"apiVersion\":\"g/v1beta3\"}", true },
		{ "a manager writes it so", &moved,
		  "{\"metadata\":{\"managedFields\":[" MANAGED("helm", "g/v1") "," MANAGED(
			  "kubectl", "g/v1beta3") "]}}",
		  true },
		{ "all write it anew", &moved,
		  "{\"metadata\":{\"managedFields\":[" MANAGED("helm", "g/v1") "]}}", false },
		{ "the API server's own", &moved,
		  "{\"metadata\":{\"managedFields\":[" MANAGED(
			  APF, "g/v1beta3") "," MANAGED("kube-apiserver", "g/v1beta3") "]}}",
		  false },
		{ "applied so", &moved, APPLIED("{\\\"apiVersion\\\":\\\"g/v1beta3\\\"}"), true },
		{ "applied anew", &moved, APPLIED("{\\\"apiVersion\\\":\\\"g/v1\\\"}"), false },
		{ "applied is no JSON", &moved, APPLIED("g/v1beta3"), false },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		const struct value *object;

		cr_assert_eq(json_read(arena, NULL, rows[i].object, strlen(rows[i].object),
				       &object, NULL),
			     0, "%s", rows[i].name);
		cr_assert_eq(removed_api_is_used(rows[i].api, object), rows[i].used, "%s",
			     rows[i].name);
	}
}

Test(removed_api, tells_what_is_known_of_a_release)
{
	static const struct {
		unsigned minor;
		const char *note;
	} rows[] = {
		{ 27, "v1.27 no longer serves storage.k8s.io/v1beta1 CSIStorageCapacity" },
		{ 33, "v1.33 serves every API version that v1.32 served" },
		{ 34, "v1.34 serves every API version that v1.33 served" },
		{ 35, "v1.35 serves every API version that v1.34 served" },
		{ 36, "v1.36 serves every API version that v1.35 served" },
		{ 37, "which API versions v1.37 no longer serves is not known" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("note");

		cr_assert_str_eq(removed_api_note(arena, rows[i].minor), rows[i].note);
	}
}
