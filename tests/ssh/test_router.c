#include "cluster/workspace.h"
#include "loop/process.h"
#include "ops/bgp.h"
#include "ops/router.h"

#include <criterion/criterion.h>
#include <criterion/logging.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * A real FRR behind a real sshd, and a second FRR as the cluster, in namespaces of this process:
 * the only link is between the two, and nothing leaves them.
 */
static const char set_up[] =
	"set -e; mount --make-rprivate /; ip link set lo up\n"
	"mkdir -p /run/netns; mount -t tmpfs none /run/netns; ip netns add node\n"
	"ip link add name up0 type veth peer name down0 netns node\n"
	"ip addr add 172.29.51.1/24 dev up0; ip link set up0 up\n"
	"ip -n node addr add 172.29.51.11/24 dev down0; ip -n node link set down0 up\n"
	"mkdir -p /run/frr /run/sshd\n"
	"mount -t tmpfs none /run/frr; mount -t tmpfs none /etc/frr\n"
	"mkdir /run/frr/node /etc/frr/node\n"
	"echo 'service integrated-vtysh-config' >/etc/frr/vtysh.conf\n"
	": >/etc/frr/zebra.conf; : >/etc/frr/bgpd.conf; : >/etc/frr/frr.conf\n"
	"cat >/etc/frr/node/bgpd.conf <<'E'\n"
	"router bgp 64512\n"
	" bgp router-id 172.29.51.11\n"
	" no bgp ebgp-requires-policy\n"
	" no bgp network import-check\n"
	" neighbor 172.29.51.1 remote-as 64513\n"
	" neighbor 172.29.51.1 update-source 172.29.51.11\n"
	" neighbor 172.29.51.1 password hunter2\n"
	" neighbor 172.29.51.1 timers connect 1\n"
	" neighbor 172.29.51.1 disable-connected-check\n"
	" address-family ipv4 unicast\n"
	"  network 172.29.52.100/32\n"
	"  network 10.99.0.1/32\n"
	"E\n"
	"chown -R frr:frr /run/frr /etc/frr\n"
	"ssh-keygen -q -t ed25519 -N '' -f host; ssh-keygen -q -t ed25519 -N '' -f user\n"
	"echo \"172.29.51.1 $(cat host.pub)\" >known\n"
	"printf 'ListenAddress 172.29.51.1:22\\nHostKey %s/host\\nAuthorizedKeysFile "
	"%s/user.pub\\nPidFile %s/sshd.pid\\nUsePAM no\\nStrictModes no\\nPermitRootLogin yes\\n' "
	"\"$PWD\" \"$PWD\" \"$PWD\" >config\n"
	"/usr/lib/frr/zebra -d -A 127.0.0.1 >/dev/null 2>&1\n"
	"/usr/lib/frr/bgpd -d -A 127.0.0.1 -l 172.29.51.1 >/dev/null 2>&1\n"
	"ip netns exec node /usr/lib/frr/bgpd -d -N node -f /etc/frr/node/bgpd.conf "
	"-Z -p 0 "
	"-A 127.0.0.1 -P 0 >/dev/null 2>&1\n"
	"/usr/sbin/sshd -f \"$PWD/config\"\n"
	"for i in $(seq 100); do\n"
	"	ss -ltn | grep -q 172.29.51.1:22 && exit 0\n"
	"	sleep 0.1\n"
	"done; echo 'sshd does not listen' >&2; exit 1\n";
static const char tear_down[] =
	"for p in /run/frr/*.pid /run/frr/node/*.pid sshd.pid; do kill \"$(cat \"$p\")\"; done\n"
	"rm -rf \"$PWD\"\n";

static const char cluster_text[] =
	"node_cidr: 172.29.51.0/24\ncluster_api_addr: 172.29.51.10\n"
	"talos_version: v1.13.9\nkubernetes_version: v1.36.3\n"
	"pools: [{name: web, start: 172.29.52.100, stop: 172.29.52.199}]\n"
	"bgp: {asn: 64512, peers: [{address: 172.29.51.1, asn: 64513, hold: 9, "
	"password: {env: BGP_PASSWORD}}]}\n";
