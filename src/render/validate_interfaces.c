/* machine.network.interfaces of the main document. */
#include "base/own.h"
#include "base/text.h"
#include "render/validate_main.h"

#include <stdio.h>
#include <string.h>

enum bond_mode {
	BOND_ROUND_ROBIN, /* what an unknown mode counts as, too */
	BOND_ACTIVE_BACKUP,
	BOND_XOR,
	BOND_BROADCAST,
	BOND_8023AD,
	BOND_TLB,
	BOND_ALB,
	BOND_MODE_COUNT
};

#define IN(mode) (1u << (mode))
#define LEARNING (IN(BOND_8023AD) | IN(BOND_ALB) | IN(BOND_TLB))
#define BALANCING (IN(BOND_ALB) | IN(BOND_TLB))

static const char *const bond_modes[] = {
	[BOND_ROUND_ROBIN] = "balance-rr",
	[BOND_ACTIVE_BACKUP] = "active-backup",
	[BOND_XOR] = "balance-xor",
	[BOND_BROADCAST] = "broadcast",
	[BOND_8023AD] = "802.3ad",
	[BOND_TLB] = "balance-tlb",
	[BOND_ALB] = "balance-alb",
	[BOND_MODE_COUNT] = NULL,
};

/* The words of bond options, "" counts as absent. */
static const struct {
	const char *field;
	const char *words[BOND_MODE_COUNT + 1];
} bond_words[] = {
	{ "xmitHashPolicy", { "layer2", "layer3+4", "layer2+3", "encap2+3", "encap3+4" } },
	{ "lacpRate", { "slow", "fast" } },
	{ "arpValidate",
	  { "none", "active", "backup", "all", "filter", "filter-active", "filter-backup" } },
	{ "arpAllTargets", { "any", "all" } },
	{ "primaryReselect", { "always", "better", "failure" } },
	{ "failOverMac", { "none", "active", "follow" } },
	{ "adSelect", { "stable", "bandwidth", "count" } },
};

/* Options that only some modes have; a number up to `idle` says nothing. */
static const struct {
	const char *field;
	unsigned modes;
	unsigned idle;
} bond_options[] = {
	{ "lacpRate", IN(BOND_8023AD), 0 },
	{ "arpValidate", ~LEARNING, 0 },
	{ "primary", IN(BOND_ACTIVE_BACKUP) | BALANCING, 0 },
	{ "arpInterval", ~LEARNING, 0 },
	{ "packetsPerSlave", IN(BOND_ROUND_ROBIN), 1 },
	{ "tlbDynamicLb", BALANCING, 0 },
	{ "adActorSysPrio", IN(BOND_8023AD), 0 },
	{ "adUserPortKey", IN(BOND_8023AD), 0 },
};

static int word_index(const char *const *words, const char *word)
{
	for (int i = 0; words[i]; i++)
		if (text_equal(words[i], word))
			return i;
	return -1;
}

static void check_word(struct validation *v, const struct spot *bond, const char *field,
		       const char *const *words)
{
	const char *word = spot_text(bond, field);
	size_t count = 0;

	if (!*word || word_index(words, word) >= 0)
		return;
	while (words[count])
		count++;
	const char *near = text_nearest(word, words, count);
	complain(v, bond, field, "bond-word", "a bond has no %s \"%s\"", field, word);
	advise(v, "%s %s", near ? "did you mean" : "one of them is", near ? near : words[0]);
}

static void check_delay(struct validation *v, const struct spot *bond, const char *field)
{
	uint64_t miimon = spot_u64(bond, "miimon"), delay = spot_u64(bond, field);

	if (delay && !miimon)
		complain(v, bond, field, "bond-delay", "%s of a bond needs miimon", field);
	else if (miimon && delay % miimon)
		complain(v, bond, field, "bond-delay", "%s must be a multiple of miimon", field);
}

static void check_bond_options(struct validation *v, const struct spot *bond, unsigned mode)
{
	static const char *const unsupported[] = { "arpIPTarget", "adActorSystem" };

	for (size_t i = 0; i < ARRAY_LEN(unsupported); i++)
		if (spot_len(bond, unsupported[i]) || *spot_text(bond, unsupported[i]))
			complain(v, bond, unsupported[i], "bond-unsupported",
				 "Talos does not support %s of a bond", unsupported[i]);
	for (size_t i = 0; i < ARRAY_LEN(bond_options); i++) {
		const char *field = bond_options[i].field;
		const struct value *value = spot_get(bond, field);
		uint64_t number;

		if (!value || !*spot_text(bond, field) || (bond_options[i].modes & IN(mode)))
			continue;
		if (value_u64(value, &number) && number <= bond_options[i].idle)
			continue;
		complain(v, bond, field, "bond-option", "a bond of mode %s has no %s",
			 bond_modes[mode], field);
	}
}

