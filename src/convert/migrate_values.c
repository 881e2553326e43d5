/* Ways from a value of the machine section to documents, and reasons against it. */
#include "convert/migrate_parts.h"

#include "base/own.h"
#include "base/text.h"
#include "render/render_parts.h"
#include "render/schematic.h"

#include <string.h>

#define CRI_FILE "/etc/cri/conf.d/20-customization.part"
/* Talos keeps the name that the file has for itself. */
#define CRI_NAME "machine-files"
#define ID_LEN 64

static bool put_removal(struct conversion *c, const struct migrate_row *row,
			const struct value *value)
{
	if (!is_removal(value))
		return false;
	made_delete(&c->made, row->kind, row->name, row->to);
	return true;
}

void put_nothing(struct conversion *c, const struct migrate_row *row, const struct value *value)
{
	(void)c;
	(void)row;
	(void)value;
}

void put_not(struct conversion *c, const struct migrate_row *row, const struct value *value)
{
	bool flag;

	if (put_removal(c, row, value) || !value_truth(value, &flag))
		return;
	made_set(&c->made, row->kind, row->name, row->to,
		 value_with_src(c->arena, value_of_bool(c->arena, !flag), value_src(value)));
}

void put_nameservers(struct conversion *c, const struct migrate_row *row,
		     const struct value *value)
{
	struct list_builder *list = list_begin(c->arena);

	if (put_removal(c, row, value))
		return;
	for (size_t i = 0; i < value_len(value); i++) {
		struct draft server = { .arena = c->arena };

		draft_put(&server, "address", value_at(value, i));
		list_add(list, server.root);
	}
	made_set(&c->made, row->kind, row->name, row->to, list_end(list));
}

void put_hosts(struct conversion *c, const struct migrate_row *row, const struct value *value)
{
	for (size_t i = 0; value_is_list(value) && i < value_len(value); i++) {
		const struct value *host = value_at(value, i);
		const char *address = value_get_text(host, "ip");

		if (!address)
			continue;
		if (is_removal(host))
			made_delete(&c->made, row->kind, address, NULL);
		else
			made_set(&c->made, row->kind, address, row->to,
				 value_get(host, "aliases"));
	}
}

static bool is_schematic(const char *text)
{
	size_t len = strspn(text, "0123456789abcdef");

	return len == ID_LEN && (text[len] == ':' || !text[len]);
}

/* What Talos 1.14 is installed from: the factory's image for metal, of the plain schematic where
 * there was none. */
static const char *installer_of(const struct conversion *c, const char *image)
{
	static const char plain[] = "ghcr.io/siderolabs/installer";
	static const char *const folders[] = { "/installer/", "/installer-secureboot/" };
	const char *colon = strrchr(image, ':');
	const char *slash = strrchr(image, '/');
	const char *tag = colon && slash && colon > slash ? colon + 1 : NULL;
	const char *name = tag ? arena_strn(c->arena, image, (size_t)(colon - image)) : image;

	if (tag && text_equal(tag, c->talos_before))
		tag = c->talos;
	if (text_equal(name, plain))
		name = "factory.talos.dev/metal-installer/" SCHEMATIC_PLAIN;
	for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
		const char *at = strstr(name, folders[i]);

		if (at && is_schematic(at + strlen(folders[i])))
			name = arena_printf(c->arena, "%.*s/metal-%s", (int)(at - name), name,
					    at + 1);
	}
	return tag ? arena_printf(c->arena, "%s:%s", name, tag) : name;
}

const struct value *installer_value(const struct conversion *c, const struct value *value)
{
	const char *image = value_text(value);

	if (!image)
		return value;
	return value_with_src(c->arena, value_str(c->arena, installer_of(c, image)),
			      value_src(value));
}

void put_installer(struct conversion *c, const struct migrate_row *row, const struct value *value)
{
	if (value_text(value))
		made_set(&c->made, row->kind, row->name, row->to, installer_value(c, value));
}

static void put_match(struct conversion *c, const struct migrate_row *row, const char *match,
		      const struct value *value)
{
	made_set(&c->made, row->kind, row->name, row->to,
		 value_with_src(c->arena, value_str(c->arena, match), value_src(value)));
}

/* A selector beside it wins, there as here. */
void put_disk(struct conversion *c, const struct migrate_row *row, const struct value *value)
{
	const char *path = value_text(value);

	if (path && !value_len(main_get(c->main, "machine.install.diskSelector")))
		put_match(c, row, node_disk_path_match(c->arena, path), value);
}

void put_disk_selector(struct conversion *c, const struct migrate_row *row,
		       const struct value *value)
{
	if (value_len(value))
		put_match(c, row, node_disk_match(c->arena, value), value);
}

void put_time_servers(struct conversion *c, const struct migrate_row *row,
		      const struct value *value)
{
	struct list_builder *ntp = list_begin(c->arena), *ptp = list_begin(c->arena);

	if (put_removal(c, row, value))
		return;
	for (size_t i = 0; i < value_len(value); i++) {
		const char *server = value_text(value_at(value, i));
		bool device = server && text_starts(server, "/dev/");

		list_add(device ? ptp : ntp, value_at(value, i));
	}
	const struct value *servers = list_end(ntp), *devices = list_end(ptp);
	if (value_len(servers) || !value_len(devices))
		made_set(&c->made, row->kind, row->name, row->to, servers);
	if (value_len(devices))
		made_set(&c->made, row->kind, row->name, "ptp.devices", devices);
}

