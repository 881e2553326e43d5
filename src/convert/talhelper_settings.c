/* The settings of a talconfig's nodes as keys of nodes.yaml and as documents. */
#include "convert/talhelper_parts.h"

#include "base/ip.h"
#include "base/text.h"
#include "cluster/disk.h"
#include "convert/go_template.h"
#include "convert/talhelper_network.h"
#include "render/schema.h"
#include "render/schematic.h"
#include "tree/path.h"

#include <string.h>

#define FIRST_WITH_DOCUMENTS CONTRACT_HOSTNAME_DOCUMENT /* 1.12 */
#define LOAD_BALANCER_LABEL "node.kubernetes.io/exclude-from-external-load-balancers"
#define FILE_NAME_MAX 1024

struct settings {
	struct import *import;
	struct import_node *node;
	struct draft main;
	struct list_builder *documents;
};

static bool is_control(const struct settings *s)
{
	return s->node->role == ROLE_CONTROL;
}

static bool has_documents(const struct settings *s)
{
	return contract_has(&s->import->contract, FIRST_WITH_DOCUMENTS);
}

static const char *where(const struct settings *s, const char *key)
{
	return path_key(s->import->arena, s->node->path, key);
}

static const struct value *typed_main(const struct settings *s, const char *field,
				      const struct value *value, const char *key)
{
	return typed_field(&s->import->typed, SCHEMA_MAIN, field, value, where(s, key));
}

static void put(struct settings *s, const char *path, const struct value *value)
{
	if (!value_is_null(value))
		draft_put(&s->main, path, value);
}

static bool documents_only(const struct settings *s)
{
	return contract_has(&s->import->contract, CONTRACT_DOCUMENTS_ONLY);
}

/* Where a setting is said: in the main document, and since 1.14 in one of its own. */
struct place {
	const char *main, *kind, *path;
};

static void put_at(struct settings *s, const struct place *place, const struct value *value)
{
	struct draft draft;

	if (!documents_only(s)) {
		put(s, place->main, value);
		return;
	}
	draft_start(&draft, s->import->arena, place->kind, NULL);
	draft_put(&draft, place->path, value);
	list_add(s->documents, value_with_src(s->import->arena, draft.root, value_src(value)));
}

static const struct value *list_of(struct arena *arena, const struct texts *first,
				   const struct texts *second)
{
	struct list_builder *list = list_begin(arena);

	for (size_t i = 0; i < first->len; i++)
		list_add(list, first->value[i]);
	for (size_t i = 0; second && i < second->len; i++)
		list_add(list, second->value[i]);
	return list_end(list);
}

static void put_sans(struct settings *s)
{
	static const struct place api_sans = { "cluster.apiServer.certSANs", "KubeAPIServerConfig",
					       "certExtraSANs" };
	const struct talconfig *config = &s->import->config;
	const struct value *machine =
		list_of(s->import->arena, &config->machine_sans, &s->node->from->sans);

	if (value_len(machine))
		put(s, "machine.certSANs", machine);
	if (config->api_sans.len && is_control(s))
		put_at(s, &api_sans, list_of(s->import->arena, &config->api_sans, NULL));
}

static const struct value *deletion(struct arena *arena)
{
	struct map_builder *map = map_begin(arena);

	map_add(map, "$patch", value_str(arena, "delete"));
	return map_end(map);
}

/* Whether two of a list are one for a patch: by a name, or by a selector. */
static bool has_twins(const struct value *list, const char *key, const char *other)
{
	for (size_t i = 0; i < value_len(list); i++) {
		const struct value *item = value_at(list, i);
		const char *by = value_is_null(value_get(item, key)) ? other : key;

		for (size_t k = 0; k < i; k++) {
			const struct value *before = value_at(list, k);

			if (!value_is_null(value_get(item, by)) &&
			    value_equal(value_get(item, by), value_get(before, by)))
				return true;
		}
	}
	return false;
}

