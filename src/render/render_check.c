#include "render/render_check.h"

#include "base/own.h"
#include "base/text.h"
#include "cel/disk.h"
#include "render/link_documents.h"
#include "render/lint.h"
#include "render/render_parts.h"
#include "render/schema.h"
#include "render/schematic.h"
#include "render/trap.h"
#include "render/validate.h"
#include "tree/path.h"

#include <string.h>

/* Places outlive the config they were found in. */
static struct src kept(const struct findings *findings, struct src src)
{
	if (src.file)
		src.file = arena_str(findings->arena, src.file);
	return src;
}

static void add_fault(struct findings *findings, const struct err *err, struct src place)
{
	struct src src = { err->file, err->line, err->column };

	if (!err->file[0])
		src = place;
	if (findings_have(findings, "bad-patch", src))
		return;
	finding_add(findings, FINDING_ERROR, "bad-patch", kept(findings, src), "", "%s", err->text);
	if (err->hint[0])
		finding_hint(findings, "%s", err->hint);
}

/* The keys below kubernetes.io and k8s.io that a node may set on itself. */
static const char *const own_labels[] = {
	"kubernetes.io/hostname",
	"kubernetes.io/arch",
	"kubernetes.io/os",
	"beta.kubernetes.io/instance-type",
	"beta.kubernetes.io/arch",
	"beta.kubernetes.io/os",
	"failure-domain.beta.kubernetes.io/zone",
	"failure-domain.beta.kubernetes.io/region",
	"topology.kubernetes.io/zone",
	"topology.kubernetes.io/region",
};

static bool is_below(const char *domain, size_t len, const char *parent)
{
	size_t tail = strlen(parent);

	return len >= tail && strncmp(domain + len - tail, parent, tail) == 0 &&
	       (len == tail || domain[len - tail - 1] == '.');
}

static bool may_label_itself(const char *key)
{
	size_t len = strcspn(key, "/");

	if (!key[len] || is_below(key, len, "node.kubernetes.io") ||
	    is_below(key, len, "kubelet.kubernetes.io"))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(own_labels); i++)
		if (strcmp(key, own_labels[i]) == 0)
			return true;
	return !is_below(key, len, "kubernetes.io") && !is_below(key, len, "k8s.io");
}

struct judged {
	const struct rendering *rendering;
	const struct config *config;
	struct findings *findings;
};

static struct src place_in(const struct judged *judged, struct src src)
{
	return lint_place(judged->rendering->node, src);
}

static const struct value *find(const struct judged *judged, const char *kind, const char *path)
{
	const struct document *document = config_find(judged->config, kind, NULL);
	struct path parts;

	if (!document || path_parse(judged->rendering->arena, path, &parts, NULL) < 0)
		return NULL;
	return path_get(document->value, &parts);
}

/* A worker sets its labels with its own rights, which Kubernetes limits. */
static void check_labels(const struct judged *judged)
{
	const struct value *labels = find(judged, SCHEMA_MAIN, "machine.nodeLabels");
	const char *parent = "machine.nodeLabels";

	if (node_is_control(judged->rendering))
		return;
	if (!labels) {
		labels = find(judged, "KubeNodeConfig", "labels");
		parent = "KubeNodeConfig.labels";
	}
	for (size_t i = 0; i < value_len(labels); i++) {
		const char *key = value_key_at(labels, i);
		struct src src = place_in(judged, value_src(value_at(labels, i)));

		if (may_label_itself(key) || findings_have(judged->findings, "label-refused", src))
			continue;
		finding_add(judged->findings, FINDING_WARNING, "label-refused",
			    kept(judged->findings, src),
			    path_key(judged->findings->arena, parent, key),
			    "Kubernetes does not let %s give itself the label %s",
			    judged->rendering->node->name, key);
		finding_hint(judged->findings,
			     "use a domain of your own, or set it with kubectl label");
	}
}

static bool has_vip(const struct value *devices, const char *vip)
{
	for (size_t i = 0; i < value_len(devices); i++) {
		const struct value *device = value_at(devices, i);

		if (text_equal(value_get_text(value_get(device, "vip"), "ip"), vip) ||
		    has_vip(value_get(device, "vlans"), vip))
			return true;
	}
	return false;
}

static bool has_vip_document(const struct config *config, const char *vip)
{
	for (size_t i = 0; i < config->len; i++)
		if (text_equal(config->at[i].kind, "Layer2VIPConfig") &&
		    text_equal(config->at[i].name, vip))
			return true;
	return false;
}

static struct src place_of(const struct rendering *r, const char *key)
{
	struct src src = setting_src(r->cluster, NULL, key);

	return src.file ? src : setting_src(r->cluster, NULL, "cluster_api_addr");
}

