#include "base/trace.h"

#include <stdarg.h>
#include <stdio.h>

void trace_line(struct trace *trace, const char *fmt, ...)
{
	char text[1024];
	va_list args;

	if (!trace)
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	trace->on_line(trace, text);
}
