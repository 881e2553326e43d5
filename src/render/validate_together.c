/* What the main document and the others, or all of them together, must not say. */
#include "base/own.h"
#include "base/text.h"
#include "render/schema.h"
#include "render/validate_parts.h"

#include <string.h>

enum rival_test {
	RIVAL_GIVEN,	 /* whatever it says, even when it is empty */
	RIVAL_FILLED,	 /* not empty: texts, lists, mappings */
	RIVAL_TRUE,	 /* or 0: absent and false are the same */
	RIVAL_TIME,	 /* not 0s */
	RIVAL_ADDRESSES, /* at least one that can be read */
	RIVAL_ENCRYPTION /* of the volume that the document is about */
};

/* What the main document must not say beside a document. The first row of a kind that fits
 * counts. */
static const struct rival {
	const char *kind;
	const char *path; /* in the main document */
	enum rival_test test;
	enum release since;
	const char *section; /* only when the document has it */
} rivals[] = {
	{ "HostnameConfig", "machine.network.hostname", RIVAL_FILLED },
	{ "HostnameConfig", "machine.features.stableHostname", RIVAL_TRUE },
	{ "KubeSpanConfig", "machine.network.kubespan", RIVAL_GIVEN },
	{ "ResolverConfig", "machine.network.searchDomains", RIVAL_GIVEN },
	{ "ResolverConfig", "machine.network.nameservers", RIVAL_ADDRESSES },
	{ "ResolverConfig", "machine.network.disableSearchDomain", RIVAL_TRUE },
	{ "ResolverConfig", "machine.features.hostDNS", RIVAL_GIVEN, RELEASE_1_14, "hostDNS" },
	{ "TimeSyncConfig", "machine.time.disabled", RIVAL_TRUE },
	{ "TimeSyncConfig", "machine.time.servers", RIVAL_FILLED },
	{ "TimeSyncConfig", "machine.time.bootTimeout", RIVAL_TIME },
	{ "VolumeConfig", "machine.systemDiskEncryption", RIVAL_ENCRYPTION },
	{ "CRIBaseRuntimeSpecConfig", "machine.baseRuntimeSpecOverrides", RIVAL_FILLED },
	{ "DiscoveryIdentityConfig", "cluster.id", RIVAL_FILLED },
	{ "DiscoveryIdentityConfig", "cluster.secret", RIVAL_FILLED },
	{ "DiscoveryServiceConfig", "cluster.discovery", RIVAL_GIVEN },
	{ "ImageCacheConfig", "machine.features.imageCache", RIVAL_GIVEN },
	{ "KubeAPIServerCAConfig", "cluster.ca", RIVAL_GIVEN },
	{ "KubeAPIServerConfig", "cluster.apiServer", RIVAL_GIVEN },
	{ "KubeAPIServerConfig", "cluster.controlPlane.localAPIServerPort", RIVAL_TRUE },
	{ "KubeAdmissionControlConfig", "cluster.apiServer.admissionControl", RIVAL_FILLED },
	{ "KubeAggregatorCAConfig", "cluster.aggregatorCA", RIVAL_GIVEN },
	{ "KubeAuditPolicyConfig", "cluster.apiServer.auditPolicy", RIVAL_FILLED },
	/* Talos looks at the plugins here as well. */
	{ "KubeAuthorizerConfig", "cluster.apiServer.admissionControl", RIVAL_FILLED },
	{ "KubeClusterConfig", "cluster.clusterName", RIVAL_FILLED },
	{ "KubeClusterConfig", "cluster.controlPlane.endpoint", RIVAL_GIVEN },
	{ "KubeControllerManagerConfig", "cluster.controllerManager", RIVAL_GIVEN },
	{ "KubeControllerManagerConfig", "machine.controlPlane.controllerManager", RIVAL_GIVEN },
	{ "KubeCoreDNSConfig", "cluster.coreDNS", RIVAL_GIVEN },
	{ "KubeCredentialProviderConfig", "machine.kubelet", RIVAL_GIVEN },
	{ "KubeEtcdEncryptionConfig", "cluster.secretboxEncryptionSecret", RIVAL_FILLED },
	{ "KubeEtcdEncryptionConfig", "cluster.aescbcEncryptionSecret", RIVAL_FILLED },
	{ "KubeFlannelCNIConfig", "cluster.network", RIVAL_GIVEN },
	{ "KubeNetworkConfig", "cluster.network", RIVAL_GIVEN },
	{ "KubeNodeConfig", "cluster.allowSchedulingOnControlPlanes", RIVAL_GIVEN },
	{ "KubeNodeConfig", "cluster.allowSchedulingOnMasters", RIVAL_GIVEN },
	{ "KubeNodeConfig", "machine.kubelet.skipNodeRegistration", RIVAL_GIVEN },
	{ "KubeNodeConfig", "machine.kubelet.registerWithFQDN", RIVAL_GIVEN },
	{ "KubeNodeConfig", "machine.kubelet.nodeIP", RIVAL_GIVEN },
	{ "KubeNodeConfig", "machine.nodeLabels", RIVAL_GIVEN },
	{ "KubeNodeConfig", "machine.nodeAnnotations", RIVAL_GIVEN },
	{ "KubeNodeConfig", "machine.nodeTaints", RIVAL_GIVEN },
	{ "KubePrismConfig", "machine.features.kubePrism", RIVAL_GIVEN },
	{ "KubeProxyConfig", "cluster.proxy", RIVAL_GIVEN },
	{ "KubeSchedulerConfig", "cluster.scheduler", RIVAL_GIVEN },
	{ "KubeSchedulerConfig", "machine.controlPlane.scheduler", RIVAL_GIVEN },
	{ "KubeServiceAccountConfig", "cluster.serviceAccount", RIVAL_GIVEN },
	{ "KubeTalosAPIAccessConfig", "machine.features.kubernetesTalosAPIAccess", RIVAL_GIVEN },
	{ "KubeletConfig", "machine.kubelet", RIVAL_GIVEN },
	{ "UnattendedInstallConfig", "machine.install", RIVAL_GIVEN },
};