static bool have_twins(const struct value *interfaces)
{
	for (size_t i = 0; i < value_len(interfaces); i++)
		if (has_twins(value_get(value_at(interfaces, i), "vlans"), "vlanId", "vlanId"))
			return true;
	return has_twins(interfaces, "interface", "deviceSelector");
}

static void put_old_network(struct settings *s)
{
	const struct value *interfaces = typed_main(s, "machine.network.interfaces",
						    s->node->from->interfaces, "networkInterfaces");
	const struct talconfig_node *from = s->node->from;
	struct arena *arena = s->import->arena;

	if (s->node->stable_hostname)
		put(s, "machine.network.hostname", deletion(arena));
	if (from->nameservers.len)
		put(s, "machine.network.nameservers", list_of(arena, &from->nameservers, NULL));
	if (from->no_search_domain == TRI_TRUE)
		put(s, "machine.network.disableSearchDomain", value_of_bool(arena, true));
	if (have_twins(interfaces))
		s->node->interfaces = interfaces;
	else
		put(s, "machine.network.interfaces", interfaces);
}

/* Nodes have names in small letters here, Talos takes capitals. */
static void put_hostname(struct settings *s)
{
	const char *hostname = s->node->from->hostname;
	struct arena *arena = s->import->arena;
	struct draft draft;

	if (s->node->stable_hostname || strcmp(hostname, s->node->name) == 0)
		return;
	if (!has_documents(s)) {
		put(s, "machine.network.hostname", value_get(s->node->from->raw, "hostname"));
		return;
	}
	draft_start(&draft, arena, "HostnameConfig", NULL);
	draft_text(&draft, "hostname", hostname);
	list_add(s->documents, value_with_src(arena, draft.root,
					      talconfig_place(s->node->from, "hostname")));
}

static void add_resolver(struct settings *s)
{
	const struct talconfig_node *from = s->node->from;
	struct arena *arena = s->import->arena;
	struct list_builder *servers = list_begin(arena);
	bool quiet = from->no_search_domain == TRI_TRUE;
	struct draft draft;

	if (!from->nameservers.len && !quiet)
		return;
	draft_start(&draft, arena, "ResolverConfig", NULL);
	for (size_t i = 0; i < from->nameservers.len; i++) {
		struct draft server = { .arena = arena };

		draft_put(&server, "address", from->nameservers.value[i]);
		list_add(servers, server.root);
	}
	if (from->nameservers.len)
		draft_put(&draft, "nameservers", list_end(servers));
	draft_flag(&draft, "searchDomains.disableDefault", quiet);
	list_add(s->documents,
		 value_with_src(arena, draft.root, talconfig_place(from, "nameservers")));
}

/* What talhelper takes over into a document. */
struct known_kind {
	const char *kind;
	const char *const *keys;
};

static const char *const action_keys[] = { "apiVersion", "kind", "ingress", NULL };
static const char *const rule_keys[] = { "name", "portSelector", "ingress", NULL };
static const char *const service_keys[] = { "name", "configFiles", "environment", NULL };
static const char *const volume_keys[] = { "name", "provisioning", "encryption", NULL };
static const char *const user_volume_keys[] = { "name", "volumeType", "provisioning",
						"filesystem", "encryption", NULL };
static const struct known_kind action_kind = { "NetworkDefaultActionConfig", action_keys };
static const struct known_kind rule_kind = { "NetworkRuleConfig", rule_keys };
static const struct known_kind service_kind = { "ExtensionServiceConfig", service_keys };
static const struct known_kind volume_kind = { "VolumeConfig", volume_keys };
static const struct known_kind user_volume_kind = { "UserVolumeConfig", user_volume_keys };

static void add_document(struct settings *s, const struct known_kind *kind,
			 const struct value *value, const char *path)
{
	const struct value *document =
		typed_document(&s->import->typed, kind->kind, kind->keys, value, path);

	if (document)
		list_add(s->documents, value_with_src(s->import->arena, document,
						      value_src(value)));
}

static bool is_named_before(const struct value *list, size_t index)
{
	const char *name = value_get_text(value_at(list, index), "name");

	for (size_t i = 0; name && i < index; i++)
		if (text_equal(value_get_text(value_at(list, i), "name"), name))
			return true;
	return false;
}

