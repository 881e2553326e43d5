/* The documents about the network. */
#include "render/schema_rows.h"

/* clang-format off */
#define LINK_ROWS                                                \
	{ ONE("up", TYPE_BOOL), .pointer = 1 },            \
	{ ONE("mtu", TYPE_U32) },                          \
	{ LIST("addresses", TYPE_STRUCT), .inner = address_config }, \
	{ LIST("routes", TYPE_STRUCT), .inner = route_config },     \
	{ ONE("multicast", TYPE_BOOL), .pointer = 1 }

#define PROBE_ROWS                                \
	{ ONE("interval", TYPE_DURATION) }, \
	{ ONE("failureThreshold", TYPE_INT) }
/* clang-format on */

static const char *const bond_modes[] = {
	"balance-rr", "active-backup", "balance-xor", "broadcast", "802.3ad", "balance-tlb",
	"balance-alb", NULL
};
static const char *const xmit_policies[] = {
	"layer2", "layer3+4", "layer2+3", "encap2+3", "encap3+4", NULL
};
static const char *const arp_validations[] = {
	"none", "active", "backup", "all", "filter", "filter-active", "filter-backup", NULL
};
static const char *const arp_targets[] = { "any", "all", NULL };
static const char *const lacp_rates[] = { "slow", "fast", NULL };
static const char *const fail_over_macs[] = { "none", "active", "follow", NULL };
static const char *const ad_selections[] = { "stable", "bandwidth", "count", NULL };
static const char *const lacp_active[] = { "off", "on", NULL };
static const char *const primary_reselections[] = { "always", "better", "failure", NULL };
static const char *const default_actions[] = { "accept", "block", NULL };
static const char *const client_identifiers[] = { "none", "mac", "duid", NULL };
static const char *const wake_modes[] = {
	"phy", "unicast", "multicast", "broadcast", "magic", "magicsecure", "filter", NULL
};
static const char *const hostname_kinds[] = { "off", "talos-addr", "stable", NULL };
static const char *const rule_actions[] = {
	"unspec", "unicast", "blackhole", "unreachable", "prohibit", NULL
};
static const char *const protocols[] = { "icmp", "tcp", "udp", "icmpv6", NULL };
static const char *const vlan_protocols[] = { "802.1q", "802.1ad", NULL };
static const char *const dns_protocols[] = { "Do53", "DoT", "DoH", NULL };

/* These name the same thing on the machine, so one name must not have two of them. */
static const char *const link_kinds[] = {
	"BondConfig", "BridgeConfig", "DummyLinkConfig", "LinkConfig", "VLANConfig",
	"VRFConfig", "VethConfig", "WireguardConfig", NULL
};
static const char *const vip_kinds[] = { "Layer2VIPConfig", "HCloudVIPConfig", NULL };

static const struct schema_field address_config[] = {
	{ ONE("address", TYPE_PREFIX), .keep = 1 },
	{ ONE("routePriority", TYPE_U32), .pointer = 1 },
	END_OF_FIELDS,
};

static const struct schema_field route_config[] = {
	{ ONE("destination", TYPE_PREFIX) },
	{ ONE("gateway", TYPE_ADDRESS) },
	{ ONE("source", TYPE_ADDRESS) },
	{ ONE("metric", TYPE_U32) },
	{ ONE("mtu", TYPE_U32) },
	{ ONE("table", TYPE_TABLE) },
	END_OF_FIELDS,
};

static const struct schema_field bgp_import_route[] = {
	{ ONE("bgpInstance", TYPE_TEXT), .keep = 1 },
	{ LIST("prefixes", TYPE_PREFIX), .keep = 1 },
	END_OF_FIELDS,
};

static const struct schema_field bgpbfd_config[] = {
	{ ONE("transmitInterval", TYPE_DURATION) },
	{ ONE("receiveInterval", TYPE_DURATION) },
	{ ONE("detectMultiplier", TYPE_U8) },
	END_OF_FIELDS,
};

static const struct schema_field bgp_neighbor_config[] = {
	{ ONE("address", TYPE_ADDRESS) },
	{ ONE("link", TYPE_TEXT) },
	{ ONE("peerASN", TYPE_U32) },
	{ ONE("localASN", TYPE_U32) },
	{ ONE("passive", TYPE_BOOL) },
	{ ONE("holdTime", TYPE_DURATION) },
	{ ONE("bfd", TYPE_STRUCT), .inner = bgpbfd_config, .pointer = 1 },
	END_OF_FIELDS,
};

