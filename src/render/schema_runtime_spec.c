/* What an OCI runtime specification holds: version 1.3, as the machinery of Talos reads it. */
#include "render/schema_rows.h"

static const struct schema_field oci_box[] = {
	{ ONE("height", TYPE_U64) },
	{ ONE("width", TYPE_U64) },
	END_OF_FIELDS,
};

static const struct schema_field oci_user[] = {
	{ ONE("uid", TYPE_U32) },
	{ ONE("gid", TYPE_U32) },
	{ ONE("umask", TYPE_U32) },
	{ LIST("additionalGids", TYPE_U32) },
	{ ONE("username", TYPE_TEXT) },
	END_OF_FIELDS,
};

static const struct schema_field oci_linux_capabilities[] = {
	{ LIST("bounding", TYPE_TEXT) },
	{ LIST("effective", TYPE_TEXT) },
	{ LIST("inheritable", TYPE_TEXT) },
	{ LIST("permitted", TYPE_TEXT) },
	{ LIST("ambient", TYPE_TEXT) },
	END_OF_FIELDS,
};

static const struct schema_field oci_posix_rlimit[] = {
	{ ONE("type", TYPE_TEXT) },
	{ ONE("hard", TYPE_U64) },
	{ ONE("soft", TYPE_U64) },
	END_OF_FIELDS,
};

static const struct schema_field oci_scheduler[] = {
	{ ONE("policy", TYPE_TEXT) },
	{ ONE("nice", TYPE_I32) },
	{ ONE("priority", TYPE_I32) },
	{ LIST("flags", TYPE_TEXT) },
	{ ONE("runtime", TYPE_U64) },
	{ ONE("deadline", TYPE_U64) },
	{ ONE("period", TYPE_U64) },
	END_OF_FIELDS,
};

static const struct schema_field oci_linux_io_priority[] = {
	{ ONE("class", TYPE_TEXT) },
	{ ONE("priority", TYPE_INT) },
	END_OF_FIELDS,
};

static const struct schema_field oci_cpu_affinity[] = {
	{ ONE("initial", TYPE_TEXT) },
	{ ONE("final", TYPE_TEXT) },
	END_OF_FIELDS,
};

static const struct schema_field oci_process[] = {
	{ ONE("terminal", TYPE_BOOL) },
	{ ONE("consoleSize", TYPE_STRUCT), .inner = oci_box },
	{ ONE("user", TYPE_STRUCT), .inner = oci_user },
	{ LIST("args", TYPE_TEXT) },
	{ ONE("commandLine", TYPE_TEXT) },
	{ LIST("env", TYPE_TEXT) },
	{ ONE("cwd", TYPE_TEXT) },
	{ ONE("capabilities", TYPE_STRUCT), .inner = oci_linux_capabilities },
	{ LIST("rlimits", TYPE_STRUCT), .inner = oci_posix_rlimit },
	{ ONE("noNewPrivileges", TYPE_BOOL) },
	{ ONE("apparmorProfile", TYPE_TEXT) },
	{ ONE("oomScoreAdj", TYPE_INT) },
	{ ONE("scheduler", TYPE_STRUCT), .inner = oci_scheduler },
	{ ONE("selinuxLabel", TYPE_TEXT) },
	{ ONE("ioPriority", TYPE_STRUCT), .inner = oci_linux_io_priority },
	{ ONE("execCPUAffinity", TYPE_STRUCT), .inner = oci_cpu_affinity },
	END_OF_FIELDS,
};

static const struct schema_field oci_root[] = {
	{ ONE("path", TYPE_TEXT) },
	{ ONE("readonly", TYPE_BOOL) },
	END_OF_FIELDS,
};

static const struct schema_field oci_linux_id_mapping[] = {
	{ ONE("containerID", TYPE_U32) },
	{ ONE("hostID", TYPE_U32) },
	{ ONE("size", TYPE_U32) },
	END_OF_FIELDS,
};

