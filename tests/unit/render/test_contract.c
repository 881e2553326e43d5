#include "render/contract.h"

#include "base/own.h"
#include "render/generate.h"

#include <criterion/criterion.h>

Test(contract, reads_versions_as_the_field_does)
{
	static const struct {
		const char *text;
		unsigned minor;
	} rows[] = { { "1.13", 13 }, { "v1.13.9", 13 }, { "v1.14.0-rc.1", 14 }, { "1.9", 9 } };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		unsigned major, minor;
		cr_assert_eq(contract_parse(rows[i].text, &major, &minor, NULL), 0);
		cr_assert_eq(major, 1);
		cr_assert_eq(minor, rows[i].minor);
	}
}

Test(contract, refuses_what_is_no_version)
{
	static const char *const texts[] = { "v1.13-alpha", "1", "", "v", "1.", "x.y", "1.13x" };

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct err err = ERR_INIT;
		unsigned major, minor;
		cr_assert_lt(contract_parse(texts[i], &major, &minor, &err), 0, "%s", texts[i]);
		cr_assert_eq(err.kind, ERR_USAGE);
	}
}

Test(contract, is_never_newer_than_the_release)
{
	struct contract contract;

	cr_assert_eq(contract_of("v1.20", RELEASE_1_13, &contract, NULL), 0);
	cr_assert_eq(contract.minor, 13);
	cr_assert_eq(contract_of(NULL, RELEASE_1_14, &contract, NULL), 0);
	cr_assert_eq(contract.minor, 14);
	cr_assert_eq(contract_of("2.0", RELEASE_1_14, &contract, NULL), 0);
	cr_assert_eq(contract.minor, 14);
	cr_assert_eq(contract_of("v0.14", RELEASE_1_14, &contract, NULL), 0);
	cr_assert_eq(contract.minor, 0);
}

Test(contract, has_traits_between_versions)
{
	static const struct {
		unsigned minor;
		enum contract_trait trait;
		bool has;
	} rows[] = {
		{ 11, CONTRACT_STABLE_HOSTNAME, true },
		{ 12, CONTRACT_STABLE_HOSTNAME, false },
		{ 12, CONTRACT_HOSTNAME_DOCUMENT, true },
		{ 11, CONTRACT_HOSTNAME_DOCUMENT, false },
		{ 2, CONTRACT_REGISTRY_K8S_MIRROR, true },
		{ 3, CONTRACT_REGISTRY_K8S_MIRROR, false },
		{ 14, CONTRACT_DOCUMENTS_ONLY, true },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct contract contract = { 1, rows[i].minor };
		cr_assert_eq(contract_has(&contract, rows[i].trait), rows[i].has, "row %zu", i);
	}
}
