/* The main document but for its cluster section and its network interfaces. */
#include "render/validate_main.h"

#include "base/own.h"
#include "base/text.h"
#include "render/schema.h"
#include "render/url.h"
#include "render/validate_documents.h"

#include <string.h>
#include <strings.h>

#define KUBESPAN_MTU_MIN 1280

static void check_install_selector(struct validation *v, const struct spot *install)
{
	static const char *const types[] = { "", "nvme", "sd", "hdd", "ssd" };
	const char *type = spot_text(install, "diskSelector.type");
	bool known = false;

	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		known = known || text_equal(types[i], type);
	if (*spot_text(install, "diskSelector.name")) {
		complain(v, install, "diskSelector.name", "install-selector",
			 "a disk cannot be selected by its name");
		advise(v, "select it by model, serial, wwid, uuid, size or busPath");
	} else if (!known) {
		complain(v, install, "diskSelector.type", "install-selector",
			 "there is no disk type \"%s\"", type);
		advise(v, "one of nvme, sd, hdd, ssd");
	} else if (spot_has(install, "diskSelector")) {
		return;
	}
	if (!*spot_text(install, "disk")) {
		complain(v, install, NULL, "install-disk",
			 "neither disk nor a usable diskSelector says where to install");
		advise(v, "disk: /dev/sda, or a diskSelector");
	}
}

static void check_install(struct validation *v, const struct spot *machine)
{
	struct spot install = spot_at(machine, "install");

	if (v->options->mode != VALIDATE_METAL)
		return;
	if (!install.value) {
		if (v->release >= RELEASE_1_14)
			return;
		complain(v, machine, "install", "install-missing",
			 "machine.install is missing, which metal needs");
		advise(v, "install: {disk: /dev/sda}");
		return;
	}
	check_install_selector(v, &install);
	if (spot_len(&install, "extraKernelArgs") && spot_true(&install, "grubUseUKICmdline"))
		complain(v, &install, "extraKernelArgs", "install-kernel-args",
			 "extraKernelArgs have no effect together with grubUseUKICmdline");
}

static void check_host_dns(struct validation *v, const struct spot *machine)
{
	struct spot dns = spot_at(machine, "features.hostDNS");
	bool enabled = spot_true(&dns, "enabled");
	bool forward = spot_true(&dns, "forwardKubeDNSToHost");

	if (v->options->mode == VALIDATE_CONTAINER && v->release < RELEASE_1_14) {
		if (!enabled)
			complain(v, &dns, "enabled", "host-dns-in-container",
				 "containers need features.hostDNS.enabled: true");
		if (!forward)
			complain(v, &dns, "forwardKubeDNSToHost", "host-dns-forward-in-container",
				 "containers need features.hostDNS.forwardKubeDNSToHost: true");
	}
	if (forward && !enabled)
		complain(v, &dns, "forwardKubeDNSToHost", "host-dns-forward",
			 "forwardKubeDNSToHost needs hostDNS.enabled: true");
}

static void check_control_ca(struct validation *v, const struct spot *machine)
{
	if (!spot_has(machine, "ca")) {
		complain(v, machine, "ca", "talos-ca-missing",
			 "a control plane machine needs the Talos CA in machine.ca");
	} else if (!*spot_text(machine, "ca.key")) {
		complain(v, machine, "ca.key", "talos-ca-key-missing",
			 "a control plane machine needs the key of the Talos CA");
	}
}

static void check_no_vip(struct validation *v, const struct spot *machine)
{
	struct spot devices = spot_at(machine, "network.interfaces");

	for (size_t i = 0; i < value_len(devices.value); i++) {
		struct spot device = spot_item(&devices, i);
		struct spot vlans = spot_at(&device, "vlans");

		if (spot_has(&device, "vip"))
			complain(v, &device, "vip", "vip-on-worker",
				 "a worker must not take a virtual address");
		for (size_t k = 0; k < value_len(vlans.value); k++) {
			struct spot vlan = spot_item(&vlans, k);

			if (spot_has(&vlan, "vip"))
				complain(v, &vlan, "vip", "vip-on-worker",
					 "a worker must not take a virtual address");
		}
	}
}

static void check_worker(struct validation *v, const struct spot *machine)
{
	check_no_vip(v, machine);
	if (*spot_text(machine, "ca.key"))
		complain(v, machine, "ca.key", "talos-ca-key-on-worker",
			 "a worker must not have the key of the Talos CA");
	if (spot_has(machine, "ca") && !*spot_text(machine, "ca.crt") &&
	    !spot_len(machine, "acceptedCAs"))
		complain(v, machine, "ca", "talos-ca-missing",
			 "a worker needs the certificate of the Talos CA, or acceptedCAs");
	if (*spot_text(&v->main, "cluster.ca.key"))
		complain(v, &v->main, "cluster.ca.key", "kubernetes-ca-key-on-worker",
			 "the Kubernetes API of a worker must not get its CA's key");
}

