#include "render/trap.h"

#include "base/own.h"
#include "base/text.h"
#include "render/fault.h"

struct trap_row {
	const char *id, *text, *hint;
};

#define DELETE_FIRST "delete it with $patch: delete in an earlier patch"

static const struct trap_row rows[] = {
	[TRAP_ZERO_IGNORED] = {
		"patch-zero-ignored",
		"Talos takes this for no value and keeps what was there before",
		DELETE_FIRST,
	},
	[TRAP_WORD_IGNORED] = {
		"patch-word-ignored",
		"Talos takes the first of these words for no value and keeps the one before",
		DELETE_FIRST,
	},
	[TRAP_NULL_IGNORED] = {
		"patch-null-ignored",
		"Talos takes null for no value and keeps what was there before",
		"{$patch: delete} in its place removes it",
	},
	[TRAP_EMPTY_KEPT] = {
		"patch-empty-kept",
		"Talos adds what is in here, which is nothing, and keeps what was there before",
		DELETE_FIRST,
	},
	[TRAP_URL_MERGED] = {
		"patch-url-merged",
		"Talos merges a URL part by part and keeps parts of the one before",
		"give every part, or " DELETE_FIRST,
	},
	[TRAP_SIZE_HIDDEN] = {
		"patch-size-hidden",
		"Talos keeps the size in bytes that was there before, which wins over a percentage",
		DELETE_FIRST,
	},
	[TRAP_FIELD_WIPED] = {
		"patch-field-wiped",
		"Talos drops the value that was there before, since the patch does not repeat it",
		"repeat it in the patch",
	},
	[TRAP_SIBLINGS_LOST] = {
		"patch-siblings-lost",
		"Talos does not see what stands beside $patch: delete",
		"give it in a patch of its own, after this one",
	},
	[TRAP_SELECTOR_REPEATED] = {
		"patch-selector-repeated",
		"Talos never finds a selector with physical again and adds one more device",
		"select it by interface, or delete the old one in an earlier patch",
	},
	[TRAP_EMPTY_UNPRINTED] = {
		"patch-empty-unprinted",
		"Talos does not print this empty list, though with it a node does otherwise",
		"configs that are rendered from a workspace keep it",
	},
};
_Static_assert(ARRAY_LEN(rows) == TRAP_COUNT, "a row for every trap");

bool trap_is_told(const struct findings *findings, const struct finding *trap, struct src src)
{
	for (size_t i = 0; i < findings->len; i++) {
		const struct finding *other = &findings->at[i];

		if (text_equal(other->id, trap->id) && text_equal(other->path, trap->path) &&
		    text_equal(other->src.file, src.file) && other->src.line == src.line &&
		    other->src.column == src.column)
			return true;
	}
	return false;
}

int trap_found(const struct traps *traps, enum trap trap, struct src src)
{
	const struct trap_row *row = &rows[trap];
	struct findings *findings = traps->findings;

	if (traps->strict) {
		fault(traps->err, src, "%s", row->text);
		err_hint(traps->err, "%s, or set merge: talos", row->hint);
		return -1;
	}
	if (!findings)
		return 0;

	const char *path = path_of(findings->arena, traps->at);
	struct finding told = { .id = row->id, .path = path };
	if (trap_is_told(findings, &told, src))
		return 0;
	finding_add(findings, FINDING_WARNING, row->id, src, path, "%s%s%s",
		    trap == TRAP_FIELD_WIPED ? path : "",
		    trap == TRAP_FIELD_WIPED ? ": " : "", row->text);
	finding_hint(findings, "%s", row->hint);
	return 0;
}
