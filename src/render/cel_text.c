#include "render/cel_text.h"

#include "base/own.h"
#include "base/str.h"

#define EXPRESSION_MAX 4096

const char *cel_text(struct arena *arena, const char *text)
{
	struct str out SCOPED(str_done) = STR_INIT(EXPRESSION_MAX);

	str_addc(&out, '"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			str_addf(&out, "\\%c", *text);
		else if ((unsigned char)*text < 0x20)
			str_addf(&out, "\\x%02x", (unsigned)*text);
		else
			str_addc(&out, *text);
	}
	str_addc(&out, '"');
	return arena_str(arena, str_text(&out));
}
