/*
 * Writes bbolt files (base/bbolt.h), as etcd itself has them: no list of free pages, because there
 * are none.
 *
 *	const struct bbolt_bucket buckets[] = { { "key", entries, count }, { "meta", ... } };
 *	bbolt_write(buckets, 2, &out);
 *
 * Names of buckets and keys within one must rise. `out` must be empty; its limit bounds the file.
 */
#pragma once

#include "base/bbolt.h"
#include "base/str.h"

#include <stddef.h>

#define BBOLT_PAGE 4096 /* bytes of one */

struct bbolt_bucket {
	const char *name;
	const struct bbolt_entry *entry;
	size_t entries;
};

void bbolt_write(const struct bbolt_bucket *bucket, size_t buckets, struct str *out);