static const struct schema_field bgp_instance_config[] = {
	HEADER_ROWS,
	{ ONE("name", TYPE_TEXT), .keep = 1 },
	{ ONE("vrf", TYPE_TEXT) },
	{ ONE("localASN", TYPE_U32), .keep = 1 },
	{ ONE("routerID", TYPE_ADDRESS) },
	{ ONE("routeSource", TYPE_ADDRESS) },
	{ LIST("advertise", TYPE_TEXT), .merge = MERGE_REPLACE },
	{ ONE("multipath", TYPE_BOOL), .pointer = 1 },
	{ ONE("maxPaths", TYPE_U8) },
	{ ONE("installRoutes", TYPE_BOOL), .pointer = 1 },
	{ LIST("importRoutes", TYPE_STRUCT), .inner = bgp_import_route, .merge = MERGE_REPLACE },
	{ LIST("neighbors", TYPE_STRUCT), .inner = bgp_neighbor_config, .merge = MERGE_REPLACE },
	END_OF_FIELDS,
};

static const struct schema_field blackhole_route_config[] = {
	HEADER_ROWS,
	{ ONE("name", TYPE_TEXT), .keep = 1 },
	{ ONE("metric", TYPE_U32) },
	END_OF_FIELDS,
};

static const struct schema_field bond_config[] = {
	HEADER_ROWS,
	{ ONE("name", TYPE_TEXT), .keep = 1 },
	{ ONE("hardwareAddr", TYPE_HARDWARE) },
	{ LIST("links", TYPE_TEXT) },
	{ ONE("bondMode", TYPE_WORD), .pointer = 1, .words = bond_modes },
	{ ONE("miimon", TYPE_U32), .pointer = 1 },
	{ ONE("updelay", TYPE_U32), .pointer = 1 },
	{ ONE("downdelay", TYPE_U32), .pointer = 1 },
	{ ONE("useCarrier", TYPE_BOOL), .pointer = 1 },
	{ ONE("xmitHashPolicy", TYPE_WORD), .pointer = 1, .words = xmit_policies },
	{ ONE("arpInterval", TYPE_U32), .pointer = 1 },
	{ LIST("arpIpTargets", TYPE_ADDRESS) },
	{ LIST("nsIp6Targets", TYPE_ADDRESS) },
	{ ONE("arpValidate", TYPE_WORD), .pointer = 1, .words = arp_validations },
	{ ONE("arpAllTargets", TYPE_WORD), .pointer = 1, .words = arp_targets },
	{ ONE("lacpRate", TYPE_WORD), .pointer = 1, .words = lacp_rates },
	{ ONE("failOverMac", TYPE_WORD), .pointer = 1, .words = fail_over_macs, .numbered = 1 },
	{ ONE("adSelect", TYPE_WORD), .pointer = 1, .words = ad_selections },
	{ ONE("adActorSysPrio", TYPE_U16), .pointer = 1 },
	{ ONE("adUserPortKey", TYPE_U16), .pointer = 1 },
	{ ONE("adLACPActive", TYPE_WORD), .pointer = 1, .words = lacp_active },
	{ ONE("primary", TYPE_TEXT), .pointer = 1, .since = RELEASE_1_14 },
	{ ONE("primaryReselect", TYPE_WORD), .pointer = 1, .words = primary_reselections },
	{ ONE("resendIGMP", TYPE_U32), .pointer = 1 },
	{ ONE("minLinks", TYPE_U32), .pointer = 1 },
	{ ONE("lpInterval", TYPE_U32), .pointer = 1 },
	{ ONE("packetsPerSlave", TYPE_U32), .pointer = 1 },
	{ ONE("numPeerNotif", TYPE_U8), .pointer = 1 },
	{ ONE("tlbLogicalLb", TYPE_U8), .pointer = 1 },
	{ ONE("allSlavesActive", TYPE_U8), .pointer = 1 },
	{ ONE("peerNotifDelay", TYPE_U32), .pointer = 1 },
	{ ONE("missedMax", TYPE_U8), .pointer = 1 },
	LINK_ROWS,
	END_OF_FIELDS,
};

