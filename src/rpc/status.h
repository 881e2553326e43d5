/*
 * gRPC status codes: names, texts on the wire, and what they mean as our errors.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"

enum rpc_code {
	RPC_OK,
	RPC_CANCELED,
	RPC_UNKNOWN,
	RPC_INVALID_ARGUMENT,
	RPC_DEADLINE_EXCEEDED,
	RPC_NOT_FOUND,
	RPC_ALREADY_EXISTS,
	RPC_PERMISSION_DENIED,
	RPC_RESOURCE_EXHAUSTED,
	RPC_FAILED_PRECONDITION,
	RPC_ABORTED,
	RPC_OUT_OF_RANGE,
	RPC_UNIMPLEMENTED,
	RPC_INTERNAL,
	RPC_UNAVAILABLE,
	RPC_DATA_LOSS,
	RPC_UNAUTHENTICATED,
	RPC_CODE_COUNT
};

const char *rpc_code_name(enum rpc_code code); /* "FailedPrecondition", as Go prints it */
/* Sets err: the kind from a table over all codes, err->remote = code (kept when it is none of the
 * above), text = message with what is not printable escaped, or the code's name when there is none.
 * Returns -1, for RPC_OK clears err and returns 0. */
int rpc_status_err(struct err *err, enum rpc_code code, const char *message);
enum rpc_code rpc_code_of_http(unsigned status); /* a reply that is not gRPC */
/* "application/grpc", with "+proto" too; NULL: no */
bool rpc_is_grpc_type(const char *content_type);
enum rpc_code rpc_code_of_reset(unsigned h2_error); /* RST_STREAM */

void rpc_message_encode(struct str *out, const char *message); /* grpc-message percent encoding */
/* Malformed sequences and an encoded NUL stay as they are. */
void rpc_message_decode(struct str *out, const char *text);
