#include "render/lint.h"

#include "base/ip.h"
#include "base/text.h"
#include "cluster/version.h"
#include "render/schema.h"
#include "render/url.h"
#include "tree/path.h"

#include <ctype.h>
#include <string.h>

/* What a rule is run with. */
struct look {
	const struct lint *lint;
	struct arena *scratch;
	const char *id;
	enum finding_severity severity;
};

struct src lint_place(const struct node *node, struct src src)
{
	for (size_t i = 0; src.file && i < node->patches; i++)
		if (node->patch[i].src.file && text_equal(node->patch[i].name, src.file))
			return node->patch[i].src;
	return src;
}

/* Places outlive the config; what has none is the node's. */
static struct src place_of(const struct look *look, const struct value *value)
{
	struct src src = lint_place(look->lint->node, value_src(value));

	if (!src.file)
		src = value_src(look->lint->node->raw);
	if (src.file)
		src.file = arena_str(look->lint->findings->arena, src.file);
	return src;
}

/* Says it, once for a place; true when it was said. */
static bool say(const struct look *look, struct src src, const char *path, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

static bool say(const struct look *look, struct src src, const char *path, const char *fmt, ...)
{
	struct findings *findings = look->lint->findings;
	va_list args;

	if (findings_have(findings, look->id, src))
		return false;
	va_start(args, fmt);
	const char *text = arena_vprintf(findings->arena, fmt, args);
	va_end(args);
	finding_add(findings, look->severity, look->id, src, arena_str(findings->arena, path), "%s",
		    text);
	return true;
}

static const struct value *at(const struct look *look, const struct value *value, const char *path)
{
	struct path parts;

	return path_parse(look->scratch, path, &parts, NULL) < 0 ? NULL : path_get(value, &parts);
}

static const struct value *find(const struct look *look, const char *kind, const char *name,
				const char *path)
{
	const struct document *document = config_find(look->lint->config, kind, name);

	return document ? at(look, document->value, path) : NULL;
}

struct leaves {
	const struct look *look;
	const struct document *document;
	void *context;
	void (*each)(const struct leaves *leaves, const char *path, const struct value *leaf);
};

static void take_leaf(void *context, const char *path, const struct value *leaf)
{
	const struct leaves *leaves = context;

	leaves->each(leaves, path, leaf);
}

/* Every leaf of every document. */
static void each_leaf(struct leaves *leaves)
{
	const struct config *config = leaves->look->lint->config;

	for (size_t i = 0; i < config->len; i++) {
		leaves->document = &config->at[i];
		path_each(leaves->look->scratch, config->at[i].value,
			  strcmp(config->at[i].kind, SCHEMA_MAIN) == 0 ? "" : config->at[i].kind,
			  take_leaf, leaves);
	}
}

/* Addresses with their prefix: of links in documents, or of interfaces in the main one. */
struct subnets {
	const struct ip *vip;
	bool any, inside;
};

static void take_subnet(const struct leaves *leaves, const char *path, const struct value *leaf)
{
	struct subnets *subnets = leaves->context;
	const char *text = value_text(leaf);
	struct ip_prefix prefix;

	if (!text || !strstr(path, "addresses[") || strstr(path, "peers[") || !strchr(text, '/') ||
	    !ip_prefix_parse(text, &prefix) || prefix.base.family != subnets->vip->family)
		return;
	subnets->any = true;
	subnets->inside = subnets->inside || ip_prefix_has(&prefix, subnets->vip);
}

static void judge_vip_place(const struct look *look, const struct value *value, const char *text,
			    const char *path)
{
	struct ip vip;
	struct subnets subnets = { .vip = &vip };
	struct leaves leaves = { .look = look, .context = &subnets, .each = take_subnet };

	if (!text || !ip_parse(text, &vip))
		return;
	each_leaf(&leaves);
	if (!subnets.any || subnets.inside)
		return;
	if (say(look, place_of(look, value), path,
		"the virtual address %s lies in no subnet of %s", text, look->lint->node->name))
		finding_hint(look->lint->findings, "only an address of the subnet that the control "
						   "planes share can move between them");
}

static void judge_vip_alone(const struct look *look, const struct value *value, const char *text,
			    const char *path)
{
	if (!text || look->lint->cluster->controllers != 1)
		return;
	if (say(look, place_of(look, value), path,
		"with one control plane nobody takes over the virtual address %s", text))
		finding_hint(look->lint->findings, "until there are three, the address of the node "
						   "does the same");
}

typedef void judge_vip_fn(const struct look *look, const struct value *value, const char *text,
			  const char *path);

static void each_device_vip(const struct look *look, const struct value *devices,
			    judge_vip_fn *judge)
{
	for (size_t i = 0; i < value_len(devices); i++) {
		const struct value *device = value_at(devices, i);
		const struct value *vip = at(look, device, "vip.ip");
		const struct value *vlans = value_get(device, "vlans");

		judge(look, vip, value_text(vip), "machine.network.interfaces");
		for (size_t k = 0; k < value_len(vlans); k++) {
			vip = at(look, value_at(vlans, k), "vip.ip");
			judge(look, vip, value_text(vip), "machine.network.interfaces");
		}
	}
}

static void each_vip(const struct look *look, judge_vip_fn *judge)
{
	const struct config *config = look->lint->config;

	each_device_vip(look, find(look, SCHEMA_MAIN, NULL, "machine.network.interfaces"), judge);
	for (size_t i = 0; i < config->len; i++)
		if (strcmp(config->at[i].kind, "Layer2VIPConfig") == 0)
			judge(look, value_get(config->at[i].value, "name"), config->at[i].name,
			      "Layer2VIPConfig.name");
}

static void vip_outside(const struct look *look)
{
	each_vip(look, judge_vip_place);
}

static void vip_alone(const struct look *look)
{
	each_vip(look, judge_vip_alone);
}

static struct src endpoint_place(const struct look *look)
{
	static const char *const keys[] = { "cluster_endpoint", "cluster_api_addr" };
	struct src src = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(keys) && !src.file; i++)
		src = setting_src(look->lint->cluster, NULL, keys[i]);
	if (!src.file)
		return place_of(look, NULL);
	src.file = arena_str(look->lint->findings->arena, src.file);
	return src;
}

