#include "cluster/field_checks.h"

#include "base/ip.h"
#include "base/text.h"
#include "cluster/disk.h"
#include "cluster/encryption.h"
#include "cluster/secrets_command.h"
#include "cluster/version.h"
#include "tree/path.h"

#include <stdio.h>
#include <string.h>

#define DIGITS "0123456789"
#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DNS_NAME_MAX 253
#define DNS_LABEL_MAX 63

/* One entry of a list, or the value itself. */
struct item {
	const char *text;
	const struct value *value;
	const char *path;
	struct findings *findings;
};

typedef void item_fn(const struct item *item);

static void each_item(const struct value *value, const char *path, struct findings *findings,
		      item_fn *check)
{
	struct item item = { value_text(value), value, path, findings };

	if (!value_is_list(value)) {
		if (item.text)
			check(&item);
		return;
	}
	for (size_t i = 0; i < value_len(value); i++) {
		item.value = value_at(value, i);
		item.text = value_text(item.value);
		item.path = path_index(findings->arena, path, i);
		if (item.text)
			check(&item);
	}
}

#define REJECT(item, id, ...)                                                                    \
	finding_add((item)->findings, FINDING_ERROR, id, value_src((item)->value), (item)->path, \
		    __VA_ARGS__)

static void item_address(const struct item *item)
{
	struct ip ip;
	struct ip_prefix prefix;

	if (ip_parse(item->text, &ip))
		return;
	REJECT(item, "bad-address", "\"%s\" is no IP address", item->text);
	if (ip_prefix_parse(item->text, &prefix))
		finding_hint(item->findings, "leave out the prefix length: %.*s",
			     (int)strcspn(item->text, "/"), item->text);
}

void check_address(const struct field *field, const struct value *value, const char *path,
		   struct findings *findings)
{
	(void)field;
	each_item(value, path, findings, item_address);
}

static void item_cidr(const struct item *item)
{
	struct ip_prefix prefix;
	char text[IP_TEXT_MAX];

	if (!ip_prefix_parse(item->text, &prefix)) {
		REJECT(item, "bad-cidr", "\"%s\" is no network", item->text);
		finding_hint(item->findings, "a network looks like 10.0.0.0/16");
		return;
	}
	if (!ip_prefix_has_host_bits(&prefix))
		return;

	struct ip_prefix masked = ip_prefix_masked(&prefix);

	REJECT(item, "cidr-host-bits", "the network %s has host bits set", item->text);
	finding_hint(item->findings, "did you mean %s?", ip_prefix_text(&masked, text));
}

void check_cidr(const struct field *field, const struct value *value, const char *path,
		struct findings *findings)
{
	(void)field;
	each_item(value, path, findings, item_cidr);
}

/* Labels of letters, digits and inner hyphens, with dots in between. */
static bool is_dns_name(const char *text)
{
	static const char inner[] = LOWER UPPER DIGITS "-";

	if (strlen(text) > DNS_NAME_MAX)
		return false;
	for (;;) {
		size_t len = strspn(text, inner);

		if (len == 0 || len > DNS_LABEL_MAX || text[0] == '-' || text[len - 1] == '-')
			return false;
		text += len;
		if (!*text)
			return true;
		if (*text++ != '.')
			return false;
	}
}

static void item_domain(const struct item *item)
{
	struct ip ip;

	if (!is_dns_name(item->text) || !strchr(item->text, '.') || ip_parse(item->text, &ip))
		REJECT(item, "bad-domain", "\"%s\" is no domain name", item->text);
}

void check_domain(const struct field *field, const struct value *value, const char *path,
		  struct findings *findings)
{
	(void)field;
	each_item(value, path, findings, item_domain);
}

static void item_san(const struct item *item)
{
	struct ip ip;

	if (!ip_parse(item->text, &ip))
		item_domain(item);
}

void check_san(const struct field *field, const struct value *value, const char *path,
	       struct findings *findings)
{
	(void)field;
	each_item(value, path, findings, item_san);
}

void check_vlan(const struct field *field, const struct value *value, const char *path,
		struct findings *findings)
{
	const struct item item = { value_text(value), value, path, findings };
	uint64_t id;