/* A list of things with names. */
static void add_each(struct settings *s, const struct known_kind *kind, const struct value *list,
		     const char *path)
{
	for (size_t i = 0; i < value_len(list); i++) {
		const struct value *value = value_at(list, i);
		const char *at = path_index(s->import->arena, path, i);
		const char *name = value_get_text(value, "name");

		add_document(s, kind, value, at);
		if (findings_have(s->import->findings, "bad-name", value_src(value)))
			continue;
		if (text_is_blank(name))
			finding_add(s->import->findings, FINDING_ERROR, "bad-name",
				    value_src(value), at, "%s has no name", at);
		else if (is_named_before(list, i))
			finding_add(s->import->findings, FINDING_ERROR, "bad-name",
				    value_src(value), at, "there are two called %s", name);
	}
}

static void add_firewall(struct settings *s)
{
	const struct value *firewall = s->node->from->firewall;
	const struct value *rules = value_get(firewall, "rules");
	const char *path = where(s, "ingressFirewall");
	struct draft action;

	if (!firewall)
		return;
	draft_start(&action, s->import->arena, "NetworkDefaultActionConfig", NULL);
	if (value_get(firewall, "defaultAction"))
		draft_put(&action, "ingress", value_get(firewall, "defaultAction"));
	else
		draft_text(&action, "ingress", "accept");
	add_document(s, &action_kind,
		     value_with_src(s->import->arena, action.root, value_src(firewall)), path);
	path = path_key(s->import->arena, path, "rules");
	add_each(s, &rule_kind, rules, path);
}

static void add_documents(struct settings *s)
{
	const struct talconfig_node *from = s->node->from;

	if (has_documents(s))
		add_resolver(s);
	add_firewall(s);
	add_each(s, &service_kind, from->services, where(s, "extensionServices"));
	add_each(s, &volume_kind, from->volumes, where(s, "volumes"));
	add_each(s, &user_volume_kind, from->user_volumes, where(s, "userVolumes"));
	if (has_documents(s))
		talhelper_network(&s->import->typed,
				  typed_main(s, "machine.network.interfaces", from->interfaces,
					     "networkInterfaces"),
				  where(s, "networkInterfaces"), s->documents);
}

/* The text that a file of the folder puts in place of "@file". */
static int take_content(struct settings *s, const struct value *item, const char *key,
			const struct value **out, struct err *err)
{
	struct import *import = s->import;
	const struct value *value = value_get(item, key);
	const char *text = value_text(value);
	struct source_text file;

	*out = value;
	if (!text || text[0] != '@')
		return 0;
	if (talhelper_source_mentioned(&import->source, value, &file, err) < 0)
		return -1;
	if (!value_bool(value_get(item, "skipEnvsubst"), false) &&
	    talhelper_source_text(&import->source, &file, &file, err) < 0) {
		err_hint(err, "a file that is no YAML needs skipEnvsubst: true");
		return -1;
	}
	*out = value_with_src(import->arena, value_strn(import->arena, file.text, file.len),
			      value_src(value));
	if (file.secret)
		*out = value_with_sensitive(import->arena, *out);
	return 0;
}

/* A list of maps whose `key` may be "@file"; NULL when there is none. */
static int take_contents(struct settings *s, const struct value *list, const char *key,
			 const struct value **out, struct err *err)
{
	struct arena *arena = s->import->arena;
	struct list_builder *made = list_begin(arena);

	*out = NULL;
	for (size_t i = 0; i < value_len(list); i++) {
		const struct value *item = value_at(list, i), *content;

		if (take_content(s, item, key, &content, err) < 0)
			return -1;
		if (content)
			item = value_set(arena, item, key, content);
		if (value_has(item, "skipEnvsubst"))
			item = value_set(arena, item, "skipEnvsubst", NULL);
		list_add(made, item);
	}
	list_src(made, value_src(list));
	if (value_len(list))
		*out = list_end(made);
	return 0;
}