static const char nodes_text[] =
	"nodes: [{name: mini01, address: 172.29.51.11, controller: true, disk: /dev/sda}]\n";

struct scene {
	struct arena *arena;
	struct loop *loop;
	struct ssh_network *network;
	struct router_link link;
	const char *folder;
};

static int run_script(const char *folder, const char *script, const char **said,
		      struct arena *arena)
{
	const char *const argv[] = { "/bin/sh", "-c", script, NULL };
	const struct process_request request = { .argv = argv,
						 .folder = folder,
						 .output_max = 1 << 20,
						 .error_max = 1 << 20,
						 .timeout = 30 * SECOND };
	struct process_result result SCOPED(process_result_done) = { .code = -1 };
	struct err err = ERR_INIT;

	cr_assert_eq(process_output(&request, &result, &err), 0, "%s", err.text);
	*said = arena_str(arena, str_text(&result.errors));
	return result.code;
}

static bool is_there(void)
{
	static const char *const needed[] = { "/usr/lib/frr/bgpd", "/usr/bin/vtysh",
					      "/usr/sbin/sshd", "/usr/bin/ssh-keygen" };
	bool there = geteuid() == 0;

	for (size_t i = 0; i < ARRAY_LEN(needed); i++)
		there = there && access(needed[i], X_OK) == 0;
	if (there && unshare(CLONE_NEWNET | CLONE_NEWNS) == 0)
		return true;
	cr_log_warn("skipped: needs root, namespaces, frr, openssh-server and iproute2");
	return false;
}

static void begin(struct scene *scene)
{
	char folder[] = "/tmp/talforge-frr-XXXXXX";
	const char *said;

	*scene = (struct scene){ .arena = arena_new("test"), .loop = loop_new_epoll(NULL) };
	cr_assert_not_null(mkdtemp(folder));
	scene->folder = arena_str(scene->arena, folder);
	cr_assert_eq(run_script(scene->folder, set_up, &said, scene->arena), 0, "%s", said);
	scene->network = ssh_network_new(scene->loop, NULL, 0);
	scene->link = (struct router_link){
		.loop = scene->loop,
		.door = ssh_network_door(scene->network),
		.target = { .host = "172.29.51.1",
			    .port = SSH_PORT,
			    .user = "root",
			    .key_file = arena_printf(scene->arena, "%s/user", scene->folder),
			    .known_hosts = arena_printf(scene->arena, "%s/known", scene->folder) },
	};
}

static void finish(struct scene *scene)
{
	const char *said;

	run_script(scene->folder, tear_down, &said, scene->arena);
	ssh_network_free(scene->network);
	loop_free(scene->loop);
	arena_free(scene->arena);
}

struct pushing {
	struct router_push push;
	struct err err;
};

static void pushed(struct router_push *push, const struct err *err)
{
	container_of(push, struct pushing, push)->err = *err;
	loop_stop(push->link.loop);
}

static struct err push(const struct scene *scene, const char *text, uint64_t time)
{
	const struct router_push_request request = { .text = text,
						     .sessions = 1,
						     .verify_time = time };
	struct pushing pushing = { .err = ERR_INIT };

	router_push_start(&pushing.push, &scene->link, &request, pushed);
	cr_assert_eq(loop_run(scene->loop, NULL), 0);
	router_push_done(&pushing.push);
	return pushing.err;
}

struct asking {
	struct ssh_run run;
	struct loop *loop;
	struct err err;
};

static void asked(struct ssh_run *run, const struct err *err)
{
	struct asking *asking = container_of(run, struct asking, run);

	asking->err = *err;
	loop_stop(asking->loop);
}

static struct router_status status(const struct scene *scene)
{
	const struct ssh_request request = { .command = ROUTER_STATUS_COMMAND,
					     .output_max = 1 << 20,
					     .timeout = 20 * SECOND };
	struct asking asking = { .loop = scene->loop };
	struct router_status found;
	struct err err = ERR_INIT;

