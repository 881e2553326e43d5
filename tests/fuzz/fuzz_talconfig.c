/*
 * A talconfig.yaml: whatever it is, it is read with findings that have a text and a place, the
 * network interfaces of its nodes become documents that Talos' loader takes or findings that say
 * why not, and what is printed again without comments reads as the same.
 */
#include "convert/talconfig.h"
#include "convert/talhelper_network.h"
#include "convert/yaml_reprint.h"
#include "render/patch.h"

#include "base/own.h"
#include "tree/yaml.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define OUT_MAX ((size_t)64 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_findings(const struct findings *findings)
{
	for (size_t i = 0; i < findings->len; i++)
		if (!findings->at[i].text[0] || !findings->at[i].id[0] || !findings->at[i].path)
			abort();
}

static void check_network(struct arena *arena, const struct talconfig_node *node,
			  struct findings *findings)
{
	const struct typed typed = { arena, RELEASE_1_13, findings };
	struct list_builder *list = list_begin(arena);
	const struct value *devices = typed_field(&typed, SCHEMA_MAIN,
						  "machine.network.interfaces", node->interfaces,
						  "networkInterfaces");
	size_t errors = findings->errors;
	const struct value **at;
	struct err err = ERR_INIT;
	struct patch *patch;

	talhelper_network_check(&typed, devices, "networkInterfaces");
	if (!devices || findings->errors > errors)
		return;
	talhelper_network(&typed, devices, "networkInterfaces", list);

	const struct value *made = list_end(list);
	at = arena_calloc(arena, value_len(made) + 1, sizeof(*at));
	for (size_t i = 0; i < value_len(made); i++)
		at[i] = value_at(made, i);
	const struct patch_documents documents = { "made", at, value_len(made), RELEASE_1_13 };
	if (patch_of(arena, &documents, &patch, &err) < 0 && !err.text[0])
		abort();
}

static void check_reprint(struct arena *arena, const struct yaml_input *input,
			  const struct yaml_documents *documents)
{
	struct str text SCOPED(str_done) = STR_INIT(OUT_MAX);
	struct err err = ERR_INIT;

	if (yaml_reprint(arena, input, &text, &err) < 0 && documents->len)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena OWNED(arena_free) = arena_new("fuzz");
	const struct yaml_limits limits = { 1 << 20, 100, 100000 };
	const struct yaml_input input = { "talconfig.yaml", (const char *)data, size, &limits,
					  false };
	struct yaml_documents documents;
	struct findings findings;
	struct talconfig config;
	struct err err = ERR_INIT;

	if (yaml_read(arena, &input, &documents, &err) < 0)
		return 0;
	check_reprint(arena, &input, &documents);
	findings_init(&findings, arena);
	for (size_t i = 0; i < documents.len; i++) {
		if (talconfig_decode(arena, documents.at[i], &config, &findings) == 0)
			for (size_t k = 0; k < config.count; k++)
				check_network(arena, &config.node[k], &findings);
		check_findings(&findings);
	}
	return 0;
}