static const struct schema_field bridge_stp_config[] = {
	{ ONE("enabled", TYPE_BOOL), .pointer = 1 },
	END_OF_FIELDS,
};

static const struct schema_field bridge_vlan_config[] = {
	{ ONE("filtering", TYPE_BOOL), .pointer = 1 },
	END_OF_FIELDS,
};

static const struct schema_field bridge_config[] = {
	HEADER_ROWS,
	{ ONE("name", TYPE_TEXT), .keep = 1 },
	{ ONE("hardwareAddr", TYPE_HARDWARE) },
	{ LIST("links", TYPE_TEXT) },
	{ ONE("stp", TYPE_STRUCT), .inner = bridge_stp_config },
	{ ONE("vlan", TYPE_STRUCT), .inner = bridge_vlan_config },
	LINK_ROWS,
	END_OF_FIELDS,
};

static const struct schema_field default_action_config[] = {
	HEADER_ROWS,
	{ ONE("ingress", TYPE_WORD), .keep = 1, .words = default_actions },
	END_OF_FIELDS,
};

static const struct schema_field dhcp_v4_config[] = {
	HEADER_ROWS,
	{ ONE("name", TYPE_TEXT), .keep = 1 },
	{ ONE("routeMetric", TYPE_U32) },
	{ ONE("ignoreHostname", TYPE_BOOL), .pointer = 1 },
	{ ONE("ignoreRoutes", TYPE_BOOL), .pointer = 1, .since = RELEASE_1_14 },
	{ ONE("clientIdentifier", TYPE_WORD), .pointer = 1, .words = client_identifiers },
	{ ONE("duidRaw", TYPE_HARDWARE) },
	END_OF_FIELDS,
};

static const struct schema_field dhcp_v6_config[] = {
	HEADER_ROWS,
	{ ONE("name", TYPE_TEXT), .keep = 1 },
	{ ONE("routeMetric", TYPE_U32) },
	{ ONE("ignoreHostname", TYPE_BOOL), .pointer = 1 },
	{ ONE("clientIdentifier", TYPE_WORD), .pointer = 1, .words = client_identifiers },
	{ ONE("duidRaw", TYPE_HARDWARE) },
	END_OF_FIELDS,
};

static const struct schema_field dummy_link_config[] = {
	HEADER_ROWS,
	{ ONE("name", TYPE_TEXT), .keep = 1 },
	{ ONE("hardwareAddr", TYPE_HARDWARE) },
	LINK_ROWS,
	END_OF_FIELDS,
};

static const struct schema_field ethernet_rings_config[] = {
	{ ONE("rx", TYPE_U32), .pointer = 1 },
	{ ONE("tx", TYPE_U32), .pointer = 1 },
	{ ONE("rx-mini", TYPE_U32), .pointer = 1 },
	{ ONE("rx-jumbo", TYPE_U32), .pointer = 1 },
	{ ONE("rx-buf-len", TYPE_U32), .pointer = 1 },
	{ ONE("cqe-size", TYPE_U32), .pointer = 1 },
	{ ONE("tx-push", TYPE_BOOL), .pointer = 1 },
	{ ONE("rx-push", TYPE_BOOL), .pointer = 1 },
	{ ONE("tx-push-buf-len", TYPE_U32), .pointer = 1 },
	{ ONE("tcp-data-split", TYPE_BOOL), .pointer = 1 },
	END_OF_FIELDS,
};

static const struct schema_field ethernet_channels_config[] = {
	{ ONE("rx", TYPE_U32), .pointer = 1 },
	{ ONE("tx", TYPE_U32), .pointer = 1 },
	{ ONE("other", TYPE_U32), .pointer = 1 },
	{ ONE("combined", TYPE_U32), .pointer = 1 },
	END_OF_FIELDS,
};

static const struct schema_field ethernet_config[] = {
	HEADER_ROWS,
	{ ONE("name", TYPE_TEXT), .keep = 1 },
	{ MAP("features", TYPE_BOOL) },
	{ ONE("rings", TYPE_STRUCT), .inner = ethernet_rings_config, .pointer = 1 },
	{ ONE("channels", TYPE_STRUCT), .inner = ethernet_channels_config, .pointer = 1 },
	{ LIST("wakeOnLan", TYPE_WORD), .words = wake_modes },
	END_OF_FIELDS,
};