	ssh_start(scene->link.door, &asking.run, &scene->link.target, &request, asked);
	cr_assert_eq(loop_run(scene->loop, NULL), 0);
	cr_assert_eq(asking.err.kind, ERR_NONE, "%s", asking.err.text);
	cr_assert_eq(router_status_read(scene->arena, str_text(&asking.run.result.output),
					asking.run.result.output.len, &found, &err),
		     0, "%s", err.text);
	ssh_run_done(&asking.run);
	return found;
}

static void stop(struct timer *timer)
{
	loop_stop(timer->loop);
}

/* Routes come a moment after the session. */
static struct router_status status_with_routes(const struct scene *scene)
{
	struct router_status now = status(scene);
	struct timer timer;

	timer_init(&timer, scene->loop, stop);
	for (int i = 0; i < 30 && now.peers == 1 && now.peer[0].prefixes == 0; i++) {
		timer_set(&timer, loop_now(scene->loop) + SECOND / 2);
		cr_assert_eq(loop_run(scene->loop, NULL), 0);
		now = status(scene);
	}
	return now;
}

static const char *our_text(struct arena *arena)
{
	const struct file_text texts[] = {
		{ "cluster.yaml", cluster_text, strlen(cluster_text) },
		{ "nodes.yaml", nodes_text, strlen(nodes_text) },
	};
	static const char *const passwords[] = { "hunter2" };
	struct workspace *workspace OWNED(workspace_free) = NULL;
	struct router_request request = { .templates = { .show_secrets = true },
					  .password = passwords };
	struct str text SCOPED(str_done) = STR_INIT(1 << 20);
	struct err err = ERR_INIT;

	cr_assert_eq(workspace_open_texts(texts, 2, &workspace, &err), 0, "%s", err.text);
	request.cluster = workspace_cluster(workspace, &err);
	cr_assert_not_null(request.cluster, "%s", err.text);
	cr_assert_eq(router_text(&request, &text, &err), 0, "%s", err.text);
	return arena_str(arena, str_text(&text));
}

Test(router, takes_what_is_rendered_and_keeps_it_when_something_worse_comes)
{
	struct scene scene;
	struct err err;

	if (!is_there())
		return;
	begin(&scene);
	cr_assert_eq(status(&scene).peers, 0);

	const char *text = our_text(scene.arena);

	err = push(&scene, text, 40 * SECOND);
	cr_assert_eq(err.kind, ERR_NONE, "%s", err.text);

	struct router_status now = status_with_routes(&scene);

	cr_assert_eq(now.peers, 1);
	cr_assert_eq(now.established, 1);
	cr_assert_str_eq(now.peer[0].address, "172.29.51.11");
	cr_assert_eq(now.peer[0].asn, 64512);
	cr_assert_eq(now.peer[0].prefixes, 1, "only the pool's address is let in");

	err = push(&scene, "router bgp 64513\n neighbor nobody knows this\n", SECOND);
	cr_assert_eq(err.kind, ERR_REMOTE, "%s", err.text);
	cr_assert_not_null(strstr(err.text, "nothing was changed"), "%s", err.text);
	cr_assert_eq(status(&scene).established, 1);

	char *wrong = arena_str(scene.arena, text);

	memcpy(strstr(wrong, "remote-as 64512"), "remote-as 64999", 15);
	err = push(&scene, wrong, 5 * SECOND);
	cr_assert_eq(err.kind, ERR_TIMEOUT, "%s", err.text);
	cr_assert_not_null(strstr(err.text, "the previous configuration is back"), "%s", err.text);
	now = status(&scene);
	cr_assert_eq(now.peers, 1);
	cr_assert_eq(now.peer[0].asn, 64512);
	err = push(&scene, text, 40 * SECOND);
	cr_assert_eq(err.kind, ERR_NONE, "%s", err.text);
	finish(&scene);
}
