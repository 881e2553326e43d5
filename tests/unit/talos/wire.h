/*
 * Protobuf by hand: what no recorded node ever said.
 */
#pragma once

#include "base/str.h"

#include <stdint.h>

void wire_number(struct str *out, unsigned field, uint64_t number);
void wire_bytes(struct str *out, unsigned field, const void *data, size_t len);
void wire_text(struct str *out, unsigned field, const char *text);
void wire_message(struct str *out, unsigned field, const struct str *message);
/* A cosi.resource.Resource as field 1, in the state a node sends it. */
void wire_resource(struct str *out, const char *type, const struct str *spec);