static void check_bond(struct validation *v, const struct spot *device)
{
	struct spot bond = spot_at(device, "bond");
	int mode = word_index(bond_modes, spot_text(&bond, "mode"));

	if (!bond.value)
		return;
	check_word(v, &bond, "mode", bond_modes);
	for (size_t i = 0; i < ARRAY_LEN(bond_words); i++)
		check_word(v, &bond, bond_words[i].field, bond_words[i].words);
	check_delay(v, &bond, "updelay");
	check_delay(v, &bond, "downdelay");
	check_bond_options(v, &bond, mode < 0 ? BOND_ROUND_ROBIN : (unsigned)mode);
}

static void check_peer(struct validation *v, const struct spot *peer)
{
	struct spot allowed = spot_at(peer, "allowedIPs");
	const char *endpoint = spot_text(peer, "endpoint");
	struct err err = ERR_INIT;

	if (form_wireguard_key(v->arena, spot_text(peer, "publicKey"), &err) < 0)
		complain(v, peer, "publicKey", "wireguard-public-key",
			 "the public key of a peer: %s", err.text);
	if (*endpoint && !form_has_port(endpoint))
		complain(v, peer, "endpoint", "wireguard-endpoint",
			 "\"%s\" is no address with a port", endpoint);
	for (size_t i = 0; i < value_len(allowed.value); i++) {
		struct spot network = spot_item(&allowed, i);
		const char *text = spot_text(&network, NULL);

		if (!form_is_cidr_old(text))
			complain(v, &network, NULL, "wireguard-allowed-ip",
				 "\"%s\" is no network (address/bits)", text);
	}
}

static void check_wireguard(struct validation *v, const struct spot *device)
{
	struct spot wireguard = spot_at(device, "wireguard");
	struct spot peers = spot_at(&wireguard, "peers");
	struct err err = ERR_INIT;

	if (!wireguard.value)
		return;
	if (form_wireguard_key(v->arena, spot_text(&wireguard, "privateKey"), &err) < 0)
		complain(v, &wireguard, "privateKey", "wireguard-private-key",
			 "the private key: %s", err.text);
	for (size_t i = 0; i < value_len(peers.value); i++) {
		struct spot peer = spot_item(&peers, i);

		check_peer(v, &peer);
	}
}

static void check_address(struct validation *v, const struct spot *spot, const char *field)
{
	const char *text = spot_text(spot, field);

	if (strchr(text, '/') ? !form_is_cidr_old(text) : !form_is_ip(text))
		complain(v, spot, field, "interface-address",
			 "\"%s\" is neither address nor address/bits", text);
}

static void check_addresses(struct validation *v, const struct spot *parent)
{
	struct spot addresses = spot_at(parent, "addresses");

	if (value_len(addresses.value) && *spot_text(parent, "cidr"))
		complain(v, parent, "cidr", "interface-cidr-twice",
			 "cidr is the old form of addresses: one of them");
	if (*spot_text(parent, "cidr"))
		check_address(v, parent, "cidr");
	for (size_t i = 0; i < value_len(addresses.value); i++) {
		struct spot address = spot_item(&addresses, i);

		check_address(v, &address, NULL);
	}
}

static void check_vlans(struct validation *v, const struct spot *device)
{
	struct spot vlans = spot_at(device, "vlans");

	for (size_t i = 0; i < value_len(vlans.value); i++) {
		struct spot vlan = spot_item(&vlans, i);

		check_addresses(v, &vlan);
	}
}

/* An empty text is as good as none, a flag says something either way. */
static bool selects_nothing(const struct spot *device)
{
	struct spot selector = spot_at(device, "deviceSelector");

	for (size_t i = 0; i < value_len(selector.value); i++) {
		struct spot field = spot_item(&selector, i);

		if (value_type(field.value) == SCALAR_BOOL || *spot_text(&field, NULL))
			return false;
	}
	return true;
}

static void check_identity(struct validation *v, const struct spot *device)
{
	bool named = *spot_text(device, "interface");
	bool selected = spot_has(device, "deviceSelector");

	if (!named && !selected)
		complain(v, device, NULL, "interface-unnamed",
			 "neither interface nor deviceSelector says which it is");
	if (named && selected)
		complain(v, device, "deviceSelector", "interface-named-twice",
			 "interface and deviceSelector exclude each other");
	if (selected && selects_nothing(device))
		complain(v, device, "deviceSelector", "interface-selector-empty",
			 "an empty deviceSelector selects nothing");
}

