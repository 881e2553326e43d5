#include "seal/sops_walk.h"

#include "base/text.h"
#include "crypto/digest.h"

#include <string.h>

#define PATH_BYTES ((size_t)1 << 20)

/* What a hash over the encrypted values alone begins with, so that it is never one over all:
 * SHA-256 of "sops". */
static const unsigned char only_encrypted[] = {
	0x8a,
	0x3f,
	0xd2,
	0xad,
	0x54,
	0xce,
	0x66,
	0x52,
	0x7b,
	0x10,
	0x34,
	0xf3,
	0xd1,
	0x47,
	0xbe,
	0x0b,
	0x0b,
	0x97,
	0x5b,
	0x3b,
	0xf4,
	0x4f,
	0x72,
	0xc6,
	0xfd,
	0xad,
	0xec,
	0x81,
	0x76,
	0xf2,
	0x7d,
	0x69,
};

struct walker {
	const struct sops_walk *walk;
	struct digest *digest;
	struct str path; /* "certs:etcd:" */
	bool opens;
};

static void walker_done(struct walker *walker)
{
	str_done(&walker->path);
	digest_free(walker->digest);
}

static void prove(struct walker *walker, const struct sops_plain *plain, bool encrypted)
{
	if (strcmp(plain->type, "comment") == 0)
		return;
	if (encrypted || !walker->walk->rule->mac_only_encrypted)
		digest_add(walker->digest, plain->at, plain->len);
}

static const char *where(const struct walker *walker)
{
	return walker->path.len > 0 ? str_text(&walker->path) : ":";
}

static int encrypts(struct walker *walker, const struct sops_above *above, bool is_comment,
		    bool *out, struct err *err)
{
	return sops_rule_encrypts(walker->walk->rule, above, is_comment, out, err);
}

/* ---- sealing ---- */

static int seal_leaf(struct walker *walker, struct sops_node *node, bool encrypted, struct err *err)
{
	struct arena *arena = walker->walk->arena;
	struct sops_plain plain;

	if (sops_plain_of(arena, node->leaf, &plain, err) < 0)
		return -1;
	prove(walker, &plain, encrypted);
	if (encrypted)
		node->leaf = value_str(arena, sops_value_seal(arena, walker->walk->sealer, &plain,
							      where(walker)));
	else if (strcmp(plain.type, "str") != 0)
		node->leaf = sops_plain_value(arena, &plain);
	return 0;
}

/* In a list a sealed comment is an item like any other. */
static int seal_comment(struct walker *walker, struct sops_item *item, bool in_list,
			struct err *err)
{
	struct arena *arena = walker->walk->arena;
	const struct sops_plain plain = { "comment", item->comment, strlen(item->comment) };
	const struct sops_rule *rule = walker->walk->rule;
	const char *text = sops_value_seal(arena, walker->walk->sealer, &plain, where(walker));

	if (rule->choice == SOPS_UNENCRYPTED_COMMENT_REGEX) {
		const struct sops_above itself = { .comment = &text, .comments = 1 };
		bool encrypted = true;

		if (sops_rule_encrypts(rule, &itself, true, &encrypted, err) < 0)
			return -1;
		if (!encrypted)
			return err_set(err, ERR_INPUT,
				       "unencrypted_comment_regex matches an encrypted comment");
	}
	if (!in_list) {
		item->comment = text;
		return 0;
	}
	item->comment = NULL;
	item->node = sops_node_of(arena, value_str(arena, text));
	return 0;
}

/* ---- opening ---- */

static int changed(const struct sops_node *node, const char *what, struct err *err)
{
	err_set(err, ERR_INPUT, "%s", what);
	return err_at(err, node->src.file, node->src.line, node->src.column);
}

static int open_leaf(struct walker *walker, struct sops_item *item, bool encrypted, struct err *err)
{
	struct arena *arena = walker->walk->arena;
	struct sops_node *node = item->node;
	struct sops_plain plain;
	int r;

	if (!encrypted || (value_is_str(node->leaf) && value_text_len(node->leaf) == 0)) {
		if (sops_plain_of(arena, node->leaf, &plain, err) < 0)
			return -1;
		prove(walker, &plain, encrypted);
		if (strcmp(plain.type, "str") != 0)
			node->leaf = sops_plain_value(arena, &plain);
		return 0;
	}
	r = value_is_str(node->leaf)
		    ? sops_value_open(arena, walker->walk->sealer, value_text(node->leaf),
				      where(walker), &plain)
		    : -1;
	if (r < 0)
		return changed(node, "a value that should be encrypted is not", err);
	if (r > 0)
		return changed(node, "an encrypted value was changed", err);
	if (strcmp(plain.type, "comment") == 0) {
		item->comment = plain.at;
		return 0;
	}
	node->leaf = sops_plain_value(arena, &plain);
	if (!node->leaf)
		return changed(node, "an encrypted value does not fit its type", err);
	if (strcmp(plain.type, "str") != 0 && strcmp(plain.type, "bytes") != 0 &&
	    strcmp(plain.type, "time") != 0 && sops_plain_of(arena, node->leaf, &plain, err) < 0)
		return -1;
	prove(walker, &plain, encrypted);
	return 0;
}

