/* The forms of a setting become one: defaults vanish, what was meant is said. */
#include "convert/migrate_settings.h"

#include "base/own.h"
#include "base/text.h"
#include "render/draft.h"
#include "render/schematic.h"

#include <string.h>

#define CONTROL_KEY "node-role.kubernetes.io/control-plane"
#define CRI_PATH "/etc/cri/conf.d/20-customization.part"
#define CRI_DOCUMENT "cri:machine-files"

/* What control planes alone act on. */
static const char *const control_only[] = {
	"machine.controlPlane",
	"machine.features.kubernetesTalosAPIAccess",
	"cluster.apiServer",
	"cluster.controllerManager",
	"cluster.scheduler",
	"cluster.proxy",
	"cluster.coreDNS",
	"cluster.aggregatorCA",
	"cluster.serviceAccount",
	"cluster.secretboxEncryptionSecret",
	"cluster.aescbcEncryptionSecret",
	"cluster.network.cni",
	"cluster.controlPlane.localAPIServerPort",
	"cluster.inlineManifests",
	"cluster.extraManifests",
	"cluster.extraManifestHeaders",
	"cluster.manifests",
};

static const struct {
	const char *path, *value;
} defaults[] = {
	{ "machine.install.wipe", "false" },
	{ "machine.install.legacyBIOSSupport", "false" },
	{ "machine.kubelet.skipNodeRegistration", "false" },
	{ "machine.kubelet.registerWithFQDN", "false" },
	{ "machine.network.disableSearchDomain", "false" },
	{ "machine.network.automaticHostname", "off" },
	{ "machine.time.disabled", "false" },
	{ "machine.features.hostDNS.resolveMemberNames", "false" },
	{ "machine.features.imageCache.localEnabled", "false" },
	{ "machine.controlPlane.controllerManager.disabled", "false" },
	{ "machine.controlPlane.scheduler.disabled", "false" },
	{ "cluster.network.cni.flannel.backendType", "vxlan" },
	{ "cluster.network.cni.flannel.backendPort", "4789" },
	{ "cluster.network.cni.flannel.kubeNetworkPoliciesEnabled", "false" },
	{ "cluster.controlPlane.localAPIServerPort", "6443" },
	{ "cluster.proxy.disabled", "false" },
	{ "cluster.coreDNS.disabled", "false" },
};

/* Lists whose elements have a name. */
static const struct {
	const char *path, *key;
} named[] = {
	{ "machine.kernel.modules", "name" },
	{ "machine.files", "path" },
	{ "machine.network.extraHostEntries", "ip" },
	{ "cluster.apiServer.admissionControl", "name" },
	{ "cluster.apiServer.authorizationConfig", "name" },
	{ "cluster.inlineManifests", "name" },
	{ "cluster.manifests", "url" },
};

static const char *text_at(const struct reading *r, const char *path)
{
	return value_text(reading_get(r, path));
}

static bool flag_at(const struct reading *r, const char *path)
{
	return value_bool(reading_get(r, path), false);
}

static void put_text(struct reading *r, const char *path, const char *text)
{
	reading_put(r, path,
		    value_with_src(r->arena, value_str(r->arena, text),
				   value_src(reading_get(r, path))));
}

static const struct value *by_name(struct arena *arena, const struct value *list, const char *key)
{
	struct map_builder *map = map_begin(arena);

	for (size_t i = 0; i < value_len(list); i++) {
		const struct value *element = value_at(list, i);
		const char *name = value_get_text(element, key);

		map_add(map, name ? name : arena_printf(arena, "#%zu", i), element);
	}
	return map_end(map);
}

static void name_elements(struct reading *r)
{
	for (size_t i = 0; i < ARRAY_LEN(named); i++) {
		const struct value *list = reading_get(r, named[i].path);

		if (value_is_list(list))
			reading_put(r, named[i].path, by_name(r->arena, list, named[i].key));
	}
}

static void drop_defaults(struct reading *r)
{
	for (size_t i = 0; i < ARRAY_LEN(defaults); i++)
		if (text_equal(text_at(r, defaults[i].path), defaults[i].value))
			reading_drop(r, defaults[i].path);
}

