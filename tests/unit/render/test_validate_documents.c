#include "unit/render/validated.h"

#include "base/own.h"

#include <criterion/criterion.h>

/* The documents that 1.13 has; those that 1.14 adds are in test_validate_newer.c. */

#define WG_KEY "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY="
#define HEX40 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define LETTERS_64 HEX40 "aaaaaaaaaaaaaaaaaaaaaaaa"
#define LABELS_130 LETTERS_64 "." LETTERS_64 "."

/* clang-format off */
static const struct validated links[] = {
	{ KIND("LinkConfig", "eth0") "mtu: 1500\naddresses: [{address: 10.0.0.1/24}]\n"
	  "routes: [{gateway: 10.0.0.2}]\n",
	  "" },
	{ KIND("LinkConfig", "''"), "name-missing", "LinkConfig.name", 3 },
	{ KIND("LinkConfig", "eth0") "addresses: [{routePriority: 3}]\n", "address-missing",
	  "LinkConfig[eth0].addresses[0].address", 4 },
	{ KIND("LinkConfig", "eth0") "addresses: [{address: 0.0.0.0/24}, {address: '::/0'}]\n",
	  "address-unspecified address-unspecified" },
	{ KIND("LinkConfig", "eth0") "routes:\n- destination: 0.0.0.0/0\n  gateway: 10.0.0.1\n"
	  "- destination: ::/0\n",
	  "route-destination route-destination", "LinkConfig[eth0].routes[0].destination", 5 },
	{ KIND("LinkConfig", "eth0") "routes: [{gateway: 0.0.0.0, source: '::'}]\n",
	  "route-gateway route-source" },
	{ KIND("DummyLinkConfig", "dummy0"), "" },
	{ KIND("DummyLinkConfig", "''"), "name-missing" },
	{ KIND("BridgeConfig", "br0") "links: [eth0]\n", "" },
	{ KIND("BridgeConfig", "''") "addresses: [{}]\n", "name-missing address-missing" },

	{ KIND("BondConfig", "bond0") "links: [eth0]\nbondMode: active-backup\n", "" },
	{ KIND("BondConfig", "bond0") "miimon: 100\n", "bond-links bond-mode",
	  "BondConfig[bond0].links", 1 },
	{ KIND("BondConfig", "''") "links: [eth0]\nbondMode: 802.3ad\n",
	  "name-missing ~bond-miimon ~bond-updelay ~bond-downdelay" },
	{ KIND("BondConfig", "b") "links: [eth0]\nbondMode: 802.3ad\nmiimon: 1\nupdelay: 0\n"
	  "downdelay: 0\n",
	  "" },

	{ KIND("VLANConfig", "eth0.5") "vlanID: 5\nparent: eth0\nvlanMode: 802.1ad\n", "" },
	{ KIND("VLANConfig", "eth0.5") "vlanID: 4095\n", "vlan-id vlan-parent",
	  "VLANConfig[eth0.5].vlanID", 4 },
	{ KIND("VLANConfig", "''") "parent: eth0\n", "name-missing vlan-id" },

	{ KIND("VRFConfig", "vrf") "table: 100\nlinks: [eth0]\n", "" },
	{ KIND("VRFConfig", "vrf") "table: main\n", "vrf-table", "VRFConfig[vrf].table", 4 },
	{ KIND("VRFConfig", "''") "links: [eth0]\n", "name-missing vrf-table" },

	{ KIND("LinkAliasConfig", "lan0") "selector: {match: link.driver == 'x'}\n", "" },
	{ KIND("LinkAliasConfig", "lan%d") "selector: {match: link.type == 1}\n", "" },
	{ KIND("LinkAliasConfig", "lan%s") "selector: {match: glob(}\n",
	  "alias-pattern selector", "LinkAliasConfig[lan%s].name", 3 },
	{ KIND("LinkAliasConfig", "'%d'") "selector: {match: link.mtu}\n",
	  "alias-pattern selector" },
	{ KIND("LinkAliasConfig", "''"), "name-missing selector-missing" },

	{ KIND("WireguardConfig", "wg0") "privateKey: " WG_KEY "\npeers:\n- publicKey: " WG_KEY
	  "\n  presharedKey: " WG_KEY "\n  persistentKeepaliveInterval: 5s\n",
	  "" },
	{ KIND("WireguardConfig", "''"), "name-missing wireguard-private-key" },
	{ KIND("WireguardConfig", "wg0") "privateKey: c2hvcnQ=\nlistenPort: 65536\n",
	  "wireguard-key wireguard-port", "WireguardConfig[wg0].privateKey", 4 },
	{ KIND("WireguardConfig", "wg0") "privateKey: " WG_KEY "\nlistenPort: -1\n",
	  "wireguard-port" },
	{ KIND("WireguardConfig", "wg0") "privateKey: " WG_KEY "\npeers:\n"
	  "- {presharedKey: x, persistentKeepaliveInterval: -5s}\n- "
	  "publicKey: y\n",
	  "wireguard-public-key wireguard-key wireguard-keepalive wireguard-key",
	  "WireguardConfig[wg0].peers[0].publicKey", 6 },

	{ KIND("EthernetConfig", "eth0") "rings: {rx: 5}\n", "" },
	{ KIND("EthernetConfig", "''"), "name-missing" },
};
/* clang-format on */

