#include "rpc/status.h"

#include "base/own.h"
#include "base/text.h"
#include "base/utf8.h"

#include <stdbool.h>
#include <string.h>

/* A Canceled that the peer sends is a node going down in the middle of a call, not our wish. */
static const struct {
	const char *name;
	enum err_kind kind;
} codes[] = {
	[RPC_OK] = { "OK", ERR_NONE },
	[RPC_CANCELED] = { "Canceled", ERR_NET },
	[RPC_UNKNOWN] = { "Unknown", ERR_REMOTE },
	[RPC_INVALID_ARGUMENT] = { "InvalidArgument", ERR_REMOTE },
	[RPC_DEADLINE_EXCEEDED] = { "DeadlineExceeded", ERR_TIMEOUT },
	[RPC_NOT_FOUND] = { "NotFound", ERR_NOT_FOUND },
	[RPC_ALREADY_EXISTS] = { "AlreadyExists", ERR_CONFLICT },
	[RPC_PERMISSION_DENIED] = { "PermissionDenied", ERR_AUTH },
	[RPC_RESOURCE_EXHAUSTED] = { "ResourceExhausted", ERR_REMOTE },
	[RPC_FAILED_PRECONDITION] = { "FailedPrecondition", ERR_CONFLICT },
	[RPC_ABORTED] = { "Aborted", ERR_CONFLICT },
	[RPC_OUT_OF_RANGE] = { "OutOfRange", ERR_REMOTE },
	[RPC_UNIMPLEMENTED] = { "Unimplemented", ERR_REMOTE },
	[RPC_INTERNAL] = { "Internal", ERR_REMOTE },
	[RPC_UNAVAILABLE] = { "Unavailable", ERR_NET },
	[RPC_DATA_LOSS] = { "DataLoss", ERR_REMOTE },
	[RPC_UNAUTHENTICATED] = { "Unauthenticated", ERR_AUTH },
};
_Static_assert(ARRAY_LEN(codes) == RPC_CODE_COUNT, "a row for each code");

/* By HTTP/2 error code; INADEQUATE_SECURITY is the only one about permission. */
static const enum rpc_code resets[] = {
	[0x0] = RPC_INTERNAL,		/* NO_ERROR */
	[0x1] = RPC_INTERNAL,		/* PROTOCOL_ERROR */
	[0x2] = RPC_INTERNAL,		/* INTERNAL_ERROR */
	[0x3] = RPC_RESOURCE_EXHAUSTED, /* FLOW_CONTROL_ERROR */
	[0x4] = RPC_INTERNAL,		/* SETTINGS_TIMEOUT */
	[0x5] = RPC_INTERNAL,		/* STREAM_CLOSED */
	[0x6] = RPC_INTERNAL,		/* FRAME_SIZE_ERROR */
	[0x7] = RPC_UNAVAILABLE,	/* REFUSED_STREAM */
	[0x8] = RPC_CANCELED,		/* CANCEL */
	[0x9] = RPC_INTERNAL,		/* COMPRESSION_ERROR */
	[0xa] = RPC_INTERNAL,		/* CONNECT_ERROR */
	[0xb] = RPC_RESOURCE_EXHAUSTED, /* ENHANCE_YOUR_CALM */
	[0xc] = RPC_PERMISSION_DENIED,	/* INADEQUATE_SECURITY */
	[0xd] = RPC_INTERNAL,		/* HTTP_1_1_REQUIRED */
};

static const struct {
	unsigned status;
	enum rpc_code code;
} https[] = {
	{ 400, RPC_INTERNAL },
	{ 401, RPC_UNAUTHENTICATED },
	{ 403, RPC_PERMISSION_DENIED },
	{ 404, RPC_UNIMPLEMENTED },
	{ 429, RPC_UNAVAILABLE },
	{ 502, RPC_UNAVAILABLE },
	{ 503, RPC_UNAVAILABLE },
	{ 504, RPC_UNAVAILABLE },
};

