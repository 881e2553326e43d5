/*
 * Snapshots of etcd: is a file whole, and what is in it? A snapshot is a bbolt file with the
 * SHA-256 of its bytes behind it.
 *
 *	struct snapshot_hash hash SCOPED(snapshot_hash_done);       while it comes
 *	snapshot_hash_init(&hash);
 *	snapshot_hash_add(&hash, data, len);                        any pieces
 *	if (!snapshot_hash_end(&hash)) ... cut short or damaged
 *
 *	struct etcd_snapshot snapshot;                              at rest
 *	if (etcd_snapshot_read(arena, data, len, &snapshot, err) < 0) ... not one at all
 *	if (snapshot.hash != SNAPSHOT_HASH_OK) ...
 *
 * The data is borrowed and may be anybody's (bounds as in base/bbolt.h); errors are ERR_INPUT and
 * hold nothing of it. Names are copied into the arena.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/own.h"
#include "crypto/digest.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct snapshot_hash {
	struct digest *digest; /* owned */
	unsigned char tail[SHA256_SIZE];
	size_t held; /* bytes of `tail` */
	uint64_t size;
};
void snapshot_hash_init(struct snapshot_hash *hash);
void snapshot_hash_done(struct snapshot_hash *hash);
void snapshot_hash_add(struct snapshot_hash *hash, const void *data, size_t len);
/* Whether the last bytes are the hash of those before. Nothing may be added after. */
bool snapshot_hash_end(struct snapshot_hash *hash);

enum snapshot_hash_state {
	SNAPSHOT_HASH_NONE, /* a copy of a data folder's file: there is none */
	SNAPSHOT_HASH_OK,
	SNAPSHOT_HASH_WRONG,
};

struct etcd_snapshot {
	uint64_t size; /* bytes, with the hash */
	enum snapshot_hash_state hash;
	uint64_t revision;	    /* the highest one */
	uint64_t writes;	    /* revisions kept */
	uint64_t keys;		    /* that live */
	const char *const *members; /* names, NULL-ended; those without one are left out */
	size_t member_count;	    /* with them */
	uint64_t index, term;	    /* of the last entry of the log that is in it; 0: not told */
};

int etcd_snapshot_read(struct arena *arena, const void *data, size_t len,
		       struct etcd_snapshot *out, struct err *err);
/* Of a file, which is mapped: it may be larger than memory. ERR_NOT_FOUND, ERR_SYSTEM besides. */
int etcd_snapshot_file(struct arena *arena, const char *path, struct etcd_snapshot *out,
		       struct err *err);