static const struct schema_field oci_mount[] = {
	{ ONE("destination", TYPE_TEXT) },
	{ ONE("type", TYPE_TEXT) },
	{ ONE("source", TYPE_TEXT) },
	{ LIST("options", TYPE_TEXT) },
	{ LIST("uidMappings", TYPE_STRUCT), .inner = oci_linux_id_mapping },
	{ LIST("gidMappings", TYPE_STRUCT), .inner = oci_linux_id_mapping },
	END_OF_FIELDS,
};

static const struct schema_field oci_hook[] = {
	{ ONE("path", TYPE_TEXT) },
	{ LIST("args", TYPE_TEXT) },
	{ LIST("env", TYPE_TEXT) },
	{ ONE("timeout", TYPE_INT) },
	END_OF_FIELDS,
};

static const struct schema_field oci_hooks[] = {
	{ LIST("prestart", TYPE_STRUCT), .inner = oci_hook },
	{ LIST("createRuntime", TYPE_STRUCT), .inner = oci_hook },
	{ LIST("createContainer", TYPE_STRUCT), .inner = oci_hook },
	{ LIST("startContainer", TYPE_STRUCT), .inner = oci_hook },
	{ LIST("poststart", TYPE_STRUCT), .inner = oci_hook },
	{ LIST("poststop", TYPE_STRUCT), .inner = oci_hook },
	END_OF_FIELDS,
};

static const struct schema_field oci_linux_device_cgroup[] = {
	{ ONE("allow", TYPE_BOOL) },
	{ ONE("type", TYPE_TEXT) },
	{ ONE("major", TYPE_INT) },
	{ ONE("minor", TYPE_INT) },
	{ ONE("access", TYPE_TEXT) },
	END_OF_FIELDS,
};

static const struct schema_field oci_linux_memory[] = {
	{ ONE("limit", TYPE_INT) },
	{ ONE("reservation", TYPE_INT) },
	{ ONE("swap", TYPE_INT) },
	{ ONE("kernel", TYPE_INT) },
	{ ONE("kernelTCP", TYPE_INT) },
	{ ONE("swappiness", TYPE_U64) },
	{ ONE("disableOOMKiller", TYPE_BOOL) },
	{ ONE("useHierarchy", TYPE_BOOL) },
	{ ONE("checkBeforeUpdate", TYPE_BOOL) },
	END_OF_FIELDS,
};

static const struct schema_field oci_linux_cpu[] = {
	{ ONE("shares", TYPE_U64) },
	{ ONE("quota", TYPE_INT) },
	{ ONE("burst", TYPE_U64) },
	{ ONE("period", TYPE_U64) },
	{ ONE("realtimeRuntime", TYPE_INT) },
	{ ONE("realtimePeriod", TYPE_U64) },
	{ ONE("cpus", TYPE_TEXT) },
	{ ONE("mems", TYPE_TEXT) },
	{ ONE("idle", TYPE_INT) },
	END_OF_FIELDS,
};

static const struct schema_field oci_linux_pids[] = {
	{ ONE("limit", TYPE_INT) },
	END_OF_FIELDS,
};

static const struct schema_field oci_linux_weight_device[] = {
	{ ONE("major", TYPE_INT) },
	{ ONE("minor", TYPE_INT) },
	{ ONE("weight", TYPE_U16) },
	{ ONE("leafWeight", TYPE_U16) },
	END_OF_FIELDS,
};

static const struct schema_field oci_linux_throttle_device[] = {
	{ ONE("major", TYPE_INT) },
	{ ONE("minor", TYPE_INT) },
	{ ONE("rate", TYPE_U64) },
	END_OF_FIELDS,
};

static const struct schema_field oci_linux_block_io[] = {
	{ ONE("weight", TYPE_U16) },
	{ ONE("leafWeight", TYPE_U16) },
	{ LIST("weightDevice", TYPE_STRUCT), .inner = oci_linux_weight_device },
	{ LIST("throttleReadBpsDevice", TYPE_STRUCT), .inner = oci_linux_throttle_device },
	{ LIST("throttleWriteBpsDevice", TYPE_STRUCT), .inner = oci_linux_throttle_device },
	{ LIST("throttleReadIOPSDevice", TYPE_STRUCT), .inner = oci_linux_throttle_device },
	{ LIST("throttleWriteIOPSDevice", TYPE_STRUCT), .inner = oci_linux_throttle_device },
	END_OF_FIELDS,
};

