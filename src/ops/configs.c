#include "ops/configs.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/str.h"
#include "base/text.h"
#include "crypto/x509.h"
#include "render/render_check.h"
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
	const char *text; /* NULL: what is there stays */
	size_t len;
	struct config_output *output;
};

static int write_text(const struct config *config, const struct node *node, struct str *out,
		      struct err *err)
{
	str_clear(out);
	config_write(out, config);
	if (out->full)
		return err_set(err, ERR_INPUT, "render %s: the config is larger than 8 MiB",
			       node->name);
	return 0;
}

int config_text(struct arena *arena, const struct render_input *input, const struct node *node,
		const char **text, size_t *len, struct err *err)
{
	struct renderer *renderer OWNED(renderer_free) = renderer_new(input);
	struct str out SCOPED(str_done) = STR_INIT(TEXT_MAX);
	struct config config;

	if (renderer_node(renderer, node, &config, err) < 0)
		return err_wrap(err, "render %s", node->name);
	if (write_text(&config, node, &out, err) < 0)
		return -1;
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

/* Until when talosconfig_is_good() will say so, as far as certificates go. */
static uint64_t talosconfig_until(const struct bundle *bundle, const char *text, size_t len)
{
	struct arena *arena OWNED(arena_free) = arena_new("talosconfig");
	struct talosconfig_context context;
	struct x509_info ca, leaf;
	uint64_t until;

	if (talosconfig_read(arena, &(struct talosconfig_text){ TALOSCONFIG, text, len, NULL },
			     &context, NULL) < 0 ||
	    x509_read(arena, bundle->talos.cert, &ca, NULL) < 0 ||
	    x509_read(arena, context.identity.cert, &leaf, NULL) < 0)
		return 0;
	until = ca.not_after < leaf.not_after ? ca.not_after : leaf.not_after;
	return until > KEPT_FOR ? until - KEPT_FOR : 0;
}

static int make_talosconfig(struct arena *arena, const struct configs_request *request,
			    struct made *made, struct configs_result *result, struct err *err)
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
	made->output->path = TALOSCONFIG;
	result->talosconfig_changed = fs_read(arena, made->path, TEXT_MAX, &text, &len, NULL) < 0 ||
				      !talosconfig_is_good(text, len, request);
	if (result->talosconfig_changed) {
		if (talosconfig_text(&out, &wanted, err) < 0)
			return -1;
		len = made->len = out.len;
		made->text = text = arena_strn(arena, str_text(&out), out.len);
	}
	sha256(text, len, made->output->digest);
	result->good_until = talosconfig_until(request->input.bundle, text, len);
	return 0;
}

static int write_made(const struct made *made, struct err *err)
{
	if (made->text &&
	    fs_write_soon(made->path, made->text, made->len, CONFIGS_MODE, NULL, err) < 0)
		return -1;
	if (!made->text && fs_set_mode(made->path, CONFIGS_MODE, err) < 0)
		return -1;
	(void)fs_stamp(made->path, &made->output->stamp); /* none: it is gone, and looked for */
	return 0;
}

/* An output may stand in folders of its own. */
static int make_folders(struct arena *arena, const struct made *made, struct err *err)
{
	const char *slash = strrchr(made->path, '/');

	if (!slash || !made->text || !strchr(made->output->path + strlen(FOLDER "/"), '/'))
		return 0;
	return fs_mkdir(arena_strn(arena, made->path, (size_t)(slash - made->path)), 0700, err);
}