static int put_files(struct settings *s, struct err *err)
{
	const struct value *files, *manifests;

	if (take_contents(s, s->node->from->files, "content", &files, err) < 0 ||
	    take_contents(s, s->import->config.manifests, "contents", &manifests, err) < 0)
		return -1;
	put(s, "machine.files", typed_main(s, "machine.files", files, "machineFiles"));
	put(s, "cluster.inlineManifests",
	    typed_field(&s->import->typed, SCHEMA_MAIN, "cluster.inlineManifests", manifests,
			"inlineManifests"));
	return 0;
}

#define FAMILY_4 1U
#define FAMILY_6 2U

/* The families of networks in their usual spelling, without host bits, at most one of each; 0 for
 * any others. */
static unsigned plain_families(const struct texts *nets)
{
	struct ip_prefix prefix;
	char normal[IP_TEXT_MAX];
	unsigned families = nets->len ? 0 : FAMILY_4;

	for (size_t i = 0; i < nets->len; i++) {
		unsigned family;

		if (!ip_prefix_parse(nets->at[i], &prefix) || ip_prefix_has_host_bits(&prefix) ||
		    strcmp(ip_prefix_text(&prefix, normal), nets->at[i]) != 0)
			return 0;
		family = prefix.base.family == 4 ? FAMILY_4 : FAMILY_6;
		if (families & family)
			return 0;
		families |= family;
	}
	return families;
}

/* Keys of cluster.yaml take networks of the same families for pods and for services. */
static bool are_plain_nets(const struct talconfig *config)
{
	unsigned pods = plain_families(&config->pod_nets);

	return pods && pods == plain_families(&config->service_nets);
}

static const struct value *nets_of(const struct settings *s, const struct texts *nets,
				   const char *standard)
{
	struct list_builder *list = list_begin(s->import->arena);

	if (nets->len)
		return list_of(s->import->arena, nets, NULL);
	list_add(list, value_str(s->import->arena, standard));
	return list_end(list);
}

static void put_nets(struct settings *s)
{
	static const struct place pods = { "cluster.network.podSubnets", "KubeNetworkConfig",
					   "podSubnets" };
	static const struct place services = { "cluster.network.serviceSubnets",
					       "KubeNetworkConfig", "serviceSubnets" };
	const struct talconfig *config = &s->import->config;

	if (s->import->net_keys)
		return;
	put_at(s, &pods, nets_of(s, &config->pod_nets, TALCONFIG_POD_NET));
	put_at(s, &services, nets_of(s, &config->service_nets, TALCONFIG_SERVICE_NET));
}

/* The options of flannel, or manifests in place of it. */
static void add_cni(struct settings *s, const struct value *cni)
{
	const struct value *flannel = value_get(cni, "flannel"), *urls = value_get(cni, "urls");
	struct arena *arena = s->import->arena;
	struct draft draft;

	if (!is_control(s))
		return;
	if (flannel) {
		draft_start(&draft, arena, "KubeFlannelCNIConfig", NULL);
		for (size_t i = 0; i < value_len(flannel); i++)
			draft_put(&draft, value_key_at(flannel, i), value_at(flannel, i));
		list_add(s->documents, draft.root);
	}
	for (size_t i = 0; i < value_len(urls); i++) {
		draft_start(&draft, arena, "KubeExternalManifestConfig",
			    i ? arena_printf(arena, "custom-cni-%zu", i) : "custom-cni");
		draft_put(&draft, "url", value_at(urls, i));
		list_add(s->documents, draft.root);
	}
}