static const struct schema_field hcloud_vip_config[] = {
	HEADER_ROWS,
	{ ONE("name", TYPE_TEXT), .keep = 1 },
	{ ONE("link", TYPE_TEXT), .keep = 1 },
	{ ONE("apiToken", TYPE_TEXT), .keep = 1, .secret = 1 },
	END_OF_FIELDS,
};

static const struct schema_field hostname_config[] = {
	HEADER_ROWS,
	{ ONE("auto", TYPE_WORD), .pointer = 1, .words = hostname_kinds },
	{ ONE("hostname", TYPE_TEXT) },
	END_OF_FIELDS,
};

static const struct schema_field http_probe_config[] = {
	HEADER_ROWS,
	{ ONE("name", TYPE_TEXT), .keep = 1 },
	PROBE_ROWS,
	{ ONE("url", TYPE_URL), .keep = 1 },
	{ ONE("timeout", TYPE_DURATION) },
	END_OF_FIELDS,
};

static const struct schema_field kube_span_filters_config[] = {
	{ LIST("endpoints", TYPE_TEXT) },
	{ LIST("excludeAdvertisedNetworks", TYPE_PREFIX) },
	END_OF_FIELDS,
};

static const struct schema_field kube_span_config[] = {
	HEADER_ROWS,
	{ ONE("enabled", TYPE_BOOL), .pointer = 1 },
	{ ONE("advertiseKubernetesNetworks", TYPE_BOOL), .pointer = 1 },
	{ ONE("allowDownPeerBypass", TYPE_BOOL), .pointer = 1 },
	{ ONE("harvestExtraEndpoints", TYPE_BOOL), .pointer = 1 },
	{ ONE("mtu", TYPE_U32), .pointer = 1 },
	{ ONE("filters", TYPE_STRUCT), .inner = kube_span_filters_config, .pointer = 1 },
	END_OF_FIELDS,
};

static const struct schema_field kubespan_endpoints_config[] = {
	HEADER_ROWS,
	{ LIST("extraAnnouncedEndpoints", TYPE_SOCKET), .keep = 1 },
	END_OF_FIELDS,
};

static const struct schema_field layer2_vip_config[] = {
	HEADER_ROWS,
	{ ONE("name", TYPE_TEXT), .keep = 1 },
	{ ONE("link", TYPE_TEXT), .keep = 1 },
	END_OF_FIELDS,
};

static const struct schema_field link_config[] = {
	HEADER_ROWS,
	{ ONE("name", TYPE_TEXT), .keep = 1 },
	LINK_ROWS,
	END_OF_FIELDS,
};

static const struct schema_field link_selector[] = {
	{ ONE("match", TYPE_CEL) },
	END_OF_FIELDS,
};

static const struct schema_field link_alias_config[] = {
	HEADER_ROWS,
	{ ONE("name", TYPE_TEXT), .keep = 1 },
	{ ONE("selector", TYPE_STRUCT), .inner = link_selector },
	END_OF_FIELDS,
};

static const struct schema_field nameserver_config[] = {
	{ ONE("address", TYPE_ADDRESS), .keep = 1 },
	{ ONE("protocol", TYPE_WORD), .words = dns_protocols, .since = RELEASE_1_14 },
	{ ONE("tlsServerName", TYPE_TEXT), .since = RELEASE_1_14 },
	END_OF_FIELDS,
};

/* Since 1.14 an empty list of domains says that those of DHCP are not wanted. */
static const struct schema_field search_domains_config[] = {
	{ LIST("domains", TYPE_TEXT), .gone = RELEASE_1_14 },
	{ LIST("domains", TYPE_TEXT), .pointer = 1, .unprinted = 1, .since = RELEASE_1_14 },
	{ ONE("disableDefault", TYPE_BOOL), .pointer = 1 },
	END_OF_FIELDS,
};