static bool has_address(const struct value *list)
{
	for (size_t i = 0; i < value_len(list); i++) {
		const char *text = value_text(value_at(list, i));

		if (text && form_is_zoned_ip(text))
			return true;
	}
	return false;
}

/* Where in the systemDiskEncryption of the main document; NULL when it does not matter. */
static const char *encryption_section(const struct spot *volume)
{
	const char *provider = spot_text(volume, "encryption.provider");
	const char *name = spot_text(volume, "name");

	if (!*provider || text_equal(provider, "none"))
		return NULL;
	if (text_equal(name, "STATE"))
		return "state";
	return text_equal(name, "EPHEMERAL") ? "ephemeral" : NULL;
}

/* The path of what the main document says, too; NULL when it does not. */
static const char *find_rival(struct validation *v, const struct rival *rival,
			      const struct spot *main, const struct spot *document)
{
	const struct value *value = spot_get(main, rival->path);
	const char *section, *path;
	bool found = false;
	int64_t number;

	switch (rival->test) {
	case RIVAL_GIVEN:
		found = value != NULL;
		break;
	case RIVAL_FILLED:
		found = value_len(value) || (value_text(value) && *value_text(value));
		break;
	case RIVAL_TIME:
		found = value_text(value) && !text_equal(value_text(value), "0s");
		break;
	case RIVAL_TRUE:
		found = value_bool(value, false) || (value_i64(value, &number) && number);
		break;
	case RIVAL_ADDRESSES:
		found = has_address(value);
		break;
	case RIVAL_ENCRYPTION:
		section = encryption_section(document);
		path = arena_printf(v->arena, "%s.%s", rival->path, section ? section : "");
		return section && spot_has(main, path) ? path : NULL;
	}
	return found ? rival->path : NULL;
}

/* As in the file: what is empty is not in the printed form. */
static struct document main_as_written(const struct validation *v)
{
	return (struct document){ SCHEMA_MAIN, "", v->written ? v->written : v->main.value };
}

static void check_rivals(struct validation *v, const struct spot *document)
{
	struct document in_file = main_as_written(v);
	struct spot written = spot_root(&in_file);

	for (size_t i = 0; i < ARRAY_LEN(rivals); i++) {
		const struct rival *rival = &rivals[i];
		const struct spot *main = rival->test == RIVAL_GIVEN ? &written : &v->main;

		if (strcmp(rival->kind, document->document->kind) != 0 ||
		    v->release < rival->since ||
		    (rival->section && !spot_len(document, rival->section)))
			continue;
		const char *path = find_rival(v, rival, main, document);
		if (!path)
			continue;
		complain(v, main, path, "said-twice", "a %s document says this already",
			 rival->kind);
		advise(v, "leave one of them out");
		return;
	}
}

/* The document counts only where it says yes. */
static struct spot find_host_dns(const struct validation *v, const struct spot *resolver)
{
	if (spot_true(resolver, "hostDNS.enabled"))
		return spot_at(resolver, "hostDNS");
	return spot_at(&v->main, "machine.features.hostDNS");
}

/* Where to tell that something is missing from the whole config. */
static struct spot whole(const struct validation *v)
{
	return v->main.value ? v->main : spot_root(v->config->len ? &v->config->at[0] : NULL);
}