	(void)field;
	if (text_u64(item.text, &id) && id >= 1 && id <= 4094)
		return;
	REJECT(&item, "vlan-range", "a VLAN id is 1 to 4094, not \"%s\"", item.text);
	finding_hint(findings, "leave it out for an untagged network");
}

void check_asn(const struct field *field, const struct value *value, const char *path,
	       struct findings *findings)
{
	const struct item item = { value_text(value), value, path, findings };
	uint64_t asn;

	(void)field;
	if (!text_u64(item.text, &asn) || asn < 1 || asn > UINT32_MAX)
		REJECT(&item, "asn-range", "an AS number is 1 to 4294967295, not \"%s\"",
		       item.text);
}

static void item_not_empty(const struct item *item)
{
	if (text_is_blank(item->text))
		REJECT(item, "empty", "%s is empty", item->path);
}

void check_not_empty(const struct field *field, const struct value *value, const char *path,
		     struct findings *findings)
{
	(void)field;
	each_item(value, path, findings, item_not_empty);
}

void check_repository(const struct field *field, const struct value *value, const char *path,
		      struct findings *findings)
{
	const struct item item = { value_text(value), value, path, findings };
	size_t owner = strspn(item.text, LOWER UPPER DIGITS "-_.");
	const char *name = item.text + owner + (item.text[owner] == '/');
	size_t len = strspn(name, LOWER UPPER DIGITS "-_.");

	(void)field;
	if (owner == 0 || len == 0 || name[len])
		REJECT(&item, "bad-repository", "a repository is owner/name, not \"%s\"",
		       item.text);
}

/* The host and the port of an https URL; what follows the authority may be empty or a path. */
static bool parse_https(const char *text, unsigned fallback, const char **rest)
{
	char authority[300], host[DNS_NAME_MAX + 1];
	struct ip ip;
	unsigned port;
	size_t len;

	if (!text_starts(text, "https://"))
		return false;
	text += strlen("https://");
	len = strcspn(text, "/?#");
	if (len >= sizeof(authority))
		return false;
	memcpy(authority, text, len);
	authority[len] = '\0';
	*rest = text + len;
	return host_port_parse(authority, fallback, host, sizeof(host), &port) && port > 0 &&
	       (is_dns_name(host) || ip_parse(host, &ip));
}

void check_https(const struct field *field, const struct value *value, const char *path,
		 struct findings *findings)
{
	const struct item item = { value_text(value), value, path, findings };
	const char *rest;

	(void)field;
	if (!parse_https(item.text, 443, &rest))
		REJECT(&item, "bad-url", "\"%s\" is no https URL", item.text);
}

void check_endpoint(const struct field *field, const struct value *value, const char *path,
		    struct findings *findings)
{
	const struct item item = { value_text(value), value, path, findings };
	const char *rest;

	(void)field;
	if (parse_https(item.text, 0, &rest) && (!*rest || strcmp(rest, "/") == 0))
		return;
	REJECT(&item, "bad-endpoint", "\"%s\" is no endpoint", item.text);
	finding_hint(findings, "an endpoint looks like https://10.0.50.50:6443");
}

void check_cluster_name(const struct field *field, const struct value *value, const char *path,
			struct findings *findings)
{
	const struct item item = { value_text(value), value, path, findings };

	(void)field;
	if (item.text[0] != '.' && item.text[0] != '-' && item.text[0] &&
	    !item.text[strspn(item.text, LOWER UPPER DIGITS "._-")])
		return;
	REJECT(&item, "bad-cluster-name", "\"%s\" cannot name a cluster", item.text);
	finding_hint(findings, "use letters, digits, hyphens, underscores and dots");
}

static void reject_minor(const struct item *item, const struct version *version)
{
	if (version->major == 1 && version->minor >= TALOS_MINOR_FIRST &&
	    version->minor <= TALOS_MINOR_LAST)
		return;
	REJECT(item, "unsupported-version", "Talos %u.%u is not supported", version->major,
	       version->minor);
	finding_hint(item->findings, "releases 1.%d to 1.%d are", TALOS_MINOR_FIRST,
		     TALOS_MINOR_LAST);
}

void check_talos_version(const struct field *field, const struct value *value, const char *path,
			 struct findings *findings)
{
	const struct item item = { value_text(value), value, path, findings };
	struct version version;