static bool is_code(enum rpc_code code)
{
	return (size_t)code < ARRAY_LEN(codes);
}

const char *rpc_code_name(enum rpc_code code)
{
	return codes[is_code(code) ? code : RPC_UNKNOWN].name;
}

/* Bytes of the valid UTF-8 character at `text`, 0 when it is none or must not reach a terminal. */
static size_t printable_len(const char *text)
{
	unsigned char first = (unsigned char)text[0];
	size_t left = strnlen(text, 4);

	if (first < 0x80)
		return first >= 0x20 && first != 0x7f;
	for (size_t len = 2; len <= left; len++) {
		if (utf8_is_valid(text, len)) {
			bool control = first == 0xc2 && (unsigned char)text[1] < 0xa0;
			return control ? 0 : len;
		}
	}
	return 0;
}

/* In one line: what breaks lines, as in lists of faults, is a space between words. */
static void add_printable(struct str *out, const char *text)
{
	static const char breaks[] = "\n\r\t";

	text += strspn(text, breaks);
	while (*text) {
		size_t len = printable_len(text), broken = strspn(text, breaks);

		if (len)
			str_addn(out, text, len);
		else if (broken && text[broken])
			str_addc(out, ' ');
		else if (!broken)
			str_addf(out, "\\x%02x", (unsigned)(unsigned char)*text);
		text += len ? len : broken ? broken
					   : 1;
	}
}

int rpc_status_err(struct err *err, enum rpc_code code, const char *message)
{
	struct str text SCOPED(str_done) = STR_INIT(sizeof(err->text) * 8);
	char shown[sizeof(err->text)] = "";

	if (code == RPC_OK) {
		err_clear(err);
		return 0;
	}
	if (!message || *message == '\0')
		message = rpc_code_name(code);

	/* What lies beyond the room of an error is cut before it grows by escaping. */
	size_t len = strnlen(message, sizeof(shown));
	if (len < sizeof(shown)) {
		add_printable(&text, message);
	} else {
		memcpy(shown, message, sizeof(shown) - 1);
		add_printable(&text, shown);
		str_add(&text, "...");
	}
	err_set(err, codes[is_code(code) ? code : RPC_UNKNOWN].kind, "%s", str_text(&text));
	if (err)
		err->remote = (int)code;
	return -1;
}

enum rpc_code rpc_code_of_http(unsigned status)
{
	for (size_t i = 0; i < ARRAY_LEN(https); i++) {
		if (https[i].status == status)
			return https[i].code;
	}
	return RPC_UNKNOWN;
}

bool rpc_is_grpc_type(const char *content_type)
{
	static const char type[] = "application/grpc";

	return content_type && text_starts(content_type, type) &&
	       strchr("+;", content_type[sizeof(type) - 1]);
}

enum rpc_code rpc_code_of_reset(unsigned h2_error)
{
	return h2_error < ARRAY_LEN(resets) ? resets[h2_error] : RPC_UNKNOWN;
}

void rpc_message_encode(struct str *out, const char *message)
{
	for (; *message; message++) {
		unsigned char c = (unsigned char)*message;

		if (c < 0x20 || c > 0x7e || c == '%')
			str_addf(out, "%%%02X", (unsigned)c);
		else
			str_addc(out, *message);
	}
}

static int hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)((at - digits) % 16) : -1;
}

void rpc_message_decode(struct str *out, const char *text)
{
	while (*text) {
		int high = *text == '%' ? hex_digit(text[1]) : -1;
		int low = high >= 0 ? hex_digit(text[2]) : -1;
		char c = (char)(high * 16 + low);

		/* An encoded NUL stays as it is, since it would end the message. */
		if (high < 0 || low < 0 || c == '\0') {
			str_addc(out, *text++);
			continue;
		}
		str_addc(out, c);
		text += 3;
	}
}
