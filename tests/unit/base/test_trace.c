#include "base/trace.h"

#include "base/own.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

struct kept {
	struct trace trace;
	char text[2000];
};

static void keep(struct trace *trace, const char *text)
{
	struct kept *kept = container_of(trace, struct kept, trace);

	snprintf(kept->text, sizeof(kept->text), "%s", text);
}

Test(trace, tells_who_listens_and_cuts_what_is_long)
{
	struct kept kept = { .trace = { keep } };
	char longer[3000];

	trace_line(NULL, "nobody hears %d", 1);
	trace_line(&kept.trace, "%s took %d ms", "Version", 12);
	cr_assert_str_eq(kept.text, "Version took 12 ms");
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	trace_line(&kept.trace, "%s", longer);
	cr_assert_eq(strlen(kept.text), 1023);
}