/* clang-format off */
static const struct validated network[] = {
	{ KIND("DHCPv4Config", "eth0") "clientIdentifier: duid\nduidRaw: 00:01:02\n", "" },
	{ KIND("DHCPv4Config", "eth0") "clientIdentifier: duid\n", "dhcp-duid",
	  "DHCPv4Config[eth0].clientIdentifier", 4 },
	{ KIND("DHCPv4Config", "''"), "name-missing" },
	{ KIND("DHCPv6Config", "eth0") "clientIdentifier: mac\n", "" },
	{ KIND("DHCPv6Config", "eth0") "duidRaw: 00:01\n", "dhcp-duid",
	  "DHCPv6Config[eth0].duidRaw", 4 },

	{ KIND("Layer2VIPConfig", "10.0.0.5") "link: eth0\n", "" },
	{ KIND("Layer2VIPConfig", "fe80::1%eth0") "link: eth0\n", "" },
	{ KIND("Layer2VIPConfig", "10.0.0.999"), "vip-address vip-link" },
	{ KIND("Layer2VIPConfig", "''") "link: eth0\n", "name-missing" },
	{ KIND("HCloudVIPConfig", "10.0.0.5") "link: eth0\napiToken: t\n", "" },
	{ KIND("HCloudVIPConfig", "10.0.0.5") "link: eth0\n", "vip-token",
	  "HCloudVIPConfig[10.0.0.5].apiToken" },

	{ SINGLE("HostnameConfig") "auto: stable\n", "" },
	{ SINGLE("HostnameConfig") "auto: off\n", "" },
	{ SINGLE("HostnameConfig") "auto: off\nhostname: a.b\n", "" },
	{ SINGLE("HostnameConfig"), "hostname-missing", "HostnameConfig.hostname", 1 },
	{ SINGLE("HostnameConfig") "auto: stable\nhostname: a\n", "hostname-and-auto",
	  "HostnameConfig.auto", 3 },
	{ SINGLE("HostnameConfig") "auto: talos-addr\n", "hostname-auto" },
	{ SINGLE("HostnameConfig") "hostname: .b\n", "hostname-label" },
	{ SINGLE("HostnameConfig") "hostname: " LETTERS_64 "\n", "hostname-label" },
	{ SINGLE("HostnameConfig") "hostname: a." LABELS_130 LABELS_130 "\n", "hostname-long" },

	{ SINGLE("ResolverConfig") "nameservers: [{address: 10.0.0.1}]\n", "" },
	{ SINGLE("ResolverConfig") "nameservers: [{}]\n", "" },

	{ SINGLE("TimeSyncConfig") "bootTimeout: 5s\nntp: {servers: [a]}\n", "" },
	{ SINGLE("TimeSyncConfig") "bootTimeout: -1s\nntp: {}\nptp: {}\n",
	  "time-boot-timeout time-ntp-and-ptp", "TimeSyncConfig.bootTimeout", 3 },

	{ KIND("StaticHostConfig", "10.0.0.1") "hostnames: [a]\n", "" },
	{ KIND("StaticHostConfig", "x") "hostnames: []\n", "host-address host-names" },
	{ KIND("StaticHostConfig", "''") "hostnames: [a]\n", "name-missing host-address" },

	{ SINGLE("KubeSpanConfig") "mtu: 1280\nfilters: {endpoints: ['!10.0.0.1', '::/0']}\n", "" },
	{ SINGLE("KubeSpanConfig") "mtu: 0\n", "kubespan-mtu", "KubeSpanConfig.mtu", 3 },
	{ SINGLE("KubeSpanConfig") "filters: {endpoints: ['!10.0.0.0/8', x]}\n",
	  "kubespan-filter", "KubeSpanConfig.filters.endpoints[1]", 3 },
	{ SINGLE("KubeSpanEndpointsConfig") "extraAnnouncedEndpoints: ['10.0.0.1:5']\n", "" },
	{ SINGLE("NetworkDefaultActionConfig") "ingress: block\n", "" },

	{ KIND("NetworkRuleConfig", "r") "portSelector: {ports: [80, 100-200], protocol: tcp}\n"
	  "ingress: [{subnet: 10.0.0.0/8, except: 10.1.0.0/16}]\n",
	  "" },
	{ KIND("NetworkRuleConfig", "''") "portSelector: {ports: []}\n", "name-missing" },
	{ KIND("NetworkRuleConfig", "r") "portSelector: {ports: []}\n", "firewall-ports" },
	{ KIND("NetworkRuleConfig", "r") "portSelector: {ports: [30-20, 5], protocol: tcp}\n",
	  "firewall-ports", "NetworkRuleConfig[r].portSelector.ports[0]", 4 },
	{ KIND("NetworkRuleConfig", "r") "portSelector: {ports: [443, 100-200, 150-300]}\n",
	  "firewall-overlap", "NetworkRuleConfig[r].portSelector.ports[2]" },
	{ KIND("NetworkRuleConfig", "r") "portSelector: {ports: [5, 5]}\n", "firewall-overlap" },
	{ KIND("NetworkRuleConfig", "r") "portSelector: {ports: [5]}\ningress: [{}, {}]\n",
	  "firewall-subnet", "NetworkRuleConfig[r].ingress[0].subnet", 5 },

	{ KIND("BlackholeRouteConfig", "10.0.0.0/8") "metric: 5\n", "" },
	{ KIND("BlackholeRouteConfig", "10.0.0.1") "metric: 5\n", "blackhole-prefix" },
	{ KIND("BlackholeRouteConfig", "''"), "name-missing blackhole-prefix" },

	{ KIND("RoutingRuleConfig", "1000") "table: 100\nfwMark: 1\nfwMask: 2\n", "" },
	{ KIND("RoutingRuleConfig", "1000") "action: blackhole\n", "" },
	{ KIND("RoutingRuleConfig", "32766") "fwMask: 5\n",
	  "rule-priority-reserved rule-table rule-mask" },
	{ KIND("RoutingRuleConfig", "x") "table: 5\n", "rule-priority rule-priority-reserved" },
	{ KIND("RoutingRuleConfig", "99999999999") "table: 5\n", "rule-priority" },
	{ KIND("RoutingRuleConfig", "''") "table: 5\n",
	  "name-missing rule-priority rule-priority-reserved" },
	{ KIND("RoutingRuleConfig", "5") "action: unicast\n", "rule-table" },

	{ KIND("TCPProbeConfig", "p") "endpoint: a:80\ntimeout: 5s\n", "" },
	{ KIND("TCPProbeConfig", "''"), "name-missing probe-endpoint" },
	{ KIND("TCPProbeConfig", "p") "endpoint: a\ntimeout: -5s\ninterval: -1s\n"
	  "failureThreshold: -1\n",
	  "probe-negative probe-negative probe-negative", "TCPProbeConfig[p].timeout", 5 },
};
/* clang-format on */

