#include "seal/sops_tree.h"

#include "base/text.h"
#include "tree/json.h"
#include "tree/yaml.h"

#include <string.h>

struct tree_reader {
	struct arena *arena;
	struct sops_comments comments;
	size_t next; /* the comment that was not placed yet */
	size_t document;
};

struct sops_item *sops_item_add(struct arena *arena, struct sops_node *node)
{
	node->item = arena_grow(arena, node->item, node->len, &node->cap, sizeof(*node->item));
	node->item[node->len] = (struct sops_item){ 0 };
	return &node->item[node->len++];
}

/* ---- values without comments ---- */

static struct sops_node *node_new(struct arena *arena, const struct value *value)
{
	struct sops_node *node = arena_alloc(arena, sizeof(*node));

	node->src = value_src(value);
	node->kind = value_is_map(value) ? SOPS_MAP : value_is_list(value) ? SOPS_LIST
									   : SOPS_LEAF;
	node->leaf = node->kind == SOPS_LEAF ? value : NULL;
	return node;
}

struct sops_node *sops_node_of(struct arena *arena, const struct value *value)
{
	struct sops_node *node = node_new(arena, value);

	for (size_t i = 0; i < value_len(value); i++) {
		struct sops_item *item = sops_item_add(arena, node);

		item->key = node->kind == SOPS_MAP ? value_key_at(value, i) : NULL;
		item->node = sops_node_of(arena, value_at(value, i));
	}
	return node;
}

const struct value *sops_node_value(struct arena *arena, const struct sops_node *node)
{
	struct map_builder *map = map_begin(arena);
	struct list_builder *list = list_begin(arena);

	if (node->kind == SOPS_LEAF)
		return node->leaf;
	for (size_t i = 0; i < node->len; i++) {
		const struct sops_item *item = &node->item[i];

		if (item->comment)
			continue;
		if (node->kind == SOPS_MAP)
			map_add(map, item->key, sops_node_value(arena, item->node));
		else
			list_add(list, sops_node_value(arena, item->node));
	}
	return node->kind == SOPS_MAP ? map_end(map) : list_end(list);
}

/* ---- comments and where they belong ---- */

static const struct sops_comment *pending(const struct tree_reader *reader)
{
	if (reader->next == reader->comments.len ||
	    reader->comments.at[reader->next].document != reader->document)
		return NULL;
	return &reader->comments.at[reader->next];
}

static void place(struct tree_reader *reader, struct sops_node *node, bool beside)
{
	struct sops_item *item = sops_item_add(reader->arena, node);

	item->comment = reader->comments.at[reader->next++].text;
	item->beside = beside;
}

/* Those on lines before `line`. */
static void place_before(struct tree_reader *reader, struct sops_node *node, unsigned line)
{
	const struct sops_comment *comment;

	while ((comment = pending(reader)) && comment->line < line)
		place(reader, node, false);
}

/* Those on the line itself, behind what begins there. */
static void place_beside(struct tree_reader *reader, struct sops_node *node, unsigned line,
			 bool beside)
{
	const struct sops_comment *comment;

	while ((comment = pending(reader)) && comment->line == line)
		place(reader, node, beside);
}

/* The columns of a block's items and of those around it, and the line where others go on. */
struct block {
	unsigned column, outer;
	unsigned behind; /* 0: nothing follows */
};

/* Those behind the last item that are indented as the items are, and more than what is around. */
static void place_behind(struct tree_reader *reader, struct sops_node *node,
			 const struct block *block)
{
	const struct sops_comment *comment;

	while ((comment = pending(reader)) && comment->column >= block->column &&
	       comment->column > block->outer &&
	       (block->behind == 0 || comment->line < block->behind))
		place(reader, node, false);
}

/* Where an item begins: its key, or, in a list, its value. */
static struct src item_src(const struct value *value, size_t index)
{
	if (value_is_map(value))
		return value_key_src(value, value_key_at(value, index));
	return value_src(value_at(value, index));
}

static struct sops_node *read_node(struct tree_reader *reader, const struct value *value,
				   unsigned outer, struct src behind);

static void read_item(struct tree_reader *reader, struct sops_node *node, const struct value *value,
		      size_t index, struct src behind)
{
	const struct value *inner = value_at(value, index);
	struct src src = item_src(value, index);
	bool leaf = value_len(inner) == 0;
	struct sops_item *item;
	unsigned column = value_is_list(value) ? value_src(value).column : src.column;
	struct sops_node *child;

	place_before(reader, node, src.line);
	if (value_is_map(value) || leaf)
		place_beside(reader, node, src.line, leaf);
	child = read_node(reader, inner, column, behind);
	item = sops_item_add(reader->arena, node);
	item->key = value_is_map(value) ? value_key_at(value, index) : NULL;
	item->node = child;
}