static void check_vip(const struct judged *judged)
{
	const struct rendering *r = judged->rendering;
	const char *vip = r->cluster->vip;
	const struct value *devices = find(judged, SCHEMA_MAIN, "machine.network.interfaces");
	struct src src = value_src(r->node->raw);

	if (!vip || !node_is_control(r) || has_vip(devices, vip) ||
	    has_vip_document(judged->config, vip))
		return;
	if (!src.file)
		src = place_of(r, "vip");
	if (findings_have(judged->findings, "vip-without-owner", src))
		return;
	finding_add(judged->findings, FINDING_WARNING, "vip-without-owner",
		    kept(judged->findings, src),
		    path_index(judged->findings->arena, "nodes", r->node->index),
		    "%s has no network interface that takes the virtual address %s", r->node->name,
		    vip);
	finding_hint(judged->findings, "add mac_addr or interfaces, or set vip: none");
}

/* What a patch adds to a device of nodes.yaml was one with it before that became documents. */
static void check_links(const struct judged *judged)
{
	static const char path[] = "machine.network.interfaces";
	const struct rendering *r = judged->rendering;
	const struct value *devices = find(judged, SCHEMA_MAIN, path), *own = node_interfaces(r);
	struct src src = place_in(judged, value_src(value_at(devices, 0)));

	if (!value_len(devices) || !own || !contract_has(&r->contract, CONTRACT_DOCUMENTS_ONLY) ||
	    !link_documents_can(own) || findings_have(judged->findings, "links-in-two-forms", src))
		return;
	finding_add(judged->findings, FINDING_WARNING, "links-in-two-forms",
		    kept(judged->findings, src), path,
		    "the devices of %s in nodes.yaml are documents in contract 1.14, and these are "
		    "sections",
		    r->node->name);
	finding_hint(judged->findings, "say it in documents: talforge migrate --to v1.14 does");
}

/* Whether Talos would take the expression: its syntax, the fields it names, their types. */
static void check_disk(struct findings *findings, const struct cluster *cluster,
		       const struct node *node)
{
	struct arena *scratch OWNED(arena_free) = arena_new("disk selector");
	const struct cel_program *program;
	struct err err = ERR_INIT;
	struct src src = setting_src(cluster, node, "disk");

	if (node->disk.form != DISK_CEL ||
	    disk_selector_compile(scratch, node->disk.text, &program, &err) == 0 ||
	    findings_have(findings, "bad-disk", src))
		return;
	finding_add(findings, FINDING_ERROR, "bad-disk", kept(findings, src),
		    path_key(findings->arena, path_index(findings->arena, "nodes", node->index),
			     "disk"),
		    "the disk of %s: %s", node->name, err.text);
	if (err.hint[0])
		finding_hint(findings, "%s", err.hint);
}

static bool is_error_at(const struct findings *findings, struct src src)
{
	for (size_t i = 0; i < findings->len; i++) {
		const struct finding *finding = &findings->at[i];

		if (finding->severity == FINDING_ERROR && src.file &&
		    text_equal(finding->src.file, src.file) && finding->src.line == src.line &&
		    finding->src.column == src.column)
			return true;
	}
	return false;
}

/* A patch may reset several fields at one place, and all of an inline one is at one place. */
static bool is_known(const struct findings *findings, const struct finding *verdict, struct src src)
{
	bool many = text_starts(verdict->id, "patch-") ||
		    (verdict->src.file && !text_equal(src.file, verdict->src.file));

	return many ? trap_is_told(findings, verdict, src)
		    : findings_have(findings, verdict->id, src);
}

/* Said of what a bundle gives, or of what stands in for it: it is in none of the files, though a
 * patch may set something beside it. */
static bool is_of_bundle(const struct judged *judged, const struct finding *verdict)
{
	static const char *const ids[] = { "discovery-identity", "pair-missing",
					   "pair-certificate", "pair-key",
					   "pair-unreadable", "accepted-ca",
					   "service-account-key" };
	size_t len = strcspn(verdict->path, ".");
	const char *kind = arena_strn(judged->rendering->arena, verdict->path, len);
	const struct value *value = NULL;

	if (verdict->path[len])
		value = find(judged, kind, verdict->path + len + 1);
	for (size_t i = 0; i < ARRAY_LEN(ids); i++)
		if (text_equal(verdict->id, ids[i]))
			return value ? !value_src(value).file : !verdict->src.file;
	return false;
}

/* What Talos would say to the config, at the place in the user's files that it comes from. What is
 * nowhere in them is the node's. */
