/* The documents about links, addresses, names and time. */
#include "base/ip.h"
#include "base/own.h"
#include "base/text.h"
#include "render/validate_documents.h"

#include <string.h>

#define VLAN_ID_MAX 4094
#define PORT_MAX 65535
#define FQDN_MAX 253
#define LABEL_MAX 63
#define KUBESPAN_MTU_MIN 1280
#define VETH_NAME_MAX 15

static bool is_unspecified(const char *text)
{
	size_t len = strcspn(text, "/");

	return (len == 7 && strncmp(text, "0.0.0.0", len) == 0) ||
	       (len == 2 && strncmp(text, "::", len) == 0);
}

static void check_link_address(struct validation *v, const struct spot *address)
{
	const char *text = spot_text(address, "address");

	if (!*text)
		complain(v, address, "address", "address-missing", "the address is missing");
	else if (is_unspecified(text))
		complain(v, address, "address", "address-unspecified",
			 "%s is no address that a link can have", text);
}

static void check_route(struct validation *v, const struct spot *route)
{
	static const char *const ends[][2] = {
		{ "gateway", "route-gateway" },
		{ "source", "route-source" },
	};
	const char *destination = spot_text(route, "destination");

	if (is_unspecified(destination)) {
		complain(v, route, "destination", "route-destination",
			 "%s cannot be the destination of a route", destination);
		advise(v, "a default route has a gateway and no destination");
	}
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		const char *text = spot_text(route, ends[i][0]);

		if (is_unspecified(text))
			complain(v, route, ends[i][0], ends[i][1],
				 "%s cannot be the %s of a route", text, ends[i][0]);
	}
}

/* What every kind of link has. */
static void check_link_parts(struct validation *v, const struct spot *link)
{
	struct spot addresses = spot_at(link, "addresses");
	struct spot routes = spot_at(link, "routes");

	for (size_t i = 0; i < value_len(addresses.value); i++) {
		struct spot address = spot_item(&addresses, i);

		check_link_address(v, &address);
	}
	for (size_t i = 0; i < value_len(routes.value); i++) {
		struct spot route = spot_item(&routes, i);

		check_route(v, &route);
	}
}

static void check_link(struct validation *v, const struct spot *link)
{
	want_name(v, link);
	check_link_parts(v, link);
}

static bool bond_uses_primary(const char *mode)
{
	return text_equal(mode, "active-backup") || text_equal(mode, "balance-tlb") ||
	       text_equal(mode, "balance-alb");
}

static bool has_text(const struct value *list, const char *text)
{
	for (size_t i = 0; i < value_len(list); i++) {
		if (text_equal(value_text(value_at(list, i)), text))
			return true;
	}
	return false;
}

static void check_bond_primary(struct validation *v, const struct spot *bond)
{
	const char *mode = spot_text(bond, "bondMode");
	const char *primary = spot_text(bond, "primary");

	if (v->release < RELEASE_1_14)
		return;
	if (!spot_has(bond, "primary")) {
		if (spot_has(bond, "primaryReselect") && bond_uses_primary(mode))
			warn(v, bond, "primaryReselect", "bond-primary-reselect",
			     "without a primary link this does nothing");
		return;
	}
	if (!*primary)
		complain(v, bond, "primary", "bond-primary-empty",
			 "the primary link has an empty name");
	else if (!has_text(spot_get(bond, "links"), primary))
		complain(v, bond, "primary", "bond-primary-link",
			 "%s is not among the links of the bond", primary);
	if (*mode && !bond_uses_primary(mode)) {
		complain(v, bond, "primary", "bond-primary-mode",
			 "a bond in mode %s has no primary link", mode);
		advise(v, "active-backup, balance-tlb and balance-alb have one");
	}
}