/* The release that the image is of: "release" for the one of the workspace. */
static const char *tag_of(const struct reading *r, const char *image)
{
	const char *colon = strrchr(image, ':'), *slash = strrchr(image, '/');

	if (!colon || !slash || colon < slash)
		return "";
	return text_equal(colon + 1, r->side->cluster->talos) ? "release" : colon + 1;
}

/* Where an image comes from has changed with 1.14; what it holds is its schematic. */
static void normalise_image(struct reading *r)
{
	static const char path[] = "machine.install.image";
	const char *image = text_at(r, path);
	const char *schematic = SCHEMATIC_PLAIN, *last;

	if (!image)
		return;
	last = strrchr(image, '/');
	if (!text_starts(image, "ghcr.io/siderolabs/installer:")) {
		bool factory = strstr(image, "installer/") || strstr(image, "-secureboot/");

		if (!last || !factory)
			return;
		schematic = arena_strn(r->arena, last + 1, strcspn(last + 1, ":"));
	}
	put_text(r, path,
		 arena_printf(r->arena, "%s %s%s", schematic,
			      strstr(image, "-secureboot/") ? "secureboot " : "",
			      tag_of(r, image)));
}

struct term {
	const char *before, *after, *key;
};

/* "glob(" PATTERN ", disk.model)" and the like, as the selector of v1alpha1 has them. */
static const struct term terms[] = {
	{ "glob(", ", disk.model)", "model" },
	{ "glob(", ", disk.serial)", "serial" },
	{ "glob(", ", disk.wwid)", "wwid" },
	{ "glob(", ", disk.modalias)", "modalias" },
	{ "glob(", ", disk.uuid)", "uuid" },
	{ "glob(", ", disk.bus_path)", "busPath" },
	{ "disk.serial == ", "", "serial" },
	{ "disk.size ", "", "size" },
};
static const struct term kinds[] = {
	{ "!disk.rotational", "", "ssd" },
	{ "disk.rotational", "", "hdd" },
	{ "disk.transport == \"nvme\"", "", "nvme" },
	{ "disk.transport == \"mmc\"", "", "sd" },
};
static const char *const guards[] = { "disk.transport != \"\"", "!disk.readonly", "!disk.cdrom" };

/* A text of CEL without its quotes; sizes without the unsigned and the multiplication. */
static const char *plain(struct arena *arena, const char *text, size_t len)
{
	char *out = arena_calloc(arena, len + 1, 1), *to = out;

	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (c == '\\' && i + 1 < len)
			c = text[++i];
		else if (c == '"' || c == ' ' || c == '*')
			continue;
		*to++ = c;
	}
	return out;
}

static const char *quoted(struct arena *arena, const char *text, size_t len)
{
	char *out = arena_calloc(arena, len + 1, 1), *to = out;

	if (len < 2 || text[0] != '"')
		return arena_strn(arena, text, len);
	for (size_t i = 1; i + 1 < len; i++) {
		if (text[i] == '\\')
			i++;
		*to++ = text[i];
	}
	return out;
}

/* "100u*GB" and "100GB" are one. */
static const char *size_of(struct arena *arena, const char *text, size_t len)
{
	char *out = arena_str(arena, plain(arena, text, len)), *to = out;

	if (!strpbrk(out, "<>="))
		return arena_printf(arena, "==%s", out);
	for (const char *at = out; *at; at++)
		if (*at != 'u')
			*to++ = *at;
	*to = '\0';
	return out;
}

static bool read_term(const struct reading *r, struct draft *selector, const char *text,
		      size_t len)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (len == strlen(kinds[i].before) && !strncmp(text, kinds[i].before, len)) {
			draft_text(selector, "type", kinds[i].key);
			return true;
		}
	}
	for (size_t i = 0; i < ARRAY_LEN(terms); i++) {
		size_t before = strlen(terms[i].before), after = strlen(terms[i].after);
		const char *inner = text + before;

		if (len <= before + after || strncmp(text, terms[i].before, before) != 0 ||
		    strncmp(text + len - after, terms[i].after, after) != 0)
			continue;
		if (text_equal(terms[i].key, "size"))
			draft_text(selector, "size", size_of(r->arena, inner, len - before));
		else
			draft_text(selector, terms[i].key,
				   quoted(r->arena, inner, len - before - after));
		return true;
	}
	return false;
}

