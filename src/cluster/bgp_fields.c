#include "cluster/bgp_fields.h"

#include "base/text.h"
#include "cluster/field_checks.h"
#include "cluster/input.h"
#include "cluster/version.h"

#include <stddef.h>
#include <string.h>

#define POOL_LABEL "io.cilium/lb-ipam-pool"
#define LABEL_MAX 63

static const char *const formats[] = { "frr", "unifi", NULL };

static void check_password(const struct field *field, const struct value *value, const char *path,
			   struct findings *findings)
{
	(void)field;
	if (value_len(value) == 1)
		return;
	finding_add(findings, FINDING_ERROR, "bad-password-source", value_src(value), path,
		    "%s needs one of file, env and command", path);
	finding_hint(findings, "file: a file that git ignores, env: a variable, command: what "
			       "prints it");
}

/* Part of names of Kubernetes resources. */
static void check_pool_name(const struct field *field, const struct value *value, const char *path,
			    struct findings *findings)
{
	const char *text = value_text(value);
	size_t len = strlen(text);

	(void)field;
	if (len > 0 && len <= LABEL_MAX && text[0] != '-' && text[len - 1] != '-' &&
	    strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == len)
		return;
	finding_add(findings, FINDING_ERROR, "bad-name", value_src(value), path,
		    "\"%s\" is no name for a pool", text);
	finding_hint(findings, "use lower case letters, digits and dashes");
}

static void check_label(const struct field *field, const struct value *value, const char *path,
			struct findings *findings)
{
	const char *key, *label;

	(void)field;
	if (pool_label_read(findings->arena, value_text(value), &key, &label))
		return;
	finding_add(findings, FINDING_ERROR, "bad-label", value_src(value), path,
		    "\"%s\" is no label", value_text(value));
	finding_hint(findings, "a label is key=value, or a value alone for " POOL_LABEL);
}

/* clang-format off */
static const struct field password_fields[] = {
	{ "file", FIELD_STR, offsetof(struct password_input, file), .check = check_not_empty,
	  .doc = "File of the workspace that holds it, and nothing else." },
	{ "env", FIELD_STR, offsetof(struct password_input, env), .check = check_not_empty,
	  .doc = "Environment variable that holds it." },
	{ "command", FIELD_STR, offsetof(struct password_input, command), .check = check_not_empty,
	  .doc = "Command that prints it." },
	{ 0 },
};

const struct field pool_fields[] = {
	{ "name", FIELD_STR, offsetof(struct pool_input, name), .required = true,
	  .check = check_pool_name, .doc = "Name of the pool." },
	{ "start", FIELD_STR, offsetof(struct pool_input, start), .check = check_address,
	  .doc = "First address; instead of cidr." },
	{ "stop", FIELD_STR, offsetof(struct pool_input, stop), .check = check_address,
	  .doc = "Last address; by default the first." },
	{ "cidr", FIELD_STR, offsetof(struct pool_input, cidr), .check = check_cidr,
	  .doc = "All addresses of a network; instead of start and stop." },
	{ "label", FIELD_STR, offsetof(struct pool_input, label), .check = check_label,
	  .doc = "Label of the services it is for, as key=value; by default any service." },
	{ 0 },
};

static const struct field peer_fields[] = {
	{ "address", FIELD_STR, offsetof(struct peer_input, address), .required = true,
	  .check = check_address, .doc = "Address of the router." },
	{ "asn", FIELD_STR, offsetof(struct peer_input, asn), .required = true,
	  .check = check_asn, .doc = "AS number of the router." },
	{ "hold", FIELD_UINT, offsetof(struct peer_input, hold), .min = 3, .max = 65535,
	  .standard = "90, or 3 times keepalive",
	  .doc = "Seconds of silence after which the session ends." },
	{ "keepalive", FIELD_UINT, offsetof(struct peer_input, keepalive), .min = 1, .max = 65535,
	  .standard = "a third of hold", .doc = "Seconds between signs of life." },
	{ "graceful_restart", FIELD_UINT, offsetof(struct peer_input, graceful_restart),
	  .max = 4095, .standard = "120",
	  .doc = "Seconds for which routes outlive a restart of the agent; 0: none." },
	{ "password", FIELD_STRUCT, offsetof(struct peer_input, password),
	  .inner = password_fields, .check = check_password,
	  .doc = "Where the password (TCP MD5) of the session is." },
	{ 0 },
};

static const struct field router_fields[] = {
	{ "ssh", FIELD_STR, offsetof(struct router_input, ssh), .check = check_not_empty,
	  .doc = "Host, or host:port, of the router's SSH server." },
	{ "user", FIELD_STR, offsetof(struct router_input, user), .check = check_not_empty,
	  .standard = "root", .doc = "Whom to log in as." },
	{ "key", FIELD_STR, offsetof(struct router_input, key), .check = check_not_empty,
	  .doc = "File of a private key (Ed25519 or ECDSA)." },
	{ "password", FIELD_STRUCT, offsetof(struct router_input, password),
	  .inner = password_fields, .check = check_password,
	  .doc = "Where the password of the login, or of its key, is." },
	{ "known_hosts", FIELD_STR, offsetof(struct router_input, known_hosts),
	  .check = check_not_empty, .standard = "known_hosts",
	  .doc = "File with the router's host key." },
	{ "format", FIELD_STR, offsetof(struct router_input, format), .choices = formats,
	  .standard = "frr", .doc = "Form of the router's configuration." },
	{ 0 },
};