/* `behind` is where the item after this value begins; line 0: there is none. What an alias repeats
 * has its places elsewhere: no comments are looked for in it. */
static struct sops_node *read_node(struct tree_reader *reader, const struct value *value,
				   unsigned outer, struct src behind)
{
	struct block block = { .outer = outer, .behind = behind.line };
	struct sops_node *node;

	if (value_len(value) == 0)
		return node_new(reader->arena, value);
	if (behind.line > 0 && value_src(value).line > behind.line)
		return sops_node_of(reader->arena, value);
	node = node_new(reader->arena, value);
	for (size_t i = 0; i < value_len(value); i++) {
		struct src next = i + 1 < value_len(value) ? item_src(value, i + 1) : behind;

		read_item(reader, node, value, i, next);
	}
	block.column = value_is_map(value) ? item_src(value, 0).column : value_src(value).column;
	place_behind(reader, node, &block);
	return node;
}

static int read_document(struct tree_reader *reader, const struct value *value,
			 struct sops_node **out, struct err *err)
{
	struct src none = { 0 }, src = value_src(value);
	struct sops_node *node;

	if (value_is_null(value)) {
		node = arena_alloc(reader->arena, sizeof(*node));
		node->kind = SOPS_MAP;
	} else if (value_is_map(value)) {
		node = read_node(reader, value, 0, none);
		node->kind = SOPS_MAP;
	} else {
		err_set(err, ERR_INPUT, "a document is no map");
		return err_at(err, src.file, src.line, src.column);
	}
	place_before(reader, node, UINT32_MAX);
	reader->document++;
	*out = node;
	return 0;
}

/* ---- where scalars are ---- */

static void add_place(struct arena *arena, struct sops_places *places, struct src src)
{
	if (src.line == 0)
		return;
	places->at = arena_grow(arena, places->at, places->len, &places->cap, sizeof(*places->at));
	places->at[places->len++] = src;
}

static void find_places(struct arena *arena, const struct value *value, struct sops_places *places)
{
	if (value_kind(value) == VALUE_SCALAR)
		add_place(arena, places, value_src(value));
	for (size_t i = 0; i < value_len(value); i++) {
		if (value_is_map(value))
			add_place(arena, places, item_src(value, i));
		find_places(arena, value_at(value, i), places);
	}
}

/* JSON is YAML in what people write, which gives places, but not in all that it allows. */
static int read_json(struct arena *arena, const struct sops_text *text,
		     struct yaml_documents *out, struct err *err)
{
	const struct value **root = arena_alloc(arena, sizeof(*root));
	const struct yaml_input input = {
		.file = text->file, .text = text->at, .len = text->len, .keeps_merge = true
	};

	if (json_read(arena, text->file, text->at, text->len, root, err) < 0)
		return -1;
	if (yaml_read(arena, &input, out, NULL) < 0)
		*out = (struct yaml_documents){ root, 1 };
	return 0;
}

static int read_documents(struct arena *arena, const struct sops_text *text,
			  struct yaml_documents *out, struct err *err)
{
	const struct yaml_input input = {
		.file = text->file, .text = text->at, .len = text->len, .keeps_merge = true
	};

	if (text_ends(text->file, ".json"))
		return read_json(arena, text, out, err);
	return yaml_read(arena, &input, out, err);
}

int sops_tree_read(struct arena *arena, const struct sops_text *text, struct sops_tree *out,
		   struct err *err)
{
	struct tree_reader reader = { .arena = arena };
	struct sops_places places = { 0 };
	struct yaml_documents documents;
	struct sops_tree tree;

	if (read_documents(arena, text, &documents, err) < 0)
		return -1;
	for (size_t i = 0; i < documents.len; i++)
		find_places(arena, documents.at[i], &places);
	sops_comments_find(arena, text, &places, &reader.comments);
	tree.len = documents.len;
	tree.first = documents.len > 0 ? documents.at[0] : NULL;
	tree.document = arena_calloc(arena, documents.len + 1, sizeof(struct sops_node *));
	for (size_t i = 0; i < documents.len; i++)
		if (read_document(&reader, documents.at[i], &tree.document[i], err) < 0)
			return -1;
	*out = tree;
	return 0;
}