	(void)field;
	if (version_parse(item.text, &version) && version.has_patch) {
		reject_minor(&item, &version);
		return;
	}
	REJECT(&item, "bad-version", "\"%s\" is no version", item.text);
	finding_hint(findings, "a version looks like v1.13.9");
}

void check_kube_version(const struct field *field, const struct value *value, const char *path,
			struct findings *findings)
{
	const struct item item = { value_text(value), value, path, findings };
	struct version version;

	(void)field;
	if (version_parse(item.text, &version) && version.has_patch)
		return;
	REJECT(&item, "bad-version", "\"%s\" is no version", item.text);
	finding_hint(findings, "a version looks like v1.36.3");
}

void check_contract(const struct field *field, const struct value *value, const char *path,
		    struct findings *findings)
{
	const struct item item = { value_text(value), value, path, findings };
	struct version version;

	(void)field;
	if (version_parse(item.text, &version)) {
		reject_minor(&item, &version);
		return;
	}
	REJECT(&item, "bad-version", "\"%s\" is no contract", item.text);
	finding_hint(findings, "a contract looks like v1.13");
}

void check_vip(const struct field *field, const struct value *value, const char *path,
	       struct findings *findings)
{
	const struct item item = { value_text(value), value, path, findings };
	struct ip ip;

	(void)field;
	if (text_equal(item.text, "auto") || text_equal(item.text, "none") ||
	    ip_parse(item.text, &ip))
		return;
	REJECT(&item, "bad-address", "vip is auto, none or an IP address, not \"%s\"", item.text);
}

void check_patch_list(const struct field *field, const struct value *value, const char *path,
		      struct findings *findings)
{
	(void)field;
	for (size_t i = 0; i < value_len(value); i++) {
		const struct value *patch = value_at(value, i);

		if (value_is_map(patch) || value_is_list(patch) || value_is_str(patch))
			continue;
		finding_add(findings, FINDING_ERROR, "wrong-type", value_src(patch),
			    path_index(findings->arena, path, i),
			    "a patch is a map, text or \"@file\"");
	}
}

void check_secrets(const struct field *field, const struct value *value, const char *path,
		   struct findings *findings)
{
	const struct item item = { value_text(value), value, path, findings };

	(void)field;
	if (secrets_command_of(findings->arena, value) ||
	    (value_is_str(value) && !text_is_blank(item.text)))
		return;
	REJECT(&item, "wrong-type", "secrets is the name of a file or {command: ...}");
	finding_hint(findings, "a command is a text for /bin/sh or a list of words; it prints the "
			       "bundle");
}

/* Two labels with letters at least, so that a slip in an address is none. */
static bool is_host_name(const char *text)
{
	size_t words = 0;

	if (!is_dns_name(text))
		return false;
	while (*text) {
		size_t len = strcspn(text, ".");

		words += strcspn(text, LOWER UPPER) < len;
		text += len + (text[len] == '.');
	}
	return words > 1;
}

static void item_node_address(const struct item *item)
{
	struct ip ip;

	if (ip_parse(item->text, &ip) || !is_host_name(item->text)) {
		item_address(item);
		return;
	}
	finding_add(item->findings, FINDING_WARNING, "name-as-address", value_src(item->value),
		    item->path, "the node is reached by the name %s, so only where DNS has it",
		    item->text);
	finding_hint(item->findings, "write its IP address");
}

void check_node_address(const struct field *field, const struct value *value, const char *path,
			struct findings *findings)
{
	(void)field;
	each_item(value, path, findings, item_node_address);
}

void check_node_name(const struct field *field, const struct value *value, const char *path,
		     struct findings *findings)
{
	static const char *const reserved[] = { "global", "controller", "worker" };
	const struct item item = { value_text(value), value, path, findings };

	(void)field;
	if (!is_dns_name(item.text) || strpbrk(item.text, UPPER)) {
		REJECT(&item, "bad-name", "\"%s\" is no host name", item.text);
		finding_hint(findings, "use lower-case letters, digits and hyphens");
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(reserved); i++)
		if (strcmp(item.text, reserved[i]) == 0)
			REJECT(&item, "reserved-name",
			       "a node cannot be called \"%s\": patches/%s is for several nodes",
			       item.text, item.text);
	if (strchr(item.text, '.') || strlen(item.text) > DNS_LABEL_MAX)
		finding_add(
			findings, FINDING_WARNING, "name-style", value_src(value), path,
			"other tools that read this file take one DNS label as a name, not \"%s\"",
			item.text);
}