static void check_bond(struct validation *v, const struct spot *bond)
{
	static const char *const timers[][2] = {
		{ "miimon", "bond-miimon" },
		{ "updelay", "bond-updelay" },
		{ "downdelay", "bond-downdelay" },
	};

	want_name(v, bond);
	if (!spot_len(bond, "links"))
		complain(v, bond, "links", "bond-links", "a bond needs at least one link");
	if (!spot_has(bond, "bondMode")) {
		complain(v, bond, "bondMode", "bond-mode", "a bond needs a mode");
		advise(v, "for example bondMode: active-backup, or 802.3ad where the switch has "
			  "LACP");
	}
	for (size_t i = 0; i < ARRAY_LEN(timers); i++) {
		if (text_equal(spot_text(bond, "bondMode"), "802.3ad") &&
		    !spot_has(bond, timers[i][0]))
			warn(v, bond, timers[i][0], timers[i][1],
			     "an 802.3ad bond should have a %s", timers[i][0]);
	}
	check_bond_primary(v, bond);
	check_link_parts(v, bond);
}

static void check_vlan(struct validation *v, const struct spot *vlan)
{
	uint64_t id = spot_u64(vlan, "vlanID");

	want_name(v, vlan);
	if (!id || id > VLAN_ID_MAX)
		complain(v, vlan, "vlanID", "vlan-id", "a VLAN id is 1 to %d", VLAN_ID_MAX);
	want_text(v, vlan, "parent", "vlan-parent", "a VLAN needs the link it is on");
	check_link_parts(v, vlan);
}

static void check_vrf(struct validation *v, const struct spot *vrf)
{
	static const char *const reserved[] = { "", "unspec", "local", "main", "default" };
	const char *table = spot_text(vrf, "table");

	want_name(v, vrf);
	for (size_t i = 0; i < ARRAY_LEN(reserved); i++) {
		if (!text_equal(table, reserved[i]))
			continue;
		if (*table)
			complain(v, vrf, "table", "vrf-table",
				 "a VRF cannot have the routing table %s", table);
		else
			complain(v, vrf, "table", "vrf-table", "a VRF needs a routing table");
		advise(v, "a number from 1 to 252");
	}
	check_link_parts(v, vrf);
}

static void check_alias(struct validation *v, const struct spot *alias)
{
	const char *name = spot_text(alias, "name");
	const char *percent = strchr(name, '%');

	if (want_name(v, alias) && percent &&
	    (percent == name || strcmp(percent, "%d") != 0)) {
		complain(v, alias, "name", "alias-pattern", "%s is no pattern for names", name);
		advise(v, "a pattern is a text and %%d at its end: lan%%d");
	}
	want_selector(v, alias, "selector.match", SELECTOR_LINK);
}

static void check_wireguard_key(struct validation *v, const struct spot *spot, const char *field,
				const char *what)
{
	struct err err = ERR_INIT;

	if (form_wireguard_key(v->arena, spot_text(spot, field), &err) == 0)
		return;
	complain(v, spot, field, "wireguard-key", "the %s key is none: %s", what, err.text);
	advise(v, "wg genkey and wg genpsk make such keys: 32 bytes in base64");
}

static void check_wireguard_peer(struct validation *v, const struct spot *peer)
{
	if (want_text(v, peer, "publicKey", "wireguard-public-key",
		      "a WireGuard peer needs a public key"))
		check_wireguard_key(v, peer, "publicKey", "public");
	if (*spot_text(peer, "presharedKey"))
		check_wireguard_key(v, peer, "presharedKey", "preshared");
	want_not_negative(v, peer, "persistentKeepaliveInterval", "wireguard-keepalive");
}

static void check_wireguard(struct validation *v, const struct spot *link)
{
	struct spot peers = spot_at(link, "peers");
	int64_t port;

	want_name(v, link);
	if (want_text(v, link, "privateKey", "wireguard-private-key",
		      "a WireGuard link needs a private key"))
		check_wireguard_key(v, link, "privateKey", "private");
	if (spot_i64(link, "listenPort", &port) && (port < 0 || port > PORT_MAX))
		complain(v, link, "listenPort", "wireguard-port", "a port is 0 to %d", PORT_MAX);
	for (size_t i = 0; i < value_len(peers.value); i++) {
		struct spot peer = spot_item(&peers, i);

		check_wireguard_peer(v, &peer);
	}
	check_link_parts(v, link);
}

