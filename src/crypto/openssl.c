#include "crypto/openssl.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *reason_text(unsigned long code)
{
	if (!code)
		return NULL;
	if (ERR_SYSTEM_ERROR(code))
		return strerrordesc_np(ERR_GET_REASON(code));
	return ERR_reason_error_string(code);
}

int err_openssl(struct err *err, enum err_kind kind, const char *fmt, ...)
{
	char intent[sizeof(err->text)];
	/* the oldest entry is the cause, the later ones are what it led to */
	const char *reason = reason_text(ERR_peek_error());
	va_list args;

	va_start(args, fmt);
	vsnprintf(intent, sizeof(intent), fmt, args);
	va_end(args);
	ERR_clear_error();
	if (!reason)
		return err_set(err, kind, "%s", intent);
	return err_set(err, kind, "%s: %s", intent, reason);
}
