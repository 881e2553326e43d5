/*
 * Reads bbolt files, the single-file store that etcd keeps its data in, from memory.
 *
 *	struct bbolt db;
 *	if (bbolt_open(&db, data, len, err) < 0) ...
 *	r = bbolt_walk(&db, "key", each, me, err);      >0: there is no such bucket
 *
 * The data is borrowed and may be anybody's: every page, element and length is checked against its
 * bounds, no page is read twice in one walk, and keys must rise. What is wrong is ERR_INPUT. Only
 * buckets of the root are looked at, not those within them.
 *
 * The file is that of a machine with little-endian numbers, as all are that Talos runs on.
 */
#pragma once

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

/* How the bytes lie, for those who write such files. */
#define BBOLT_MAGIC UINT32_C(0xed0cdaed)
#define BBOLT_VERSION 2
#define BBOLT_NO_FREELIST UINT64_MAX /* free pages are not listed but found by looking */
#define BBOLT_PAGE_HEADER 16	     /* bytes: id 8, kind 2, count 2, pages that follow on 4 */
#define BBOLT_ELEMENT 16	     /* bytes of an element before its key */
#define BBOLT_META 64		     /* bytes of a meta page behind its header, the checksum last */
enum bbolt_kind {
	BBOLT_BRANCH = 0x01,
	BBOLT_LEAF = 0x02,
	BBOLT_META_PAGE = 0x04,
	BBOLT_FREELIST = 0x10,
};
#define BBOLT_IS_BUCKET 1		   /* flag of a leaf's element whose value is a bucket */
uint64_t bbolt_checksum(const void *meta); /* of its bytes before the checksum */

struct bbolt {
	const unsigned char *at;
	size_t len;
	size_t page;	/* bytes of one */
	uint64_t pages; /* in use or free */
	uint64_t root;	/* page of the buckets' names */
	uint64_t write; /* number of the last transaction */
};

/* Of the two meta pages the newest whole one counts. */
int bbolt_open(struct bbolt *db, const void *data, size_t len, struct err *err);

struct bbolt_entry {
	const void *key, *value;
	size_t key_len, value_len;
};
/* 0: go on; <0: fail with err; >0: stop, which the walk answers too. */
typedef int bbolt_entry_fn(void *context, const struct bbolt_entry *entry, struct err *err);
#define BBOLT_NO_BUCKET 1000 /* bbolt_walk() found none of that name */
int bbolt_walk(const struct bbolt *db, const char *bucket, bbolt_entry_fn *each, void *context,
	       struct err *err);