#define DISK "provisioning: {diskSelector: {match: disk.rotational}, minSize: 1GB}\n"

/* clang-format off */
static const struct validated storage[] = {
	{ KIND("VolumeConfig", "EPHEMERAL") "provisioning: {minSize: 1GB, maxSize: 2GB}\n", "" },
	{ KIND("VolumeConfig", "STATE") "encryption: {provider: luks2, keys: [{slot: 0, nodeID: "
	  "{}}]}\n",
	  "" },
	{ KIND("VolumeConfig", "IMAGECACHE") "provisioning: {maxSize: 50%, minSize: 1GB}\n", "" },
	{ KIND("VolumeConfig", "ETCD"), "volume-name", "VolumeConfig[ETCD].name", 3 },
	{ KIND("VolumeConfig", "STATE") "provisioning: {grow: true}\n"
	  "encryption: {provider: luks2, keys: [{slot: 0, nodeID: "
	  "{}, lockToState: true}]}\n",
	  "volume-fixed volume-fixed", "VolumeConfig[STATE].provisioning", 4 },
	{ KIND("VolumeConfig", "EPHEMERAL") "provisioning: {diskSelector: {match: disk.size}}\n",
	  "selector", "VolumeConfig[EPHEMERAL].provisioning.diskSelector.match", 4 },
	{ KIND("VolumeConfig", "EPHEMERAL") "provisioning: {minSize: 2GB, maxSize: 1GB}\n",
	  "volume-sizes" },
	{ KIND("VolumeConfig", "EPHEMERAL") "provisioning: {minSize: 2GB, maxSize: -1GB}\n", "" },
	{ KIND("VolumeConfig", "EPHEMERAL") "provisioning: {minSize: -2GB}\n", "volume-size" },

	{ KIND("RawVolumeConfig", "raw") DISK, "" },
	{ KIND("RawVolumeConfig", "raw"), "selector-missing volume-size" },
	{ KIND("RawVolumeConfig", "raw") DISK "encryption: {keys: [{slot: 0}]}\n",
	  "encryption-provider encryption-key" },
	{ KIND("RawVolumeConfig", "raw") DISK "encryption: {provider: luks2}\n",
	  "encryption-keys" },
	{ KIND("RawVolumeConfig", "raw") DISK "encryption: {cipher: x}\n", "" },
	{ KIND("RawVolumeConfig", "raw") DISK "encryption:\n  provider: luks2\n  keys:\n"
	  "  - {slot: 1, nodeID: {}}\n  - {slot: 1, tpm: "
	  "{options: {pcrs: [7, 24, -1]}}}\n",
	  "encryption-slot encryption-pcr encryption-pcr",
	  "RawVolumeConfig[raw].encryption.keys[1].slot", 9 },
	{ KIND("SwapVolumeConfig", "swap") DISK, "" },
	{ KIND("SwapVolumeConfig", HEX40) DISK, "name-length" },

	{ KIND("UserVolumeConfig", "data") DISK "filesystem: {projectQuotaSupport: true}\n", "" },
	{ KIND("UserVolumeConfig", "a_b") DISK, "name-letters" },
	{ KIND("UserVolumeConfig", "''") DISK, "name-missing name-length" },
	{ KIND("UserVolumeConfig", "data") DISK "filesystem: {type: vfat}\n", "filesystem-type",
	  "UserVolumeConfig[data].filesystem.type", 5 },
	{ KIND("UserVolumeConfig", "data") DISK
	  "filesystem: {type: ext4, projectQuotaSupport: true}\n",
	  "filesystem-quota" },
	{ KIND("UserVolumeConfig", "data") "volumeType: tmpfs\n", "volume-type" },
	{ KIND("UserVolumeConfig", "data") "volumeType: disk\n"
	  "provisioning: {diskSelector: {match: disk.cdrom}}\n",
	  "" },
	{ KIND("UserVolumeConfig", "data") "volumeType: disk\n"
	  "provisioning: {diskSelector: {match: disk.cdrom}, minSize: '', maxSize: '', grow: }\n",
	  "" },
	{ KIND("UserVolumeConfig", "data") "volumeType: disk\n" DISK, "volume-whole-disk" },
	{ KIND("UserVolumeConfig", "data") "volumeType: directory\n", "" },
	{ KIND("UserVolumeConfig", "data") "volumeType: directory\n" DISK
	  "filesystem: {type: xfs}\nencryption: {provider: "
	  "luks2}\nmount: {secure: true}\n",
	  "volume-directory volume-directory volume-directory volume-directory",
	  "UserVolumeConfig[data].provisioning", 5 },

	{ KIND("ExistingVolumeConfig", "ex") "discovery: {volumeSelector: {match: volume.name == "
	  "'x'}}\n", "" },
	{ KIND("ExistingVolumeConfig", "a.b"), "name-letters selector-missing" },
	{ KIND("ExistingVolumeConfig", "ex") "discovery: {volumeSelector: {match: system_disk}}\n",
	  "selector", "ExistingVolumeConfig[ex].discovery.volumeSelector.match", 4 },

	{ KIND("ExternalVolumeConfig", "xt") "filesystemType: virtiofs\n"
	  "mount: {virtiofs: {tag: t}}\n",
	  "" },
	{ KIND("ExternalVolumeConfig", "xt") "filesystemType: xfs\n", "filesystem-type" },
	{ KIND("ExternalVolumeConfig", "xt") "filesystemType: virtiofs\n", "virtiofs-mount" },
	{ KIND("ExternalVolumeConfig", "xt") "filesystemType: virtiofs\nmount: {virtiofs: {}}\n",
	  "virtiofs-tag" },

	{ SINGLE("ZswapConfig") "maxPoolPercent: 100\n", "" },
	{ SINGLE("ZswapConfig") "maxPoolPercent: 101\n", "zswap-percent",
	  "ZswapConfig.maxPoolPercent", 3 },
	{ SINGLE("ZswapConfig") "maxPoolPercent: -1\n", "zswap-percent" },
};
/* clang-format on */