static const struct schema_field oci_linux_hugepage_limit[] = {
	{ ONE("pageSize", TYPE_TEXT) },
	{ ONE("limit", TYPE_U64) },
	END_OF_FIELDS,
};

static const struct schema_field oci_linux_interface_priority[] = {
	{ ONE("name", TYPE_TEXT) },
	{ ONE("priority", TYPE_U32) },
	END_OF_FIELDS,
};

static const struct schema_field oci_linux_network[] = {
	{ ONE("classID", TYPE_U32) },
	{ LIST("priorities", TYPE_STRUCT), .inner = oci_linux_interface_priority },
	END_OF_FIELDS,
};

static const struct schema_field oci_linux_rdma[] = {
	{ ONE("hcaHandles", TYPE_U32) },
	{ ONE("hcaObjects", TYPE_U32) },
	END_OF_FIELDS,
};

static const struct schema_field oci_linux_resources[] = {
	{ LIST("devices", TYPE_STRUCT), .inner = oci_linux_device_cgroup },
	{ ONE("memory", TYPE_STRUCT), .inner = oci_linux_memory },
	{ ONE("cpu", TYPE_STRUCT), .inner = oci_linux_cpu },
	{ ONE("pids", TYPE_STRUCT), .inner = oci_linux_pids },
	{ ONE("blockIO", TYPE_STRUCT), .inner = oci_linux_block_io },
	{ LIST("hugepageLimits", TYPE_STRUCT), .inner = oci_linux_hugepage_limit },
	{ ONE("network", TYPE_STRUCT), .inner = oci_linux_network },
	{ MAP("rdma", TYPE_STRUCT), .inner = oci_linux_rdma },
	{ MAP("unified", TYPE_TEXT) },
	END_OF_FIELDS,
};

static const struct schema_field oci_linux_namespace[] = {
	{ ONE("type", TYPE_TEXT) },
	{ ONE("path", TYPE_TEXT) },
	END_OF_FIELDS,
};

static const struct schema_field oci_linux_device[] = {
	{ ONE("path", TYPE_TEXT) },
	{ ONE("type", TYPE_TEXT) },
	{ ONE("major", TYPE_INT) },
	{ ONE("minor", TYPE_INT) },
	{ ONE("fileMode", TYPE_U32) },
	{ ONE("uid", TYPE_U32) },
	{ ONE("gid", TYPE_U32) },
	END_OF_FIELDS,
};

static const struct schema_field oci_linux_net_device[] = {
	{ ONE("name", TYPE_TEXT) },
	END_OF_FIELDS,
};

static const struct schema_field oci_linux_seccomp_arg[] = {
	{ ONE("index", TYPE_U64) },
	{ ONE("value", TYPE_U64) },
	{ ONE("valueTwo", TYPE_U64) },
	{ ONE("op", TYPE_TEXT) },
	END_OF_FIELDS,
};

static const struct schema_field oci_linux_syscall[] = {
	{ LIST("names", TYPE_TEXT) },
	{ ONE("action", TYPE_TEXT) },
	{ ONE("errnoRet", TYPE_U64) },
	{ LIST("args", TYPE_STRUCT), .inner = oci_linux_seccomp_arg },
	END_OF_FIELDS,
};

static const struct schema_field oci_linux_seccomp[] = {
	{ ONE("defaultAction", TYPE_TEXT) },
	{ ONE("defaultErrnoRet", TYPE_U64) },
	{ LIST("architectures", TYPE_TEXT) },
	{ LIST("flags", TYPE_TEXT) },
	{ ONE("listenerPath", TYPE_TEXT) },
	{ ONE("listenerMetadata", TYPE_TEXT) },
	{ LIST("syscalls", TYPE_STRUCT), .inner = oci_linux_syscall },
	END_OF_FIELDS,
};