static const char *host_of(const struct look *look, const char *endpoint)
{
	struct url url;

	return endpoint && url_parse(look->scratch, endpoint, &url)
		       ? url_hostname(look->scratch, &url)
		       : NULL;
}

static void endpoint_is_node(const struct look *look)
{
	const struct cluster *cluster = look->lint->cluster;
	const struct node *node = look->lint->node;
	const char *host = host_of(look, cluster->endpoint);

	if (cluster->controllers < 2 || node->role != ROLE_CONTROL || !host)
		return;
	for (size_t i = 0; i < node->addresses; i++) {
		if (!text_equal(node->address[i], host))
			continue;
		if (say(look, endpoint_place(look), "cluster_endpoint",
			"the endpoint is the address of %s: without that node nobody reaches the "
			"others",
			node->name))
			finding_hint(look->lint->findings,
				     "use a virtual address, a load balancer or a DNS name");
	}
}

static void install_wipe(const struct look *look)
{
	static const struct {
		const char *kind, *path;
	} rows[] = { { SCHEMA_MAIN, "machine.install.wipe" },
		     { "UnattendedInstallConfig", "provisioning.wipe" } };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct value *wipe = find(look, rows[i].kind, NULL, rows[i].path);
		bool on = false;

		if (!value_truth(wipe, &on) || !on || !value_src(wipe).file)
			continue;
		if (say(look, place_of(look, wipe), rows[i].path,
			"wipe stays on: every installation of %s erases its disk",
			look->lint->node->name))
			finding_hint(look->lint->findings, "use `talforge reset` for the one time "
							   "it is wanted, and leave it out here");
	}
}

/* Keys that any who has the disk and the machine's UUID can make again. */
static void judge_keys(const struct look *look, const struct value *keys, const char *path)
{
	for (size_t i = 0; i < value_len(keys); i++) {
		const struct value *key = value_at(keys, i);

		if (!value_has(key, "nodeID"))
			continue;
		struct src src = lint_place(look->lint->node, value_key_src(key, "nodeID"));

		if (!src.file)
			continue; /* a setting of the node, which has its finding */
		src.file = arena_str(look->lint->findings->arena, src.file);
		if (say(look, src, path, "the key of nodeID is no secret: it is made of what "
					 "the machine tells everyone"))
			finding_hint(look->lint->findings, "use tpm or kms");
	}
}

static void encrypt_node_id(const struct look *look)
{
	static const char *const paths[] = { "machine.systemDiskEncryption.state.keys",
					     "machine.systemDiskEncryption.ephemeral.keys" };
	const struct config *config = look->lint->config;

	if (look->lint->node->encrypt == ENCRYPT_NODE_ID)
		return;
	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		judge_keys(look, find(look, SCHEMA_MAIN, NULL, paths[i]), paths[i]);
	for (size_t i = 0; i < config->len; i++)
		if (text_ends(config->at[i].kind, "VolumeConfig"))
			judge_keys(look, at(look, config->at[i].value, "encryption.keys"),
				   "encryption.keys");
}

/* The Kubernetes manifests within a config. */
typedef void judge_manifest_fn(const struct look *look, const struct value *manifest);

