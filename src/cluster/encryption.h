/*
 * The values of encrypt_disk: true (the TPM), false, tpm, node-id, {kms: URL}.
 */
#pragma once

#include "cluster/cluster.h"
#include "tree/value.h"

#include <stdbool.h>

struct encryption_choice {
	enum encryption form;
	const char *kms; /* of ENCRYPT_KMS */
};

/* False when it is none of them. An absent value is ENCRYPT_NONE. */
bool encryption_read(const struct value *value, struct encryption_choice *out);