void check_mac(const struct field *field, const struct value *value, const char *path,
	       struct findings *findings)
{
	const struct item item = { value_text(value), value, path, findings };
	size_t pairs = 0;

	(void)field;
	for (const char *at = item.text; strspn(at, DIGITS "abcdef") == 2; at++) {
		pairs++;
		at += 2;
		if (!*at && pairs == 6)
			return;
		if (*at != ':')
			break;
	}
	REJECT(&item, "bad-mac", "\"%s\" is no MAC address in lower case with colons", item.text);
	finding_hint(findings, "a MAC address looks like 02:00:0a:00:32:01");
}

void check_schematic_id(const struct field *field, const struct value *value, const char *path,
			struct findings *findings)
{
	const struct item item = { value_text(value), value, path, findings };
	size_t len = strlen(item.text);

	(void)field;
	if (len != 64)
		REJECT(&item, "bad-schematic",
		       "a schematic id has 64 hexadecimal digits, this one has %zu characters",
		       len);
	else if (strspn(item.text, DIGITS "abcdef") != len)
		REJECT(&item, "bad-schematic",
		       "a schematic id has lower-case hexadecimal digits only");
}

void check_schematic(const struct field *field, const struct value *value, const char *path,
		     struct findings *findings)
{
	const struct item item = { value_text(value), value, path, findings };
	const char *name = item.text ? item.text + (item.text[0] == '@') : NULL;

	(void)field;
	if (!value_is_map(value) && (!value_is_str(value) || text_is_blank(name)))
		REJECT(&item, "wrong-type", "schematic is a map or the name of a file");
}

/* A file, perhaps in folders; nothing hidden, nothing outside. */
static bool is_output(const char *name)
{
	for (;;) {
		size_t len = strcspn(name, "/");

		if (len == 0 || name[0] == '.')
			return false;
		if (!name[len])
			return true;
		name += len + 1;
	}
}

void check_output(const struct field *field, const struct value *value, const char *path,
		  struct findings *findings)
{
	const struct item item = { value_text(value), value, path, findings };

	(void)field;
	if (!is_output(item.text) || strcmp(item.text, "talosconfig") == 0 ||
	    text_starts(item.text, "talosconfig/"))
		REJECT(&item, "bad-output", "\"%s\" cannot be a file below clusterconfig/",
		       item.text);
}

void check_disk(const struct field *field, const struct value *value, const char *path,
		struct findings *findings)
{
	struct disk disk;

	(void)field;
	disk_read(value, path, &disk, findings);
}

void check_encryption(const struct field *field, const struct value *value, const char *path,
		      struct findings *findings)
{
	const struct item item = { NULL, value, path, findings };
	struct encryption_choice choice;
	const char *rest;

	(void)field;
	if (!encryption_read(value, &choice)) {
		REJECT(&item, "wrong-type",
		       "encrypt_disk is true, false, tpm, node-id or {kms: URL}");
		return;
	}
	if (choice.form == ENCRYPT_KMS && !text_starts(choice.kms, "grpc://") &&
	    !parse_https(choice.kms, 443, &rest))
		REJECT(&item, "bad-url", "\"%s\" is no https or grpc URL", choice.kms);
}

void check_text_map(const struct field *field, const struct value *value, const char *path,
		    struct findings *findings)
{
	for (size_t i = 0; i < value_len(value); i++) {
		const char *key = value_key_at(value, i);

		if (value_kind(value_at(value, i)) == VALUE_SCALAR)
			continue;
		finding_add(findings, FINDING_ERROR, "wrong-type", value_key_src(value, key),
			    path_key(findings->arena, path, key),
			    "the values of %s must be text", field->name);
	}
}

void check_map_list(const struct field *field, const struct value *value, const char *path,
		    struct findings *findings)
{
	for (size_t i = 0; i < value_len(value); i++)
		if (!value_is_map(value_at(value, i)))
			finding_add(findings, FINDING_ERROR, "wrong-type",
				    value_src(value_at(value, i)),
				    path_index(findings->arena, path, i),
				    "an entry of %s must be a map", field->name);
}
