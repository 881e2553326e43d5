#include "ops/configs.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/str.h"
#include "base/text.h"
#include "crypto/x509.h"
#include "render/talosconfig.h"
#include "tree/yaml.h"

#include <string.h>

#define FOLDER "clusterconfig"
#define TALOSCONFIG FOLDER "/talosconfig"
#define TEXT_MAX ((size_t)8 << 20)
#define KEPT_FOR (30 * DAY)
#define CLIENT_LIFETIME (365 * DAY)
#define IGNORE "*\n"

struct made {
	const char *path; /* absolute or relative to the working directory */
	const char *text; /* of a talosconfig that stays: its own */
	size_t len;
};

int config_text(struct arena *arena, const struct render_input *input, const struct node *node,
		const char **text, size_t *len, struct err *err)
{
	struct arena *scratch OWNED(arena_free) = arena_new("render");
	struct str out SCOPED(str_done) = STR_INIT(TEXT_MAX);
	struct config config;

	if (render_node(scratch, input, node, &config, err) < 0)
		return err_wrap(err, "render %s", node->name);
	config_write(&out, &config);
	if (out.full)
		return err_set(err, ERR_INPUT, "render %s: the config is larger than 8 MiB",
			       node->name);
	*text = arena_strn(arena, str_text(&out), out.len);
	*len = out.len;
	return 0;
}

const char *documents_kubelet(struct arena *arena, const struct yaml_documents *documents)
{
	for (size_t i = 0; i < documents->len; i++) {
		const struct value *machine = value_get(documents->at[i], "machine");
		const struct value *kubelet = value_get(machine, "kubelet");

		if (text_equal(value_get_text(documents->at[i], "kind"), "KubeletConfig"))
			kubelet = documents->at[i];
		const char *image = value_get_text(kubelet, "image");
		const char *tag = image ? strrchr(image, ':') : NULL;

		if (tag && !strchr(tag, '/'))
			return arena_strn(arena, tag + 1, strcspn(tag + 1, "@"));
	}
	return NULL;
}

const char *config_kubelet(struct arena *arena, const char *text)
{
	const struct yaml_input input = { .file = "live", .text = text, .len = strlen(text) };
	struct yaml_documents documents;

	return yaml_read(arena, &input, &documents, NULL) < 0
		       ? NULL
		       : documents_kubelet(arena, &documents);
}

static bool is_wanted(const char *const *only, const struct node *node)
{
	for (const char *const *name = only; name && *name; name++)
		if (strcmp(*name, node->name) == 0)
			return true;
	return !only;
}

static bool differs(const char *path, const char *text, size_t len)
{
	struct arena *arena OWNED(arena_free) = arena_new("compare");
	char *there;
	size_t there_len;

	if (fs_read(arena, path, TEXT_MAX, &there, &there_len, NULL) < 0)
		return true;
	return there_len != len || memcmp(there, text, len) != 0;
}

/* What the cluster and its bundle give; the identity is left out. */
static struct talosconfig_context context_of(struct arena *arena, const struct cluster *cluster,
					     const struct bundle *bundle)
{
	const char **endpoints = arena_calloc(arena, cluster->nodes + 1, sizeof(*endpoints));
	const char **nodes = arena_calloc(arena, cluster->nodes + 1, sizeof(*nodes));
	struct talosconfig_context context = {
		.name = cluster->name,
		.endpoint = endpoints,
		.node = nodes,
		.ca = bundle->talos.cert,
	};

	for (size_t i = 0; i < cluster->nodes; i++) {
		const struct node *node = &cluster->node[i];

		nodes[context.nodes++] = node->address[0];
		if (node->role == ROLE_CONTROL)
			endpoints[context.endpoints++] = node->address[0];
	}
	return context;
}

