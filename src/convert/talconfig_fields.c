#include "convert/talconfig.h"

#include <stddef.h>

#define AT(member) offsetof(struct talconfig, member)
#define NODE(member) offsetof(struct talconfig_node, member)
#define SPEC(member) offsetof(struct talconfig_spec, member)
#define FACTORY(member) offsetof(struct talconfig_factory, member)

static const char *const boot_methods[] = { "iso", "disk-image", "pxe", NULL };

/* clang-format off */
static const struct field factory_fields[] = {
	{ "registryURL", FIELD_STR, FACTORY(registry) },
	{ "schematicEndpoint", FIELD_STR, FACTORY(endpoint) },
	{ "protocol", FIELD_STR, FACTORY(protocol) },
	{ "installerURLTmpl", FIELD_STR, FACTORY(installer) },
	{ "ISOURLTmpl", FIELD_STR, FACTORY(image) },
	{ 0 },
};

static const struct field spec_fields[] = {
	{ "mode", FIELD_STR, SPEC(mode) },
	{ "arch", FIELD_STR, SPEC(arch) },
	{ "secureboot", FIELD_BOOL, SPEC(secureboot) },
	{ "useUKI", FIELD_BOOL, SPEC(uki) },
	{ "bootMethod", FIELD_STR, SPEC(boot_method), .choices = boot_methods },
	{ "imageSuffix", FIELD_STR, SPEC(image_suffix) },
	{ 0 },
};

const struct field talconfig_fields[] = {
	{ "clusterName", FIELD_STR, AT(name) },
	{ "talosVersion", FIELD_STR, AT(talos) },
	{ "kubernetesVersion", FIELD_STR, AT(kubernetes) },
	{ "endpoint", FIELD_STR, AT(endpoint) },
	{ "domain", FIELD_STR, AT(domain) },
	{ "allowSchedulingOnMasters", FIELD_BOOL, AT(schedule_masters) },
	{ "allowSchedulingOnControlPlanes", FIELD_BOOL, AT(schedule_controls) },
	{ "additionalMachineCertSans", FIELD_TEXTS, AT(machine_sans) },
	{ "additionalApiServerCertSans", FIELD_TEXTS, AT(api_sans) },
	{ "inlineManifests", FIELD_LIST, AT(manifests) },
	{ "clusterPodNets", FIELD_TEXTS, AT(pod_nets) },
	{ "clusterSvcNets", FIELD_TEXTS, AT(service_nets) },
	{ "cniConfig", FIELD_MAP, AT(cni) },
	{ "patches", FIELD_TEXTS, AT(patches) },
	{ "nodes", FIELD_LIST, AT(nodes) },
	{ "imageFactory", FIELD_STRUCT, AT(factory), .inner = factory_fields },
	{ "controlPlane", FIELD_MAP, AT(group[ROLE_CONTROL]) },
	{ "worker", FIELD_MAP, AT(group[ROLE_WORKER]) },
	{ 0 },
};

/* The first rows are a node's alone, see talconfig.c. */
const struct field talconfig_node_fields[] = {
	{ "hostname", FIELD_STR, NODE(hostname) },
	{ "ipAddress", FIELD_STR, NODE(address) },
	{ "controlPlane", FIELD_BOOL, NODE(control) },
	{ "installDisk", FIELD_STR, NODE(disk) },
	{ "installDiskSelector", FIELD_MAP, NODE(disk_selector) },
	{ "ignoreHostname", FIELD_BOOL, NODE(ignore_hostname) },
	{ "overridePatches", FIELD_BOOL, NODE(own_patches) },
	{ "overrideExtraManifests", FIELD_BOOL, NODE(own_manifests) },
	{ "overrideMachineCertSANs", FIELD_BOOL, NODE(own_sans) },
	{ "nodeLabels", FIELD_MAP, NODE(labels) },
	{ "nodeAnnotations", FIELD_MAP, NODE(annotations) },
	{ "nodeTaints", FIELD_MAP, NODE(taints) },
	{ "machineDisks", FIELD_LIST, NODE(disks) },
	{ "machineFiles", FIELD_LIST, NODE(files) },
	{ "disableSearchDomain", FIELD_BOOL, NODE(no_search_domain) },
	{ "kernelModules", FIELD_LIST, NODE(modules) },
	{ "nameservers", FIELD_TEXTS, NODE(nameservers) },
	{ "networkInterfaces", FIELD_LIST, NODE(interfaces) },
	{ "extraManifests", FIELD_TEXTS, NODE(manifests) },
	{ "certSANs", FIELD_TEXTS, NODE(sans) },
	{ "patches", FIELD_TEXTS, NODE(patches) },
	{ "talosImageURL", FIELD_STR, NODE(image) },
	{ "noSchematicValidate", FIELD_BOOL, NODE(no_schematic_check) },
	{ "schematic", FIELD_MAP, NODE(schematic) },
	{ "imageSchematic", FIELD_MAP, NODE(image_schematic) },
	{ "machineSpec", FIELD_STRUCT, NODE(spec), .inner = spec_fields },
	{ "ingressFirewall", FIELD_MAP, NODE(firewall) },
	{ "extensionServices", FIELD_LIST, NODE(services) },
	{ "volumes", FIELD_LIST, NODE(volumes) },
	{ "userVolumes", FIELD_LIST, NODE(user_volumes) },
	{ "filenameTmpl", FIELD_STR, NODE(file_name) },
	{ 0 },
};
/* clang-format on */
