/*
 * Spots: a value of a document together with the way to it, so that what is wrong with it, or with
 * what is missing there, can be told with its path and its place. Nothing is allocated on the way;
 * a path is made when one is asked for.
 *
 *	struct spot document = spot_root(&config->at[i]);
 *	struct spot routes = spot_at(&document, "routes");
 *	for (size_t i = 0; i < value_len(routes.value); i++) {
 *		struct spot route = spot_item(&routes, i);
 *		const char *gateway = spot_text(&route, "gateway");
 *
 * A spot points to the one it was made from, which must live as long. Values are borrowed from
 * the config.
 */
#pragma once

#include "base/arena.h"
#include "render/config.h"
#include "tree/value.h"

struct spot {
	const struct spot *up;	   /* NULL: the document itself */
	const char *field;	   /* below `up`, dots between its parts; NULL: an entry of it */
	size_t index;		   /* of that entry of a list or map */
	const struct value *value; /* NULL: not given */
	const struct document *document;
};

/* `document` may be NULL for one that is not there. */
struct spot spot_root(const struct document *document);
/* "network.kubespan": fields of structs, not keys of the user's. */
struct spot spot_at(const struct spot *up, const char *field);
struct spot spot_item(const struct spot *up, size_t index); /* of a list or a map */

/* What is below, NULL when it is not given. A field of NULL or "" is the spot itself. */
const struct value *spot_get(const struct spot *spot, const char *field);
const char *spot_text(const struct spot *spot, const char *field); /* "" when not given */
bool spot_has(const struct spot *spot, const char *field);
bool spot_true(const struct spot *spot, const char *field); /* given and true */
size_t spot_len(const struct spot *spot, const char *field);
uint64_t spot_u64(const struct spot *spot, const char *field); /* 0 when not given */

/* "machine.network.interfaces[0].vip.ip", "BondConfig[bond0].links", "HostnameConfig.auto". */
const char *spot_path(struct arena *arena, const struct spot *spot, const char *field);
/* Of the value; where it is not given, of the nearest thing around it that is. */
struct src spot_src(const struct spot *spot, const char *field);