/* Counts the guards; false when something in it is no term of a selector. */
static bool read_match(const struct reading *r, const char *match, struct draft *selector,
		       size_t *guarded)
{
	while (*match) {
		const char *end = strstr(match, " && ");
		size_t len = end ? (size_t)(end - match) : strlen(match);
		bool guard = false;

		for (size_t i = 0; i < ARRAY_LEN(guards) && !guard; i++)
			guard = len == strlen(guards[i]) && !strncmp(match, guards[i], len);
		if (guard)
			++*guarded;
		else if (!read_term(r, selector, match, len))
			return false;
		match += len + (end ? 4 : 0);
	}
	return true;
}

static const char *path_of_match(const struct reading *r, const char *match)
{
	static const char device[] = "disk.dev_path == ", link[] = " in disk.symlinks";
	size_t len = strlen(match);

	if (strstr(match, " && "))
		return NULL;
	if (text_starts(match, device) && !strstr(match, "\"/dev/disk/"))
		return quoted(r->arena, match + strlen(device), len - strlen(device));
	if (text_ends(match, link))
		return quoted(r->arena, match, len - strlen(link));
	return NULL;
}

static void normalise_match(struct reading *r)
{
	const char *match = text_at(r, "machine.install.match");
	struct draft selector = { .arena = r->arena };
	const char *path = match ? path_of_match(r, match) : NULL;
	size_t guarded = 0;

	selector.src = value_src(reading_get(r, "machine.install.match"));
	if (!match)
		return;
	if (path) {
		reading_drop(r, "machine.install.match");
		put_text(r, "machine.install.disk", path);
		return;
	}
	/* The serial number of a setting is one disk; a selector says what it must not be. */
	if (!read_match(r, match, &selector, &guarded) ||
	    (guarded < ARRAY_LEN(guards) && !text_starts(match, "disk.serial == ")))
		return;
	reading_drop(r, "machine.install.match");
	reading_put(r, "machine.install.diskSelector", selector.root);
}

static void normalise_install(struct reading *r)
{
	const struct value *size = reading_get(r, "machine.install.diskSelector.size");

	normalise_match(r);
	normalise_image(r);
	if (value_text(size))
		put_text(r, "machine.install.diskSelector.size",
			 size_of(r->arena, value_text(size), strlen(value_text(size))));
	if (value_len(reading_get(r, "machine.install.diskSelector")))
		reading_drop(r, "machine.install.disk");
}

static void put_key(struct reading *r, const char *path, const char *key, const char *text)
{
	const struct value *map = reading_get(r, path);

	if (!value_is_map(map))
		map = map_end(map_begin(r->arena));
	if (!value_has(map, key))
		reading_put(r, path, value_set(r->arena, map, key, value_str(r->arena, text)));
}

static void normalise_node(struct reading *r)
{
	bool said = reading_has_kind(r, "KubeNodeConfig");
	bool allowed = flag_at(r, "cluster.allowSchedulingOnControlPlanes") ||
		       flag_at(r, "cluster.allowSchedulingOnMasters");

	if (r->control && !said) {
		put_key(r, "machine.nodeLabels", CONTROL_KEY, "");
		if (!allowed)
			put_key(r, "machine.nodeTaints", CONTROL_KEY, "NoSchedule");
	}
	reading_drop(r, "cluster.allowSchedulingOnControlPlanes");
	reading_drop(r, "cluster.allowSchedulingOnMasters");
}

/* An address of a server is the server, unless there is more to say. */
static void normalise_nameservers(struct reading *r)
{
	static const char path[] = "machine.network.nameservers";
	const struct value *servers = reading_get(r, path);
	struct list_builder *list = list_begin(r->arena);

	for (size_t i = 0; i < value_len(servers); i++) {
		const struct value *server = value_at(servers, i);

		if (value_is_map(server) && value_len(server) == 1)
			server = value_get(server, "address");
		list_add(list, server);
	}
	if (servers)
		reading_put(r, path, list_end(list));
}