static void put_cluster(struct settings *s)
{
	static const struct place domain = { "cluster.network.dnsDomain", "KubeNetworkConfig",
					     "dnsDomain" };
	static const struct place endpoint = { "cluster.controlPlane.endpoint",
					       "KubeClusterConfig", "endpoint" };
	const struct talconfig *config = &s->import->config;
	const struct value *cni = typed_field(&s->import->typed, SCHEMA_MAIN,
					      "cluster.network.cni", config->cni, "cniConfig");
	const char *name = value_get_text(cni, "name");

	if (!documents_only(s) && strcmp(s->import->name, config->name) != 0)
		put(s, "cluster.clusterName", value_get(config->raw, "clusterName"));
	if (!text_is_blank(config->domain) && strcmp(config->domain, "cluster.local") != 0)
		put_at(s, &domain, value_get(config->raw, "domain"));
	if (documents_only(s))
		add_cni(s, cni);
	else if (cni && (value_len(cni) > 1 || !text_equal(name, "none")))
		put(s, "cluster.network.cni", cni);
	if (strpbrk(config->endpoint + strlen("https://"), "/?#") ||
	    !talconfig_has_port(config->endpoint))
		put_at(s, &endpoint, value_get(config->raw, "endpoint"));
}

/* Names alone are a key of nodes.yaml. */
static void take_modules(struct settings *s)
{
	const struct value *modules = typed_main(s, "machine.kernel.modules",
						 s->node->from->modules, "kernelModules");
	struct list_builder *names = list_begin(s->import->arena);

	for (size_t i = 0; i < value_len(modules); i++) {
		if (value_len(value_get(value_at(modules, i), "parameters"))) {
			put(s, "machine.kernel.modules", modules);
			return;
		}
		list_add(names, value_get(value_at(modules, i), "name"));
	}
	if (value_len(modules))
		s->node->modules = list_end(names);
}

static void take_disk(struct settings *s)
{
	const struct talconfig_node *from = s->node->from;
	const struct value *selector = typed_main(s, "machine.install.diskSelector",
						  from->disk_selector, "installDiskSelector");
	struct disk disk;

	if (!text_is_blank(from->disk)) {
		s->node->disk = value_get(from->raw, "installDisk");
		if (from->disk[0] != '/')
			finding_add(s->import->findings, FINDING_ERROR, "bad-disk",
				    value_src(s->node->disk), where(s, "installDisk"),
				    "the disk to install on must be a path, not \"%s\"",
				    from->disk);
		put(s, "machine.install.diskSelector", selector);
	} else if (selector && disk_read(selector, where(s, "installDiskSelector"), &disk,
					 s->import->findings)) {
		s->node->disk = selector;
	}
}

/* What a workspace makes of the schematic by itself since 1.14. */
static const char *usual_installer(const struct settings *s)
{
	const struct talhelper_image *image = &s->node->image;

	return arena_printf(s->import->arena, "%s/metal-installer%s/%s:%s", SCHEMATIC_HOST,
			    image->secureboot ? "-secureboot" : "", image->id, s->import->talos);
}

/* A patch of that document must repeat the expression, or Talos drops it. */
static void add_installer(struct settings *s)
{
	const char *disk = s->node->from->disk;
	struct arena *arena = s->import->arena;
	struct draft draft;

	if (strcmp(usual_installer(s), s->node->image.installer) == 0)
		return;
	draft_start(&draft, arena, "UnattendedInstallConfig", NULL);
	draft_text(&draft, "installer.image", s->node->image.installer);
	if (!text_is_blank(disk))
		draft_text(&draft, "provisioning.diskSelector.match",
			   arena_printf(arena, "disk.dev_path == \"%s\"", disk));
	list_add(s->documents,
		 value_with_src(arena, draft.root, value_src(s->node->from->raw)));
}

static void put_image(struct settings *s)
{
	const struct talhelper_image *image = &s->node->image;
	struct arena *arena = s->import->arena;
	const struct value *installer = value_str(arena, image->installer);

	if (documents_only(s)) {
		add_installer(s);
		return;
	}
	put(s, "machine.install.image",
	    value_with_src(arena, installer, value_src(s->node->from->raw)));
	if (has_documents(s) || s->node->from->spec.uki == TRI_TRUE || !image->kernel_args.len)
		return;
	put(s, "machine.install.extraKernelArgs", list_of(arena, &image->kernel_args, NULL));
}

