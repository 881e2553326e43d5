/*
 * Brings a cluster of simulated nodes up in virtual time and prints what it took:
 *
 *	bench_up NODES RUNS
 *
 * The bundle is a fixture, because making its keys would be measured instead.
 */
#include "flow/scene.h"

#include "base/str.h"
#include "base/text.h"

#include <stdio.h>
#include <sys/resource.h>

static double cpu_ms(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
}

static double peak_mib(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (double)usage.ru_maxrss / 1024;
}

/* Three control planes, the rest workers. */
static void nodes_yaml(struct str *out, unsigned count)
{
	str_add(out, "nodes:\n");
	for (unsigned i = 0; i < count; i++)
		str_addf(out,
			 "  - name: n%u\n    address: [172.29.51.%u, 'fd47:25e1:2f96:51::%u']\n"
			 "    controller: %s\n    disk: /dev/sda\n",
			 i, i + 100, i + 100, i < 3 ? "true" : "false");
}

static int run(unsigned nodes)
{
	struct str yaml SCOPED(str_done) = STR_INIT(1 << 20);
	struct scene scene SCOPED(scene_done) = { 0 };

	nodes_yaml(&yaml, nodes);
	scene_init(&scene, &(struct scene_options){ .profile = "all-control-plane",
						    .nodes = str_text(&yaml) });
	struct outcome outcome = scene_up(&scene);

	if (outcome.result.how == HOW_DONE)
		return 0;
	fprintf(stderr, "bench_up: %s\n", outcome.err.text);
	return -1;
}

int main(int argc, char **argv)
{
	uint64_t nodes = 3, runs = 1;

	if ((argc > 1 && !text_u64(argv[1], &nodes)) || (argc > 2 && !text_u64(argv[2], &runs)) ||
	    nodes < 1 || nodes > 120 || runs < 1) {
		fprintf(stderr, "usage: bench_up NODES RUNS\n");
		return 3;
	}
	double before = cpu_ms();

	for (uint64_t i = 0; i < runs; i++)
		if (run((unsigned)nodes) < 0)
			return 1;
	printf("nodes %u cpu_ms %.1f peak_mib %.1f\n", (unsigned)nodes,
	       (cpu_ms() - before) / (double)runs, peak_mib());
	return 0;
}