static const struct schema_field oci_linux_intel_rdt[] = {
	{ ONE("closID", TYPE_TEXT) },
	{ LIST("schemata", TYPE_TEXT) },
	{ ONE("l3CacheSchema", TYPE_TEXT) },
	{ ONE("memBwSchema", TYPE_TEXT) },
	{ ONE("enableMonitoring", TYPE_BOOL) },
	END_OF_FIELDS,
};

static const struct schema_field oci_linux_memory_policy[] = {
	{ ONE("mode", TYPE_TEXT) },
	{ ONE("nodes", TYPE_TEXT) },
	{ LIST("flags", TYPE_TEXT) },
	END_OF_FIELDS,
};

static const struct schema_field oci_linux_personality[] = {
	{ ONE("domain", TYPE_TEXT) },
	{ LIST("flags", TYPE_TEXT) },
	END_OF_FIELDS,
};

static const struct schema_field oci_linux_time_offset[] = {
	{ ONE("secs", TYPE_INT) },
	{ ONE("nanosecs", TYPE_U32) },
	END_OF_FIELDS,
};

static const struct schema_field oci_linux[] = {
	{ LIST("uidMappings", TYPE_STRUCT), .inner = oci_linux_id_mapping },
	{ LIST("gidMappings", TYPE_STRUCT), .inner = oci_linux_id_mapping },
	{ MAP("sysctl", TYPE_TEXT) },
	{ ONE("resources", TYPE_STRUCT), .inner = oci_linux_resources },
	{ ONE("cgroupsPath", TYPE_TEXT) },
	{ LIST("namespaces", TYPE_STRUCT), .inner = oci_linux_namespace },
	{ LIST("devices", TYPE_STRUCT), .inner = oci_linux_device },
	{ MAP("netDevices", TYPE_STRUCT), .inner = oci_linux_net_device },
	{ ONE("seccomp", TYPE_STRUCT), .inner = oci_linux_seccomp },
	{ ONE("rootfsPropagation", TYPE_TEXT) },
	{ LIST("maskedPaths", TYPE_TEXT) },
	{ LIST("readonlyPaths", TYPE_TEXT) },
	{ ONE("mountLabel", TYPE_TEXT) },
	{ ONE("intelRdt", TYPE_STRUCT), .inner = oci_linux_intel_rdt },
	{ ONE("memoryPolicy", TYPE_STRUCT), .inner = oci_linux_memory_policy },
	{ ONE("personality", TYPE_STRUCT), .inner = oci_linux_personality },
	{ MAP("timeOffsets", TYPE_STRUCT), .inner = oci_linux_time_offset },
	END_OF_FIELDS,
};

static const struct schema_field oci_solaris_anet[] = {
	{ ONE("linkname", TYPE_TEXT) },
	{ ONE("lowerLink", TYPE_TEXT) },
	{ ONE("allowedAddress", TYPE_TEXT) },
	{ ONE("configureAllowedAddress", TYPE_TEXT) },
	{ ONE("defrouter", TYPE_TEXT) },
	{ ONE("linkProtection", TYPE_TEXT) },
	{ ONE("macAddress", TYPE_TEXT) },
	END_OF_FIELDS,
};

static const struct schema_field oci_solaris_capped_cpu[] = {
	{ ONE("ncpus", TYPE_TEXT) },
	END_OF_FIELDS,
};

static const struct schema_field oci_solaris_capped_memory[] = {
	{ ONE("physical", TYPE_TEXT) },
	{ ONE("swap", TYPE_TEXT) },
	END_OF_FIELDS,
};

static const struct schema_field oci_solaris[] = {
	{ ONE("milestone", TYPE_TEXT) },
	{ ONE("limitpriv", TYPE_TEXT) },
	{ ONE("maxShmMemory", TYPE_TEXT) },
	{ LIST("anet", TYPE_STRUCT), .inner = oci_solaris_anet },
	{ ONE("cappedCPU", TYPE_STRUCT), .inner = oci_solaris_capped_cpu },
	{ ONE("cappedMemory", TYPE_STRUCT), .inner = oci_solaris_capped_memory },
	END_OF_FIELDS,
};

static const struct schema_field oci_windows_device[] = {
	{ ONE("id", TYPE_TEXT) },
	{ ONE("idType", TYPE_TEXT) },
	END_OF_FIELDS,
};

