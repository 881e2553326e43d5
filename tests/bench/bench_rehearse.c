/*
 * Rolls Talos over a cluster of simulated nodes in virtual time and prints what it took:
 *
 *	bench_rehearse NODES
 *
 * Only the upgrade is measured: the cluster is made before.
 */
#include "flow/scene.h"

#include "base/str.h"
#include "base/text.h"
#include "ops/upgrade_talos.h"

#include <stdio.h>
#include <sys/resource.h>

static double cpu_ms(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
}

/* Three control planes, the rest workers. */
static void nodes_yaml(struct str *out, unsigned count)
{
	str_add(out, "nodes:\n");
	for (unsigned i = 0; i < count; i++)
		str_addf(out,
			 "  - name: n%u\n    address: [172.29.51.%u, 'fd47:25e1:2f96:51::%u']\n"
			 "    controller: %s\n"
			 "    disk: /dev/sda\n",
			 i, i + 100, i + 100, i < 3 ? "true" : "false");
}

/* A rehearsal keeps no journal. */
static int forget(struct journal_sink *sink, const char *line, size_t len, struct err *err)
{
	(void)sink;
	(void)line;
	(void)len;
	(void)err;
	return 0;
}

int main(int argc, char **argv)
{
	static const struct upgrade_options next = { .to = "v1.13.10" };
	struct str yaml SCOPED(str_done) = STR_INIT(1 << 20);
	struct scene scene SCOPED(scene_done) = { 0 };
	struct journal_sink nowhere = { forget };
	uint64_t nodes = 100;

	if ((argc > 1 && !text_u64(argv[1], &nodes)) || nodes < 3 || nodes > 120) {
		fprintf(stderr, "usage: bench_rehearse NODES\n");
		return 3;
	}
	nodes_yaml(&yaml, (unsigned)nodes);
	scene_init(&scene, &(struct scene_options){ .profile = "all-control-plane",
						    .start = WORLD_RUNNING,
						    .sink = &nowhere,
						    .nodes = str_text(&yaml) });
	double before = cpu_ms();
	struct outcome outcome =
		scene_run(&scene, &(struct scene_order){ .operation = &operation_upgrade_talos,
							 .options = &next });

	if (outcome.result.how != HOW_DONE) {
		fprintf(stderr, "bench_rehearse: %s\n", outcome.err.text);
		return 1;
	}
	printf("nodes %u cpu_ms %.1f steps %zu\n", (unsigned)nodes, cpu_ms() - before,
	       outcome.steps);
	return 0;
}
