/*
 * Snapshots of etcd from anybody: read or refused, never beyond their end.
 */
#include "base/own.h"
#include "crypto/etcd_snapshot.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena OWNED(arena_free) = arena_new("fuzz");
	struct etcd_snapshot snapshot;
	struct err err = ERR_INIT;
	int r = etcd_snapshot_read(arena, data, size, &snapshot, &err);

	if (r < 0 && err.kind != ERR_INPUT)
		abort();
	if (r == 0 && snapshot.keys > snapshot.writes)
		abort();
	return 0;
}