static const struct schema_field oci_windows_memory_resources[] = {
	{ ONE("limit", TYPE_U64) },
	END_OF_FIELDS,
};

static const struct schema_field oci_windows_cpu_group_affinity[] = {
	{ ONE("mask", TYPE_U64) },
	{ ONE("group", TYPE_U32) },
	END_OF_FIELDS,
};

static const struct schema_field oci_windows_cpu_resources[] = {
	{ ONE("count", TYPE_U64) },
	{ ONE("shares", TYPE_U16) },
	{ ONE("maximum", TYPE_U16) },
	{ LIST("affinity", TYPE_STRUCT), .inner = oci_windows_cpu_group_affinity },
	END_OF_FIELDS,
};

static const struct schema_field oci_windows_storage_resources[] = {
	{ ONE("iops", TYPE_U64) },
	{ ONE("bps", TYPE_U64) },
	{ ONE("sandboxSize", TYPE_U64) },
	END_OF_FIELDS,
};

static const struct schema_field oci_windows_resources[] = {
	{ ONE("memory", TYPE_STRUCT), .inner = oci_windows_memory_resources },
	{ ONE("cpu", TYPE_STRUCT), .inner = oci_windows_cpu_resources },
	{ ONE("storage", TYPE_STRUCT), .inner = oci_windows_storage_resources },
	END_OF_FIELDS,
};

static const struct schema_field oci_windows_hyper_v[] = {
	{ ONE("utilityVMPath", TYPE_TEXT) },
	END_OF_FIELDS,
};

static const struct schema_field oci_windows_network[] = {
	{ LIST("endpointList", TYPE_TEXT) },
	{ ONE("allowUnqualifiedDNSQuery", TYPE_BOOL) },
	{ LIST("DNSSearchList", TYPE_TEXT) },
	{ ONE("networkSharedContainerName", TYPE_TEXT) },
	{ ONE("networkNamespace", TYPE_TEXT) },
	END_OF_FIELDS,
};

static const struct schema_field oci_windows[] = {
	{ LIST("layerFolders", TYPE_TEXT) },
	{ LIST("devices", TYPE_STRUCT), .inner = oci_windows_device },
	{ ONE("resources", TYPE_STRUCT), .inner = oci_windows_resources },
	{ ONE("credentialSpec", TYPE_FREE) },
	{ ONE("servicing", TYPE_BOOL) },
	{ ONE("ignoreFlushesDuringBoot", TYPE_BOOL) },
	{ ONE("hyperv", TYPE_STRUCT), .inner = oci_windows_hyper_v },
	{ ONE("network", TYPE_STRUCT), .inner = oci_windows_network },
	END_OF_FIELDS,
};

static const struct schema_field oci_vm_hypervisor[] = {
	{ ONE("path", TYPE_TEXT) },
	{ LIST("parameters", TYPE_TEXT) },
	END_OF_FIELDS,
};

static const struct schema_field oci_vm_kernel[] = {
	{ ONE("path", TYPE_TEXT) },
	{ LIST("parameters", TYPE_TEXT) },
	{ ONE("initrd", TYPE_TEXT) },
	END_OF_FIELDS,
};

static const struct schema_field oci_vm_image[] = {
	{ ONE("path", TYPE_TEXT) },
	{ ONE("format", TYPE_TEXT) },
	END_OF_FIELDS,
};

static const struct schema_field oci_io_mems[] = {
	{ ONE("firstGFN", TYPE_U64) },
	{ ONE("firstMFN", TYPE_U64) },
	{ ONE("nrMFNs", TYPE_U64) },
	END_OF_FIELDS,
};

static const struct schema_field oci_hw_config[] = {
	{ ONE("deviceTree", TYPE_TEXT) },
	{ ONE("vcpus", TYPE_U32) },
	{ ONE("memory", TYPE_U64) },
	{ LIST("dtdevs", TYPE_TEXT) },
	{ LIST("iomems", TYPE_STRUCT), .inner = oci_io_mems },
	{ LIST("irqs", TYPE_U32) },
	END_OF_FIELDS,
};

