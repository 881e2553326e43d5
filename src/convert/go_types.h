/*
 * The main document of a machine config as Go templates see it: with the names of the Go structs.
 *
 *	template.data = main;
 *	template.type = go_type_of_main(arena, release);
 */
#pragma once

#include "base/arena.h"
#include "convert/go_template.h"
#include "render/config.h"

const struct go_type *go_type_of_main(struct arena *arena, enum release release);
/* The Go name of the field at a path such as "machine.network.interfaces.mtu"; NULL when it is the
 * key with a capital. */
const char *go_name_of(const char *path);