/* Who takes which interface: names of bonds and bridges in the order of their members. */
struct membership {
	const char *member, *master;
};
struct memberships {
	struct membership *at;
	size_t len, cap;
};

static struct membership *membership_of(const struct memberships *all, const char *member)
{
	for (size_t i = 0; i < all->len; i++)
		if (text_equal(all->at[i].member, member))
			return &all->at[i];
	return NULL;
}

static void check_addressing(struct validation *v, const struct spot *device,
			     const struct memberships *all)
{
	const char *name = spot_text(device, "interface");
	bool addressed = spot_true(device, "dhcp") || *spot_text(device, "cidr") ||
			 spot_len(device, "addresses") || spot_has(device, "vip");

	if (addressed && membership_of(all, name))
		complain(v, device, NULL, "interface-member-address",
			 "%s is part of %s, which has the addresses", name,
			 membership_of(all, name)->master);
	check_addresses(v, device);
	if (*spot_text(device, "cidr")) {
		warn(v, device, "cidr", "interface-cidr-old", "cidr is out of use");
		advise(v, "addresses: [%s]", spot_text(device, "cidr"));
	}
	if (spot_has(device, "vip") && !form_is_ip(spot_text(device, "vip.ip")))
		complain(v, device, "vip.ip", "vip-address", "\"%s\" is no address",
			 spot_text(device, "vip.ip"));
}

static void check_routes(struct validation *v, const struct spot *device)
{
	struct spot routes = spot_at(device, "routes");

	for (size_t i = 0; i < value_len(routes.value); i++) {
		struct spot route = spot_item(&routes, i);
		const char *network = spot_text(&route, "network");
		const char *gateway = spot_text(&route, "gateway");
		const char *source = spot_text(&route, "source");

		if (*network && !form_is_cidr_old(network))
			complain(v, &route, "network", "route-network",
				 "\"%s\" is no network (address/bits)", network);
		if (*gateway && !form_is_ip(gateway))
			complain(v, &route, "gateway", "route-gateway", "\"%s\" is no address",
				 gateway);
		if (!*gateway && !*network)
			complain(v, &route, NULL, "route-empty",
				 "a route needs a network or a gateway");
		if (*source && !form_is_ip(source))
			complain(v, &route, "source", "route-source", "\"%s\" is no address",
				 source);
	}
}

static void take_members(struct validation *v, const struct spot *members, const char *master,
			 struct memberships *all)
{
	for (size_t i = 0; i < value_len(members->value); i++) {
		struct spot spot = spot_item(members, i);
		const char *member = spot_text(&spot, NULL);
		struct membership *taken = membership_of(all, member);

		if (taken && !text_equal(taken->master, master))
			complain(v, &spot, NULL, "interface-in-two",
				 "%s is part of \"%s\" already", member, taken->master);
		if (!taken) {
			all->at = arena_grow(v->arena, all->at, all->len, &all->cap,
					     sizeof(*all->at));
			taken = &all->at[all->len++];
		}
		*taken = (struct membership){ member, master };
	}
}

/* A bridge's members count, when there is a bond as well. */
static void check_structure(struct validation *v, const struct spot *device,
			    struct memberships *all)
{
	const char *name = spot_text(device, "interface");
	bool bridge = spot_has(device, "bridge");
	struct spot members =
		spot_at(device, bridge ? "bridge.interfaces" : "bond.interfaces");

	if (bridge && spot_has(device, "bond"))
		complain(v, device, "bridge", "bond-and-bridge",
			 "an interface is a bond or a bridge, not both");
	if (spot_len(device, "bond.interfaces") && spot_len(device, "bond.deviceSelectors"))
		complain(v, device, "bond.deviceSelectors", "bond-members-twice",
			 "interfaces and deviceSelectors of a bond exclude each other");
	take_members(v, &members, name, all);
}

void validate_interfaces(struct validation *v)
{
	struct spot devices = spot_at(&v->main, "machine.network.interfaces");
	struct memberships all = { 0 };

	for (size_t i = 0; i < value_len(devices.value); i++) {
		struct spot device = spot_item(&devices, i);

		check_structure(v, &device, &all);
	}
	for (size_t i = 0; i < value_len(devices.value); i++) {
		struct spot device = spot_item(&devices, i);

		if (spot_true(&device, "ignore"))
			continue;
		check_identity(v, &device);
		check_bond(v, &device);
		check_wireguard(v, &device);
		check_vlans(v, &device);
		check_addressing(v, &device, &all);
		check_routes(v, &device);
	}
}
