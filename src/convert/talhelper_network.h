/*
 * networkInterfaces of a talconfig as documents, which is what talhelper makes of them for Talos
 * 1.12 and later.
 *
 *	talhelper_network(&typed, interfaces, path, documents);
 *
 * `interfaces` is a list as typed_field() gives it. The documents are added in the order in which
 * talhelper writes them: aliases, aliases of bond members, bonds, DHCP, virtual addresses, links,
 * VLANs, WireGuard, bridges. What has no place in a document is a warning that says so, and so is
 * everything that talhelper drops without a word.
 */
#pragma once

#include "convert/typed_value.h"

void talhelper_network(const struct typed *typed, const struct value *interfaces,
		       const char *path, struct list_builder *documents);
/* What talhelper refuses in them, whatever becomes of them. */
void talhelper_network_check(const struct typed *typed, const struct value *interfaces,
			     const char *path);
