#include "render/fault.h"

#include "base/secret.h"

#include <stdarg.h>
#include <stdio.h>

int fault(struct err *err, struct src src, const char *fmt, ...)
{
	char text[sizeof(err->text)];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	secret_mask(text);
	err_set(err, ERR_INPUT, "%s", text);
	return err_at(err, src.file, src.line, src.column);
}