static const struct schema_field oci_vm[] = {
	{ ONE("hypervisor", TYPE_STRUCT), .inner = oci_vm_hypervisor },
	{ ONE("kernel", TYPE_STRUCT), .inner = oci_vm_kernel },
	{ ONE("image", TYPE_STRUCT), .inner = oci_vm_image },
	{ ONE("hwconfig", TYPE_STRUCT), .inner = oci_hw_config },
	END_OF_FIELDS,
};

static const struct schema_field oci_zos_namespace[] = {
	{ ONE("type", TYPE_TEXT) },
	{ ONE("path", TYPE_TEXT) },
	END_OF_FIELDS,
};

static const struct schema_field oci_zos[] = {
	{ LIST("namespaces", TYPE_STRUCT), .inner = oci_zos_namespace },
	END_OF_FIELDS,
};

static const struct schema_field oci_freebsd_device[] = {
	{ ONE("path", TYPE_TEXT) },
	{ ONE("mode", TYPE_U32) },
	END_OF_FIELDS,
};

static const struct schema_field oci_freebsd_jail_allow[] = {
	{ ONE("setHostname", TYPE_BOOL) },
	{ ONE("rawSockets", TYPE_BOOL) },
	{ ONE("chflags", TYPE_BOOL) },
	{ LIST("mount", TYPE_TEXT) },
	{ ONE("quotas", TYPE_BOOL) },
	{ ONE("socketAf", TYPE_BOOL) },
	{ ONE("mlock", TYPE_BOOL) },
	{ ONE("reservedPorts", TYPE_BOOL) },
	{ ONE("suser", TYPE_BOOL) },
	END_OF_FIELDS,
};

static const struct schema_field oci_freebsd_jail[] = {
	{ ONE("parent", TYPE_TEXT) },
	{ ONE("host", TYPE_TEXT) },
	{ ONE("ip4", TYPE_TEXT) },
	{ LIST("ip4Addr", TYPE_TEXT) },
	{ ONE("ip6", TYPE_TEXT) },
	{ LIST("ip6Addr", TYPE_TEXT) },
	{ ONE("vnet", TYPE_TEXT) },
	{ ONE("interface", TYPE_TEXT) },
	{ LIST("vnetInterfaces", TYPE_TEXT) },
	{ ONE("sysvmsg", TYPE_TEXT) },
	{ ONE("sysvsem", TYPE_TEXT) },
	{ ONE("sysvshm", TYPE_TEXT) },
	{ ONE("enforceStatfs", TYPE_INT) },
	{ ONE("allow", TYPE_STRUCT), .inner = oci_freebsd_jail_allow },
	END_OF_FIELDS,
};

static const struct schema_field oci_freebsd[] = {
	{ LIST("devices", TYPE_STRUCT), .inner = oci_freebsd_device },
	{ ONE("jail", TYPE_STRUCT), .inner = oci_freebsd_jail },
	END_OF_FIELDS,
};

const struct schema_field schema_runtime_spec[] = {
	{ ONE("ociVersion", TYPE_TEXT) },
	{ ONE("process", TYPE_STRUCT), .inner = oci_process },
	{ ONE("root", TYPE_STRUCT), .inner = oci_root },
	{ ONE("hostname", TYPE_TEXT) },
	{ ONE("domainname", TYPE_TEXT) },
	{ LIST("mounts", TYPE_STRUCT), .inner = oci_mount },
	{ ONE("hooks", TYPE_STRUCT), .inner = oci_hooks },
	{ MAP("annotations", TYPE_TEXT) },
	{ ONE("linux", TYPE_STRUCT), .inner = oci_linux },
	{ ONE("solaris", TYPE_STRUCT), .inner = oci_solaris },
	{ ONE("windows", TYPE_STRUCT), .inner = oci_windows },
	{ ONE("vm", TYPE_STRUCT), .inner = oci_vm },
	{ ONE("zos", TYPE_STRUCT), .inner = oci_zos },
	{ ONE("freebsd", TYPE_STRUCT), .inner = oci_freebsd },
	END_OF_FIELDS,
};