void put_modules(struct conversion *c, const struct migrate_row *row, const struct value *value)
{
	for (size_t i = 0; value_is_list(value) && i < value_len(value); i++) {
		const struct value *module = value_at(value, i);
		const struct value *parameters = value_get(module, "parameters");
		const char *name = value_get_text(module, "name");

		if (!name)
			continue;
		if (is_removal(module))
			made_delete(&c->made, row->kind, name, NULL);
		else
			made_set(&c->made, row->kind, name, parameters ? row->to : NULL,
				 parameters);
	}
}

void put_files(struct conversion *c, const struct migrate_row *row, const struct value *value)
{
	for (size_t i = 0; value_is_list(value) && i < value_len(value); i++) {
		const struct value *file = value_at(value, i);
		const char *path = value_get_text(file, "path");
		bool cri = text_equal(path, CRI_FILE);
		const char *kind = cri ? "CRICustomizationConfig" : row->kind;
		const char *name = CRI_NAME;

		if (!path || (!cri && !text_starts(path, "/etc/")))
			continue;
		if (!cri)
			name = arena_str(c->arena, path + strlen("/etc/"));
		if (is_removal(file)) {
			made_delete(&c->made, kind, name, NULL);
			continue;
		}
		if (!cri)
			made_set(&c->made, kind, name, "mode", value_get(file, "permissions"));
		made_set(&c->made, kind, name, cri ? "content" : row->to,
			 value_get(file, "content"));
	}
}

void put_hostname(struct conversion *c, const struct migrate_row *row, const struct value *value)
{
	const char *name = value_text(value);

	if (put_removal(c, row, value) || text_is_blank(name))
		return;
	made_set(&c->made, row->kind, NULL, row->to, value);
	made_set(&c->made, row->kind, NULL, "auto", value_str(c->arena, "off"));
}

void put_stable_hostname(struct conversion *c, const struct migrate_row *row,
			 const struct value *value)
{
	const char *name = value_text(main_get(c->main, "machine.network.hostname"));

	if (text_is_blank(name) && value_bool(value, false))
		made_set(&c->made, row->kind, NULL, row->to, value_str(c->arena, "stable"));
}

#define PRISM_PORT 7445

void put_prism(struct conversion *c, const struct migrate_row *row, const struct value *value)
{
	const struct value *port = value_get(value, "port");

	if (!value_bool(value_get(value, "enabled"), false))
		return;
	if (value_is_null(port))
		port = value_of_int(c->arena, PRISM_PORT);
	made_set(&c->made, row->kind, NULL, row->to, port);
}

bool block_by_user(const struct value *main, const struct value *value)
{
	(void)main;
	return value_src(value).file != NULL;
}

bool block_true(const struct value *main, const struct value *value)
{
	(void)main;
	return value_bool(value, false);
}

bool block_false(const struct value *main, const struct value *value)
{
	(void)main;
	return !value_bool(value, true);
}

/* The kubelet has all of /var/mnt anyway, with what is mounted there later. */
static bool is_needless(const struct value *mount)
{
	static const char below[] = "/var/mnt/";
	const char *destination = value_get_text(mount, "destination");
	const char *source = value_get_text(mount, "source");

	return destination && source && text_starts(destination, below) &&
	       text_equal(destination, source);
}

bool block_mounts(const struct value *main, const struct value *value)
{
	(void)main;
	for (size_t i = 0; i < value_len(value); i++)
		if (!is_needless(value_at(value, i)))
			return true;
	return false;
}

/* Below /etc: what Talos writes itself, or must not be written. */
static const char *const owned_files[] = {
	"kubernetes/",
	"cri/",
	"cni/",
	"ssl/",
	"pki/",
	"ca-certificates/",
};
static const char *const owned_names[] = {
	"hosts",
	"hostname",
	"resolv.conf",
	"os-release",
	"machine-id",
	"extensions.yaml",
	"passwd",
	"group",
	"localtime",
	"nsswitch.conf",
};

static bool is_own_file(const char *name)
{
	if (!*name || strstr(name, "../") || strstr(name, "//"))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(owned_files); i++)
		if (text_starts(name, owned_files[i]))
			return false;
	for (size_t i = 0; i < ARRAY_LEN(owned_names); i++)
		if (text_equal(name, owned_names[i]))
			return false;
	return true;
}

static bool has_document(const struct value *file)
{
	const char *path = value_get_text(file, "path");
	const char *operation = value_get_text(file, "op");
	uint64_t mode = 0;

	if (!path || (!text_is_blank(operation) && !text_equal(operation, "create")))
		return false;
	if (text_equal(path, CRI_FILE))
		return true;
	return text_starts(path, "/etc/") && is_own_file(path + strlen("/etc/")) &&
	       value_get_text(file, "permissions") &&
	       (!value_u64(value_get(file, "permissions"), &mode) || mode);
}

bool block_files(const struct value *main, const struct value *value)
{
	(void)main;
	for (size_t i = 0; i < value_len(value); i++)
		if (!has_document(value_at(value, i)))
			return true;
	return false;
}