/* talhelper's labels stand in place of those that are generated. */
static void take_labels(struct settings *s)
{
	const struct talconfig_node *from = s->node->from;
	struct arena *arena = s->import->arena;
	struct map_builder *map = map_begin(arena);

	s->node->labels = typed_main(s, "machine.nodeLabels", from->labels, "nodeLabels");
	s->node->annotations = typed_main(s, "machine.nodeAnnotations", from->annotations,
					  "nodeAnnotations");
	s->node->taints = typed_main(s, "machine.nodeTaints", from->taints, "nodeTaints");
	if (!from->labels || !is_control(s) || documents_only(s) ||
	    value_has(from->labels, LOAD_BALANCER_LABEL) ||
	    !contract_has(&s->import->contract, CONTRACT_LOAD_BALANCER_LABEL))
		return;
	map_add(map, LOAD_BALANCER_LABEL, deletion(arena));
	put(s, "machine.nodeLabels", map_end(map));
}

static const char *next_address(struct arena *arena, const char **text)
{
	const char *rest = *text + strspn(*text, " ,");
	size_t len = strcspn(rest, ",");

	*text = rest + len;
	while (len && rest[len - 1] == ' ')
		len--;
	return len ? arena_strn(arena, rest, len) : NULL;
}

/* Addresses; names only where there is none. */
static void take_addresses(struct settings *s)
{
	const char *text = s->node->from->address, *one;
	struct arena *arena = s->import->arena;
	struct str names SCOPED(str_done) = STR_INIT(FILE_NAME_MAX);
	const char **name = arena_calloc(arena, strlen(text) + 1, sizeof(*name));
	size_t count = 0;
	struct ip ip;

	s->node->address = arena_calloc(arena, strlen(text) + 1, sizeof(*s->node->address));
	while ((one = next_address(arena, &text))) {
		if (ip_parse(one, &ip)) {
			s->node->address[s->node->addresses++] = one;
			continue;
		}
		str_addf(&names, "%s%s", count ? ", " : "", one);
		name[count++] = one;
	}
	if (!s->node->addresses && !count) {
		finding_add(s->import->findings, FINDING_ERROR, "bad-address",
			    talconfig_place(s->node->from, "ipAddress"), where(s, "ipAddress"),
			    "%s has no address", s->node->from->hostname);
	} else if (!s->node->addresses) {
		s->node->address = name;
		s->node->addresses = count;
	} else if (count) {
		finding_add(s->import->findings, FINDING_WARNING, "name-as-address",
			    talconfig_place(s->node->from, "ipAddress"), where(s, "ipAddress"),
			    "left out, as a node is reached by address: %s", str_text(&names));
	}
}

static int take_output(struct settings *s, struct err *err)
{
	const struct talconfig_node *from = s->node->from;
	struct str text SCOPED(str_done) = STR_INIT(FILE_NAME_MAX);
	struct arena *arena = s->import->arena;
	struct map_builder *map = map_begin(arena);
	struct src src = talconfig_place(from, "filenameTmpl");
	struct go_template template = { .file = src.file,
					.line = src.line,
					.column = src.column,
					.text = from->file_name,
					.strict = true,
					.plain = true };

	if (text_is_blank(template.text))
		template.text = "{{ .ClusterName }}-{{ .Hostname }}.yaml";
	template.len = strlen(template.text);
	map_add(map, "ClusterName", value_str(arena, s->import->config.name));
	map_add(map, "Hostname", value_str(arena, from->hostname));
	map_add(map, "IPAddress", value_str(arena, from->address));
	map_add(map, "Role", value_str(arena, role_name(s->node->role)));
	template.data = map_end(map);
	if (go_template_render(arena, &template, &text, err) < 0)
		return -1;
	s->node->output = arena_str(arena, str_text(&text));
	return 0;
}

static const char *lower_case(struct arena *arena, const char *text)
{
	char *lower = arena_str(arena, text);

	for (char *c = lower; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	return lower;
}

/* A name that cluster.yaml takes; what talhelper has is a patch where it is another one. */
static const char *plain_name(struct arena *arena, const char *text)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._-";
	char *name = arena_str(arena, text);

	for (char *c = name; *c; c++)
		if (!strchr(letters, *c))
			*c = '-';
	return name[0] == '.' || name[0] == '-' ? arena_printf(arena, "cluster%s", name) : name;
}

