#include "cli/access.h"

#include "base/fs.h"
#include "base/ip.h"
#include "base/text.h"
#include "cli/password.h"
#include "cli/program.h"
#include "ops/configs.h"

#include <string.h>
#include <unistd.h>

#define HOST_MAX 256

#define REHEARSED_PASSWORD "rehearsed"

static const char *rehearsed(const struct password_source *source)
{
	return source->form == PASSWORD_NONE ? NULL : REHEARSED_PASSWORD;
}

int access_peers(struct program *program, const struct cluster *cluster, const char *const **out,
		 struct err *err)
{
	const struct bgp *bgp = &cluster->bgp;
	const char **passwords;

	if (!program->rehearsal)
		return password_read_peers(program, cluster, out, err);
	passwords = arena_calloc(program->arena, bgp->peers + 1, sizeof(*passwords));
	for (size_t i = 0; i < bgp->peers; i++)
		passwords[i] = rehearsed(&bgp->peer[i].password);
	*out = passwords;
	return 0;
}

static int read_peers(struct site_access *site, const char *const **out, struct err *err)
{
	struct program_access *access = container_of(site, struct program_access, site);
	const struct cluster *cluster = workspace_cluster(access->program->workspace, err);

	if (!cluster)
		return -1;
	if (!access->peers && access_peers(access->program, cluster, &access->peers, err) < 0)
		return -1;
	*out = access->peers;
	return 0;
}

static const char *path_of(struct program *program, const char *path)
{
	const char *home = program->env ? program->env("HOME") : NULL;

	if (!path)
		return NULL;
	if (home && text_starts(path, "~/"))
		return fs_join(program->arena, home, path + strlen("~/"));
	return workspace_path(program->workspace, path);
}

static int no_router(struct err *err)
{
	err_set(err, ERR_INPUT, "cluster.yaml does not say how the router is reached");
	return err_hint(err, "add bgp.router: {ssh: HOST, user: USER}");
}

static int read_router(struct site_access *site, struct ssh_target *out, struct err *err)
{
	struct program *program = container_of(site, struct program_access, site)->program;
	const struct cluster *cluster = workspace_cluster(program->workspace, err);
	struct ssh_target target = { .port = SSH_PORT };
	char host[HOST_MAX];

	if (!cluster)
		return -1;
	const struct bgp_router *router = &cluster->bgp.router;

	if (!router->ssh)
		return no_router(err);
	if (!host_port_parse(router->ssh, SSH_PORT, host, sizeof(host), &target.port))
		return err_set(err, ERR_INPUT, "bgp.router.ssh: %s is no host", router->ssh);
	if (program->rehearsal)
		target.password = rehearsed(&router->password);
	else if (password_read(program, &router->password, &target.password, err) < 0)
		return err_wrap(err, "the password of the router");
	target.host = arena_str(program->arena, host);
	target.user = router->user ? router->user : "root";
	target.key_file = path_of(program, router->key);
	target.known_hosts =
		path_of(program, router->known_hosts ? router->known_hosts : "known_hosts");
	*out = target;
	return 0;
}

struct site_access *access_open(struct program *program)
{
	struct program_access *access = &program->access;

	access->program = program;
	access->site.peers = read_peers;
	access->site.router = read_router;
	return &access->site;
}

static bool is_in_path(struct program *program, const char *name)
{
	const char *at = program->env ? program->env("PATH") : NULL;

	while (at && *at) {
		size_t len = strcspn(at, ":");
		const char *folder = arena_strn(program->arena, at, len);

		if (len > 0 && access(fs_join(program->arena, folder, name), X_OK) == 0)
			return true;
		at += len + (at[len] == ':');
	}
	return false;
}

const char *access_helm(struct program *program)
{
	const struct globals *globals = &program->globals;

	if (globals->sim || globals->hosts || program->work == WORK_REHEARSE ||
	    !is_in_path(program, "helm"))
		return NULL;
	if (globals->kubeconfig && !text_equal(globals->kubeconfig, program->env("KUBECONFIG")))
		return globals->kubeconfig;
	return workspace_path(program->workspace, KUBECONFIG_FILE);
}