static void check_container_mode(struct validation *v, const struct spot *dns)
{
	struct spot all = whole(v);

	if (v->options->mode != VALIDATE_CONTAINER)
		return;
	if (!dns->value) {
		complain(v, &all, NULL, "host-dns-needed", "in a container hostDNS is needed");
		advise(v, "a ResolverConfig document with hostDNS: {enabled: true, "
			  "forwardKubeDNSToHost: true}");
		return;
	}
	if (!spot_true(dns, "enabled"))
		complain(v, dns, "enabled", "host-dns-needed",
			 "in a container hostDNS must be enabled");
	if (!spot_true(dns, "forwardKubeDNSToHost"))
		complain(v, dns, "forwardKubeDNSToHost", "host-dns-needed",
			 "in a container the DNS of Kubernetes must ask the host");
}

static void check_protocols(struct validation *v, const struct spot *resolver,
			    const struct spot *dns)
{
	struct spot servers = spot_at(resolver, "nameservers");

	for (size_t i = 0; i < value_len(servers.value); i++) {
		struct spot server = spot_item(&servers, i);
		const char *protocol = spot_text(&server, "protocol");

		if (!*protocol || text_equal(protocol, "Do53") || spot_true(dns, "enabled"))
			continue;
		complain(v, &server, "protocol", "host-dns-needed", "%s needs hostDNS", protocol);
		advise(v, "hostDNS: {enabled: true} in the ResolverConfig document");
		return;
	}
}

static bool has_discovery(const struct validation *v)
{
	if (spot_true(&v->main, "cluster.discovery.enabled") &&
	    !spot_true(&v->main, "cluster.discovery.registries.service.disabled"))
		return true;
	return config_find(v->config, "DiscoveryServiceConfig", NULL) != NULL;
}

/* Either of the two in the main document hides the other document. */
static void check_identity(struct validation *v)
{
	static const char *const parts[2][3] = {
		{ "cluster.id", "clusterID", "id" },
		{ "cluster.secret", "clusterSecret", "secret" },
	};
	struct spot document = spot_root(config_find(v->config, "DiscoveryIdentityConfig", NULL));
	struct spot all = whole(v);
	bool old = *spot_text(&v->main, parts[0][0]) || *spot_text(&v->main, parts[1][0]);

	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		const char *text = old ? spot_text(&v->main, parts[i][0])
				       : spot_text(&document, parts[i][1]);

		if (*text)
			continue;
		complain(v, &all, NULL, "discovery-identity", "discovery needs the cluster's %s",
			 parts[i][2]);
		advise(v, "a DiscoveryIdentityConfig document has it");
	}
}

static void check_kubespan(struct validation *v)
{
	const struct document *document = config_find(v->config, "KubeSpanConfig", NULL);
	struct spot spot = document ? spot_root(document)
				    : spot_at(&v->main, "machine.network.kubespan");

	if (!spot_true(&spot, "enabled") || has_discovery(v))
		return;
	complain(v, &spot, "enabled", "kubespan-discovery", "KubeSpan needs discovery");
	advise(v, "a DiscoveryServiceConfig document turns it on");
}

enum colour {
	WAITS_UNSEEN,
	WAITS_ON_THE_WAY,
	WAITS_KNOWN
};

/* A container and whom it waits for. */
struct waiting {
	struct spot document;
	const char *name;
	const struct value *others;
	size_t next; /* of `others` */
	enum colour colour;
	struct waiting *before; /* on the way */
};

struct waits {
	struct waiting *at;
	size_t len;
};

static struct waits find_containers(const struct validation *v)
{
	struct waits waits = { .at = arena_calloc(v->arena, v->config->len, sizeof(*waits.at)) };

	for (size_t i = 0; i < v->config->len; i++) {
		struct waiting *waiting = &waits.at[waits.len];

		waiting->document = spot_root(&v->config->at[i]);
		if (strcmp(waiting->document.document->kind, "ContainerConfig") != 0)
			continue;
		waiting->name = spot_text(&waiting->document, "name");
		waiting->others = spot_get(&waiting->document, "dependsOn.containers");
		waits.len++;
	}
	return waits;
}

static struct waiting *find_waiting(const struct waits *waits, const char *name)
{
	for (size_t i = 0; i < waits->len; i++) {
		if (text_equal(waits->at[i].name, name))
			return &waits->at[i];
	}
	return NULL;
}

static void check_unknown(struct validation *v, const struct waits *waits)
{
	for (size_t i = 0; i < waits->len; i++) {
		struct spot others = spot_at(&waits->at[i].document, "dependsOn.containers");

		for (size_t k = 0; k < value_len(others.value); k++) {
			struct spot other = spot_item(&others, k);

			if (!find_waiting(waits, spot_text(&other, NULL)))
				complain(v, &other, NULL, "container-unknown",
					 "there is no container \"%s\" to wait for",
					 spot_text(&other, NULL));
		}
	}
}

