#include "sim/sim_config.h"

#include "base/str.h"
#include "base/text.h"
#include "tree/yaml.h"

#include <string.h>

#define DIFF_MAX ((size_t)4 << 20) /* bytes */
#define DIFF_CONTEXT 3

/* ---- reading --------------------------------------------------------------------------------- */

static const struct value *at_path(const struct value *value, const char *const *keys)
{
	for (; *keys; keys++)
		value = value_get(value, *keys);
	return value;
}

#define AT(value, ...) at_path(value, (const char *const[]){ __VA_ARGS__, NULL })

static const char *text_or(const struct value *value, const char *otherwise)
{
	const char *text = value_text(value);

	return text ? text : otherwise;
}

/* A PEM text that the config holds as base64; NULL when there is none. */
static const char *pem_at(struct arena *arena, const struct value *pair, const char *key)
{
	const char *text = value_get_text(pair, key);
	size_t len;

	if (!text || !*text)
		return NULL;

	const unsigned char *pem = base64_decode(arena, text, &len);

	return pem && len ? arena_strn(arena, (const char *)pem, len) : NULL;
}

static const char *accepted_of(struct arena *arena, const struct sim_config *config,
			       const struct value *list)
{
	const char *text = config->ca.cert ? config->ca.cert : "";

	for (size_t i = 0; i < value_len(list); i++) {
		const char *more = pem_at(arena, value_at(list, i), "crt");

		if (more)
			text = arena_printf(arena, "%s\n%s", text, more);
	}
	return text;
}

static const char *const *texts_of(struct arena *arena, const struct value *list)
{
	const char **texts = arena_calloc(arena, value_len(list) + 1, sizeof(*texts));

	for (size_t i = 0; i < value_len(list); i++)
		texts[i] = arena_str(arena, text_or(value_at(list, i), ""));
	return texts;
}

static const char *interface_vip(const struct value *machine)
{
	const struct value *list = AT(machine, "network", "interfaces");

	for (size_t i = 0; i < value_len(list); i++) {
		const struct value *entry = value_at(list, i);
		const char *ip = value_text(AT(entry, "vip", "ip"));

		if (ip)
			return ip;
		const struct value *vlans = value_get(entry, "vlans");

		for (size_t k = 0; k < value_len(vlans); k++) {
			ip = value_text(AT(value_at(vlans, k), "vip", "ip"));
			if (ip)
				return ip;
		}
	}
	return "";
}

/* "10.0.0.1/24", or a map that has it under `address`. */
static void add_addresses(struct sim_config *config, const struct value *list)
{
	for (size_t i = 0; i < value_len(list); i++) {
		const struct value *entry = value_at(list, i);
		const char *text = value_is_map(entry) ? value_get_text(entry, "address")
						       : value_text(entry);

		if (text)
			config->addresses = arena_printf(config->arena, "%s%.*s ",
							 config->addresses,
							 (int)strcspn(text, "/"), text);
	}
}

static void add_interfaces(struct sim_config *config, const struct value *list)
{
	for (size_t i = 0; i < value_len(list); i++) {
		const struct value *vlans = value_get(value_at(list, i), "vlans");

		add_addresses(config, value_get(value_at(list, i), "addresses"));
		for (size_t k = 0; k < value_len(vlans); k++)
			add_addresses(config, value_get(value_at(vlans, k), "addresses"));
	}
}

/* System volumes that are folders below /var unless a document gives them a partition. */
static bool is_apart(const struct sim_config *config, const struct document *document)
{
	static const char *const ids[] = { "ETCD", "CRI", "KUBELET", "LOG" };

	if (config->release < RELEASE_1_14 || !value_has(document->value, "provisioning"))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(ids); i++)
		if (!strcmp(ids[i], document->name))
			return true;
	return false;
}

/* NULL: the document asks for no partition of its own. */
static const char *volume_prefix(const struct sim_config *config, const struct document *document)
{
	static const struct {
		const char *kind, *prefix;
	} rows[] = {
		{ "UserVolumeConfig", "u-" },
		{ "RawVolumeConfig", "r-" },
		{ "SwapVolumeConfig", "s-" },
	};

	if (!strcmp(document->kind, "VolumeConfig"))
		return is_apart(config, document) ? "" : NULL;
	if (!strcmp(text_or(value_get(document->value, "volumeType"), ""), "directory"))
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (!strcmp(rows[i].kind, document->kind))
			return rows[i].prefix;
	return NULL;
}