const struct field bgp_fields[] = {
	{ "asn", FIELD_STR, offsetof(struct bgp_input, asn), .required = true, .check = check_asn,
	  .doc = "AS number of the nodes." },
	{ "peers", FIELD_STRUCTS, offsetof(struct bgp_input, peers), .required = true,
	  .inner = peer_fields, .inner_size = sizeof(struct peer_input),
	  .doc = "Addresses of the router, one for each address family." },
	{ "router", FIELD_STRUCT, offsetof(struct bgp_input, router), .inner = router_fields,
	  .doc = "How to come to the router and what it takes." },
	{ 0 },
};

static void check_cilium_version(const struct field *field, const struct value *value,
				 const char *path, struct findings *findings)
{
	struct version version;

	(void)field;
	if (!version_parse(value_text(value), &version) || !version.has_patch) {
		finding_add(findings, FINDING_ERROR, "bad-version", value_src(value), path,
			    "\"%s\" is no release of Cilium", value_text(value));
		finding_hint(findings, "a release looks like " CILIUM_VERSION);
		return;
	}
	if (version.major == 1 && version.minor >= CILIUM_MINOR_FIRST)
		return;
	finding_add(findings, FINDING_ERROR, "unsupported-version", value_src(value), path,
		    "the resources of Cilium %s are not known here", value_text(value));
	finding_hint(findings, "1.%d and newer are", CILIUM_MINOR_FIRST);
}

const struct field cilium_fields[] = {
	{ "version", FIELD_STR, offsetof(struct cilium_input, version),
	  .check = check_cilium_version, .standard = CILIUM_VERSION, .doc = "Release of Cilium." },
	{ "values", FIELD_MAP, offsetof(struct cilium_input, values),
	  .doc = "Values of its Helm chart, merged over those made here." },
	{ 0 },
};
/* clang-format on */