/* The last two on the way close the circle. */
static void tell_circle(struct validation *v, const struct waiting *last,
			const struct waiting *first)
{
	const char *chain = first->name;

	for (const struct waiting *at = last; at != first; at = at->before)
		chain = arena_printf(v->arena, "%s -> %s", at->name, chain);
	complain(v, &first->document, "dependsOn.containers", "container-circle",
		 "containers wait for each other: %s -> %s", first->name, chain);
}

/* Walks on from `at`; the next on the way, NULL at the end of it or after a complaint. */
static struct waiting *step(struct validation *v, const struct waits *waits, struct waiting *at,
			    bool *told)
{
	while (at->next < value_len(at->others)) {
		struct waiting *other =
			find_waiting(waits, value_text(value_at(at->others, at->next++)));

		if (!other || other->colour == WAITS_KNOWN)
			continue;
		if (other->colour == WAITS_ON_THE_WAY) {
			tell_circle(v, at, other);
			*told = true;
			return NULL;
		}
		other->colour = WAITS_ON_THE_WAY;
		other->before = at;
		return other;
	}
	at->colour = WAITS_KNOWN;
	return at->before;
}

static void check_containers(struct validation *v)
{
	struct waits waits = find_containers(v);
	bool told = false;

	check_unknown(v, &waits);
	for (size_t i = 0; i < waits.len && !told; i++) {
		struct waiting *at = &waits.at[i];

		if (at->colour != WAITS_UNSEEN)
			continue;
		at->colour = WAITS_ON_THE_WAY;
		while (at && !told)
			at = step(v, &waits, at, &told);
	}
}

static void check_etcd_encryption(struct validation *v)
{
	struct document in_file = main_as_written(v);
	struct spot written = spot_root(&in_file);
	bool ca = config_find(v->config, "KubeAPIServerCAConfig", NULL) != NULL ||
		  spot_has(&written, "cluster.ca") || spot_has(&written, "cluster.acceptedCAs");

	if (!v->control || !ca || *spot_text(&v->main, "cluster.secretboxEncryptionSecret") ||
	    *spot_text(&v->main, "cluster.aescbcEncryptionSecret") ||
	    config_find(v->config, "KubeEtcdEncryptionConfig", NULL))
		return;
	complain(v, &v->main, "cluster", "etcd-encryption",
		 "a control plane must encrypt what it keeps in etcd");
	advise(v, "a KubeEtcdEncryptionConfig document says how");
}

static const char *const control_kinds[] = {
	"KubeAPIServerConfig",
	"KubeAdmissionControlConfig",
	"KubeAggregatorCAConfig",
	"KubeAuditPolicyConfig",
	"KubeAuthenticationConfig",
	"KubeAuthorizerConfig",
	"KubeControllerManagerConfig",
	"KubeCoreDNSConfig",
	"KubeEtcdEncryptionConfig",
	"KubeFlannelCNIConfig",
	"KubeProxyConfig",
	"KubeSchedulerConfig",
	"KubeServiceAccountConfig",
	"KubeTalosAPIAccessConfig",
};

/* All of them are one fault: that of the machine's type. */
static void check_control_kinds(struct validation *v)
{
	const char *kinds = "";
	struct spot first = { .document = NULL };

	for (size_t i = 0; i < ARRAY_LEN(control_kinds) && !v->control; i++) {
		const struct document *document = config_find(v->config, control_kinds[i], NULL);

		if (!document)
			continue;
		if (!first.document)
			first = spot_root(document);
		kinds = arena_printf(v->arena, "%s%s%s", kinds, *kinds ? ", " : "",
				     control_kinds[i]);
	}
	if (first.document)
		complain(v, &first, NULL, "control-plane-only",
			 "only control plane machines have %s", kinds);
}

void validate_together(struct validation *v)
{
	struct spot resolver = spot_root(config_find(v->config, "ResolverConfig", NULL));

	for (size_t i = 0; v->main.value && i < v->config->len; i++) {
		struct spot document = spot_root(&v->config->at[i]);

		check_rivals(v, &document);
	}
	if (v->release < RELEASE_1_14)
		return;

	struct spot dns = find_host_dns(v, &resolver);
	check_container_mode(v, &dns);
	check_protocols(v, &resolver, &dns);
	if (has_discovery(v))
		check_identity(v);
	check_containers(v);
	check_kubespan(v);
	check_etcd_encryption(v);
	check_control_kinds(v);
}