static void check_type(struct validation *v, const struct spot *machine)
{
	const char *type = spot_text(machine, "type");

	if (text_equal(type, "worker") || text_equal(type, "join") || !*type) {
		check_worker(v, machine);
	} else if (v->control) {
		validate_cni(v);
		check_control_ca(v, machine);
	} else {
		complain(v, machine, "type", "machine-type", "there is no machine type \"%s\"",
			 type);
		advise(v, "controlplane or worker");
	}
}

static void warn_about_type(struct validation *v, const struct spot *machine)
{
	const char *type = spot_text(machine, "type");

	if (text_equal(type, "join") || !*type)
		warn(v, machine, "type", "machine-type-old",
		     "the machine type \"%s\" is today's \"worker\"", type);
}

static bool has_size(const struct spot *partition)
{
	const char *size = spot_text(partition, "size");

	return strspn(size, "0.") < strcspn(size, " BKMGTPEbkmgtpe");
}

static void check_disks(struct validation *v, const struct spot *machine)
{
	struct document file = { SCHEMA_MAIN, "", v->written };
	struct spot written = spot_root(v->written ? &file : NULL);
	struct spot given = spot_at(&written, "machine.disks");
	struct spot disks = spot_at(machine, "disks");

	for (size_t i = 0; i < value_len(given.value); i++) {
		struct spot disk = spot_item(&given, i);

		if (value_is_null(disk.value))
			complain(v, &disk, NULL, "disk-null", "a disk is null");
	}
	for (size_t i = 0; i < value_len(disks.value); i++) {
		struct spot disk = spot_item(&disks, i);
		struct spot partitions = spot_at(&disk, "partitions");

		for (size_t k = 0; k + 1 < value_len(partitions.value); k++) {
			struct spot partition = spot_item(&partitions, k);

			if (!has_size(&partition))
				complain(v, &partition, NULL, "partition-takes-all",
					 "a partition without a size takes the whole disk %s, "
					 "so it must be the last",
					 spot_text(&disk, "device"));
		}
	}
}

void validate_kubelet_config(struct validation *v, const struct spot *config)
{
	static const char *const ours[] = {
		"apiVersion",
		"authentication",
		"authorization",
		"cgroupRoot",
		"kind",
		"kubeletCgroups",
		"port",
		"protectKernelDefaults",
		"resolvConf",
		"rotateCertificates",
		"systemCgroups",
		"staticPodPath",
		"seccompDefault",
	};

	for (size_t i = 0; i < ARRAY_LEN(ours); i++)
		if (value_has(config->value, ours[i]))
			complain(v, config, ours[i], "kubelet-field",
				 "Talos sets %s of the kubelet itself", ours[i]);
}

static void check_kubelet(struct validation *v, const struct spot *machine)
{
	struct spot kubelet = spot_at(machine, "kubelet");
	struct spot subnets = spot_at(&kubelet, "nodeIP.validSubnets");
	struct spot extra = spot_at(&kubelet, "extraConfig");

	validate_subnets(v, &subnets, "kubelet-subnet");
	validate_kubelet_config(v, &extra);
}

static void check_keys(struct validation *v, const struct spot *keys)
{
	for (size_t i = 0; i < value_len(keys->value); i++) {
		struct spot key = spot_item(keys, i);
		int64_t slot = 0;

		spot_i64(&key, "slot", &slot);

		for (size_t k = 0; k < i; k++) {
			struct spot other = spot_item(keys, k);
			int64_t taken = 0;

			spot_i64(&other, "slot", &taken);
			if (taken != slot)
				continue;
			complain(v, &key, "slot", "encryption-slot", "key slot %lld is taken",
				 (long long)slot);
			break;
		}
		if (!spot_has(&key, "nodeID") && !spot_has(&key, "static") &&
		    !spot_has(&key, "kms") && !spot_has(&key, "tpm"))
			complain(v, &key, NULL, "encryption-key",
				 "the key in slot %lld is of no kind", (long long)slot);
	}
}

static void check_encryption(struct validation *v, const struct spot *machine)
{
	static const char *const partitions[] = { "ephemeral", "state" };

	for (size_t i = 0; i < ARRAY_LEN(partitions); i++) {
		struct spot all = spot_at(machine, "systemDiskEncryption");
		struct spot partition = spot_at(&all, partitions[i]);
		struct spot keys = spot_at(&partition, "keys");

		if (!partition.value)
			continue;
		if (!value_len(keys.value))
			complain(v, &partition, "keys", "encryption-keys",
				 "the %s partition has no encryption key", partitions[i]);
		check_keys(v, &keys);
	}
}

