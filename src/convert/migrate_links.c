/* Network devices of the main document as documents of links. */
#include "convert/migrate_parts.h"

#include "base/text.h"
#include "render/link_documents.h"

bool block_links(const struct value *main, const struct value *value)
{
	(void)main;
	return !link_documents_can(value);
}

/* Names of aliases that documents have already. */
static const struct value *aliases_of(struct arena *arena, const struct config *typed)
{
	struct map_builder *map = map_begin(arena);

	for (size_t i = 0; typed && i < typed->len; i++)
		if (text_equal(typed->at[i].kind, "LinkAliasConfig"))
			map_add(map, typed->at[i].name, typed->at[i].value);
	return map_end(map);
}

void put_links(struct conversion *c, const struct migrate_row *row, const struct value *value)
{
	struct link_documents links = {
		.arena = c->arena,
		.taken = aliases_of(c->arena, c->typed),
	};

	(void)row;
	link_documents_add(&links, value);
	for (size_t i = 0; i < links.len; i++) {
		const struct link_document *link = &links.at[i];
		const struct value *root = link->document.root;

		for (size_t k = 0; k < value_len(root); k++)
			made_set(&c->made, link->kind, link->name, value_key_at(root, k),
				 value_at(root, k));
	}
}
