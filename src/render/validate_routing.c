/* The documents about routes, the firewall, probes and BGP. */
#include "base/ip.h"
#include "base/own.h"
#include "base/text.h"
#include "render/url.h"
#include "render/validate_documents.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void check_blackhole(struct validation *v, const struct spot *route)
{
	const char *name = spot_text(route, "name");

	want_name(v, route);
	if (!form_is_cidr(name))
		complain(v, route, "name", "blackhole-prefix",
			 "the name is the prefix to drop, and \"%s\" is none", name);
}

/* The digits of an unsigned number of 32 bits; what is too large counts as the largest. */
static bool read_priority(const char *text, uint64_t *out)
{
	bool digits = *text && text[strspn(text, "0123456789")] == '\0';

	*out = 0;
	if (!digits)
		return false;
	if (text_u64(text, out) && *out <= UINT32_MAX)
		return true;
	*out = UINT32_MAX;
	return false;
}

static void check_priority(struct validation *v, const struct spot *rule)
{
	static const uint64_t reserved[] = { 0, 32500, 32766, 32767 };
	const char *name = spot_text(rule, "name");
	uint64_t priority;

	want_name(v, rule);
	if (!read_priority(name, &priority))
		complain(v, rule, "name", "rule-priority",
			 "the name is the priority of the rule, and \"%s\" is no number", name);
	for (size_t i = 0; i < ARRAY_LEN(reserved); i++) {
		if (priority == reserved[i])
			complain(v, rule, "name", "rule-priority-reserved",
				 "a priority is 1 to 32765 and not 32500");
	}
}

static void check_rule(struct validation *v, const struct spot *rule)
{
	const char *table = spot_text(rule, "table");
	const char *action = spot_text(rule, "action");
	bool looks_up = !*action || text_equal(action, "unspec") || text_equal(action, "unicast");

	check_priority(v, rule);
	if ((!*table || text_equal(table, "unspec")) && looks_up) {
		complain(v, rule, "table", "rule-table", "the rule needs a table to look in");
		advise(v, "or an action that needs none: blackhole, unreachable, prohibit");
	}
	if (spot_u64(rule, "fwMask") && !spot_u64(rule, "fwMark"))
		complain(v, rule, "fwMask", "rule-mask", "fwMask counts only together with fwMark");
}

struct ports {
	uint64_t low, high;
	struct spot spot;
};

static int compare_ports(const void *a, const void *b)
{
	const struct ports *left = a, *right = b;

	return (left->low > right->low) - (left->low < right->low);
}

static struct ports read_ports(const struct spot *list, size_t index)
{
	struct ports ports = { .spot = spot_item(list, index) };
	const char *text = spot_text(&ports.spot, NULL);
	char *end;

	ports.low = strtoull(text, &end, 10);
	ports.high = *end == '-' ? strtoull(end + 1, NULL, 10) : ports.low;
	return ports;
}

/* The first that is wrong, lowest first. False after a complaint. */
static bool check_ports(struct validation *v, const struct spot *list)
{
	size_t count = value_len(list->value);
	struct ports *ports = arena_calloc(v->arena, count, sizeof(*ports));

	for (size_t i = 0; i < count; i++)
		ports[i] = read_ports(list, i);
	qsort(ports, count, sizeof(*ports), compare_ports);
	for (size_t i = 0; i < count; i++) {
		const char *text = spot_text(&ports[i].spot, NULL);

		if (ports[i].low > ports[i].high) {
			complain(v, &ports[i].spot, NULL, "firewall-ports",
				 "%s ends before it begins", text);
			return false;
		}
		if (i && ports[i].low <= ports[i - 1].high) {
			complain(v, &ports[i].spot, NULL, "firewall-overlap", "%s overlaps %s",
				 text, spot_text(&ports[i - 1].spot, NULL));
			return false;
		}
	}
	return true;
}

static void check_firewall(struct validation *v, const struct spot *rule)
{
	struct spot ports = spot_at(rule, "portSelector.ports");
	struct spot ingress = spot_at(rule, "ingress");

	if (!want_name(v, rule))
		return;
	if (!value_len(ports.value)) {
		complain(v, rule, "portSelector.ports", "firewall-ports",
			 "a rule needs at least one port");
		return;
	}
	if (!check_ports(v, &ports))
		return;
	for (size_t i = 0; i < value_len(ingress.value); i++) {
		struct spot source = spot_item(&ingress, i);

		if (!want_text(v, &source, "subnet", "firewall-subnet",
			       "a rule needs the subnet that may come in"))
			return;
	}
}