static void normalise_time(struct reading *r)
{
	const struct value *servers = reading_get(r, "machine.time.servers");
	struct list_builder *ntp = list_begin(r->arena), *ptp = list_begin(r->arena);
	bool any = false;

	for (size_t i = 0; i < value_len(servers); i++) {
		const char *server = value_text(value_at(servers, i));
		bool device = server && text_starts(server, "/dev/");

		any = any || device;
		list_add(device ? ptp : ntp, value_at(servers, i));
	}
	if (!any)
		return;
	reading_put(r, "machine.time.servers", list_end(ntp));
	reading_put(r, "machine.time.devices", list_end(ptp));
}

static void normalise_hostname(struct reading *r)
{
	if (flag_at(r, "machine.features.stableHostname") &&
	    text_is_blank(text_at(r, "machine.network.hostname")))
		put_text(r, "machine.network.automaticHostname", "stable");
	reading_drop(r, "machine.features.stableHostname");
}

static void normalise_features(struct reading *r)
{
	static const char prism[] = "machine.features.kubePrism";
	static const char access[] = "machine.features.kubernetesTalosAPIAccess";

	if (reading_has_kind(r, "KubePrismConfig"))
		reading_put(r, "machine.features.kubePrism.enabled", value_of_bool(r->arena, true));
	else if (!flag_at(r, "machine.features.kubePrism.enabled"))
		reading_drop(r, prism);
	else if (!reading_get(r, "machine.features.kubePrism.port"))
		put_text(r, "machine.features.kubePrism.port", "7445");
	if (reading_has_kind(r, "KubeTalosAPIAccessConfig"))
		reading_put(r, "machine.features.kubernetesTalosAPIAccess.enabled",
			    value_of_bool(r->arena, true));
	else if (!flag_at(r, "machine.features.kubernetesTalosAPIAccess.enabled"))
		reading_drop(r, access);
}

static void normalise_file(struct reading *r, struct map_builder *out, const char *path,
			   const struct value *file)
{
	const char *operation = value_get_text(file, "op");

	if (text_is_blank(operation) || text_equal(operation, "create"))
		file = value_set(r->arena, file, "op", NULL);
	file = value_set(r->arena, file, "path", NULL);
	if (text_equal(path, CRI_DOCUMENT) || text_equal(path, CRI_PATH)) {
		path = CRI_PATH;
		file = value_set(r->arena, file, "permissions", NULL);
	}
	map_add(out, path, file);
}

static void normalise_files(struct reading *r)
{
	const struct value *files = reading_get(r, "machine.files");
	struct map_builder *out = map_begin(r->arena);

	for (size_t i = 0; i < value_len(files); i++)
		normalise_file(r, out, value_key_at(files, i), value_at(files, i));
	if (files)
		reading_put(r, "machine.files", map_end(out));
}

static void normalise_mounts(struct reading *r)
{
	static const char path[] = "machine.kubelet.extraMounts", below[] = "/var/mnt/";
	const struct value *mounts = reading_get(r, path);
	struct list_builder *list = list_begin(r->arena);

	for (size_t i = 0; i < value_len(mounts); i++) {
		const char *to = value_get_text(value_at(mounts, i), "destination");
		const char *from = value_get_text(value_at(mounts, i), "source");

		if (!to || !text_starts(to, below) || !text_equal(to, from))
			list_add(list, value_at(mounts, i));
	}
	if (mounts)
		reading_put(r, path, list_end(list));
}

void reading_normalise(struct reading *r)
{
	if (!r->control) {
		for (size_t i = 0; i < ARRAY_LEN(control_only); i++)
			reading_drop(r, control_only[i]);
	}
	normalise_install(r);
	normalise_node(r);
	normalise_nameservers(r);
	normalise_time(r);
	normalise_hostname(r);
	normalise_features(r);
	normalise_mounts(r);
	reading_normalise_cluster(r);
	name_elements(r);
	normalise_files(r);
	drop_defaults(r);
}