static void check_kubespan_mtu(struct validation *v, const struct spot *machine)
{
	struct spot kubespan = spot_at(machine, "network.kubespan");
	uint64_t mtu = spot_u64(&kubespan, "mtu");

	if (spot_true(&kubespan, "enabled") && mtu && mtu < KUBESPAN_MTU_MIN)
		complain(v, &kubespan, "mtu", "kubespan-mtu",
			 "the MTU of KubeSpan is at least %d", KUBESPAN_MTU_MIN);
}

static void check_kubespan_needs(struct validation *v, const struct spot *kubespan)
{
	if (v->release >= RELEASE_1_14)
		return;
	if (!spot_true(&v->main, "cluster.discovery.enabled")) {
		complain(v, &v->main, "cluster.discovery.enabled", "kubespan-discovery",
			 "KubeSpan needs the discovery of cluster members");
		advise(v, "cluster: {discovery: {enabled: true}}");
	}
	if (!*spot_text(&v->main, "cluster.id"))
		complain(v, kubespan, "enabled", "kubespan-cluster-id",
			 "KubeSpan needs cluster.id");
	if (!*spot_text(&v->main, "cluster.secret"))
		complain(v, kubespan, "enabled", "kubespan-cluster-secret",
			 "KubeSpan needs cluster.secret");
}

static void check_kubespan(struct validation *v, const struct spot *machine)
{
	struct spot kubespan = spot_at(machine, "network.kubespan");
	struct spot endpoints = spot_at(&kubespan, "filters.endpoints");
	struct spot networks = spot_at(&kubespan, "filters.excludeAdvertisedNetworks");

	if (!spot_true(&kubespan, "enabled"))
		return;
	check_kubespan_needs(v, &kubespan);
	validate_subnets(v, &endpoints, "kubespan-endpoint-filter");
	for (size_t i = 0; i < value_len(networks.value); i++) {
		struct spot network = spot_item(&networks, i);
		const char *text = spot_text(&network, NULL);

		if (!form_is_cidr(text))
			complain(v, &network, NULL, "kubespan-network-filter",
				 "\"%s\" is no network (address/bits)", text);
	}
}

void validate_log_endpoint(struct validation *v, const struct spot *destination)
{
	const char *text = spot_text(destination, "endpoint");
	struct url url;

	if (!spot_has(destination, "endpoint") || !url_parse(v->arena, text, &url)) {
		complain(v, destination, "endpoint", "logging-endpoint",
			 "a destination of logs needs its endpoint");
		advise(v, "endpoint: udp://ADDRESS:PORT");
		return;
	}
	if (!*url.host)
		complain(v, destination, "endpoint", "logging-host", "\"%s\" has no host", text);
	if (!text_equal(url.scheme, "tcp") && !text_equal(url.scheme, "udp"))
		complain(v, destination, "endpoint", "logging-scheme",
			 "logs go over tcp or udp, not \"%s\"", url.scheme);
}

static void check_logging(struct validation *v, const struct spot *machine)
{
	struct spot destinations = spot_at(machine, "logging.destinations");

	for (size_t i = 0; i < value_len(destinations.value); i++) {
		struct spot destination = spot_item(&destinations, i);
		const char *format = spot_text(&destination, "format");

		validate_log_endpoint(v, &destination);
		if (!text_equal(format, "json_lines")) {
			complain(v, &destination, "format", "logging-format",
				 "there is no log format \"%s\"", format);
			advise(v, "json_lines is the one there is");
		}
	}
}

static void check_extensions(struct validation *v, const struct spot *machine)
{
	struct spot extensions = spot_at(machine, "install.extensions");

	for (size_t i = 0; i < value_len(extensions.value); i++) {
		struct spot extension = spot_item(&extensions, i);
		const char *image = spot_text(&extension, "image");

		for (size_t k = 0; k < i; k++) {
			struct spot other = spot_item(&extensions, k);

			if (!text_equal(spot_text(&other, "image"), image))
				continue;
			complain(v, &extension, "image", "extension-twice",
				 "the extension %s is there already", image);
			break;
		}
	}
	if (value_len(extensions.value)) {
		warn(v, &extensions, NULL, "extensions-old",
		     "install.extensions is out of use");
		advise(v, "put extensions into a schematic of the image factory");
	}
}