static void check_probe(struct validation *v, const struct spot *probe)
{
	int64_t threshold;

	want_not_negative(v, probe, "timeout", "probe-negative");
	want_not_negative(v, probe, "interval", "probe-negative");
	if (spot_i64(probe, "failureThreshold", &threshold) && threshold < 0)
		complain(v, probe, "failureThreshold", "probe-negative",
			 "failureThreshold must not be negative");
}

static void check_tcp_probe(struct validation *v, const struct spot *probe)
{
	want_name(v, probe);
	want_text(v, probe, "endpoint", "probe-endpoint", "a probe needs what to connect to");
	check_probe(v, probe);
}

static void check_probe_url(struct validation *v, const struct spot *probe)
{
	const char *text = spot_text(probe, "url");
	struct url url;

	if (!want_text(v, probe, "url", "probe-url", "a probe needs the URL to ask"))
		return;
	if (!url_parse(v->arena, text, &url) ||
	    (strcmp(url.scheme, "http") != 0 && strcmp(url.scheme, "https") != 0))
		complain(v, probe, "url", "probe-url",
			 "%s does not begin with http:// or https://", text);
	else if (*url.opaque || !*url_hostname(v->arena, &url))
		complain(v, probe, "url", "probe-url", "the URL has no host");
}

static void check_http_probe(struct validation *v, const struct spot *probe)
{
	want_name(v, probe);
	check_probe_url(v, probe);
	check_probe(v, probe);
}

static void check_bfd(struct validation *v, const struct spot *instance,
		      const struct spot *neighbor)
{
	if (!spot_has(neighbor, "bfd"))
		return;
	if (*spot_text(instance, "vrf"))
		complain(v, neighbor, "bfd", "bgp-bfd-vrf",
			 "an instance in a VRF cannot have BFD");
	want_not_negative(v, neighbor, "bfd.transmitInterval", "bgp-negative");
	want_not_negative(v, neighbor, "bfd.receiveInterval", "bgp-negative");
}

/* What tells a neighbor from the others; NULL after a complaint. */
static const char *check_neighbor(struct validation *v, const struct spot *instance,
				  const struct spot *neighbor)
{
	const char *address = spot_text(neighbor, "address");
	const char *link = spot_text(neighbor, "link");
	bool one = !*address != !*link;

	if (!one)
		complain(v, neighbor, NULL, "bgp-neighbor",
			 "a neighbor has an address or a link, one of them");
	want_not_negative(v, neighbor, "holdTime", "bgp-negative");
	check_bfd(v, instance, neighbor);
	return !one ? NULL : *address ? address
				      : link;
}

static void check_neighbors(struct validation *v, const struct spot *instance)
{
	struct spot neighbors = spot_at(instance, "neighbors");
	size_t count = value_len(neighbors.value);
	const char **keys = arena_calloc(v->arena, count + 1, sizeof(*keys));

	if (!count)
		warn(v, instance, "neighbors", "bgp-no-neighbors",
		     "without neighbors the instance talks to nobody");
	for (size_t i = 0; i < count; i++) {
		struct spot neighbor = spot_item(&neighbors, i);

		keys[i] = check_neighbor(v, instance, &neighbor);
		for (size_t k = 0; keys[i] && k < i; k++) {
			if (!text_equal(keys[i], keys[k]))
				continue;
			complain(v, &neighbor, NULL, "bgp-neighbor-twice",
				 "there is a neighbor %s already", keys[i]);
			break;
		}
	}
}

struct import {
	struct ip_prefix prefix;
	size_t route;
	bool masked;
};

struct imports {
	struct import *at;
	size_t len;
};

/* Within one route every two prefixes are compared, masked or not. */
static void check_import_prefix(struct validation *v, const struct spot *spot,
				struct imports *imports, size_t route)
{
	const char *text = spot_text(spot, NULL);
	struct import *import = &imports->at[imports->len];
	char other[IP_TEXT_MAX];

