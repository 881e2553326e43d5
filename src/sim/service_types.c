#include "sim/service_types.h"

#include "base/own.h"

#include <string.h>

/* Sorted by name, so that a request costs a binary search. */
static const struct cosi_type types[] = {
	{ "APIServerConfigs.kubernetes.talos.dev", "controlplane", COSI_SECRET, 0, "", "" },
	{ "APIServiceConfigs.runtime.talos.dev", "runtime", COSI_OPEN, 0, "", "" },
	{ "AcquireConfigSpecs.v1alpha1.talos.dev", "runtime", COSI_OPEN, 0, "", "" },
	{ "AcquireConfigStatuses.v1alpha1.talos.dev", "runtime", COSI_OPEN, 0, "", "" },
	{ "AddressSpecs.net.talos.dev", "network", COSI_OPEN, 0, "", "" },
	{ "AddressStatuses.net.talos.dev", "network", COSI_OPEN, 0, "address addresses",
	  "Address={.address};Link={.linkName}" },
	{ "AdjtimeStatuses.v1alpha1.talos.dev", "runtime", COSI_OPEN, 0, "",
	  "Offset={.offset};EstError={.estError};MaxError={.maxError};Status={.status};"
	  "Sync={.syncStatus}" },
	{ "AdmissionControlConfigs.kubernetes.talos.dev", "controlplane", COSI_OPEN, 0, "", "" },
	{ "Affiliates.cluster.talos.dev", "cluster", COSI_OPEN, 0, "",
	  "Hostname={.hostname};Machine Type={.machineType};Addresses={.addresses}" },
	{ "ApiCertificates.secrets.talos.dev", "secrets", COSI_SECRET, 0, "", "" },
	{ "AuditPolicyConfigs.kubernetes.talos.dev", "controlplane", COSI_SECRET, 0, "", "" },
	{ "AuthenticationConfigs.kubernetes.talos.dev", "controlplane", COSI_SECRET, 14, "", "" },
	{ "AuthorizationConfigs.kubernetes.talos.dev", "controlplane", COSI_SECRET, 0, "", "" },
	{ "BGPInstanceConfigs.net.talos.dev", "network", COSI_OPEN, 14, "",
	  "Local ASN={.localASN};Router ID={.routerID};VRF={.vrf};Neighbors={.neighbors}" },
	{ "BGPPeerStatuses.net.talos.dev", "network", COSI_OPEN, 14, "",
	  "Instance={.instance};Peer={.peer};Peer AS={.peerASN};State={.state};"
	  "Since={.since};Received={.received}" },
	{ "BaseRuntimeSpecConfigs.cri.talos.dev", "cri", COSI_OPEN, 14, "", "" },
	{ "BlockDevices.block.talos.dev", "runtime", COSI_OPEN, 0, "",
	  "Type={.type};PartitionName={.partitionName};Generation={.generation}" },
	{ "BlockSymlinks.block.talos.dev", "runtime", COSI_OPEN, 0, "", "" },
	{ "BootIDs.runtime.talos.dev", "runtime", COSI_OPEN, 14, "", "Boot ID={.bootID}" },
	{ "BootedEntries.talos.dev", "runtime", COSI_OPEN, 0, "", "Booted Entry={.bootedEntry}" },
	{ "BootstrapManifestsConfigs.kubernetes.talos.dev", "controlplane", COSI_OPEN, 0, "", "" },
	{ "CPUCores.hardware.talos.dev", "hardware", COSI_OPEN, 14, "cpucore cpucores",
	  "Socket={.socket};Core={.coreID};Model={.modelName};Logical CPUs={.logicalCPUs}" },
	{ "CPUStats.perf.talos.dev", "perf", COSI_OPEN, 0, "",
	  "User={.cpuTotal.user};System={.cpuTotal.system}" },
	{ "CertSANs.secrets.talos.dev", "secrets", COSI_SECRET, 0, "", "" },
	{ "ConfigStatuses.kubernetes.talos.dev", "controlplane", COSI_OPEN, 0, "",
	  "Ready={.ready};Secrets Version={.version}" },
	{ "ContainerImageStatuses.containers.talos.dev", "containers", COSI_OPEN, 14,
	  "containerimagestatus containerimagestatuses",
	  "Phase={.phase};Digest={.digest}" },
	{ "ContainerInstanceSpecs.containers.talos.dev", "containers", COSI_OPEN, 14,
	  "containerinstancespec containerinstancespecs",
	  "Container={.containerID};Generation={.generation};Image={.image}" },
	{ "ContainerSpecs.containers.talos.dev", "containers", COSI_OPEN, 14,
	  "containerspec containerspecs",
	  "Image={.image.ref}" },
	{ "ControllerManagerConfigs.kubernetes.talos.dev", "controlplane", COSI_OPEN, 0, "", "" },
	{ "CustomizationConfigs.cri.talos.dev", "cri", COSI_SECRET, 14, "", "" },
	{ "DNSResolveCaches.net.talos.dev", "network", COSI_OPEN, 0, "", "Status={.status}" },
	{ "DNSUpstreams.net.talos.dev", "network", COSI_OPEN, 0, "",
	  "Healthy={.healthy};Address={.addr}" },
	{ "DeviceConfigSpecs.net.talos.dev", "network", COSI_SECRET, 0, "", "" },
	{ "DevicesStatuses.runtime.talos.dev", "runtime", COSI_OPEN, 0, "", "Ready={.ready}" },
	{ "Diagnostics.runtime.talos.dev", "runtime", COSI_OPEN, 0, "", "Message={.message}" },
	{ "DiscoveredVolumes.block.talos.dev", "runtime", COSI_OPEN, 0, "",
	  "Type={.type};Size={.pretty_size};Discovered={.name};Label={.label};"
	  "PartitionLabel={.partition_label}" },
	{ "DiscoveredVolumesStatuses.block.talos.dev", "runtime", COSI_OPEN, 14, "",
	  "Ready={.ready}" },
	{ "DiscoveryConfigs.cluster.talos.dev", "config", COSI_SECRET, 0, "", "" },
	{ "DiscoveryRefreshRequests.block.talos.dev", "runtime", COSI_OPEN, 0, "",
	  "Request={.request}" },
	{ "DiscoveryRefreshStatuses.block.talos.dev", "runtime", COSI_OPEN, 0, "",
	  "Request={.request}" },
	{ "Disks.block.talos.dev", "runtime", COSI_OPEN, 0, "",
	  "Size={.pretty_size};Read Only={.readonly};Transport={.transport};"
	  "Rotational={.rotational};WWID={.wwid};Model={.model};Serial={.serial}" },
	{ "EncryptionSalts.secrets.talos.dev", "secrets", COSI_SECRET, 0, "", "" },
	{ "Endpoints.kubernetes.talos.dev", "controlplane", COSI_OPEN, 0, "",
	  "Addresses={.addresses};Hosts={.hosts}" },
	{ "Environments.runtime.talos.dev", "runtime", COSI_OPEN, 0, "env",
	  "Variables={.variables}" },
	{ "EtcFileSpecs.files.talos.dev", "files", COSI_SECRET, 0, "", "" },
	{ "EtcFileStatuses.files.talos.dev", "files", COSI_OPEN, 0, "", "" },
	{ "EtcdConfigs.etcd.talos.dev", "etcd", COSI_OPEN, 0, "", "Image={.image}" },
	{ "EtcdEncryptionConfigs.kubernetes.talos.dev", "k8s", COSI_SECRET, 14, "", "" },
	{ "EtcdMembers.etcd.talos.dev", "etcd", COSI_OPEN, 0, "", "Member ID={.memberID}" },
	{ "EtcdRootSecrets.secrets.talos.dev", "secrets", COSI_SECRET, 0, "", "" },
	{ "EtcdSecrets.secrets.talos.dev", "secrets", COSI_SECRET, 0, "", "" },
	{ "EtcdSpecs.etcd.talos.dev", "etcd", COSI_OPEN, 0, "",
	  "Name={.name};AdvertisedAddresses={.advertisedAddresses};"
	  "ListenPeerAddresses={.listenPeerAddresses};"
	  "ListenClientAddresses={.listenClientAddresses}" },
	{ "EthernetSpecs.net.talos.dev", "network", COSI_OPEN, 0, "", "" },
	{ "EthernetStatuses.net.talos.dev", "network", COSI_OPEN, 0, "ethtool",
	  "Link={.linkState};Speed={.speedMbit}" },
	{ "EventSinkConfigs.runtime.talos.dev", "runtime", COSI_OPEN, 0, "", "" },
	{ "ExtensionServiceConfigStatuses.runtime.talos.dev", "runtime", COSI_OPEN, 0, "", "" },
	{ "ExtensionServiceConfigs.runtime.talos.dev", "runtime", COSI_SECRET, 0, "", "" },
	{ "ExtensionStatuses.runtime.talos.dev", "runtime", COSI_OPEN, 0, "extensions",
	  "Name={.metadata.name};Version={.metadata.version}" },
	{ "ExtraManifestsConfigs.kubernetes.talos.dev", "controlplane", COSI_OPEN, 0, "", "" },
	{ "FSScrubSchedules.block.talos.dev", "runtime", COSI_OPEN, 14, "",
	  "Filesystem={.filesystem};Interval={.interval};Next Scrub={.nextScrub}" },
	{ "FSScrubStatuses.block.talos.dev", "runtime", COSI_OPEN, 14, "",
	  "Mountpoint={.mountpoint};Interval={.interval};Latest start time={.time};"
	  "Latest run duration={.duration};Latest status={.status}" },
	{ "HardwareAddresses.net.talos.dev", "network", COSI_OPEN, 0, "", "" },
	{ "HostDNSConfigs.net.talos.dev", "network", COSI_OPEN, 0, "", "Enabled={.enabled}" },
	{ "HostnameSpecs.net.talos.dev", "network", COSI_OPEN, 0, "", "" },
	{ "HostnameStatuses.net.talos.dev", "network", COSI_OPEN, 0, "hostname",
	  "Hostname={.hostname};Domainname={.domainname}" },
	{ "Identities.cluster.talos.dev", "cluster", COSI_OPEN, 0, "", "ID={.nodeId}" },
	{ "ImageCacheConfigs.cri.talos.dev", "cri", COSI_OPEN, 0, "",
	  "Status={.status};CopyStatus={.copyStatus};Roots={.roots}" },
	{ "ImageFactorySchematics.runtime.talos.dev", "runtime", COSI_OPEN, 14, "",
	  "Schematic ID={.schematicId};Flavor={.flavor};API URL={.apiUrl}" },
	{ "ImageVerificationRules.security.talos.dev", "security", COSI_OPEN, 0, "",
	  "Pattern={.imagePattern};Skip={.skip};Deny={.deny}" },
	{ "Infos.cluster.talos.dev", "cluster", COSI_OPEN, 0, "",
	  "Cluster ID={.clusterId};Cluster Name={.clusterName}" },
	{ "KernelCmdlines.runtime.talos.dev", "runtime", COSI_OPEN, 0, "cmdline",
	  "Cmdline={.cmdline}" },
	{ "KernelModuleSpecs.runtime.talos.dev", "runtime", COSI_OPEN, 0, "", "" },
	{ "KernelModuleStatuses.runtime.talos.dev", "runtime", COSI_OPEN, 14, "module modules",
	  "Type={.type};State={.state}" },
	{ "KernelParamDefaultSpecs.runtime.talos.dev", "runtime", COSI_OPEN, 0, "", "" },
	{ "KernelParamSpecs.runtime.talos.dev", "runtime", COSI_OPEN, 0, "", "" },
	{ "KernelParamStatuses.runtime.talos.dev", "runtime", COSI_OPEN, 0,
	  "sysctls kernelparameters kernelparams",
	  "Current={.current};Default={.default};Unsupported={.unsupported}" },
	{ "KmsgLogConfigs.runtime.talos.dev", "runtime", COSI_OPEN, 0, "", "" },
	{ "KubePrismConfigs.kubernetes.talos.dev", "k8s", COSI_OPEN, 0, "",
	  "Host={.host};Port={.port};Endpoints={.endpoints}" },
	{ "KubePrismEndpoints.kubernetes.talos.dev", "k8s", COSI_OPEN, 0, "",
	  "Hosts={.endpoints[*].host};Ports={.endpoints[*].port}" },
	{ "KubePrismStatuses.kubernetes.talos.dev", "k8s", COSI_OPEN, 0, "",
	  "HOST={.host};HEALTHY={.healthy}" },
	{ "KubeSpanConfigs.kubespan.talos.dev", "config", COSI_SECRET, 0, "", "" },
	{ "KubeSpanEndpoints.kubespan.talos.dev", "kubespan", COSI_OPEN, 0, "",
	  "Endpoint={.endpoint};Affiliate ID={.affiliateID}" },
	{ "KubeSpanIdentities.kubespan.talos.dev", "kubespan", COSI_SECRET, 0, "",
	  "Address={.address};PublicKey={.publicKey}" },
	{ "KubeSpanPeerSpecs.kubespan.talos.dev", "kubespan", COSI_OPEN, 0, "",
	  "Label={.label};Endpoints={.endpoints}" },
	{ "KubeSpanPeerStatuses.kubespan.talos.dev", "kubespan", COSI_OPEN, 0, "",
	  "Label={.label};Endpoint={.endpoint};State={.state};Rx={.receiveBytes};"
	  "Tx={.transmitBytes}" },
	{ "KubeletConfigs.kubernetes.talos.dev", "k8s", COSI_SECRET, 0, "", "" },
	{ "KubeletKubeconfigs.kubernetes.talos.dev", "k8s", COSI_OPEN, 0, "", "Hash={.hash}" },
	{ "KubeletLifecycles.kubernetes.talos.dev", "k8s", COSI_OPEN, 0, "", "" },
	{ "KubeletSecrets.secrets.talos.dev", "secrets", COSI_SECRET, 0, "", "" },
	{ "KubeletSpecs.kubernetes.talos.dev", "k8s", COSI_SECRET, 0, "", "" },
	{ "KubeletStatuses.kubernetes.talos.dev", "k8s", COSI_OPEN, 14, "", "Image={.image}" },
	{ "KubernetesAccessConfigs.cluster.talos.dev", "config", COSI_OPEN, 0, "", "" },
	{ "KubernetesDynamicCerts.secrets.talos.dev", "secrets", COSI_SECRET, 0, "", "" },
	{ "KubernetesRootSecrets.secrets.talos.dev", "secrets", COSI_SECRET, 0, "", "" },
	{ "KubernetesSecrets.secrets.talos.dev", "secrets", COSI_SECRET, 0, "", "" },
	{ "LVMLogicalVolumeSpecs.storage.talos.dev", "storage", COSI_OPEN, 14, "",
	  "VG={.vgName};Name={.name};Type={.type}" },
	{ "LVMLogicalVolumeStatuses.storage.talos.dev", "storage", COSI_OPEN, 14, "lvs",
	  "Path={.path};VG={.vgName};Layout={.layout};Size={.prettySize};Active={.active}" },
	{ "LVMPhysicalVolumeSpecs.storage.talos.dev", "storage", COSI_OPEN, 14, "",
	  "Device={.device};VG={.vgName}" },
	{ "LVMPhysicalVolumeStatuses.storage.talos.dev", "storage", COSI_OPEN, 14, "pvs",
	  "Device={.device};VG={.vgName};Size={.prettySize};Free={.prettyFree};"
	  "Allocatable={.allocatable}" },
	{ "LVMRefreshRequests.storage.talos.dev", "storage", COSI_OPEN, 14, "",
	  "Request={.request}" },
	{ "LVMValidationErrors.storage.talos.dev", "storage", COSI_OPEN, 14, "",
	  "VG={.vgName};Message={.message}" },
	{ "LVMVolumeGroupSpecs.storage.talos.dev", "storage", COSI_OPEN, 14, "", "Name={.name}" },
	{ "LVMVolumeGroupStatuses.storage.talos.dev", "storage", COSI_OPEN, 14, "vgs",
	  "Name={.name};Permissions={.permissions};Size={.prettySize};Free={.prettyFree};"
	  "PVs={.pvCount};LVs={.lvCount}" },
	{ "LinkAliasSpecs.net.talos.dev", "network", COSI_OPEN, 0, "", "Alias={.alias}" },
	{ "LinkRefreshes.net.talos.dev", "network", COSI_OPEN, 0, "", "" },
	{ "LinkSpecs.net.talos.dev", "network", COSI_SECRET, 0, "", "" },
	{ "LinkStatuses.net.talos.dev", "network", COSI_OPEN, 0, "link links",
	  "Alias={.alias};Type={.type};Kind={.kind};Hw Addr={.hardwareAddr};"
	  "Oper State={.operationalState};Link State={.linkState}" },
	{ "LoadedKernelModules.runtime.talos.dev", "runtime", COSI_OPEN, 0, "module modules",
	  "State={.state}" },
	{ "MDArraySpecs.storage.talos.dev", "storage", COSI_OPEN, 14, "", "Level={.level}" },
	{ "MDArrayStatuses.storage.talos.dev", "storage", COSI_OPEN, 14, "",
	  "Level={.level};Status={.status};Sync={.syncAction};Device={.device}" },
	{ "MDRefreshRequests.storage.talos.dev", "storage", COSI_OPEN, 14, "",
	  "Request={.request}" },
	{ "MachineConfigs.config.talos.dev", "config", COSI_SECRET, 0, "", "" },
	{ "MachineResetSignals.runtime.talos.dev", "runtime", COSI_OPEN, 0, "", "" },
	{ "MachineStatuses.runtime.talos.dev", "runtime", COSI_OPEN, 0, "",
	  "Stage={.stage};Ready={.status.ready}" },
	{ "MachineTypes.config.talos.dev", "config", COSI_OPEN, 0, "", "Type={@}" },
	{ "MaintenanceRootSecrets.secrets.talos.dev", "secrets", COSI_SECRET, 0, "", "" },
	{ "MaintenanceServiceConfigs.runtime.talos.dev", "runtime", COSI_OPEN, 0, "", "" },
	{ "MaintenanceServiceRequests.runtime.talos.dev", "runtime", COSI_OPEN, 0, "", "" },
	{ "ManifestStatuses.kubernetes.talos.dev", "controlplane", COSI_OPEN, 0, "", "" },
	{ "Manifests.kubernetes.talos.dev", "controlplane", COSI_OPEN, 0, "", "" },
	{ "Members.cluster.talos.dev", "cluster", COSI_OPEN, 0, "",
	  "Hostname={.hostname};Machine Type={.machineType};OS={.operatingSystem};"
	  "Addresses={.addresses}" },
	{ "MemoryModules.hardware.talos.dev", "hardware", COSI_OPEN, 0, "memorymodules ram",
	  "Manufacturer={.manufacturer};Model={.productName};SizeMiB={.sizeMiB}" },
	{ "MemoryStats.perf.talos.dev", "perf", COSI_OPEN, 0, "", "Used={.used};Total={.total}" },
	{ "MetaKeys.runtime.talos.dev", "runtime", COSI_OPEN, 0, "meta", "Value={.value}" },
	{ "MetaLoads.runtime.talos.dev", "runtime", COSI_OPEN, 0, "", "Done={.done}" },
	{ "MountRequests.block.talos.dev", "runtime", COSI_OPEN, 0, "",
	  "Volume={.volumeID};Parent={.parentID};Requesters={.requesters}" },
	{ "MountStatuses.block.talos.dev", "runtime", COSI_OPEN, 0, "",
	  "Source={.source};Target={.target};Filesystem={.filesystem};"
	  "Volume={.spec.volumeID}" },
	{ "MountStatuses.runtime.talos.dev", "runtime", COSI_OPEN, 0, "mounts",
	  "Source={.source};Target={.target};Filesystem Type={.filesystemType}", true },
	{ "NTPStatuses.v1alpha1.talos.dev", "runtime", COSI_OPEN, 14, "",
	  "Spike Detected={.spikeDetected};Consecutive Spikes={.consecutiveSpikes}" },
	{ "Namespaces.meta.cosi.dev", "meta", COSI_OPEN, 0, "ns", "" },
	{ "NetworkStatuses.net.talos.dev", "network", COSI_OPEN, 0, "netstatus netstatuses",
	  "Address={.addressReady};Connectivity={.connectivityReady};"
	  "Hostname={.hostnameReady};Etc={.etcFilesReady}" },
	{ "NfTablesChains.net.talos.dev", "network", COSI_OPEN, 0, "chain chains",
	  "Type={.type};Hook={.hook};Priority={.priority};Policy={.policy}" },
	{ "NodeAddressFilters.net.talos.dev", "network", COSI_OPEN, 0, "",
	  "Include Subnets={.includeSubnets};Exclude Subnets={.excludeSubnets}" },
	{ "NodeAddressSortAlgorithms.net.talos.dev", "network", COSI_OPEN, 0, "",
	  "Algorithm={.algorithm}" },
	{ "NodeAddresses.net.talos.dev", "network", COSI_OPEN, 0, "",
	  "Addresses={.addresses};SortAlgorithm={.sortAlgorithm}" },
	{ "NodeAnnotationSpecs.k8s.talos.dev", "k8s", COSI_SECRET, 0, "", "Value={.value}" },
	{ "NodeCordonedSpecs.k8s.talos.dev", "k8s", COSI_SECRET, 0, "", "" },
	{ "NodeIPConfigs.kubernetes.talos.dev", "k8s", COSI_OPEN, 0, "", "" },
	{ "NodeIPs.kubernetes.talos.dev", "k8s", COSI_OPEN, 0, "", "" },
	{ "NodeLabelSpecs.k8s.talos.dev", "k8s", COSI_SECRET, 0, "", "Value={.value}" },
	{ "NodeStatuses.kubernetes.talos.dev", "k8s", COSI_OPEN, 0, "",
	  "Ready={.nodeReady};Unschedulable={.unschedulable}" },
	{ "NodeTaintSpecs.k8s.talos.dev", "k8s", COSI_SECRET, 0, "",
	  "Effect={.effect};Value={.value}" },
	{ "Nodenames.kubernetes.talos.dev", "k8s", COSI_OPEN, 0, "", "Nodename={.nodename}" },
	{ "OOMActions.talos.dev", "runtime", COSI_SECRET, 0, "oomaction oomactions",
	  "Time={.time};Score={.score}" },
	{ "OSRootSecrets.secrets.talos.dev", "secrets", COSI_SECRET, 0, "", "" },
	{ "OperatorSpecs.net.talos.dev", "network", COSI_SECRET, 0, "", "" },
	{ "PCIDevices.hardware.talos.dev", "hardware", COSI_OPEN, 0, "devices device",
	  "Class={.class};Subclass={.subclass};Vendor={.vendor};Product={.product}" },
	{ "PCIDriverRebindConfigs.runtime.talos.dev", "hardware", COSI_OPEN, 0, "",
	  "Name={.name};PCI ID={.pciID};TargetDriver={.targetDriver}" },
	{ "PCIDriverRebindStatuses.runtime.talos.dev", "hardware", COSI_OPEN, 0, "pcidriverrebinds",
	  "Name={.name};PCI ID={.pciID};TargetDriver={.targetDriver}" },
	{ "PCRStatuses.hardware.talos.dev", "hardware", COSI_OPEN, 0, "", "" },
	{ "PKIStatuses.etcd.talos.dev", "etcd", COSI_OPEN, 0, "",
	  "Ready={.ready};Secrets Version={.version}" },
	{ "PlatformConfigs.net.talos.dev", "network", COSI_OPEN, 0, "", "" },
	{ "PlatformMetadatas.talos.dev", "runtime", COSI_OPEN, 0, "",
	  "Platform={.platform};Type={.instanceType};Region={.region};Zone={.zone}" },
	{ "ProbeSpecs.net.talos.dev", "network", COSI_OPEN, 0, "", "" },
	{ "ProbeStatuses.net.talos.dev", "network", COSI_OPEN, 0, "probe probes",
	  "Success={.success}" },
	{ "Processors.hardware.talos.dev", "hardware", COSI_OPEN, 0, "cpus cpu",
	  "Manufacturer={.manufacturer};Model={.productName};Cores={.coreCount};"
	  "Threads={.threadCount}" },
	{ "RebootRequests.runtime.talos.dev", "runtime", COSI_OPEN, 14, "", "" },
	{ "RegistryConfigs.cri.talos.dev", "cri", COSI_SECRET, 0, "", "" },
	{ "ResolverSpecs.net.talos.dev", "network", COSI_OPEN, 0, "",
	  "Layer={.layer};Resolvers={.dnsServers};Search Domains={.searchDomains}" },
	{ "ResolverStatuses.net.talos.dev", "network", COSI_OPEN, 0, "resolvers",
	  "Resolvers={.dnsServers};Search Domains={.searchDomains}" },
	{ "ResourceDefinitions.meta.cosi.dev", "meta", COSI_OPEN, 0, "api-resources",
	  "Aliases={.aliases[:]}" },
	{ "RouteSpecs.net.talos.dev", "network", COSI_OPEN, 0, "", "" },
	{ "RouteStatuses.net.talos.dev", "network", COSI_OPEN, 0, "route routes",
	  "Destination={.dst};Gateway={.gateway};Link={.outLinkName};Metric={.priority}" },
	{ "RoutingRuleSpecs.net.talos.dev", "network", COSI_OPEN, 0, "", "" },
	{ "RoutingRuleStatuses.net.talos.dev", "network", COSI_OPEN, 0, "routingrule routingrules",
	  "Src={.src};Dst={.dst};Table={.table};Priority={.priority}" },
	{ "SBOMItems.talos.dev", "runtime", COSI_OPEN, 0, "sbom sboms",
	  "Version={.version};License={.license};Extension={.extension}" },
	{ "SchedulerConfigs.kubernetes.talos.dev", "controlplane", COSI_OPEN, 0, "", "" },
	{ "SeccompProfiles.cri.talos.dev", "cri", COSI_OPEN, 0, "", "" },
	{ "SecretStatuses.kubernetes.talos.dev", "controlplane", COSI_OPEN, 0, "",
	  "Ready={.ready};Secrets Version={.version}" },
	{ "SecurityStates.talos.dev", "runtime", COSI_OPEN, 0, "",
	  "SecureBoot={.secureBoot};UKISigningKeyFingerprint={.ukiSigningKeyFingerprint};"
	  "PCRSigningKeyFingerprint={.pcrSigningKeyFingerprint};"
	  "SELinuxState={.selinuxState};ModuleSignatureEnforced={.moduleSignatureEnforced}" },
	{ "ServicePIDs.runtime.talos.dev", "runtime", COSI_OPEN, 0, "", "PID={.pid}" },
	{ "Services.v1alpha1.talos.dev", "runtime", COSI_OPEN, 0, "svc",
	  "Running={.running};Healthy={.healthy};Health Unknown={.unknown}" },
	{ "SiderolinkConfigs.siderolink.talos.dev", "config", COSI_SECRET, 0, "",
	  "API Endpoint={.apiEndpoint};Tunnel={.tunnel}" },
	{ "SiderolinkStatuses.siderolink.talos.dev", "config", COSI_OPEN, 0, "",
	  "Host={.host};Connected={.connected}" },
	{ "SiderolinkTunnels.siderolink.talos.dev", "config", COSI_SECRET, 0, "",
	  "API Endpoint={.apiEndpoint};Link name={.linkName};MTU={.mtu};"
	  "Node address={.nodeAddress}" },
	{ "StaticHosts.net.talos.dev", "network", COSI_OPEN, 14, "", "Addresses={.addresses}" },
	{ "StaticPodServerStatuses.kubernetes.talos.dev", "k8s", COSI_OPEN, 0, "", "" },
	{ "StaticPodStatuses.kubernetes.talos.dev", "k8s", COSI_OPEN, 0, "podstatus",
	  "Ready={.conditions[?(@.type==\"Ready\")].status}" },
	{ "StaticPods.kubernetes.talos.dev", "k8s", COSI_OPEN, 0, "", "" },
	{ "SwapStatuses.block.talos.dev", "runtime", COSI_OPEN, 0, "swap swaps",
	  "Device={.device};Size={.sizeHuman};Used={.usedHuman};Priority={.priority}" },
	{ "SystemDisks.block.talos.dev", "runtime", COSI_OPEN, 0, "", "Disk={.diskID}" },
	{ "SystemInformations.hardware.talos.dev", "hardware", COSI_OPEN, 0, "systeminformation",
	  "Manufacturer={.manufacturer};ProductName={.productName};Version={.version};"
	  "SerialNumber={.serialnumber};UUID={.uuid};WakeUpType={.wakeUpType};"
	  "SKUNumber={.skuNumber}" },
	{ "TUFTrustedRoots.security.talos.dev", "security", COSI_OPEN, 0, "",
	  "Last Refresh={.lastRefreshTime}" },
	{ "TimeServerSpecs.net.talos.dev", "network", COSI_OPEN, 0, "", "" },
	{ "TimeServerStatuses.net.talos.dev", "network", COSI_OPEN, 0, "timeserver timeservers",
	  "Timeservers={.timeServers}" },
	{ "TimeStatuses.v1alpha1.talos.dev", "runtime", COSI_OPEN, 0, "", "Synced={.synced}" },
	{ "TrustdCertificates.secrets.talos.dev", "secrets", COSI_SECRET, 0, "", "" },
	{ "UnattendedInstallStatuses.runtime.talos.dev", "runtime", COSI_OPEN, 14, "",
	  "Phase={.phase}" },
	{ "UniqueMachineTokens.runtime.talos.dev", "runtime", COSI_OPEN, 0, "", "Token={.token}" },
	{ "UserDiskConfigStatuses.block.talos.dev", "runtime", COSI_OPEN, 0, "", "Ready={.ready}" },
	{ "Versions.runtime.talos.dev", "runtime", COSI_OPEN, 0, "",
	  "Name={.name};Version={.version}" },
	{ "VolumeConfigs.block.talos.dev", "runtime", COSI_SECRET, 0, "", "" },
	{ "VolumeLifecycles.block.talos.dev", "runtime", COSI_OPEN, 0, "", "" },
	{ "VolumeMountRequests.block.talos.dev", "runtime", COSI_OPEN, 0, "",
	  "Volume ID={.volumeID};Requester={.requester}" },
	{ "VolumeMountStatuses.block.talos.dev", "runtime", COSI_OPEN, 0, "",
	  "Volume ID={.volumeID};Requester={.requester};Target={.target}" },
	{ "VolumeStatuses.block.talos.dev", "runtime", COSI_OPEN, 0, "",
	  "Type={.type};Phase={.phase};Location={.location};Size={.prettySize}" },
	{ "VolumeTrimSchedules.block.talos.dev", "runtime", COSI_OPEN, 14, "",
	  "Filesystem={.filesystem};Interval={.interval};Next Trim={.nextTrim}" },
	{ "WatchdogTimerConfigs.runtime.talos.dev", "runtime", COSI_OPEN, 0, "",
	  "Device={.device};Timeout={.timeout}" },
	{ "WatchdogTimerStatuses.runtime.talos.dev", "runtime", COSI_OPEN, 0, "",
	  "Device={.device};Timeout={.timeout}" },
	{ "ZswapStatuses.block.talos.dev", "runtime", COSI_OPEN, 0, "",
	  "Total Size={.totalSizeHuman};Stored Pages={.storedPages};"
	  "Written Back={.writtenBackPages};Pool Limit Hit={.poolLimitHit}" },
};

