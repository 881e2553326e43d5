#include "base/err.h"

#include "base/own.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

Test(err, reads_as_one_sentence_from_intent_to_cause)
{
	struct err err = ERR_INIT;

	cr_assert_eq(err_sys(&err, ECONNREFUSED, "connect to %s", "10.0.0.12:50000"), -1);
	cr_assert_eq(err_wrap(&err, "upgrade %s", "cp-2"), -1);
	cr_assert_str_eq(err.text, "upgrade cp-2: connect to 10.0.0.12:50000: Connection refused");
	cr_assert_eq(err.kind, ERR_SYSTEM);
	cr_assert_eq(err.os, ECONNREFUSED);
}

Test(err, knows_no_name_for_a_strange_errno)
{
	struct err err = ERR_INIT;

	err_sys(&err, 4095, "open x");
	cr_assert_str_eq(err.text, "open x: error 4095");
}

Test(err, set_replaces_everything_of_an_older_error)
{
	struct err err = ERR_INIT;

	err_sys(&err, EIO, "read");
	err_hint(&err, "try again");
	err_at(&err, "cluster.yaml", 3, 4);
	err.remote = 14;
	cr_assert_eq(err_set(&err, ERR_REFUSED, "again: %s", err.text), -1);
	cr_assert_eq(err.kind, ERR_REFUSED);
	cr_assert_str_eq(err.text, "again: read: Input/output error");
	cr_assert_eq(err.os, 0);
	cr_assert_eq(err.remote, 0);
	cr_assert_str_eq(err.hint, "");
	cr_assert_str_eq(err.file, "");
	cr_assert_eq(err.line, 0);
}

Test(err, the_first_hint_and_the_first_place_stay)
{
	struct err err = ERR_INIT;

	err_set(&err, ERR_INPUT, "wrong");
	cr_assert_eq(err_hint(&err, "use %d", 1), -1);
	cr_assert_eq(err_hint(&err, "use 2"), -1);
	cr_assert_eq(err_at(&err, "nodes.yaml", 7, 2), -1);
	cr_assert_eq(err_at(&err, "cluster.yaml", 1, 1), -1);
	cr_assert_str_eq(err.hint, "use 1");
	cr_assert_str_eq(err.file, "nodes.yaml");
	cr_assert_eq(err.line, 7);
	cr_assert_eq(err.column, 2);
	cr_assert_eq(err_at(&err, NULL, 1, 1), -1);
	cr_assert_str_eq(err.file, "nodes.yaml");
}

Test(err, nobody_needs_to_care)
{
	cr_assert_eq(err_set(NULL, ERR_BUG, "%d", 1), -1);
	cr_assert_eq(err_sys(NULL, EIO, "%d", 1), -1);
	cr_assert_eq(err_wrap(NULL, "%d", 1), -1);
	cr_assert_eq(err_hint(NULL, "%d", 1), -1);
	cr_assert_eq(err_at(NULL, "x", 1, 1), -1);
	cr_assert_not(err_is_set(NULL));
	err_clear(NULL);
}

Test(err, wrapping_no_error_is_a_bug_of_ours)
{
	struct err err = ERR_INIT;

	err_wrap(&err, "load the cluster");
	cr_assert_eq(err.kind, ERR_BUG);
	cr_assert_str_eq(err.text, "load the cluster");
}

Test(err, is_set_until_cleared)
{
	struct err err = ERR_INIT;

	cr_assert_not(err_is_set(&err));
	err_set(&err, ERR_TIMEOUT, "late");
	cr_assert(err_is_set(&err));
	err_clear(&err);
	cr_assert_not(err_is_set(&err));
	cr_assert_str_eq(err.text, "");
}

Test(err, long_texts_keep_the_front_and_end_with_dots)
{
	struct err err = ERR_INIT;
	char text[2000];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	err_set(&err, ERR_INPUT, "start %s", text);
	err_hint(&err, "%s", text);
	err_at(&err, text, 1, 1);
	cr_assert_eq(strlen(err.text), sizeof(err.text) - 1);
	cr_assert_eq(strlen(err.hint), sizeof(err.hint) - 1);
	cr_assert_eq(strlen(err.file), sizeof(err.file) - 1);
	cr_assert_eq(strncmp(err.text, "start xx", 8), 0);
	cr_assert_str_eq(err.text + sizeof(err.text) - 5, "x...");

	err_wrap(&err, "%s", "front");
	cr_assert_eq(strncmp(err.text, "front: start xx", 15), 0);
	cr_assert_str_eq(err.text + sizeof(err.text) - 4, "...");
	err_wrap(&err, "%s", text);
	cr_assert_eq(strlen(err.text), sizeof(err.text) - 1);
	cr_assert_str_eq(err.text + sizeof(err.text) - 4, "...");
}

Test(err, a_text_that_just_fits_is_not_cut)
{
	struct err err = ERR_INIT;
	char text[sizeof(err.text)];

	memset(text, 'y', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	err_set(&err, ERR_INPUT, "%s", text);
	cr_assert_str_eq(err.text, text);
}

Test(err, a_cut_leaves_no_half_character)
{
	for (size_t shift = 0; shift < 4; shift++) {
		struct err err = ERR_INIT;
		char text[1000] = "";

		memset(text, 'a', shift);
		for (size_t i = shift; i + 3 < sizeof(text); i += 3)
			memcpy(text + i, "\xe2\x82\xac", 3);
		err_set(&err, ERR_INPUT, "%s", text);

		size_t len = strlen(err.text);
		cr_assert_str_eq(err.text + len - 3, "...");
		cr_assert_eq((len - 3 - shift) % 3, 0, "shift %zu", shift);
	}
}

Test(err, each_kind_has_its_name_and_exit_code)
{
	static const struct {
		enum err_kind kind;
		const char *name;
		int exit_code;
	} rows[] = {
		{ ERR_NONE, "none", 0 },
		{ ERR_USAGE, "usage", 3 },
		{ ERR_INPUT, "input", 3 },
		{ ERR_NOT_FOUND, "not-found", 1 },
		{ ERR_CONFLICT, "conflict", 1 },
		{ ERR_REFUSED, "refused", 4 },
		{ ERR_AUTH, "auth", 7 },
		{ ERR_NET, "net", 1 },
		{ ERR_TIMEOUT, "timeout", 6 },
		{ ERR_REMOTE, "remote", 1 },
		{ ERR_SYSTEM, "system", 1 },
		{ ERR_CANCELLED, "cancelled", 130 },
		{ ERR_BUG, "bug", 1 },
		{ ERR_KIND_COUNT, "bug", 1 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		cr_assert_str_eq(err_kind_name(rows[i].kind), rows[i].name);
		cr_assert_eq(err_exit_code(rows[i].kind), rows[i].exit_code, "%s", rows[i].name);
	}
}