#define PEM_JUNK "|\n  -----BEGIN CERTIFICATE-----\n  AAAA\n  -----END CERTIFICATE-----\n"

/* clang-format off */
static const struct validated runtime[] = {
	{ KIND("RegistryMirrorConfig", "docker.io") "endpoints: [{url: 'https://a'}]\n", "" },
	{ KIND("RegistryMirrorConfig", "''") "endpoints: [{url: 'ftp://a'}, {}]\n",
	  "name-missing registry-endpoint registry-endpoint" },
	{ KIND("RegistryAuthConfig", "a") "username: u\npassword: p\n", "" },
	{ KIND("RegistryAuthConfig", "''") "username: u\nidentityToken: t\nauth: a\n",
	  "name-missing registry-auth registry-auth" },
	{ KIND("RegistryTLSConfig", "a") "insecureSkipVerify: true\n", "" },
	{ KIND("RegistryTLSConfig", "''") "ca: junk\n", "name-missing registry-ca" },
	{ KIND("RegistryTLSConfig", "a") "ca: " PEM_JUNK, "registry-ca" },
	{ KIND("RegistryTLSConfig", "a") "clientIdentity: {}\n", "pair-certificate pair-key",
	  "RegistryTLSConfig[a].clientIdentity.cert", 4 },
	{ KIND("TrustedRootsConfig", "a") "certificates: junk\n", "" },
	{ KIND("PCIDriverRebindConfig", "0000:01:00.0") "targetDriver: vfio\n", "" },

	{ SINGLE("ImageVerificationConfig") "rules:\n- {image: a/*, skip: true}\n"
	  "- {image: b/*, deny: true}\n- {image: c/*, keyless: "
	  "{issuer: i, subject: s}}\n"
	  "- {image: '*', publicKey: {certificate: c}}\n",
	  "" },
	{ SINGLE("ImageVerificationConfig") "rules: [{skip: true, deny: true}, {image: b/*}]\n",
	  "verification-image verification-rule verification-rule",
	  "ImageVerificationConfig.rules[0].image", 3 },
	{ SINGLE("ImageVerificationConfig") "rules: [{image: a/b, deny: true, keyless: {}, "
	  "publicKey: {}}]\n",
	  "verification-rule verification-rule verification-keyless verification-keyless "
	  "verification-certificate" },
	{ SINGLE("ImageVerificationConfig") "rules: [{image: a/b@c, skip: true}, {image: a/b:c, "
	  "skip: true},"
	  " {image: a, skip: true}]\n",
	  "~verification-image ~verification-image ~verification-image" },

	{ KIND("ExtensionServiceConfig", "s") "environment: [a=b]\n", "" },
	{ KIND("ExtensionServiceConfig", "''"), "name-missing" },
	{ KIND("ExtensionServiceConfig", "s"), "extension-empty" },
	{ KIND("ExtensionServiceConfig", "s") "configFiles: [{mountPath: /a}, {}]\n",
	  "extension-file", "ExtensionServiceConfig[s].configFiles[0].content", 4 },
	{ KIND("ExtensionServiceConfig", "s") "configFiles: [{content: a}]\n", "extension-file" },

	{ KIND("KmsgLogConfig", "k") "url: tcp://10.0.0.1:5000/\n", "" },
	{ KIND("KmsgLogConfig", "''"), "name-missing" },
	{ KIND("KmsgLogConfig", "k"), "kmsg-log" },
	{ KIND("KmsgLogConfig", "k") "url: https://a:5\n", "kmsg-log", "KmsgLogConfig[k].url", 4 },
	{ KIND("KmsgLogConfig", "k") "url: udp://a:5/b\n", "kmsg-log" },
	{ KIND("KmsgLogConfig", "k") "url: udp://a\n", "kmsg-log" },

	{ SINGLE("EventSinkConfig") "endpoint: '[::1]:5'\n", "" },
	{ SINGLE("EventSinkConfig") "endpoint: ':5'\n", "" },
	{ SINGLE("EventSinkConfig") "endpoint: a\n", "event-sink", "EventSinkConfig.endpoint", 3 },
	{ SINGLE("EventSinkConfig") "endpoint: '::1:5'\n", "event-sink" },
	{ SINGLE("EventSinkConfig") "endpoint: '[a]b:5'\n", "event-sink" },
	{ SINGLE("EventSinkConfig") "endpoint: 'a]:5'\n", "event-sink" },

	{ SINGLE("SideroLinkConfig") "apiUrl: grpc://a/?b=c\n", "" },
	{ SINGLE("SideroLinkConfig"), "siderolink-url" },
	{ SINGLE("SideroLinkConfig") "apiUrl: http://a\n", "siderolink-url" },
	{ SINGLE("SideroLinkConfig") "apiUrl: https://a/b\n", "siderolink-url" },

	{ SINGLE("WatchdogTimerConfig") "device: /dev/watchdog0\ntimeout: 10s\n", "" },
	{ SINGLE("WatchdogTimerConfig") "timeout: 5s\n", "watchdog-device" },
	{ SINGLE("WatchdogTimerConfig") "device: a\ntimeout: 9s\n", "watchdog-timeout",
	  "WatchdogTimerConfig.timeout", 4 },
	{ SINGLE("WatchdogTimerConfig") "device: a\ntimeout: -10s\n", "watchdog-timeout" },

	{ SINGLE("EnvironmentConfig") "variables: {A_1: b, _: c}\n", "" },
	{ SINGLE("EnvironmentConfig") "variables: {1A: b, A-B: c, '': d}\n",
	  "environment-name environment-name environment-name",
	  "EnvironmentConfig.variables.1A", 3 },

	{ SINGLE("OOMConfig") "triggerExpression: memory_full_avg10 > 5.0\n"
	  "cgroupRankingExpression: double(memory_current.orValue(0u))\n",
	  "" },
	{ SINGLE("OOMConfig") "triggerExpression: 1 + 1\ncgroupRankingExpression: 'true'\n"
	  "sampleInterval: -1s\n",
	  "selector selector oom-interval", "OOMConfig.triggerExpression", 3 },
};
/* clang-format on */

Test(validate_documents, links)
{
	validated_check(links, ARRAY_LEN(links), RELEASE_1_13);
	validated_check(links, ARRAY_LEN(links), RELEASE_1_14);
}

Test(validate_documents, network)
{
	validated_check(network, ARRAY_LEN(network), RELEASE_1_13);
}

Test(validate_documents, storage)
{
	validated_check(storage, ARRAY_LEN(storage), RELEASE_1_13);
}

Test(validate_documents, runtime)
{
	validated_check(runtime, ARRAY_LEN(runtime), RELEASE_1_13);
}