static void check_api_access(struct validation *v, const struct spot *machine)
{
	static const char *const roles[] = {
		"os:admin",
		"os:operator",
		"os:reader",
		"os:etcd:backup",
		"os:image:verifier",
		"os:meta:writer",
		"os:impersonator",
	};
	struct spot access = spot_at(machine, "features.kubernetesTalosAPIAccess");
	struct spot allowed = spot_at(&access, "allowedRoles");

	if (!spot_true(&access, "enabled"))
		return;
	if (!v->control)
		complain(v, &access, NULL, "api-access-on-worker",
			 "only control plane machines give pods access to the Talos API");
	for (size_t i = 0; i < value_len(allowed.value); i++) {
		struct spot role = spot_item(&allowed, i);
		const char *name = spot_text(&role, NULL);
		bool known = false;

		for (size_t k = 0; k < ARRAY_LEN(roles); k++)
			known = known || text_equal(roles[k], name);
		if (known)
			continue;
		complain(v, &role, NULL, "api-access-role", "there is no role \"%s\"", name);
		const char *near = text_nearest(name, roles, ARRAY_LEN(roles));
		advise(v, "did you mean %s?", near ? near : roles[2]);
	}
}

static void check_persist(struct validation *v)
{
	const struct value *persist = spot_get(&v->main, "persist");

	if (persist && !value_bool(persist, true))
		complain(v, &v->main, "persist", "persist", "persist must not be false");
}

static void check_registries(struct validation *v)
{
	static const char *const maps[] = { "machine.registries.config",
					    "machine.registries.mirrors" };
	struct document file = { SCHEMA_MAIN, "", v->written };
	struct spot written = spot_root(v->written ? &file : NULL);

	for (size_t i = 0; i < ARRAY_LEN(maps); i++) {
		struct spot map = spot_at(&written, maps[i]);

		for (size_t k = 0; k < value_len(map.value); k++) {
			struct spot entry = spot_item(&map, k);

			if (value_is_null(entry.value))
				complain(v, &entry, NULL, "registry-null", "%s is null",
					 value_key_at(map.value, k));
		}
	}
}

static void check_features(struct validation *v, const struct spot *machine)
{
	const char *sort = spot_text(machine, "features.nodeAddressSortAlgorithm");

	check_api_access(v, machine);
	if (*sort && strcasecmp(sort, "v1") != 0 && strcasecmp(sort, "v2") != 0) {
		complain(v, machine, "features.nodeAddressSortAlgorithm", "address-sort",
			 "there is no order of addresses \"%s\"", sort);
		advise(v, "v1 or v2");
	}
}

static void warn_about_old(struct validation *v, const struct spot *machine)
{
	if (v->release < RELEASE_1_14)
		return;
	if (spot_len(machine, "files"))
		warn(v, machine, "files", "files-old",
		     "machine.files is out of use; documents of their own replace it");
	if (spot_len(machine, "baseRuntimeSpecOverrides"))
		warn(v, machine, "baseRuntimeSpecOverrides", "runtime-spec-old",
		     "baseRuntimeSpecOverrides is out of use; it is a CRIBaseRuntimeSpecConfig "
		     "document now");
}

static void check_node(struct validation *v, const struct spot *machine)
{
	struct spot labels = spot_at(machine, "nodeLabels");
	struct spot annotations = spot_at(machine, "nodeAnnotations");
	struct spot taints = spot_at(machine, "nodeTaints");

	validate_labels(v, &labels);
	validate_annotations(v, &annotations);
	validate_taints(v, &taints);
}

void validate_main(struct validation *v)
{
	struct spot machine = spot_at(&v->main, "machine");

	if (!machine.value) {
		complain(v, &v->main, "machine", "machine-missing", "there is no machine section");
		return;
	}
	warn_about_old(v, &machine);
	validate_cluster(v);
	check_install(v, &machine);
	check_host_dns(v, &machine);
	warn_about_type(v, &machine);
	if (!spot_has(&machine, "ca") && !spot_len(&machine, "acceptedCAs"))
		complain(v, &machine, "ca", "talos-cas-missing",
			 "the machine trusts no Talos CA: machine.ca or machine.acceptedCAs");
	check_type(v, &machine);
	validate_interfaces(v);
	check_kubespan_mtu(v, &machine);
	check_disks(v, &machine);
	check_kubelet(v, &machine);
	check_encryption(v, &machine);
	check_kubespan(v, &machine);
	check_logging(v, &machine);
	check_extensions(v, &machine);
	check_node(v, &machine);
	check_features(v, &machine);
	check_persist(v);

	struct spot overrides = spot_at(&machine, "baseRuntimeSpecOverrides");
	validate_runtime_spec(v, &overrides);
	check_registries(v);
}
