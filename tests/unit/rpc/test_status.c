#include "rpc/status.h"

#include "base/own.h"

#include <criterion/criterion.h>
#include <string.h>

Test(status, every_code_has_its_name_and_kind)
{
	static const struct {
		enum rpc_code code;
		const char *name;
		enum err_kind kind;
	} rows[] = {
		{ RPC_CANCELED, "Canceled", ERR_NET },
		{ RPC_UNKNOWN, "Unknown", ERR_REMOTE },
		{ RPC_INVALID_ARGUMENT, "InvalidArgument", ERR_REMOTE },
		{ RPC_DEADLINE_EXCEEDED, "DeadlineExceeded", ERR_TIMEOUT },
		{ RPC_NOT_FOUND, "NotFound", ERR_NOT_FOUND },
		{ RPC_ALREADY_EXISTS, "AlreadyExists", ERR_CONFLICT },
		{ RPC_PERMISSION_DENIED, "PermissionDenied", ERR_AUTH },
		{ RPC_RESOURCE_EXHAUSTED, "ResourceExhausted", ERR_REMOTE },
		{ RPC_FAILED_PRECONDITION, "FailedPrecondition", ERR_CONFLICT },
		{ RPC_ABORTED, "Aborted", ERR_CONFLICT },
		{ RPC_OUT_OF_RANGE, "OutOfRange", ERR_REMOTE },
		{ RPC_UNIMPLEMENTED, "Unimplemented", ERR_REMOTE },
		{ RPC_INTERNAL, "Internal", ERR_REMOTE },
		{ RPC_UNAVAILABLE, "Unavailable", ERR_NET },
		{ RPC_DATA_LOSS, "DataLoss", ERR_REMOTE },
		{ RPC_UNAUTHENTICATED, "Unauthenticated", ERR_AUTH },
	};

	cr_assert_eq(ARRAY_LEN(rows) + 1, RPC_CODE_COUNT);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = ERR_INIT;

		cr_assert_eq((size_t)rows[i].code, i + 1, "%s has its number on the wire",
			     rows[i].name);
		cr_assert_eq(rpc_status_err(&err, rows[i].code, "no"), -1, "%s", rows[i].name);
		cr_assert_eq(err.kind, rows[i].kind, "%s", rows[i].name);
		cr_assert_eq(err.remote, (int)rows[i].code, "%s", rows[i].name);
		cr_assert_str_eq(err.text, "no");
		cr_assert_str_eq(rpc_code_name(rows[i].code), rows[i].name);
	}
}

Test(status, ok_clears_and_a_foreign_code_is_kept)
{
	struct err err = ERR_INIT;

	err_set(&err, ERR_BUG, "old");
	cr_assert_eq(rpc_status_err(&err, RPC_OK, "fine"), 0);
	cr_assert_not(err_is_set(&err));
	cr_assert_str_eq(rpc_code_name(RPC_OK), "OK");

	cr_assert_eq(rpc_status_err(&err, (enum rpc_code)77, ""), -1);
	cr_assert_eq(err.kind, ERR_REMOTE);
	cr_assert_eq(err.remote, 77);
	cr_assert_str_eq(err.text, "Unknown");
	cr_assert_eq(rpc_status_err(NULL, RPC_INTERNAL, "nobody cares"), -1);
}

