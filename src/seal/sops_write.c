#include "seal/sops_tree.h"

#include "tree/yaml.h"

#include <string.h>

#define LINE_MAX_BYTES ((size_t)64 << 20)

struct tree_writer {
	struct str *out;
	struct yaml_style style;
};

static void write_items(struct tree_writer *writer, const struct sops_node *node, int column);

static void write_comment(struct tree_writer *writer, const char *comment, int column, bool first)
{
	if (!first)
		str_pad(writer->out, ' ', (size_t)column);
	str_addf(writer->out, "#%s\n", comment);
}

static bool has_nodes(const struct sops_node *node)
{
	for (size_t i = 0; i < node->len; i++)
		if (!node->item[i].comment)
			return true;
	return false;
}

/* Null, a scalar, or a list or map without items. */
static void write_leaf(struct tree_writer *writer, const struct sops_node *node,
		       enum yaml_spot spot, int column, const char *beside)
{
	struct arena *arena OWNED(arena_free) = arena_new("leaf");
	struct str text SCOPED(str_done) = STR_INIT(LINE_MAX_BYTES);
	const struct value *leaf = node->leaf;
	const char *line_end;

	if (node->kind == SOPS_MAP)
		leaf = map_end(map_begin(arena));
	else if (node->kind == SOPS_LIST)
		leaf = list_end(list_begin(arena));
	yaml_write_leaf(&text, leaf, spot, column, &writer->style);
	line_end = strchr(str_text(&text), '\n');
	if (!beside || !line_end) {
		str_addn(writer->out, str_text(&text), text.len);
		return;
	}
	str_addn(writer->out, str_text(&text), (size_t)(line_end - str_text(&text)));
	str_addf(writer->out, " #%s", beside);
	str_add(writer->out, line_end);
}

static void write_node(struct tree_writer *writer, const struct sops_node *node,
		       enum yaml_spot spot, int column, const char *beside)
{
	int inner = yaml_column_below(column, &writer->style);

	if (!has_nodes(node)) {
		write_leaf(writer, node, spot, column, beside);
		return;
	}
	if (spot == YAML_BEHIND_DASH) {
		str_addc(writer->out, ' ');
		write_items(writer, node, column + 2);
		return;
	}
	str_addc(writer->out, '\n');
	str_pad(writer->out, ' ', (size_t)inner);
	write_items(writer, node, inner);
}

/* The comment beside the item at `index`, which stands before it; NULL. */
static const char *beside_of(const struct sops_node *node, size_t index)
{
	const struct sops_item *before = index > 0 ? &node->item[index - 1] : NULL;
	bool is_leaf = !has_nodes(node->item[index].node);

	return before && before->comment && before->beside && is_leaf ? before->comment : NULL;
}

static bool is_beside(const struct sops_node *node, size_t index)
{
	return index + 1 < node->len && !node->item[index + 1].comment &&
	       node->item[index].comment && beside_of(node, index + 1) != NULL;
}

/* The first line begins where the caller stopped. Comments before the first item of a map behind a
 * dash would hide the dash, so they follow it. */
static void write_items(struct tree_writer *writer, const struct sops_node *node, int column)
{
	bool first = true;

	for (size_t i = 0; i < node->len; i++) {
		const struct sops_item *item = &node->item[i];
		enum yaml_spot spot = node->kind == SOPS_MAP ? YAML_BEHIND_KEY : YAML_BEHIND_DASH;

		if (item->comment && is_beside(node, i))
			continue;
		if (item->comment) {
			write_comment(writer, item->comment, column, first);
			first = false;
			continue;
		}
		if (!first)
			str_pad(writer->out, ' ', (size_t)column);
		first = false;
		if (spot == YAML_BEHIND_DASH)
			str_addc(writer->out, '-');
		else if (strcmp(item->key, "<<") == 0)
			str_add(writer->out, "!!merge <<:");
		else
			yaml_write_key(writer->out, item->key, column, &writer->style);
		write_node(writer, item->node, spot, column, beside_of(node, i));
	}
}

void sops_tree_write(struct str *out, const struct sops_tree *tree, unsigned indent)
{
	struct tree_writer writer = { out, yaml_style_talos };

	writer.style.indent = indent;
	for (size_t i = 0; i < tree->len; i++) {
		const struct sops_node *document = tree->document[i];

		if (i > 0)
			str_add(out, "---\n");
		write_items(&writer, document, 0);
		if (!has_nodes(document))
			str_add(out, "{}\n");
	}
}
