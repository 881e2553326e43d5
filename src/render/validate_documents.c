#include "base/own.h"
#include "base/text.h"
#include "render/validate_parts.h"

static void check_hostname(struct validation *v, const struct spot *document)
{
	const char *hostname = spot_text(document, "hostname");
	const char *automatic = spot_text(document, "auto");

	if (!*hostname && !*automatic)
		complain(v, document, NULL, "hostname-missing", "neither auto nor hostname is set");
}

static const struct document_check {
	const char *kind;
	void (*check)(struct validation *v, const struct spot *document);
} checks[] = {
	{ "HostnameConfig", check_hostname },
};

void validate_document(struct validation *v, const struct spot *document)
{
	for (size_t i = 0; i < ARRAY_LEN(checks); i++)
		if (text_equal(checks[i].kind, document->document->kind))
			checks[i].check(v, document);
}