static int write_all(struct arena *arena, const struct configs_request *request,
		     const struct made *made, size_t count, struct err *err)
{
	const char *folder = fs_join(arena, request->folder, FOLDER);
	const char *ignore = fs_join(arena, request->folder, CONFIGS_IGNORE);

	if (fs_mkdir(folder, 0700, err) < 0)
		return -1;
	if (!fs_exists(ignore) && fs_write(ignore, IGNORE, strlen(IGNORE), 0600, NULL, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (make_folders(arena, &made[i], err) < 0)
			return -1;
	for (size_t i = 0; i < count; i++)
		if (write_made(&made[i], err) < 0)
			return -1;
	return 0;
}

static const char *contract_named(const struct render_input *input)
{
	return input->contract ? input->contract : input->cluster->contract;
}

struct configs {
	struct configs_request request;
	struct arena *arena; /* borrowed; for what is handed out */
	struct arena *texts; /* owned; for what is to be written */
	struct made *made;   /* as many as files */
	struct configs_result result;
};

struct configs *configs_new(struct arena *arena, const struct configs_request *request)
{
	struct configs *configs = mem_new(sizeof(*configs));
	size_t most = request->input.cluster->nodes + 1;

	*configs = (struct configs){
		.request = *request,
		.arena = arena,
		.texts = arena_new("config texts"),
		.made = arena_calloc(arena, most, sizeof(*configs->made)),
	};
	configs->result.at = arena_calloc(arena, most, sizeof(*configs->result.at));
	configs->result.output = arena_calloc(arena, most, sizeof(*configs->result.output));
	return configs;
}

void configs_free(struct configs *configs)
{
	if (!configs)
		return;
	arena_free(configs->texts);
	mem_free(configs, sizeof(*configs));
}

static void take_text(struct configs *configs, const struct node *node, const struct str *text)
{
	const struct configs_request *request = &configs->request;
	struct configs_result *result = &configs->result;
	struct config_file *file = &result->at[result->len];
	struct made *made = &configs->made[result->len];

	file->node = node;
	file->path = arena_printf(configs->arena, FOLDER "/%s", node->output);
	file->contract = contract_named(&request->input);
	made->path = fs_join(configs->arena, request->folder, file->path);
	made->output = &result->output[result->len];
	made->output->path = file->path;
	sha256(str_text(text), text->len, made->output->digest);
	file->changed = !fs_holds(made->path, str_text(text), text->len);
	if (file->changed) {
		made->text = arena_strn(configs->texts, str_text(text), text->len);
		made->len = text->len;
		result->changed = true;
	}
	result->len++;
}

/* >0: there is no such config, and `findings` say why. */
static int render_one(struct renderer *renderer, const struct node *node, struct findings *findings,
		      struct config *out, struct err *err)
{
	if (findings)
		return render_check_node(renderer, node, findings, out) ? 0 : 1;
	if (renderer_node(renderer, node, out, err) < 0)
		return err_wrap(err, "render %s", node->name);
	return 0;
}

int configs_render(struct configs *configs, struct findings *findings, struct err *err)
{
	const struct configs_request *request = &configs->request;
	const struct cluster *cluster = request->input.cluster;
	struct renderer *renderer OWNED(renderer_free) = renderer_new(&request->input);
	struct str text SCOPED(str_done) = STR_INIT(TEXT_MAX);

	for (size_t i = 0; i < cluster->nodes; i++) {
		const struct node *node = &cluster->node[i];
		struct config config;

		if (!is_wanted(request->only, node))
			continue;
		int r = render_one(renderer, node, findings, &config, err);
		if (r < 0 || (r == 0 && write_text(&config, node, &text, err) < 0))
			return -1;
		if (r == 0)
			take_text(configs, node, &text);
	}
	return 0;
}

int configs_finish(struct configs *configs, struct configs_result *out, struct err *err)
{
	const struct configs_request *request = &configs->request;
	struct configs_result *result = &configs->result;
	struct made *last = &configs->made[result->len];

	last->output = &result->output[result->len];
	if (make_talosconfig(configs->texts, request, last, result, err) < 0)
		return -1;
	result->changed = result->changed || result->talosconfig_changed;
	if (request->write) {
		if (write_all(configs->arena, request, configs->made, result->len + 1, err) < 0)
			return err_wrap(err, "write the configs");
		result->outputs = result->len + 1;
	}
	*out = *result;
	return 0;
}

int configs_make(struct arena *arena, const struct configs_request *request,
		 struct configs_result *out, struct err *err)
{
	struct configs *configs OWNED(configs_free) = configs_new(arena, request);

	return configs_render(configs, NULL, err) < 0 ? -1 : configs_finish(configs, out, err);
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