static void each_manifest(const struct look *look, judge_manifest_fn *judge)
{
	const struct value *inlined = find(look, SCHEMA_MAIN, NULL, "cluster.inlineManifests");
	const struct config *config = look->lint->config;

	for (size_t i = 0; i < value_len(inlined); i++)
		judge(look, value_get(value_at(inlined, i), "contents"));
	for (size_t i = 0; i < config->len; i++)
		if (strcmp(config->at[i].kind, "KubeInlineManifestConfig") == 0)
			judge(look, value_get(config->at[i].value, "manifest"));
}

static void judge_peering_policy(const struct look *look, const struct value *manifest)
{
	const char *text = value_text(manifest);

	if (!text || !strstr(text, "CiliumBGPPeeringPolicy"))
		return;
	if (say(look, place_of(look, manifest), "cluster.inlineManifests",
		"Cilium knows no CiliumBGPPeeringPolicy from 1.19 on"))
		finding_hint(look->lint->findings,
			     "write CiliumBGPClusterConfig, CiliumBGPPeerConfig and "
			     "CiliumBGPAdvertisement, or let the bgp section of cluster.yaml do");
}

static void cilium_old_kind(const struct look *look)
{
	const struct version first = { .major = 1, .minor = 18 };
	struct version cilium;

	if (look->lint->cluster->cilium.version &&
	    version_parse(look->lint->cluster->cilium.version, &cilium) &&
	    version_minor_compare(&cilium, &first) < 0)
		return;
	each_manifest(look, judge_peering_policy);
}

/* `key: "true"` of Cilium's ConfigMap, in quotes of any kind or none, or `--set key=true`. */
static bool is_on(const char *text, const char *key)
{
	size_t len = strlen(key);

	for (const char *found = strstr(text, key); found; found = strstr(found + len, key)) {
		const char *value = found + len;

		if (*value != ':' && *value != '=')
			continue;
		if (found > text && (isalnum((unsigned char)found[-1]) || found[-1] == '-'))
			continue;
		value += 1 + strspn(value + 1, " \"'");
		if (strncmp(value, "true", 4) == 0)
			return true;
	}
	return false;
}

static bool forwards_dns(const struct look *look)
{
	const struct value *main = find(look, SCHEMA_MAIN, NULL,
					"machine.features.hostDNS.forwardKubeDNSToHost");
	const struct value *resolver =
		find(look, "ResolverConfig", NULL, "hostDNS.forwardKubeDNSToHost");
	bool on = false;

	return (value_truth(main, &on) && on) || (value_truth(resolver, &on) && on);
}

static void say_host_routing(const struct look *look, const struct value *value, const char *path)
{
	if (say(look, place_of(look, value), path,
		"with Cilium's BPF host routing pods look up no names while Talos forwards DNS to "
		"the host"))
		finding_hint(look->lint->findings, "set bpf.hostLegacyRouting to true in Cilium "
						   "or forwardKubeDNSToHost to false");
}

/* By the names of Cilium's ConfigMap, or by those of its chart in the arguments of a program. */
static void judge_host_routing(const struct look *look, const struct value *manifest)
{
	static const char *const names[][3] = {
		{ "enable-bpf-masquerade", "kube-proxy-replacement", "enable-host-legacy-routing" },
		{ "bpf.masquerade", "kubeProxyReplacement", "bpf.hostLegacyRouting" },
	};
	const char *text = value_text(manifest);

	for (size_t i = 0; text && i < ARRAY_LEN(names); i++)
		if (is_on(text, names[i][0]) && is_on(text, names[i][1]) &&
		    !is_on(text, names[i][2]))
			say_host_routing(look, manifest, "cluster.inlineManifests");
}

/* The values that Cilium is installed with; its proxy is replaced unless they say otherwise. */
static void judge_chart_values(const struct look *look)
{
	const struct value *values = look->lint->cluster->cilium.values;
	const struct value *masquerade = at(look, values, "bpf.masquerade");
	bool on = false, proxy = true, legacy = false;

	value_truth(at(look, values, "kubeProxyReplacement"), &proxy);
	value_truth(at(look, values, "bpf.hostLegacyRouting"), &legacy);
	if (value_truth(masquerade, &on) && on && proxy && !legacy)
		say_host_routing(look, masquerade, "cilium.values.bpf.masquerade");
}

static void host_routing_dns(const struct look *look)
{
	if (!forwards_dns(look))
		return;
	each_manifest(look, judge_host_routing);
	judge_chart_values(look);
}

struct mention {
	const char *word;
	const struct value *leaf;
};

static void take_mention(const struct leaves *leaves, const char *path, const struct value *leaf)
{
	struct mention *mention = leaves->context;
	const char *text = value_text(leaf);

	if (!mention->leaf && value_src(leaf).file &&
	    ((text && strcasestr(text, mention->word)) || strcasestr(path, mention->word)))
		mention->leaf = leaf;
}