static void take_verdict(const struct judged *judged, const struct finding *verdict)
{
	struct findings *findings = judged->findings;
	struct src src = place_in(judged, verdict->src);

	if (is_of_bundle(judged, verdict) || (!src.file && verdict->severity != FINDING_ERROR))
		return;
	/* an expression becomes a disk when the node is asked for its disks */
	if (text_equal(verdict->id, "install-disk") &&
	    judged->rendering->node->disk.form == DISK_CEL)
		return;
	if (!src.file)
		src = value_src(judged->rendering->node->raw);
	if (is_known(findings, verdict, src) || is_error_at(findings, verdict->src))
		return;
	finding_add(findings, verdict->severity, verdict->id, kept(findings, src), verdict->path,
		    "%s", verdict->text);
	if (verdict->hint)
		finding_hint(findings, "%s", verdict->hint);
}

static void take_verdicts(const struct judged *judged, const struct findings *verdicts)
{
	for (size_t i = 0; i < verdicts->len; i++)
		take_verdict(judged, &verdicts->at[i]);
}

/* What the files ask for; what is generated never is one of these. */
static void check_installer(const struct judged *judged)
{
	static const struct {
		const char *kind, *path;
	} rows[] = {
		{ SCHEMA_MAIN, "machine.install.image" },
		{ "UnattendedInstallConfig", "installer.image" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct value *image = find(judged, rows[i].kind, rows[i].path);
		struct src src = place_in(judged, value_src(image));

		if (!installer_is_dead(value_text(image)))
			continue;
		if (!src.file)
			src = value_src(judged->rendering->node->raw);
		if (findings_have(judged->findings, "installer-dead", src))
			continue;
		finding_add(judged->findings, FINDING_WARNING, "installer-dead",
			    kept(judged->findings, src), rows[i].path,
			    "no image is published as ghcr.io/siderolabs/installer since Talos "
			    "1.14");
		finding_hint(judged->findings,
			     "leave it out, or take one of the Image Factory: talforge "
			     "schematic url");
	}
}

/* With what can be applied of it; false when that is not all. */
static bool apply_stages(const struct rendering *rendering, struct config *config,
			 struct findings *findings)
{
	bool whole = true;

	for (size_t i = 0; i < rendering_stages(rendering); i++) {
		const char *name = rendering_stage_name(rendering, i);
		struct err err = ERR_INIT;

		if (rendering_stage(rendering, i, config, &err) == 0)
			continue;
		add_fault(findings, &err,
			  i ? (struct src){ name, 0, 0 } : value_src(rendering->node->raw));
		whole = false;
	}
	config_settle(rendering->arena, config);
	return whole;
}

static bool check_config(struct renderer *renderer, const struct node *node,
			 struct findings *findings, struct config *config)
{
	static const struct validate_options options = { .mode = VALIDATE_METAL };
	const struct cluster *cluster = renderer_input(renderer)->cluster;
	struct rendering rendering = { .cluster = cluster };
	struct judged judged = { &rendering, config, findings };
	struct err err = ERR_INIT;

	if (renderer_begin(renderer, node, &rendering, &err) < 0 ||
	    rendering_generate(&rendering, config, &err) < 0) {
		add_fault(findings, &err, place_of(&rendering, "contract"));
		return false;
	}
	struct findings *verdicts = rendering.findings = renderer_verdicts(renderer);
	bool whole = apply_stages(&rendering, config, findings);

	if (whole)
		validate_config(verdicts, config, &options);
	take_verdicts(&judged, verdicts);
	check_labels(&judged);
	check_vip(&judged);
	check_links(&judged);
	check_installer(&judged);

	const struct lint lint = { .cluster = cluster,
				   .node = node,
				   .config = config,
				   .findings = findings };
	lint_node(&lint);
	return whole;
}

bool render_check_node(struct renderer *renderer, const struct node *node,
		       struct findings *findings, struct config *out)
{
	const struct cluster *cluster = renderer_input(renderer)->cluster;
	struct node judged = *node;
	bool has_image = schematic_check(findings, cluster, node) == 0;

	if (!has_image)
		judged.schematic = NULL;
	check_disk(findings, cluster, node);
	return check_config(renderer, &judged, findings, out) && has_image;
}

/* No secret is looked at; what counts is that it is there. */
static const struct bundle stand_in = {
	.id = "id",
	.secret = "secret",
	.bootstrap_token = "token",
	.trustd_token = "token",
	.secretbox = "key",
	.etcd = { "certificate", "key" },
	.kubernetes = { "certificate", "key" },
	.aggregator = { "certificate", "key" },
	.talos = { "certificate", "key" },
	.service_account = "key",
};

void render_check(struct findings *findings, const struct cluster *cluster)
{
	const struct render_input input = { .cluster = cluster, .bundle = &stand_in };
	struct renderer *renderer OWNED(renderer_free) = renderer_new(&input);

	for (size_t i = 0; i < cluster->nodes; i++) {
		struct config config;

		render_check_node(renderer, &cluster->node[i], findings, &config);
	}
}