static void read_volume(struct sim_config *config, const struct document *document)
{
	const char *prefix = volume_prefix(config, document);
	const struct value *match = AT(document->value, "provisioning", "diskSelector");

	if (!prefix)
		return;
	config->volume[config->volumes++] = (struct sim_volume){
		arena_printf(config->arena, "%s%s", prefix, document->name),
		arena_str(config->arena, text_or(value_get(match, "match"), "")),
	};
}

static const char *tag_of(const char *image)
{
	const char *colon = image ? strrchr(image, ':') : NULL;

	return colon && !strchr(colon, '/') ? colon + 1 : "";
}

static void read_vip(struct sim_config *config, const struct document *document)
{
	config->vip = document->name;
}

static void read_hostname(struct sim_config *config, const struct document *document)
{
	config->hostname = text_or(value_get(document->value, "hostname"), config->hostname);
}

static void read_kube_cluster(struct sim_config *config, const struct document *document)
{
	config->cluster_name = text_or(value_get(document->value, "clusterName"), "");
	config->endpoint = text_or(value_get(document->value, "endpoint"), "");
}

static void read_discovery_identity(struct sim_config *config, const struct document *document)
{
	config->cluster_id = text_or(value_get(document->value, "clusterID"), "");
	config->cluster_secret = text_or(value_get(document->value, "clusterSecret"), "");
}

static void read_discovery_service(struct sim_config *config, const struct document *document)
{
	(void)document;
	config->discovery = true;
}

static void read_kubelet(struct sim_config *config, const struct document *document)
{
	config->kubernetes = tag_of(value_get_text(document->value, "image"));
}

/* Where documents say what the network is, no plugin is what they do not name. */
static void read_kube_network(struct sim_config *config, const struct document *document)
{
	(void)document;
	if (!config->flannel)
		config->cni = "none";
}

static void read_flannel(struct sim_config *config, const struct document *document)
{
	(void)document;
	config->flannel = true;
	config->cni = "flannel";
}

static void read_kube_ca(struct sim_config *config, const struct document *document)
{
	const struct value *ca = value_get(document->value, "issuingCA");

	config->kubernetes_ca.cert = arena_str(config->arena, value_get_text(ca, "cert"));
	config->kubernetes_ca.key = arena_str(config->arena, value_get_text(ca, "key"));
}

static void read_install(struct sim_config *config, const struct document *document)
{
	config->install_image = text_or(AT(document->value, "installer", "image"), "");
	config->install_selector = AT(document->value, "provisioning", "diskSelector", "match");
	config->unattended = true;
}

/* What a document says that the main one does not, or says no longer. */
static void read_documents(struct sim_config *config, const struct config *documents)
{
	static const struct {
		const char *kind;
		void (*read)(struct sim_config *config, const struct document *document);
	} rows[] = {
		{ "DiscoveryIdentityConfig", read_discovery_identity },
		{ "DiscoveryServiceConfig", read_discovery_service },
		{ "HostnameConfig", read_hostname },
		{ "KubeAPIServerCAConfig", read_kube_ca },
		{ "KubeClusterConfig", read_kube_cluster },
		{ "KubeFlannelCNIConfig", read_flannel },
		{ "KubeNetworkConfig", read_kube_network },
		{ "KubeletConfig", read_kubelet },
		{ "Layer2VIPConfig", read_vip },
		{ "RawVolumeConfig", read_volume },
		{ "SwapVolumeConfig", read_volume },
		{ "UnattendedInstallConfig", read_install },
		{ "UserVolumeConfig", read_volume },
		{ "VolumeConfig", read_volume },
	};

	config->volume = arena_calloc(config->arena, documents->len + 1, sizeof(*config->volume));
	for (size_t i = 0; i < documents->len; i++)
		for (size_t k = 0; k < ARRAY_LEN(rows); k++)
			if (!strcmp(rows[k].kind, documents->at[i].kind))
				rows[k].read(config, &documents->at[i]);
	for (size_t i = 0; i < documents->len; i++)
		add_addresses(config, value_get(documents->at[i].value, "addresses"));
}