/* Longhorn's engines are programs that it puts on the volume and runs there. */
static void noexec_longhorn(const struct look *look)
{
	const struct value *secure = find(look, "VolumeConfig", "EPHEMERAL", "mount.secure");
	struct mention mention = { .word = "longhorn" };
	struct leaves leaves = { .look = look, .context = &mention, .each = take_mention };
	bool on = false;

	if (!value_truth(secure, &on) || !on)
		return;
	each_leaf(&leaves);
	if (!mention.leaf)
		return;
	if (say(look, place_of(look, value_src(secure).file ? secure : mention.leaf),
		"VolumeConfig.mount.secure",
		"Longhorn runs programs below /var/lib/longhorn; a secure mount lets nothing run"))
		finding_hint(look->lint->findings, "give EPHEMERAL mount: {secure: false}, or use "
						   "Longhorn's v2 engine");
}

static const char *skip_argument(const char *text)
{
	char quote = '\0';
	unsigned depth = 0;

	for (; *text; text++) {
		if (quote) {
			text += *text == '\\' && text[1];
			quote = *text == quote ? '\0' : quote;
		} else if (*text == '"' || *text == '\'') {
			quote = *text;
		} else if (*text == '(' || *text == '[') {
			depth++;
		} else if (*text == ')' || *text == ']') {
			if (depth == 0)
				return text;
			depth--;
		} else if (*text == ',' && depth == 0) {
			return text;
		}
	}
	return text;
}

bool lint_glob_is_reversed(const char *expression)
{
	static const char call[] = "glob(";

	for (const char *found = strstr(expression, call); found;
	     found = strstr(found + 1, call)) {
		const char *first = found + sizeof(call) - 1;

		first += strspn(first, " ");
		const char *second = skip_argument(first);

		if (found > expression &&
		    (isalnum((unsigned char)found[-1]) || found[-1] == '_' || found[-1] == '.'))
			continue;
		if (*second != ',')
			continue;
		second += 1 + strspn(second + 1, " ");
		if (!strchr("\"'", *first) && strchr("\"'", *second))
			return true;
	}
	return false;
}

static bool calls_glob(const struct value *value)
{
	const char *text = value_text(value);

	if (text && strstr(text, "glob("))
		return true;
	for (size_t i = 0; i < value_len(value); i++)
		if (calls_glob(value_at(value, i)))
			return true;
	return false;
}

static bool any_glob(const struct config *config)
{
	for (size_t i = 0; i < config->len; i++)
		if (calls_glob(config->at[i].value))
			return true;
	return false;
}

static void take_expression(const struct leaves *leaves, const char *path, const struct value *leaf)
{
	const struct look *look = leaves->look;
	const char *text = value_text(leaf);

	if (!text || !(text_ends(path, ".match") || text_ends(path, "xpression")) ||
	    !lint_glob_is_reversed(text))
		return;
	if (say(look, place_of(look, leaf), path,
		"glob() takes its pattern first: as it stands, it matches nothing"))
		finding_hint(look->lint->findings, "glob(\"WD*\", disk.model)");
}

static void glob_reversed(const struct look *look)
{
	const struct node *node = look->lint->node;
	struct leaves leaves = { .look = look, .each = take_expression };
	struct src src = setting_src(look->lint->cluster, node, "disk");

	if (any_glob(look->lint->config)) /* the paths of all leaves are worth a look before */
		each_leaf(&leaves);
	if (node->disk.form != DISK_CEL || !lint_glob_is_reversed(node->disk.text))
		return;
	src.file = arena_str(look->lint->findings->arena, src.file);
	if (say(look, src, "disk",
		"glob() takes its pattern first: as it stands, it matches nothing"))
		finding_hint(look->lint->findings, "glob(\"WD*\", disk.model)");
}

static const struct {
	const char *id;
	enum finding_severity severity;
	void (*run)(const struct look *look);
} rules[] = {
	{ "vip-outside", FINDING_WARNING, vip_outside },
	{ "vip-alone", FINDING_NOTE, vip_alone },
	{ "endpoint-is-node", FINDING_WARNING, endpoint_is_node },
	{ "install-wipe", FINDING_WARNING, install_wipe },
	{ "encrypt-node-id", FINDING_WARNING, encrypt_node_id },
	{ "cilium-old-kind", FINDING_WARNING, cilium_old_kind },
	{ "host-routing-dns", FINDING_WARNING, host_routing_dns },
	{ "noexec-longhorn", FINDING_WARNING, noexec_longhorn },
	{ "glob-reversed", FINDING_WARNING, glob_reversed },
};

void lint_node(const struct lint *lint)
{
	struct arena *scratch OWNED(arena_free) = arena_new("lint");

	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		const struct look look = { lint, scratch, rules[i].id, rules[i].severity };

		rules[i].run(&look);
	}
}