int talosconfig_text(struct str *out, const struct talosconfig_request *request, struct err *err)
{
	static const char *const admin[] = { "os:admin", NULL };
	struct arena *arena OWNED(arena_free) = arena_new("talosconfig");
	struct talosconfig_context context = context_of(arena, request->cluster, request->bundle);
	const struct client_request client = {
		.roles = request->roles ? request->roles : admin,
		.now = request->now,
		.lifetime = request->lifetime ? request->lifetime : CLIENT_LIFETIME,
	};

	if (bundle_client(request->bundle, arena, &client, &context.identity, err) < 0)
		return err_wrap(err, "make a talosconfig");
	talosconfig_write(out, &context);
	return 0;
}

static bool texts_equal(const char *const *a, size_t a_len, const char *const *b, size_t b_len)
{
	if (a_len != b_len)
		return false;
	for (size_t i = 0; i < a_len; i++)
		if (strcmp(a[i], b[i]) != 0)
			return false;
	return true;
}

/* Each talosconfig has a new certificate, so an equal one would never come twice: the old one stays
 * while its CA is ours, it lists the same addresses, and it is good for a while. */
static bool talosconfig_is_good(const char *text, size_t len, const struct configs_request *request)
{
	struct arena *arena OWNED(arena_free) = arena_new("talosconfig");
	struct talosconfig_context wanted =
		context_of(arena, request->input.cluster, request->input.bundle);
	struct talosconfig_context there;

	if (talosconfig_read(arena, &(struct talosconfig_text){ TALOSCONFIG, text, len, NULL },
			     &there, NULL) < 0)
		return false;
	if (!there.identity.cert || !there.identity.key)
		return false;
	return text_equal(there.name, wanted.name) && text_equal(there.ca, wanted.ca) &&
	       texts_equal(there.node, there.nodes, wanted.node, wanted.nodes) &&
	       texts_equal(there.endpoint, there.endpoints, wanted.endpoint, wanted.endpoints) &&
	       x509_matches_key(there.identity.cert, there.identity.key, NULL) == 0 &&
	       x509_verify(there.identity.cert, wanted.ca, X509_CLIENT, request->now + KEPT_FOR,
			   NULL) == 0;
}

static int make_talosconfig(struct arena *arena, const struct configs_request *request,
			    struct made *made, bool *changed, struct err *err)
{
	struct str out SCOPED(str_done) = STR_INIT(TEXT_MAX);
	struct talosconfig_request wanted = {
		.cluster = request->input.cluster,
		.bundle = request->input.bundle,
		.now = request->now,
	};
	size_t len;
	char *text;

	made->path = fs_join(arena, request->folder, TALOSCONFIG);
	*changed = fs_read(arena, made->path, TEXT_MAX, &text, &len, NULL) < 0 ||
		   !talosconfig_is_good(text, len, request);
	if (*changed) {
		if (talosconfig_text(&out, &wanted, err) < 0)
			return -1;
		len = out.len;
		text = arena_strn(arena, str_text(&out), len);
	}
	made->text = text;
	made->len = len;
	return 0;
}

static int write_made(const struct made *made, size_t count, struct err *err)
{
	for (size_t i = 0; i < count; i++)
		if (fs_write(made[i].path, made[i].text, made[i].len, 0600, NULL, err) < 0)
			return -1;
	return 0;
}

static int write_all(struct arena *arena, const struct configs_request *request,
		     const struct made *made, size_t count, struct err *err)
{
	const char *folder = fs_join(arena, request->folder, FOLDER);
	const char *ignore = fs_join(arena, folder, ".gitignore");

	if (fs_mkdir(folder, 0700, err) < 0)
		return -1;
	if (!fs_exists(ignore) && fs_write(ignore, IGNORE, strlen(IGNORE), 0600, NULL, err) < 0)
		return -1;
	return write_made(made, count, err);
}

static const char *contract_named(const struct render_input *input)
{
	return input->contract ? input->contract : input->cluster->contract;
}

int configs_make(struct arena *arena, const struct configs_request *request,
		 struct configs_result *out, struct err *err)
{
	const struct cluster *cluster = request->input.cluster;
	struct made *made = arena_calloc(arena, cluster->nodes + 1, sizeof(*made));
	struct configs_result result = { 0 };