static const struct schema_field host_dns_config[] = {
	{ ONE("enabled", TYPE_BOOL), .pointer = 1 },
	{ ONE("forwardKubeDNSToHost", TYPE_BOOL), .pointer = 1 },
	{ ONE("resolveMemberNames", TYPE_BOOL), .pointer = 1 },
	END_OF_FIELDS,
};

static const struct schema_field resolver_config[] = {
	HEADER_ROWS,
	{ LIST("nameservers", TYPE_STRUCT), .inner = nameserver_config },
	{ ONE("searchDomains", TYPE_STRUCT), .inner = search_domains_config },
	{ ONE("hostDNS", TYPE_STRUCT), .inner = host_dns_config, .since = RELEASE_1_14 },
	END_OF_FIELDS,
};

static const struct schema_field routing_rule_config[] = {
	HEADER_ROWS,
	{ ONE("name", TYPE_TEXT), .keep = 1 },
	{ ONE("src", TYPE_PREFIX) },
	{ ONE("dst", TYPE_PREFIX) },
	{ ONE("table", TYPE_TABLE), .keep = 1 },
	{ ONE("action", TYPE_WORD), .words = rule_actions },
	{ ONE("iifName", TYPE_TEXT) },
	{ ONE("oifName", TYPE_TEXT) },
	{ ONE("fwMark", TYPE_U32) },
	{ ONE("fwMask", TYPE_U32) },
	END_OF_FIELDS,
};

static const struct schema_field rule_port_selector[] = {
	{ LIST("ports", TYPE_PORTS), .keep = 1, .merge = MERGE_REPLACE },
	{ ONE("protocol", TYPE_WORD), .keep = 1, .words = protocols, .zero = "Protocol(0)" },
	END_OF_FIELDS,
};

static const struct schema_field ingress_rule[] = {
	{ ONE("subnet", TYPE_PREFIX), .keep = 1 },
	{ ONE("except", TYPE_PREFIX) },
	END_OF_FIELDS,
};

static const struct schema_field rule_config[] = {
	HEADER_ROWS,
	{ ONE("name", TYPE_TEXT), .keep = 1 },
	{ ONE("portSelector", TYPE_STRUCT), .inner = rule_port_selector, .keep = 1 },
	{ LIST("ingress", TYPE_STRUCT), .inner = ingress_rule, .keep = 1, .merge = MERGE_REPLACE },
	END_OF_FIELDS,
};

static const struct schema_field static_host_config[] = {
	HEADER_ROWS,
	{ ONE("name", TYPE_TEXT), .keep = 1 },
	{ LIST("hostnames", TYPE_TEXT), .keep = 1 },
	END_OF_FIELDS,
};

static const struct schema_field tcp_probe_config[] = {
	HEADER_ROWS,
	{ ONE("name", TYPE_TEXT), .keep = 1 },
	PROBE_ROWS,
	{ ONE("endpoint", TYPE_TEXT), .keep = 1 },
	{ ONE("timeout", TYPE_DURATION) },
	END_OF_FIELDS,
};

static const struct schema_field ntp_config[] = {
	{ LIST("servers", TYPE_TEXT) },
	{ ONE("useNTS", TYPE_BOOL), .pointer = 1, .since = RELEASE_1_14 },
	END_OF_FIELDS,
};

static const struct schema_field ptp_config[] = {
	{ LIST("devices", TYPE_TEXT) },
	END_OF_FIELDS,
};

static const struct schema_field time_sync_config[] = {
	HEADER_ROWS,
	{ ONE("enabled", TYPE_BOOL), .pointer = 1 },
	{ ONE("bootTimeout", TYPE_DURATION) },
	{ ONE("ntp", TYPE_STRUCT), .inner = ntp_config, .pointer = 1 },
	{ ONE("ptp", TYPE_STRUCT), .inner = ptp_config, .pointer = 1 },
	END_OF_FIELDS,
};

static const struct schema_field veth_peer_config[] = {
	{ ONE("name", TYPE_TEXT), .keep = 1 },
	LINK_ROWS,
	END_OF_FIELDS,
};

static const struct schema_field veth_config[] = {
	HEADER_ROWS,
	{ ONE("name", TYPE_TEXT), .keep = 1 },
	{ ONE("peer", TYPE_STRUCT), .inner = veth_peer_config, .keep = 1 },
	LINK_ROWS,
	END_OF_FIELDS,
};