static void read_machine(struct sim_config *config, const struct value *machine)
{
	const struct value *ca = value_get(machine, "ca");

	config->control = !strcmp(text_or(value_get(machine, "type"), "worker"), "controlplane");
	config->hostname = text_or(AT(machine, "network", "hostname"), "");
	config->ca.cert = pem_at(config->arena, ca, "crt");
	config->ca.key = pem_at(config->arena, ca, "key");
	config->accepted = accepted_of(config->arena, config, value_get(machine, "acceptedCAs"));
	config->sans = texts_of(config->arena, value_get(machine, "certSANs"));
	config->install_disk = text_or(AT(machine, "install", "disk"), "");
	config->install_selector = AT(machine, "install", "diskSelector");
	config->install_image = text_or(AT(machine, "install", "image"), "");
	config->vip = interface_vip(machine);
	config->addresses = " ";
	add_interfaces(config, AT(machine, "network", "interfaces"));
	config->kubernetes = tag_of(value_text(AT(machine, "kubelet", "image")));
}

static void read_cluster(struct sim_config *config, const struct value *cluster)
{
	const struct value *ca = value_get(cluster, "ca");

	config->cluster_id = text_or(value_get(cluster, "id"), "");
	config->cluster_secret = text_or(value_get(cluster, "secret"), "");
	config->cluster_name = text_or(value_get(cluster, "clusterName"), "");
	config->endpoint = text_or(AT(cluster, "controlPlane", "endpoint"), "");
	config->cni = text_or(AT(cluster, "network", "cni", "name"), "flannel");
	config->discovery = value_bool(AT(cluster, "discovery", "enabled"), false);
	config->kubernetes_ca.cert = pem_at(config->arena, ca, "crt");
	config->kubernetes_ca.key = pem_at(config->arena, ca, "key");
}

/* ---- what a node refuses --------------------------------------------------------------------- */

static bool has_key(const struct value *pair)
{
	const char *key = value_get_text(pair, "key");

	return key && *key;
}

static bool is_known_type(const char *type)
{
	return !strcmp(type, "controlplane") || !strcmp(type, "worker");
}

static void check_worker(const struct value *root, struct str *problems)
{
	static const struct {
		const char *part, *key, *text;
	} keys[] = {
		{ "machine", "ca",
		  "issuing Talos API CA key is not allowed on non-controlplane nodes "
		  "(.machine.ca)" },
		{ "cluster", "ca",
		  "issuing Kubernetes API CA key is not allowed on non-controlplane nodes "
		  "(.cluster.ca)" },
	};

	if (value_has(value_get(root, "cluster"), "etcd"))
		str_add(problems, "\t* etcd config is only allowed on control plane machines\n");
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		if (has_key(AT(root, keys[i].part, keys[i].key)))
			str_addf(problems, "\t* %s\n", keys[i].text);
	}
}

static void check_config(const struct sim_config *config, const struct value *root,
			 struct str *problems)
{
	const char *type = text_or(AT(root, "machine", "type"), "");

	if (!text_starts(config->endpoint, "https://") || !config->endpoint[strlen("https://")])
		str_add(problems,
			"\t* invalid controlplane endpoint: hostname must not be blank\n");
	if (!is_known_type(type))
		str_addf(problems, "\t* unknown machine type \"%.40s\"\n", type);
	if (!config->ca.cert || (config->control && !config->ca.key))
		str_add(problems, "\t* issuing Talos API CA certificate is missing or incomplete "
				  "(.machine.ca)\n");
	if (!config->control)
		check_worker(root, problems);
	if (config->unattended)
		return;
	if (!value_has(value_get(root, "machine"), "install"))
		str_add(problems, "\t* install instructions are required in \"metal\" mode\n");
	else if (!config->install_disk[0] && !value_len(config->install_selector))
		str_add(problems, "\t* either install disk or diskSelector should be defined\n");
}

static size_t count_lines(const char *text)
{
	size_t count = 0;

	for (; (text = strchr(text, '\n')); text++)
		count++;
	return count;
}

static int validate(const struct sim_config *config, const struct value *root, struct err *err)
{
	struct str problems SCOPED(str_done) = STR_INIT(2000);

	check_config(config, root, &problems);
	if (!problems.len)
		return 0;

	size_t count = count_lines(str_text(&problems));

	return err_set(err, ERR_INPUT,
		       "1 error occurred:\n\t* v1alpha1.Config: %zu error%s occurred:\n%s\n\n\n",
		       count, count == 1 ? "" : "s", str_text(&problems));
}

