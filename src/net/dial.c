#include "net/dial.h"

#include "net/tcp.h"
#include "net/tls.h"

static int dial_over_tcp(struct dialer *base, const struct dial_target *target, struct stream **out,
			 struct err *err)
{
	struct dialer_tcp *dialer = container_of(base, struct dialer_tcp, dialer);
	const struct detour *detour = detour_find(dialer->detours, dialer->detour_count,
						  target->address, target->port);
	const char *host = detour ? detour->to_host : target->address;
	unsigned port = detour ? detour->to_port : target->port;
	struct tls_client options = {
		.loop = dialer->loop,
		.shared = dialer->shared,
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
