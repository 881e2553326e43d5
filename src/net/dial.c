#include "net/dial.h"

#include "base/ip.h"
#include "net/tcp.h"
#include "net/tls.h"

#include <strings.h>

/* "fd00::1" and "fd00:0::1" are the same host, and names know no case. */
static bool same_host(const char *a, const char *b)
{
	struct ip x, y;

	if (ip_parse(a, &x) && ip_parse(b, &y))
		return ip_equal(&x, &y);
	return strcasecmp(a, b) == 0;
}

static const struct detour *find_detour(const struct dialer_tcp *dialer,
					const struct dial_target *target)
{
	for (size_t i = 0; i < dialer->detour_count; i++) {
		const struct detour *detour = &dialer->detours[i];

		if (detour->port == target->port && same_host(detour->address, target->address))
			return detour;
	}
	return NULL;
}

static int dial_over_tcp(struct dialer *base, const struct dial_target *target, struct stream **out,
			 struct err *err)
{
	struct dialer_tcp *dialer = container_of(base, struct dialer_tcp, dialer);
	const struct detour *detour = find_detour(dialer, target);
	const char *host = detour ? detour->to_host : target->address;
	unsigned port = detour ? detour->to_port : target->port;
	struct tls_client options = {
		.loop = dialer->loop,
		.host = target->address,
		.identity = target->identity,
		.trust = target->trust,
	};
	struct stream *tcp;

	if (tcp_dial(dialer->loop, host, port, &tcp, err) < 0)
		return -1;
	return tls_client_new(&options, tcp, out, err);
}

void dialer_tcp_init(struct dialer_tcp *dialer, struct loop *loop, const struct detour *detours,
		     size_t count)
{
	*dialer = (struct dialer_tcp){
		.dialer.dial = dial_over_tcp,
		.loop = loop,
		.detours = detours,
		.detour_count = count,
	};
}