/* A comment that cannot be opened was not encrypted when the file was made. */
static void open_comment(struct walker *walker, struct sops_item *item)
{
	struct sops_plain plain;

	if (sops_value_open(walker->walk->arena, walker->walk->sealer, item->comment,
			    where(walker), &plain) == 0)
		item->comment = plain.at;
}

/* ---- both ---- */

static int visit_comment(struct walker *walker, struct sops_item *item,
			 const struct sops_above *above, bool in_list, struct err *err)
{
	bool encrypted;

	if (encrypts(walker, above, true, &encrypted, err) < 0)
		return -1;
	if (!encrypted)
		return 0;
	if (!walker->opens)
		return seal_comment(walker, item, in_list, err);
	open_comment(walker, item);
	return 0;
}

static int visit_leaf(struct walker *walker, struct sops_item *item, const struct sops_above *above,
		      struct err *err)
{
	bool encrypted;

	if (value_is_null(item->node->leaf))
		return 0;
	if (encrypts(walker, above, false, &encrypted, err) < 0)
		return -1;
	if (walker->opens)
		return open_leaf(walker, item, encrypted, err);
	return seal_leaf(walker, item->node, encrypted, err);
}

static int visit_items(struct walker *walker, struct sops_node *node,
		       const struct sops_above *outer, struct err *err);

static int visit_node(struct walker *walker, struct sops_item *item, struct sops_above *above,
		      struct err *err)
{
	size_t len = walker->path.len;
	int r;

	above->key = item->key;
	if (item->key)
		str_addf(&walker->path, "%s:", item->key);
	if (walker->path.full)
		return err_set(err, ERR_INPUT, "the keys above a value are too long");
	if (item->node->kind == SOPS_LEAF)
		r = visit_leaf(walker, item, above, err);
	else
		r = visit_items(walker, item->node, above, err);
	str_cut(&walker->path, len);
	above->key = NULL;
	return r;
}

static int visit_items(struct walker *walker, struct sops_node *node,
		       const struct sops_above *outer, struct err *err)
{
	const char **comments = arena_calloc(walker->walk->arena, node->len + 1, sizeof(char *));
	struct sops_above above = { .outer = outer, .comment = comments };

	for (size_t i = 0; i < node->len; i++) {
		struct sops_item *item = &node->item[i];

		if (!item->comment) {
			if (visit_node(walker, item, &above, err) < 0)
				return -1;
			above.comments = 0;
			continue;
		}
		comments[above.comments++] = item->comment;
		if (visit_comment(walker, item, &above, node->kind == SOPS_LIST, err) < 0)
			return -1;
	}
	return 0;
}

static int walk_tree(const struct sops_walk *walk, struct sops_tree *tree, bool opens,
		     char mac[static SOPS_MAC_SIZE], struct err *err)
{
	struct walker walker SCOPED(walker_done) = { .walk = walk,
						     .digest = digest_new_sha512(),
						     .path = STR_INIT(PATH_BYTES),
						     .opens = opens };
	unsigned char hash[SHA512_SIZE];
	int r = 0;

	if (walk->rule->mac_only_encrypted)
		digest_add(walker.digest, only_encrypted, sizeof(only_encrypted));
	for (size_t i = 0; i < tree->len && r == 0; i++)
		r = visit_items(&walker, tree->document[i], NULL, err);
	digest_end(walker.digest, hash);
	for (size_t i = 0; i < sizeof(hash); i++) {
		static const char digits[] = "0123456789ABCDEF";

		mac[2 * i] = digits[hash[i] >> 4];
		mac[2 * i + 1] = digits[hash[i] & 15];
	}
	mac[2 * sizeof(hash)] = '\0';
	return r;
}

int sops_walk_seal(const struct sops_walk *walk, struct sops_tree *tree,
		   char mac[static SOPS_MAC_SIZE], struct err *err)
{
	return walk_tree(walk, tree, false, mac, err);
}

int sops_walk_open(const struct sops_walk *walk, struct sops_tree *tree,
		   char mac[static SOPS_MAC_SIZE], struct err *err)
{
	return walk_tree(walk, tree, true, mac, err);
}