static const size_t text_fields[] = {
	offsetof(struct sim_config, hostname),
	offsetof(struct sim_config, install_disk),
	offsetof(struct sim_config, install_image),
	offsetof(struct sim_config, vip),
	offsetof(struct sim_config, cluster_id),
	offsetof(struct sim_config, cluster_secret),
	offsetof(struct sim_config, cluster_name),
	offsetof(struct sim_config, endpoint),
	offsetof(struct sim_config, cni),
	offsetof(struct sim_config, kubernetes),
};

/* The parsed trees are many times the text: only what is needed later is kept. */
static void keep_fields(struct sim_config *config)
{
	for (size_t i = 0; i < ARRAY_LEN(text_fields); i++) {
		const char **text = (const char **)(void *)((char *)config + text_fields[i]);

		*text = arena_str(config->arena, *text);
	}
	if (config->install_selector)
		config->install_selector = value_copy(config->arena, config->install_selector);
}

static int read_text(struct sim_config *config, struct err *err)
{
	struct arena *arena OWNED(arena_free) = arena_new("parsed config");
	const struct config_input input = { "config", config->text, config->len, config->release };
	const struct yaml_input yaml = { "config", config->text, config->len, NULL, true };
	struct yaml_documents documents;
	struct config parsed;
	struct err cause = ERR_INIT;

	if (yaml_read(arena, &yaml, &documents, &cause) < 0)
		return err_set(err, ERR_INPUT, "decode error: yaml: line %u: %s", cause.line,
			       cause.text);
	if (!documents.len)
		return err_set(err, ERR_INPUT, "config not found");
	if (config_read(arena, &input, &parsed, &cause) < 0)
		return err_set(err, ERR_INPUT, "error decoding document (line %u): %s", cause.line,
			       cause.text);

	const struct document *main = config_find(&parsed, "v1alpha1", "");

	config->complete = main != NULL;
	read_machine(config, main ? value_get(main->value, "machine") : NULL);
	read_cluster(config, main ? value_get(main->value, "cluster") : NULL);
	read_documents(config, &parsed);
	keep_fields(config);
	return main ? validate(config, main->value, err) : 0;
}

int sim_config_read(const char *text, size_t len, enum release release, struct sim_config **out,
		    struct err *err)
{
	struct arena *arena = arena_new("simulated config");
	struct sim_config *config OWNED(sim_config_free) =
		arena_alloc(arena, sizeof(*config));

	config->arena = arena;
	config->text = arena_strn(arena, text ? text : "", len);
	config->len = len;
	config->release = release;
	if (read_text(config, err) < 0)
		return -1;
	*out = take(config);
	return 0;
}

void sim_config_free(struct sim_config *config)
{
	if (config)
		arena_free(config->arena);
}

bool sim_config_same_cluster(const struct sim_config *a, const struct sim_config *b)
{
	return !strcmp(a->cluster_id, b->cluster_id) &&
	       !strcmp(a->cluster_secret, b->cluster_secret);
}

/* ---- what a change takes --------------------------------------------------------------------- */

static const char *const hot_machine[] = {
	"ca", "acceptedCAs", "time", "certSANs", "install", "network", "sysfs", "sysctls",
	"logging", "controlPlane", "kubelet", "kernel", "registries", "pods", "seccompProfiles",
	"nodeAnnotations", "nodeLabels", "nodeTaints", "features", NULL
};
static const char *const hot_features[] = { "kubernetesTalosAPIAccess", "kubePrism", "hostDNS",
					    "imageCache", "nodeAddressSortAlgorithm", NULL };
static const char *const hot_root[] = { "version", "debug", "cluster", "machine", NULL };

static bool is_listed(const char *const *list, const char *key)
{
	for (; *list; list++) {
		if (!strcmp(*list, key))
			return true;
	}
	return false;
}

/* The first key below which both differ and that is not in the list; NULL: none. */
static const char *cold_key(const struct value *a, const struct value *b, const char *const *hot)
{
	for (int side = 0; side < 2; side++) {
		const struct value *map = side ? b : a;

		for (size_t i = 0; i < value_len(map); i++) {
			const char *key = value_key_at(map, i);

			if (!is_listed(hot, key) &&
			    !value_equal(value_get(a, key), value_get(b, key)))
				return key;
		}
	}
	return NULL;
}