	result.at = arena_calloc(arena, cluster->nodes, sizeof(*result.at));
	for (size_t i = 0; i < cluster->nodes; i++) {
		const struct node *node = &cluster->node[i];
		struct config_file *file = &result.at[result.len];
		struct made *one = &made[result.len];

		if (!is_wanted(request->only, node))
			continue;
		if (config_text(arena, &request->input, node, &one->text, &one->len, err) < 0)
			return -1;
		file->node = node;
		file->path = arena_printf(arena, FOLDER "/%s", node->output);
		file->contract = contract_named(&request->input);
		one->path = fs_join(arena, request->folder, file->path);
		file->changed = differs(one->path, one->text, one->len);
		result.changed = result.changed || file->changed;
		result.len++;
	}
	if (make_talosconfig(arena, request, &made[result.len], &result.talosconfig_changed, err) <
	    0)
		return -1;
	result.changed = result.changed || result.talosconfig_changed;
	if (request->write && write_all(arena, request, made, result.len + 1, err) < 0)
		return err_wrap(err, "write the configs");
	*out = result;
	return 0;
}

static const char *decoded(struct arena *arena, const struct value *map, const char *key)
{
	const char *text = value_get_text(map, key);
	size_t len;
	unsigned char *bytes = text ? base64_decode(arena, text, &len) : NULL;

	return bytes ? arena_strn(arena, (const char *)bytes, len) : NULL;
}

/* The parts of a kubeconfig that say whose it is: the first cluster and the first user. */
static int kubeconfig_check(const char *text, size_t len, const struct bundle *bundle, uint64_t now,
			    struct err *err)
{
	struct arena *arena OWNED(arena_free) = arena_new("kubeconfig");
	struct yaml_input input = {
		.file = KUBECONFIG_FILE, .text = text, .len = len, .sensitive = true
	};
	struct yaml_documents documents;

	if (yaml_read(arena, &input, &documents, NULL) < 0 || documents.len != 1)
		return err_set(err, ERR_REMOTE, "it is no kubeconfig");
	const struct value *cluster = value_get(
		value_at(value_get(documents.at[0], "clusters"), 0), "cluster");
	const struct value *user =
		value_get(value_at(value_get(documents.at[0], "users"), 0), "user");
	const char *ca = decoded(arena, cluster, "certificate-authority-data");
	const char *cert = decoded(arena, user, "client-certificate-data");

	if (!ca || !cert)
		return err_set(err, ERR_REMOTE, "the kubeconfig has no certificates");
	if (!strstr(ca, bundle->kubernetes.cert))
		return err_set(err, ERR_REMOTE, "the kubeconfig is of another cluster");
	if (x509_verify(cert, bundle->kubernetes.cert, X509_CLIENT, now, err) == 0)
		return 0;
	if (err)
		err->kind = ERR_REMOTE;
	return -1;
}

bool kubeconfig_is_good(const char *folder, const struct bundle *bundle, uint64_t now)
{
	struct arena *arena OWNED(arena_free) = arena_new("kubeconfig");
	const char *path = fs_join(arena, folder, KUBECONFIG_FILE);
	size_t len;
	char *text;

	if (fs_read(arena, path, TEXT_MAX, &text, &len, NULL) < 0)
		return false;
	return kubeconfig_check(text, len, bundle, now + KEPT_FOR, NULL) == 0;
}

int kubeconfig_write(const char *folder, const struct bundle *bundle, const char *text, size_t len,
		     uint64_t now, struct err *err)
{
	struct arena *arena OWNED(arena_free) = arena_new("kubeconfig");

	if (kubeconfig_check(text, len, bundle, now, err) < 0)
		return err_wrap(err, "check the kubeconfig");
	return fs_write(fs_join(arena, folder, KUBECONFIG_FILE), text, len, 0600, NULL, err);
}
