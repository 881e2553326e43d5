/*
 * Which system extensions and overlays Sidero Labs has for a release of Talos.
 *
 *	if (!official_extension("siderolabs/iscsi-tools", "v1.13.9"))
 *		... that release has no such extension
 *
 * As talhelper knows them: a release that came later counts as the last one it knows.
 */
#pragma once

#include <stdbool.h>

bool official_extension(const char *name, const char *talos);
/* `image` and `name` as a schematic gives them: "siderolabs/sbc-raspberrypi", "rpi_generic". */
bool official_overlay(const char *image, const char *name, const char *talos);
/* The known name that is nearest, without "siderolabs/"; NULL: none is near. */
const char *official_extension_near(const char *name);