/* Bytes count, not letters. */
static void check_veth_name(struct validation *v, const struct spot *end, const char *field)
{
	const char *name = spot_text(end, field);

	if (!want_text(v, end, field, "veth-name", "both ends of a pair need a name"))
		return;
	if (strlen(name) > VETH_NAME_MAX)
		complain(v, end, field, "veth-name", "%s is longer than %d bytes", name,
			 VETH_NAME_MAX);
	else if (!strcmp(name, ".") || !strcmp(name, ".."))
		complain(v, end, field, "veth-name", "a link cannot be named %s", name);
	else if (strpbrk(name, "/:"))
		complain(v, end, field, "veth-name", "the name of a link has no / and no :");
	else if (!form_is_printable(name))
		complain(v, end, field, "veth-name",
			 "the name of a link has no white space and nothing unprintable");
}

static void check_veth(struct validation *v, const struct spot *veth)
{
	struct spot peer = spot_at(veth, "peer");

	check_veth_name(v, veth, "name");
	check_veth_name(v, &peer, "name");
	check_link_parts(v, veth);
	check_link_parts(v, &peer);
}

static void check_ethernet(struct validation *v, const struct spot *document)
{
	want_name(v, document);
}

static void check_dhcp(struct validation *v, const struct spot *dhcp)
{
	bool duid = text_equal(spot_text(dhcp, "clientIdentifier"), "duid");
	bool raw = *spot_text(dhcp, "duidRaw");

	want_name(v, dhcp);
	if (raw && !duid)
		complain(v, dhcp, "duidRaw", "dhcp-duid",
			 "duidRaw counts only where clientIdentifier is duid");
	if (duid && !raw)
		complain(v, dhcp, "clientIdentifier", "dhcp-duid",
			 "clientIdentifier is duid, but there is no duidRaw");
}

static void check_vip(struct validation *v, const struct spot *vip)
{
	const char *name = spot_text(vip, "name");

	if (want_name(v, vip) && !form_is_zoned_ip(name))
		complain(v, vip, "name", "vip-address", "%s is no IP address", name);
	want_text(v, vip, "link", "vip-link", "a virtual IP needs the link it is on");
}

static void check_hcloud_vip(struct validation *v, const struct spot *vip)
{
	check_vip(v, vip);
	want_text(v, vip, "apiToken", "vip-token", "a virtual IP of Hetzner needs an API token");
}

static void check_hostname(struct validation *v, const struct spot *document)
{
	const char *hostname = spot_text(document, "hostname");
	const char *automatic = spot_text(document, "auto");
	size_t label = strcspn(hostname, ".");
	bool off = !*automatic || text_equal(automatic, "off");

	if (!*hostname && !*automatic)
		complain(v, document, "hostname", "hostname-missing",
			 "neither auto nor hostname is set");
	if (*hostname && !off)
		complain(v, document, "auto", "hostname-and-auto",
			 "auto and hostname are both set");
	if (!off && !text_equal(automatic, "stable"))
		complain(v, document, "auto", "hostname-auto", "auto is stable or off, not %s",
			 automatic);
	if (!*hostname)
		return;
	if (strlen(hostname) > FQDN_MAX)
		complain(v, document, "hostname", "hostname-long",
			 "the hostname is longer than %d letters", FQDN_MAX);
	if (!label || label > LABEL_MAX)
		complain(v, document, "hostname", "hostname-label",
			 "the part of the hostname before the first point has 1 to %d letters",
			 LABEL_MAX);
}

static void check_host_dns(struct validation *v, const struct spot *resolver)
{
	static const char *const needs[] = { "forwardKubeDNSToHost", "resolveMemberNames" };
	struct spot dns = spot_at(resolver, "hostDNS");

	if (spot_true(&dns, "enabled"))
		return;
	for (size_t i = 0; i < ARRAY_LEN(needs); i++) {
		if (spot_true(&dns, needs[i]))
			complain(v, &dns, needs[i], "host-dns-off",
				 "%s needs hostDNS.enabled to be true", needs[i]);
	}
}

/* Whether it is asked over an encrypted connection. */
static bool check_nameserver(struct validation *v, const struct spot *server)
{
	const char *protocol = spot_text(server, "protocol");
	bool plain = !*protocol || text_equal(protocol, "Do53");
	bool named = *spot_text(server, "tlsServerName");

	if (!plain && !named)
		complain(v, server, "tlsServerName", "dns-server-name",
			 "%s needs the name in the server's certificate", protocol);
	if (plain && named)
		complain(v, server, "tlsServerName", "dns-server-name",
			 "tlsServerName counts only where protocol is DoT or DoH");
	want_text(v, server, "address", "dns-address", "a name server needs an address");
	return !plain;
}