static bool is_label_part(const char *text, size_t len)
{
	static const char inner[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-_.";

	if (len == 0 || len > LABEL_MAX || strchr("-_.", text[0]) ||
	    strchr("-_.", text[len - 1]))
		return false;
	return strspn(text, inner) >= len;
}

static bool is_label_key(const char *text, size_t len)
{
	const char *slash = memchr(text, '/', len);
	size_t prefix = slash ? (size_t)(slash - text) : 0;

	if (!slash)
		return is_label_part(text, len);
	return prefix > 0 && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-.") >= prefix &&
	       is_label_part(slash + 1, len - prefix - 1);
}

bool pool_label_read(struct arena *arena, const char *text, const char **key, const char **label)
{
	size_t len = strcspn(text, "=:");
	const char *value = text + len + (text[len] != '\0');

	if (text[len] == '\0') {
		*key = POOL_LABEL;
		*label = text;
		return is_label_part(text, len);
	}
	value += strspn(value, " ");
	*key = arena_strn(arena, text, len);
	*label = value;
	return is_label_key(text, len) && is_label_part(value, strlen(value));
}

bool pool_range_read(const struct pool_input *input, struct ip_range *out)
{
	struct ip_prefix prefix;

	if (!input->cidr)
		return input->start && ip_range_between(input->start, input->stop, out);
	if (!ip_prefix_parse(input->cidr, &prefix))
		return false;
	*out = ip_range_of_prefix(&prefix);
	return true;
}

bool bgp_is_wanted(const struct draft *draft)
{
	const struct cluster_input *in = &draft->in;

	return value_is_map(value_get(draft->cluster_raw, "bgp")) ||
	       (in->cilium_bgp_router_addr && in->cilium_bgp_router_asn &&
		in->cilium_bgp_node_asn);
}

static void add_pool(struct cluster *cluster, struct pool *pools, const struct pool *pool)
{
	pools[cluster->pools++] = *pool;
	cluster->pool = pools;
}

/* Without pools, what the gateways are to have is all that there is to hand out. */
static void resolve_gateways(struct draft *draft, struct pool *pools)
{
	const struct cluster_input *in = &draft->in;
	const struct {
		const char *name, *key, *address;
	} gateways[] = {
		{ "gateway", "cluster_gateway_addr", in->cluster_gateway_addr },
		{ "dns-gateway", "cluster_dns_gateway_addr", in->cluster_dns_gateway_addr },
		{ "cloudflare-gateway", "cloudflare_gateway_addr", in->cloudflare_gateway_addr },
	};

	for (size_t i = 0; i < ARRAY_LEN(gateways); i++) {
		struct pool pool = { .name = gateways[i].name };

		if (!gateways[i].address ||
		    !ip_range_between(gateways[i].address, NULL, &pool.range))
			continue;
		pool.src = value_src(value_get(draft->cluster_raw, gateways[i].key));
		add_pool(draft->cluster, pools, &pool);
	}
}

#define GATEWAYS_MAX 3

static void resolve_pools(struct draft *draft)
{
	const struct structs *given = &draft->in.pools;
	const struct value *raw = value_get(draft->cluster_raw, "pools");
	struct pool *pools =
		arena_calloc(draft->arena, given->len + GATEWAYS_MAX, sizeof(*pools));

	if (!value_has(draft->cluster_raw, "pools"))
		resolve_gateways(draft, pools);
	for (size_t i = 0; i < given->len; i++) {
		const struct pool_input *input = (const struct pool_input *)given->at + i;
		struct pool pool = { .name = input->name,
				     .cidr = input->cidr,
				     .index = i,
				     .src = value_src(value_at(raw, i)) };

		if (!input->name || !pool_range_read(input, &pool.range))
			continue;
		if (input->label && !pool_label_read(draft->arena, input->label, &pool.label_key,
						     &pool.label))
			continue;
		add_pool(draft->cluster, pools, &pool);
	}
}

static struct password_source password_of(const struct password_input *input)
{
	if (input->file)
		return (struct password_source){ PASSWORD_FILE, input->file };
	if (input->env)
		return (struct password_source){ PASSWORD_ENV, input->env };
	if (input->command)
		return (struct password_source){ PASSWORD_COMMAND, input->command };
	return (struct password_source){ PASSWORD_NONE, NULL };
}

static uint32_t asn_of(const char *text)
{
	uint64_t number;

	return text && text_u64(text, &number) && number <= UINT32_MAX ? (uint32_t)number : 0;
}

/* One of the two times implies the other. */
static void set_timers(struct bgp_peer *peer, const struct peer_input *input)
{
	peer->hold = input->hold ? (unsigned)input->hold : BGP_HOLD;
	peer->keepalive = input->keepalive ? (unsigned)input->keepalive : BGP_KEEPALIVE;
	if (input->hold && !input->keepalive)
		peer->keepalive = peer->hold / 3;
	else if (input->keepalive && !input->hold)
		peer->hold = peer->keepalive > 65535 / 3 ? 65535 : peer->keepalive * 3;
}

static void add_peer(struct draft *draft, struct bgp_peer *peers, const struct peer_input *input,
		     const struct value *raw)
{
	struct bgp *bgp = &draft->cluster->bgp;
	struct bgp_peer peer = { .address = input->address,
				 .asn = asn_of(input->asn),
				 .restart = value_has(raw, "graceful_restart")
						    ? (unsigned)input->graceful_restart
						    : BGP_RESTART,
				 .password = password_of(&input->password),
				 .src = value_src(raw) };
	struct ip_prefix nodes;

	if (!peer.address || !ip_parse(peer.address, &peer.ip) || !peer.asn)
		return;
	peer.multihop = draft->in.node_cidr && ip_prefix_parse(draft->in.node_cidr, &nodes) &&
			nodes.base.family == peer.ip.family && !ip_prefix_has(&nodes, &peer.ip);
	set_timers(&peer, input);
	peers[bgp->peers++] = peer;
	bgp->peer = peers;
}

static void resolve_sessions(struct draft *draft)
{
	const struct cluster_input *in = &draft->in;
	const struct value *raw = value_get(draft->cluster_raw, "bgp");
	const struct router_input *router = &in->bgp.router;
	struct bgp *bgp = &draft->cluster->bgp;
	struct bgp_peer *peers =
		arena_calloc(draft->arena, in->bgp.peers.len + 1, sizeof(*peers));
	const struct peer_input plain = { .address = in->cilium_bgp_router_addr,
					  .asn = in->cilium_bgp_router_asn };

	bgp->router = (struct bgp_router){ .ssh = router->ssh,
					   .user = router->user ? router->user : "root",
					   .key = router->key,
					   .known_hosts = router->known_hosts
								  ? router->known_hosts
								  : "known_hosts",
					   .format = router->format ? router->format : "frr",
					   .password = password_of(&router->password) };
	if (!bgp_is_wanted(draft))
		return;
	bgp->asn = asn_of(value_is_map(raw) ? in->bgp.asn : in->cilium_bgp_node_asn);
	if (!value_is_map(raw))
		add_peer(draft, peers, &plain,
			 value_get(draft->cluster_raw, "cilium_bgp_router_addr"));
	for (size_t i = 0; i < in->bgp.peers.len; i++)
		add_peer(draft, peers, (const struct peer_input *)in->bgp.peers.at + i,
			 value_at(value_get(raw, "peers"), i));
}

void bgp_resolve(struct draft *draft)
{
	const struct cluster_input *in = &draft->in;
	const char *version = in->cilium.version ? in->cilium.version : CILIUM_VERSION;

	resolve_pools(draft);
	resolve_sessions(draft);
	draft->cluster->cilium = (struct cilium){
		.version = version + (version[0] == 'v'),
		.balancer = in->cilium_loadbalancer_mode ? in->cilium_loadbalancer_mode : "dsr",
		.values = in->cilium.values,
	};
}