Test(status, a_peer_cannot_reach_the_terminal)
{
	static const struct {
		const char *message, *text;
	} rows[] = {
		{ "plain", "plain" },
		{ "two\nlines\r\n", "two lines" },
		{ "\ttab\there", "tab here" },
		{ "2 errors occurred:\n\t* one\n\t* two\n\n\n", "2 errors occurred: * one * two" },
		{ "\x1b[31mred\x7f", "\\x1b[31mred\\x7f" },
		{ "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f" },
		{ "\xf0\x9f\x90\xa7", "\xf0\x9f\x90\xa7" },
		{ "half \xc3", "half \\xc3" },
		{ "c1 \xc2\x9b", "c1 \\xc2\\x9b" },
		{ "\xff\xfe", "\\xff\\xfe" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = ERR_INIT;

		rpc_status_err(&err, RPC_UNKNOWN, rows[i].message);
		cr_assert_str_eq(err.text, rows[i].text);
	}
}

Test(status, a_long_message_is_cut)
{
	struct err err = ERR_INIT;
	char message[2000];

	memset(message, '\x01', sizeof(message) - 1);
	message[sizeof(message) - 1] = '\0';
	rpc_status_err(&err, RPC_INTERNAL, message);
	cr_assert_eq(strlen(err.text), sizeof(err.text) - 1);
	cr_assert_str_eq(err.text + strlen(err.text) - 3, "...");
}

Test(status, http_table)
{
	static const struct {
		unsigned status;
		enum rpc_code code;
	} rows[] = {
		{ 400, RPC_INTERNAL },
		{ 401, RPC_UNAUTHENTICATED },
		{ 403, RPC_PERMISSION_DENIED },
		{ 404, RPC_UNIMPLEMENTED },
		{ 429, RPC_UNAVAILABLE },
		{ 502, RPC_UNAVAILABLE },
		{ 503, RPC_UNAVAILABLE },
		{ 504, RPC_UNAVAILABLE },
		{ 500, RPC_UNKNOWN },
		{ 200, RPC_UNKNOWN },
		{ 0, RPC_UNKNOWN },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		cr_assert_eq(rpc_code_of_http(rows[i].status), rows[i].code, "%u", rows[i].status);
}

Test(status, reset_table)
{
	static const enum rpc_code rows[] = {
		RPC_INTERNAL,
		RPC_INTERNAL,
		RPC_INTERNAL,
		RPC_RESOURCE_EXHAUSTED,
		RPC_INTERNAL,
		RPC_INTERNAL,
		RPC_INTERNAL,
		RPC_UNAVAILABLE,
		RPC_CANCELED,
		RPC_INTERNAL,
		RPC_INTERNAL,
		RPC_RESOURCE_EXHAUSTED,
		RPC_PERMISSION_DENIED,
		RPC_INTERNAL,
		RPC_UNKNOWN,
	};

	for (unsigned i = 0; i < ARRAY_LEN(rows); i++)
		cr_assert_eq(rpc_code_of_reset(i), rows[i], "%u", i);
	cr_assert_eq(rpc_code_of_reset(0xffffffffu), RPC_UNKNOWN);
}

Test(status, content_types)
{
	cr_assert(rpc_is_grpc_type("application/grpc"));
	cr_assert(rpc_is_grpc_type("application/grpc+proto"));
	cr_assert(rpc_is_grpc_type("application/grpc;charset=utf-8"));
	cr_assert_not(rpc_is_grpc_type("application/grpc-web"));
	cr_assert_not(rpc_is_grpc_type("application/json"));
	cr_assert_not(rpc_is_grpc_type(""));
	cr_assert_not(rpc_is_grpc_type(NULL));
}

Test(status, messages_are_percent_encoded)
{
	static const struct {
		const char *message, *wire;
	} rows[] = {
		{ "", "" },
		{ "not authorized", "not authorized" },
		{ "100%", "100%25" },
		{ "a\nb", "a%0Ab" },
		{ "\xc3\xa4~", "%C3%A4~" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct str out SCOPED(str_done) = STR_INIT(100);
		struct str back SCOPED(str_done) = STR_INIT(100);

		rpc_message_encode(&out, rows[i].message);
		cr_assert_str_eq(str_text(&out), rows[i].wire);
		rpc_message_decode(&back, str_text(&out));
		cr_assert_str_eq(str_text(&back), rows[i].message);
	}
}

Test(status, malformed_sequences_stay)
{
	static const struct {
		const char *wire, *message;
	} rows[] = {
		{ "%", "%" },
		{ "%4", "%4" },
		{ "%zz", "%zz" },
		{ "%4g%41", "%4gA" },
		{ "%00x", "%00x" },
		{ "%e4%E4", "\xe4\xe4" },
		{ "%%41", "%A" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct str out SCOPED(str_done) = STR_INIT(100);

		rpc_message_decode(&out, rows[i].wire);
		cr_assert_str_eq(str_text(&out), rows[i].message);
	}
}