static const struct cosi_namespace namespaces[] = {
	{ "cluster", "Members of the cluster, as discovered.", 0 },
	{ "cluster-raw", "Members of the cluster, each as its source tells of it.", 0 },
	{ "config", "Machine config and what follows from it.", 0 },
	{ "containers", "Containers that the system runs.", 14 },
	{ "controlplane", "Kubernetes control plane.", 0 },
	{ "cri", "Container runtime.", 0 },
	{ "etcd", "Member of etcd.", 0 },
	{ "files", "Files of the system.", 0 },
	{ "hardware", "Hardware of the machine.", 0 },
	{ "k8s", "Kubernetes node.", 0 },
	{ "kubespan", "Encrypted network between the nodes.", 0 },
	{ "meta", "What kinds of resources there are.", 0 },
	{ "network", "Network as it is and as it should be.", 0 },
	{ "network-config", "Network as each source wants it.", 0 },
	{ "perf", "Load of the machine.", 0 },
	{ "runtime", "State of the running system.", 0 },
	{ "secrets", "Keys and certificates.", 0 },
	{ "security", "Rules of what may run.", 0 },
	{ "storage", "Volumes and arrays.", 14 },
};

const struct cosi_type *cosi_type_at(size_t i, unsigned minor)
{
	return i < ARRAY_LEN(types) && minor >= types[i].since ? &types[i] : NULL;
}

size_t cosi_type_count(void)
{
	return ARRAY_LEN(types);
}

const struct cosi_type *cosi_type_find(const char *name, unsigned minor)
{
	size_t low = 0, high = ARRAY_LEN(types);

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(types[middle].name, name);

		if (order == 0)
			return cosi_type_at(middle, minor);
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

const struct cosi_namespace *cosi_namespace_at(size_t i, unsigned minor)
{
	return i < ARRAY_LEN(namespaces) && minor >= namespaces[i].since ? &namespaces[i] : NULL;
}

size_t cosi_namespace_count(void)
{
	return ARRAY_LEN(namespaces);
}

bool cosi_namespace_exists(const char *name, unsigned minor)
{
	for (size_t i = 0; i < ARRAY_LEN(namespaces); i++) {
		if (!strcmp(namespaces[i].name, name))
			return minor >= namespaces[i].since;
	}
	return false;
}