static void check_resolver(struct validation *v, const struct spot *resolver)
{
	struct spot servers = spot_at(resolver, "nameservers");
	size_t count = value_len(servers.value), encrypted = 0;

	if (v->release < RELEASE_1_14)
		return;
	check_host_dns(v, resolver);
	for (size_t i = 0; i < count; i++) {
		struct spot server = spot_item(&servers, i);

		encrypted += check_nameserver(v, &server);
	}
	if (!count || encrypted < count)
		return;
	warn(v, resolver, "nameservers", "dns-all-encrypted",
	     "every name server needs a certificate to be checked, and that needs the right time");
	advise(v, "keep one plain name server, or name the time servers by address");
}

/* As Go's net package reads one: without a zone. */
static void check_nts(struct validation *v, const struct spot *sync)
{
	struct spot servers = spot_at(sync, "ntp.servers");

	for (size_t i = 0; i < value_len(servers.value); i++) {
		struct spot server = spot_item(&servers, i);

		if (form_is_ip(spot_text(&server, NULL)))
			complain(v, &server, NULL, "time-nts-address",
				 "NTS needs a host name, and %s is an address",
				 spot_text(&server, NULL));
	}
}

static void check_time(struct validation *v, const struct spot *sync)
{
	want_not_negative(v, sync, "bootTimeout", "time-boot-timeout");
	if (spot_has(sync, "ntp") && spot_has(sync, "ptp"))
		complain(v, sync, "ptp", "time-ntp-and-ptp",
			 "the time comes from ntp or ptp, not both");
	if (spot_true(sync, "ntp.useNTS"))
		check_nts(v, sync);
}

static void check_static_host(struct validation *v, const struct spot *host)
{
	const char *name = spot_text(host, "name");

	want_name(v, host);
	if (!form_is_zoned_ip(name))
		complain(v, host, "name", "host-address", "the name is the address of the host, "
							  "and \"%s\" is none",
			 name);
	if (!spot_len(host, "hostnames"))
		complain(v, host, "hostnames", "host-names", "a host needs at least one name");
}

static void check_kubespan(struct validation *v, const struct spot *kubespan)
{
	struct spot endpoints = spot_at(kubespan, "filters.endpoints");

	if (spot_has(kubespan, "mtu") && spot_u64(kubespan, "mtu") < KUBESPAN_MTU_MIN)
		complain(v, kubespan, "mtu", "kubespan-mtu", "KubeSpan needs an MTU of %d or more",
			 KUBESPAN_MTU_MIN);
	for (size_t i = 0; i < value_len(endpoints.value); i++) {
		struct spot filter = spot_item(&endpoints, i);

		if (!form_is_subnet(spot_text(&filter, NULL)))
			complain(v, &filter, NULL, "kubespan-filter",
				 "%s is no address and no prefix", spot_text(&filter, NULL));
	}
}

const struct document_check validate_network_checks[] = {
	{ "BondConfig", check_bond },
	{ "BridgeConfig", check_link },
	{ "DHCPv4Config", check_dhcp },
	{ "DHCPv6Config", check_dhcp },
	{ "DummyLinkConfig", check_link },
	{ "EthernetConfig", check_ethernet },
	{ "HCloudVIPConfig", check_hcloud_vip },
	{ "HostnameConfig", check_hostname },
	{ "KubeSpanConfig", check_kubespan },
	{ "Layer2VIPConfig", check_vip },
	{ "LinkAliasConfig", check_alias },
	{ "LinkConfig", check_link },
	{ "ResolverConfig", check_resolver },
	{ "StaticHostConfig", check_static_host },
	{ "TimeSyncConfig", check_time },
	{ "VLANConfig", check_vlan },
	{ "VRFConfig", check_vrf },
	{ "VethConfig", check_veth },
	{ "WireguardConfig", check_wireguard },
	{ NULL, NULL },
};