static const struct value *root_of(struct arena *arena, const struct sim_config *config)
{
	const struct yaml_input yaml = { "config", config->text, config->len, NULL, true };
	struct yaml_documents documents;

	if (yaml_read(arena, &yaml, &documents, NULL) < 0)
		return NULL;
	for (size_t i = 0; i < documents.len; i++) {
		if (value_is_map(documents.at[i]) && !value_has(documents.at[i], "kind"))
			return documents.at[i];
	}
	return NULL;
}

bool sim_config_needs_reboot(const struct sim_config *from, const struct sim_config *to,
			     const char **section)
{
	struct arena *arena OWNED(arena_free) = arena_new("config change");
	const struct value *a = root_of(arena, from), *b = root_of(arena, to);
	const struct value *machine_a = value_get(a, "machine"),
			   *machine_b = value_get(b, "machine");
	const char *key = cold_key(a, b, hot_root);

	if (!key)
		key = cold_key(machine_a, machine_b, hot_machine);
	if (!key)
		key = cold_key(value_get(machine_a, "features"), value_get(machine_b, "features"),
			       hot_features);
	if (key)
		*section = arena_str(to->arena, key);
	return key != NULL;
}

/* ---- the diff of a dry run ------------------------------------------------------------------- */

struct lines {
	const char **at;
	size_t *len;
	size_t count;
};

static struct lines lines_of(struct arena *arena, const char *text)
{
	size_t max = count_lines(text) + 1;
	struct lines lines = { arena_calloc(arena, max, sizeof(char *)),
			       arena_calloc(arena, max, sizeof(size_t)), 0 };

	while (*text) {
		const char *end = strchrnul(text, '\n');

		lines.at[lines.count] = text;
		lines.len[lines.count++] = (size_t)(end - text);
		text = *end ? end + 1 : end;
	}
	return lines;
}

static bool same_line(const struct lines *a, size_t i, const struct lines *b, size_t k)
{
	return a->len[i] == b->len[k] && !memcmp(a->at[i], b->at[k], a->len[i]);
}

static void add_lines(struct str *out, char mark, const struct lines *lines, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		str_addf(out, "%c%.*s\n", mark, (int)lines->len[i], lines->at[i]);
}

static void add_range(struct str *out, char mark, size_t start, size_t count)
{
	str_addf(out, "%c%zu,%zu ", mark, count ? start + 1 : start, count);
}

/* One hunk from the first to the last line that differs. */
static void add_hunk(struct str *out, const struct lines *a, const struct lines *b)
{
	size_t head = 0, tail = 0;

	while (head < a->count && head < b->count && same_line(a, head, b, head))
		head++;
	while (tail < a->count - head && tail < b->count - head &&
	       same_line(a, a->count - 1 - tail, b, b->count - 1 - tail))
		tail++;
	if (head == a->count && head == b->count)
		return;

	size_t start = head > DIFF_CONTEXT ? head - DIFF_CONTEXT : 0;
	size_t after = tail > DIFF_CONTEXT ? DIFF_CONTEXT : tail;
	size_t end_a = a->count - tail, end_b = b->count - tail;

	str_add(out, "--- a\n+++ b\n@@ ");
	add_range(out, '-', start, end_a + after - start);
	add_range(out, '+', start, end_b + after - start);
	str_add(out, "@@\n");
	add_lines(out, ' ', a, start, head);
	add_lines(out, '-', a, head, end_a);
	add_lines(out, '+', b, head, end_b);
	add_lines(out, ' ', a, end_a, end_a + after);
}

static const char *printed(struct arena *arena, const struct sim_config *config)
{
	struct str text SCOPED(str_done) = STR_INIT(DIFF_MAX);
	struct config parsed;

	if (!config)
		return "";

	const struct config_input input = { "config", config->text, config->len, config->release };

	if (config_read(arena, &input, &parsed, NULL) < 0)
		return config->text;
	config_write(&text, &parsed);
	return arena_str(arena, str_text(&text));
}

const char *sim_config_diff(struct arena *arena, const struct sim_config *from,
			    const struct sim_config *to)
{
	struct arena *scratch OWNED(arena_free) = arena_new("config diff");
	struct str text SCOPED(str_done) = STR_INIT(DIFF_MAX);
	struct lines a = lines_of(scratch, printed(scratch, from));
	struct lines b = lines_of(scratch, printed(scratch, to));

	add_hunk(&text, &a, &b);
	return arena_str(arena, str_text(&text));
}