static int take_node(struct import *import, size_t index, struct err *err)
{
	struct import_node *node = &import->node[index];
	struct settings settings = { .import = import,
				     .node = node,
				     .main = { .arena = import->arena },
				     .documents = list_begin(import->arena) };
	struct settings *s = &settings;

	node->from = &import->config.node[index];
	node->role = talconfig_role(node->from);
	node->path = path_index(import->arena, "nodes", index);
	node->name = lower_case(import->arena, node->from->hostname);
	node->stable_hostname = node->from->ignore_hostname == TRI_TRUE;
	import_check(import, node);
	if (talhelper_image_of(import->arena, &import->config, node->from, &node->image,
			       import->findings) < 0)
		return 0;
	take_addresses(s);
	put_sans(s);
	if (!has_documents(s))
		put_old_network(s);
	put_hostname(s);
	take_disk(s);
	put(s, "machine.disks",
	    typed_main(s, "machine.disks", node->from->disks, "machineDisks"));
	take_modules(s);
	put_image(s);
	take_labels(s);
	put_cluster(s);
	put_nets(s);
	if (put_files(s, err) < 0 || take_output(s, err) < 0)
		return -1;
	add_documents(s);
	node->main = s->main.root;
	node->documents = list_end(s->documents);
	return 0;
}

/* Documents of a group are read, for their types, also where no node takes them. */
static void read_group_documents(struct import *import, const struct value *group,
				 const char *path)
{
	const struct {
		const struct known_kind *kind;
		const char *key;
		const struct value *list;
	} lists[] = {
		{ &rule_kind, "ingressFirewall.rules",
		  value_get(value_get(group, "ingressFirewall"), "rules") },
		{ &service_kind, "extensionServices", value_get(group, "extensionServices") },
		{ &volume_kind, "volumes", value_get(group, "volumes") },
		{ &user_volume_kind, "userVolumes", value_get(group, "userVolumes") },
	};

	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		const char *at = arena_printf(import->arena, "%s.%s", path, lists[i].key);

		for (size_t k = 0; k < value_len(lists[i].list); k++)
			(void)typed_document(&import->typed, lists[i].kind->kind,
					     lists[i].kind->keys, value_at(lists[i].list, k),
					     path_index(import->arena, at, k));
	}
}

int import_settings(struct import *import, struct err *err)
{
	import->name = plain_name(import->arena, import->config.name);
	import->net_keys = are_plain_nets(&import->config);
	import_check_groups(import);
	read_group_documents(import, import->config.group[ROLE_CONTROL], "controlPlane");
	read_group_documents(import, import->config.group[ROLE_WORKER], "worker");
	import->node = arena_calloc(import->arena, import->config.count + 1,
				    sizeof(*import->node));
	for (size_t i = 0; i < import->config.count; i++)
		if (take_node(import, i, err) < 0)
			return -1;
	return findings_err(import->findings, err);
}

static int fill_map(struct import *import, const struct import_node *node,
		    const struct value **map, bool *changed, struct err *err)
{
	for (size_t i = 0; i < value_len(*map); i++) {
		const struct value *value = value_at(*map, i);
		struct source_text text = { .text = value_text(value),
					    .len = value_text_len(value) };

		if (!text.text || !go_template_is(text.text))
			continue;
		if (import_template(import, node, &text, value_src(value), &text, err) < 0)
			return -1;
		*map = value_set(import->arena, *map, value_key_at(*map, i),
				 value_strn(import->arena, text.text, text.len));
		*changed = true;
	}
	return 0;
}

int import_map_templates(struct import *import, struct import_node *node, bool *changed,
			 struct err *err)
{
	if (fill_map(import, node, &node->labels, changed, err) < 0)
		return -1;
	return fill_map(import, node, &node->annotations, changed, err);
}