	if (!ip_prefix_parse(text, &import->prefix)) {
		complain(v, spot, NULL, "bgp-import-prefix", "\"%s\" is no prefix", text);
		return;
	}
	import->route = route;
	import->masked = !ip_prefix_has_host_bits(&import->prefix);
	if (!import->masked) {
		struct ip_prefix masked = ip_prefix_masked(&import->prefix);

		complain(v, spot, NULL, "bgp-import-prefix", "%s has host bits", text);
		advise(v, "did you mean %s?", ip_prefix_text(&masked, other));
	}
	for (size_t i = 0; i < imports->len; i++) {
		const struct import *earlier = &imports->at[i];
		bool own = earlier->route == route;

		if (!own || !ip_prefix_overlaps(&earlier->prefix, &import->prefix))
			continue;
		complain(v, spot, NULL, "bgp-import-overlap", "%s overlaps %s", text,
			 ip_prefix_text(&earlier->prefix, other));
	}
	imports->len++;
}

/* Between routes only those count that are right in themselves. */
static void check_import_others(struct validation *v, const struct spot *spot,
				const struct imports *imports, size_t index)
{
	const struct import *import = &imports->at[index];
	char other[IP_TEXT_MAX];

	for (size_t i = 0; i < index; i++) {
		const struct import *earlier = &imports->at[i];

		if (earlier->route == import->route || !earlier->masked || !import->masked ||
		    !ip_prefix_overlaps(&earlier->prefix, &import->prefix))
			continue;
		complain(v, spot, NULL, "bgp-import-overlap",
			 "%s overlaps %s of another import", spot_text(spot, NULL),
			 ip_prefix_text(&earlier->prefix, other));
	}
}

static void check_import_source(struct validation *v, const struct spot *instance,
				const struct spot *routes, size_t index)
{
	struct spot route = spot_item(routes, index);
	const char *source = spot_text(&route, "bgpInstance");

	if (!want_text(v, &route, "bgpInstance", "bgp-import-source",
		       "an import needs the instance it comes from")) {
		return;
	}
	if (text_equal(source, spot_text(instance, "name")))
		complain(v, &route, "bgpInstance", "bgp-import-source",
			 "an instance cannot import from itself");
	for (size_t i = 0; i < index; i++) {
		struct spot earlier = spot_item(routes, i);

		if (!text_equal(source, spot_text(&earlier, "bgpInstance")))
			continue;
		complain(v, &route, "bgpInstance", "bgp-import-twice",
			 "there is an import from %s already", source);
		return;
	}
}

static size_t count_prefixes(const struct spot *routes)
{
	size_t count = 0;

	for (size_t i = 0; i < value_len(routes->value); i++) {
		struct spot route = spot_item(routes, i);

		count += spot_len(&route, "prefixes");
	}
	return count;
}

static void check_imports(struct validation *v, const struct spot *instance)
{
	struct spot routes = spot_at(instance, "importRoutes");
	struct imports imports = {
		.at = arena_calloc(v->arena, count_prefixes(&routes) + 1, sizeof(*imports.at))
	};

	for (size_t i = 0; i < value_len(routes.value); i++) {
		struct spot route = spot_item(&routes, i);
		struct spot prefixes = spot_at(&route, "prefixes");

		check_import_source(v, instance, &routes, i);
		if (!value_len(prefixes.value))
			complain(v, &route, "prefixes", "bgp-import-prefix",
				 "an import needs at least one prefix");
		for (size_t k = 0; k < value_len(prefixes.value); k++) {
			struct spot prefix = spot_item(&prefixes, k);
			size_t before = imports.len;

			check_import_prefix(v, &prefix, &imports, i);
			if (imports.len > before)
				check_import_others(v, &prefix, &imports, before);
		}
	}
}

static void check_bgp(struct validation *v, const struct spot *instance)
{
	const char *router = spot_text(instance, "routerID");

	want_name(v, instance);
	if (!spot_u64(instance, "localASN"))
		complain(v, instance, "localASN", "bgp-asn", "an instance needs its AS number");
	if (strchr(router, ':'))
		complain(v, instance, "routerID", "bgp-router-id",
			 "a router ID has the form of an IPv4 address");
	check_neighbors(v, instance);
	check_imports(v, instance);
}

const struct document_check validate_routing_checks[] = {
	{ "BGPInstanceConfig", check_bgp },
	{ "BlackholeRouteConfig", check_blackhole },
	{ "HTTPProbeConfig", check_http_probe },
	{ "NetworkRuleConfig", check_firewall },
	{ "RoutingRuleConfig", check_rule },
	{ "TCPProbeConfig", check_tcp_probe },
	{ NULL, NULL },
};
