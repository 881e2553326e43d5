#include "resources.pb-c.h"
#include "talos/proto.h"
#include "talos/resource.h"

#include <string.h>

#define OPERATIONAL_UP 6	  /* as in RFC 2863 */
#define HARDWARE_MAX ((size_t)32) /* bytes; InfiniBand has 20 */

static int hardware_text(struct arena *arena, const ProtobufCBinaryData *address, const char **out,
			 struct err *err)
{
	struct str text SCOPED(str_done) = STR_INIT(HARDWARE_MAX * 3);

	if (address->len > HARDWARE_MAX)
		return err_set(err, ERR_REMOTE, "a hardware address has %zu bytes", address->len);
	for (size_t i = 0; i < address->len; i++)
		str_addf(&text, "%s%02x", i ? ":" : "", (unsigned)address->data[i]);
	*out = arena_str(arena, str_text(&text));
	return 0;
}

static int link_unpack(struct arena *arena, const void *data, size_t len, const void **out,
		       struct err *err)
{
	const Resource__LinkStatusSpec *spec =
		proto_unpack(arena, &resource__link_status_spec__descriptor, data, len, err);
	struct talos_link *link = arena_alloc(arena, sizeof(*link));

	if (!spec)
		return -1;
	*link = (struct talos_link){
		.kind = spec->kind,
		.driver = spec->driver,
		.bus_path = spec->bus_path,
		.type = spec->type,
		.up = spec->link_state || spec->operational_state == OPERATIONAL_UP,
		.mtu = spec->mtu,
	};
	if (hardware_text(arena, &spec->hardware_addr, &link->hardware_addr, err) < 0 ||
	    hardware_text(arena, &spec->permanent_addr, &link->permanent_addr, err) < 0)
		return -1;
	*out = link;
	return 0;
}

const struct talos_resource_type resource_link = {
	.type = "LinkStatuses.net.talos.dev",
	.ns = "network",
	.what = "the links",
	.unpack = link_unpack,
};

/* An IPv6 address may be followed by its zone, which is no part of it. */
static int prefix_read(const Common__NetIPPrefix *from, struct ip_prefix *out, struct err *err)
{
	size_t size = from->ip.len == 4 ? 4 : 16;

	if (from->ip.len < size)
		return err_set(err, ERR_REMOTE, "an address has %zu bytes", from->ip.len);
	if (from->prefix_length < 0 || (size_t)from->prefix_length > size * 8)
		return err_set(err, ERR_REMOTE, "the prefix of an address is %d bits long",
			       (int)from->prefix_length);
	*out = (struct ip_prefix){
		.base = { .family = size == 4 ? 4 : 6 },
		.bits = (unsigned)from->prefix_length,
	};
	memcpy(out->base.at, from->ip.data, size);
	return 0;
}

static int node_address_unpack(struct arena *arena, const void *data, size_t len, const void **out,
			       struct err *err)
{
	const Resource__NodeAddressSpec *spec =
		proto_unpack(arena, &resource__node_address_spec__descriptor, data, len, err);
	struct talos_addresses *addresses = arena_alloc(arena, sizeof(*addresses));

	if (!spec)
		return -1;
	struct ip_prefix *at = arena_calloc(arena, spec->n_addresses, sizeof(*at));
	for (size_t i = 0; i < spec->n_addresses; i++) {
		if (prefix_read(spec->addresses[i], &at[i], err) < 0)
			return -1;
	}
	*addresses = (struct talos_addresses){ at, spec->n_addresses };
	*out = addresses;
	return 0;
}

const struct talos_resource_type resource_node_address = {
	.type = "NodeAddresses.net.talos.dev",
	.ns = "network",
	.what = "the addresses",
	.unpack = node_address_unpack,
};

static int hostname_unpack(struct arena *arena, const void *data, size_t len, const void **out,
			   struct err *err)
{
	const Resource__HostnameStatusSpec *spec =
		proto_unpack(arena, &resource__hostname_status_spec__descriptor, data, len, err);
	struct talos_hostname *hostname = arena_alloc(arena, sizeof(*hostname));

	if (!spec)
		return -1;
	hostname->hostname = spec->hostname;
	hostname->domain = spec->domainname;
	*out = hostname;
	return 0;
}

const struct talos_resource_type resource_hostname = {
	.type = "HostnameStatuses.net.talos.dev",
	.ns = "network",
	.singleton = "hostname",
	.what = "the host name",
	.unpack = hostname_unpack,
};
