#include "unit/render/site.h"

#include "tree/path.h"

#include <criterion/criterion.h>

static const char *const addresses[] = { "10.0.50.1" };
static const char *const pods[] = { "10.42.0.0/16" };
static const char *const services[] = { "10.43.0.0/16" };
static const char *const dns[] = { "1.1.1.1" };

void site_init(struct site *site)
{
	*site = (struct site){
		.cluster = {
			.name = "home",
			.endpoint = "https://10.0.50.50:6443",
			.talos = "v1.13.9",
			.kubernetes = "v1.36.3",
			.contract = "v1.13",
			.vip = "10.0.50.50",
			.gateway = "10.0.0.1",
			.has_node_cidr = true,
			.dns_servers = { dns, NULL, 1 },
			.pod_cidr = { pods, NULL, 1 },
			.svc_cidr = { services, NULL, 1 },
			.cni = "none",
		},
		.node = {
			.name = "control0",
			.address = addresses,
			.addresses = 1,
			.role = ROLE_CONTROL,
			.disk = { DISK_PATH, "/dev/sda", NULL },
			.mac_addr = "02:00:0a:00:32:01",
			.mtu = 1500,
		},
		.bundle = {
			.file = "talsecret.yaml",
			.id = "id",
			.secret = "cluster-secret",
			.bootstrap_token = "boot.strap",
			.trustd_token = "trustd.token",
			.secretbox = "secret-in-a-box",
			.etcd = { "etcd-cert", "etcd-key" },
			.kubernetes = { "kube-cert", "kube-key" },
			.aggregator = { "front-cert", "front-key" },
			.talos = { "os-cert", "os-key" },
			.service_account = "sa-key",
		},
	};
	cr_assert(ip_prefix_parse("10.0.0.0/16", &site->cluster.node_cidr));
	site->input.cluster = &site->cluster;
	site->input.bundle = &site->bundle;
}

const char *site_text(struct arena *arena, const struct config *config, const char *kind,
		      const char *path)
{
	const struct document *document = config_find(config, kind, NULL);
	struct path parts;

	if (!document)
		return "";
	cr_assert_eq(path_parse(arena, path, &parts, NULL), 0, "%s", path);
	const char *text = value_text(path_get(document->value, &parts));
	return text ? text : "";
}