static const struct schema_field vlan_config[] = {
	HEADER_ROWS,
	{ ONE("name", TYPE_TEXT), .keep = 1 },
	{ ONE("vlanID", TYPE_U16) },
	{ ONE("vlanMode", TYPE_WORD), .pointer = 1, .words = vlan_protocols },
	{ ONE("parent", TYPE_TEXT) },
	LINK_ROWS,
	END_OF_FIELDS,
};

static const struct schema_field vrf_config[] = {
	HEADER_ROWS,
	{ ONE("name", TYPE_TEXT), .keep = 1 },
	{ ONE("hardwareAddr", TYPE_HARDWARE) },
	{ LIST("links", TYPE_TEXT) },
	{ ONE("table", TYPE_TABLE), .keep = 1 },
	LINK_ROWS,
	END_OF_FIELDS,
};

static const struct schema_field wireguard_peer[] = {
	{ ONE("publicKey", TYPE_TEXT) },
	{ ONE("presharedKey", TYPE_TEXT), .secret = 1 },
	{ ONE("endpoint", TYPE_SOCKET) },
	{ ONE("persistentKeepaliveInterval", TYPE_DURATION) },
	{ LIST("allowedIPs", TYPE_PREFIX) },
	END_OF_FIELDS,
};

static const struct schema_field wireguard_config[] = {
	HEADER_ROWS,
	{ ONE("name", TYPE_TEXT), .keep = 1 },
	{ ONE("privateKey", TYPE_TEXT), .secret = 1 },
	{ ONE("listenPort", TYPE_INT) },
	{ ONE("firewallMark", TYPE_INT) },
	{ LIST("peers", TYPE_STRUCT), .inner = wireguard_peer },
	LINK_ROWS,
	END_OF_FIELDS,
};

const struct schema_kind schema_network_kinds[] = {
	{ KIND("BGPInstanceConfig", bgp_instance_config), .named = true, .since = RELEASE_1_14 },
	{ KIND("BlackholeRouteConfig", blackhole_route_config), .named = true },
	{ KIND("BondConfig", bond_config), .named = true, .conflicts = link_kinds },
	{ KIND("BridgeConfig", bridge_config), .named = true, .conflicts = link_kinds },
	{ KIND("DHCPv4Config", dhcp_v4_config), .named = true },
	{ KIND("DHCPv6Config", dhcp_v6_config), .named = true },
	{ KIND("DummyLinkConfig", dummy_link_config), .named = true, .conflicts = link_kinds },
	{ KIND("EthernetConfig", ethernet_config), .named = true },
	{ KIND("HCloudVIPConfig", hcloud_vip_config), .named = true, .conflicts = vip_kinds },
	{ KIND("HTTPProbeConfig", http_probe_config), .named = true, .since = RELEASE_1_14 },
	{ KIND("HostnameConfig", hostname_config) },
	{ KIND("KubeSpanConfig", kube_span_config) },
	{ KIND("KubeSpanEndpointsConfig", kubespan_endpoints_config) },
	{ KIND("Layer2VIPConfig", layer2_vip_config), .named = true, .conflicts = vip_kinds },
	{ KIND("LinkAliasConfig", link_alias_config), .named = true },
	{ KIND("LinkConfig", link_config), .named = true, .conflicts = link_kinds },
	{ KIND("NetworkDefaultActionConfig", default_action_config) },
	{ KIND("NetworkRuleConfig", rule_config), .named = true },
	{ KIND("ResolverConfig", resolver_config) },
	{ KIND("RoutingRuleConfig", routing_rule_config), .named = true },
	{ KIND("StaticHostConfig", static_host_config), .named = true },
	{ KIND("TCPProbeConfig", tcp_probe_config), .named = true },
	{ KIND("TimeSyncConfig", time_sync_config) },
	{ KIND("VLANConfig", vlan_config), .named = true, .conflicts = link_kinds },
	{ KIND("VRFConfig", vrf_config), .named = true, .conflicts = link_kinds },
	{ KIND("VethConfig", veth_config), .named = true, .conflicts = link_kinds,
	  .since = RELEASE_1_14 },
	{ KIND("WireguardConfig", wireguard_config), .named = true, .conflicts = link_kinds },
	END_OF_KINDS,
};
