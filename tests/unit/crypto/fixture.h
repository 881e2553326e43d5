/*
 * What the tests of crypto share: files of tests/data/crypto, their bytes, moments in time. Each
 * stops the test when it cannot give what it was asked for.
 */
#pragma once

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "crypto/x509.h"

#include <criterion/criterion.h>

const char *fixture(struct arena *arena, const char *name);
struct identity fixture_identity(struct arena *arena, const char *name); /* name.crt, name.key */
/* The bytes of the first block. */
unsigned char *fixture_der(struct arena *arena, const char *pem, size_t *len);
uint64_t moment(const char *text);

/* The bytes of a text of hex digits; returns how many. */
size_t fixture_unhex(const char *hex, unsigned char *out);
