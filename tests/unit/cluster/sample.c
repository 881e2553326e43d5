#include "sample.h"

#include "base/text.h"

#include <string.h>

static const char good_cluster[] =
	"node_cidr: 10.0.0.0/16\n"
	"node_default_gateway: 10.0.0.1\n"
	"cluster_pod_cidr: 10.42.0.0/16\n"
	"cluster_svc_cidr: 10.43.0.0/16\n"
	"cluster_api_addr: 10.0.50.50\n"
	"cluster_gateway_addr: 10.0.50.101\n"
	"cluster_dns_gateway_addr: 10.0.50.100\n"
	"cloudflare_gateway_addr: 10.0.50.102\n"
	"talos_version: v1.13.9\n"
	"kubernetes_version: v1.36.3\n";

static const char good_nodes[] = "nodes:\n"
				 "  - name: cp1\n"
				 "    address: 10.0.50.1\n"
				 "    controller: true\n"
				 "    disk: /dev/sda\n"
				 "    mac_addr: 02:00:0a:00:32:01\n"
				 "  - name: cp2\n"
				 "    address: 10.0.50.2\n"
				 "    controller: true\n"
				 "    disk: /dev/sda\n"
				 "    mac_addr: 02:00:0a:00:32:02\n"
				 "  - name: cp3\n"
				 "    address: 10.0.50.3\n"
				 "    controller: true\n"
				 "    disk: /dev/sda\n"
				 "    mac_addr: 02:00:0a:00:32:03\n"
				 "  - name: worker1\n"
				 "    address: 10.0.50.11\n"
				 "    controller: false\n"
				 "    disk: 234043C6E0D3\n"
				 "    mac_addr: 02:00:0a:00:32:11\n";

struct sample sample_good(void)
{
	return (struct sample){ .cluster = good_cluster, .nodes = good_nodes };
}

void sample_add(struct sample *sample, const char *name, const char *text)
{
	cr_assert_lt(sample->mores, SAMPLE_MORE);
	sample->more[sample->mores++] = (struct file_text){ name, text, strlen(text) };
}

const char *sample_edit(struct arena *arena, const char *text, const char *old, const char *new)
{
	const char *at = old[0] ? strstr(text, old) : text + strlen(text);

	cr_assert_not_null(at, "\"%s\" is not in the text", old);
	return arena_printf(arena, "%.*s%s%s", (int)(at - text), text, new, at + strlen(old));
}

struct workspace *sample_open(const struct sample *sample)
{
	struct file_text texts[SAMPLE_MORE + 2];
	struct workspace *workspace = NULL;
	struct err err = ERR_INIT;
	size_t count = 0;

	if (sample->cluster)
		texts[count++] = (struct file_text){ "cluster.yaml", sample->cluster,
						     strlen(sample->cluster) };
	if (sample->nodes)
		texts[count++] =
			(struct file_text){ "nodes.yaml", sample->nodes, strlen(sample->nodes) };
	for (size_t i = 0; i < sample->mores; i++)
		texts[count++] = sample->more[i];
	cr_assert_eq(workspace_open_texts(texts, count, &workspace, &err), 0, "%s", err.text);
	return workspace;
}

const struct finding *sample_find(const struct workspace *workspace, const char *id)
{
	const struct findings *findings = workspace_findings(workspace);

	for (size_t i = 0; i < findings->len; i++)
		if (strcmp(findings->at[i].id, id) == 0)
			return &findings->at[i];
	return NULL;
}

const char *sample_all(const struct workspace *workspace, struct arena *arena)
{
	const struct findings *findings = workspace_findings(workspace);
	const char *all = "";

	for (size_t i = 0; i < findings->len; i++) {
		const struct finding *at = &findings->at[i];

		all = arena_printf(arena, "%s\n%s:%u:%u: %s [%s] %s (%s)", all, at->src.file,
				   at->src.line, at->src.column, at->text, at->id, at->path,
				   at->hint ? at->hint : "no hint");
	}
	return all;
}

static bool fits(const struct finding *finding, const struct broken *row)
{
	if (strcmp(finding->id, row->id) != 0)
		return false;
	if (row->path && strcmp(finding->path, row->path) != 0)
		return false;
	if (row->line > 0 && finding->src.line != row->line)
		return false;
	if ((finding->severity == FINDING_WARNING) != row->warning)
		return false;
	return !row->text || strstr(finding->text, row->text) ||
	       (finding->hint && strstr(finding->hint, row->text));
}

static void check_row(const struct broken *row)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct sample sample = sample_good();
	const char **text = row->in_nodes ? &sample.nodes : &sample.cluster;

	*text = sample_edit(arena, *text, row->old, row->new);

	struct workspace *workspace OWNED(workspace_free) = sample_open(&sample);
	const struct findings *findings = workspace_findings(workspace);
	struct err err = ERR_INIT;
	bool found = false;

	for (size_t i = 0; i < findings->len; i++) {
		found = found || fits(&findings->at[i], row);
		cr_assert(text_ends(findings->at[i].src.file, ".yaml"), "%s", row->name);
	}
	cr_assert(found, "%s:%s", row->name, sample_all(workspace, arena));
	if (!row->warning)
		cr_assert_null(workspace_cluster(workspace, &err), "%s", row->name);
	else
		cr_assert_not_null(workspace_cluster(workspace, &err), "%s:%s", row->name,
				   sample_all(workspace, arena));
}

void sample_check(const struct broken *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		check_row(&rows[i]);
}
