/*
 * How the tables of the schema write their rows:
 *
 *	{ ONE("mtu", TYPE_U32) },
 *	{ LIST("routes", TYPE_STRUCT), .inner = route_config },
 *	END_OF_FIELDS,
 */
#pragma once

#include "render/schema.h"

/* clang-format off */
#define ONE(field, of) .name = (field), .shape = SHAPE_ONE, .type = (of)
#define LIST(field, of) .name = (field), .shape = SHAPE_LIST, .type = (of)
#define MAP(field, of) .name = (field), .shape = SHAPE_MAP, .type = (of)
#define KIND(name, rows) .kind = (name), .fields = (rows)
#define END_OF_FIELDS { .name = NULL }
#define END_OF_KINDS { .kind = NULL }

#define HEADER_ROWS \
	{ ONE("apiVersion", TYPE_TEXT), .keep = 1 }, \
	{ ONE("kind", TYPE_TEXT), .keep = 1 }
/* clang-format on */
