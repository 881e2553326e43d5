#include "cli/commands.h"
#include "cli/operation.h"
#include "ops/upgrade_k8s.h"

struct upgrade_k8s_words {
	const char *to, *repository;
	bool ignore_removed, manifests, now;
};

static const struct option upgrade_k8s_flags[] = {
	{ "to", 0, OPTION_TEXT, offsetof(struct upgrade_k8s_words, to), .argument = "VERSION",
	  .doc = "the version wanted; without it, the workspace's" },
	{ "ignore-removed-apis", 0, OPTION_FLAG, offsetof(struct upgrade_k8s_words, ignore_removed),
	  .doc = "go on though objects use APIs, or configs name flags or feature gates, that the "
		 "new version has not" },
	{ "image-repository", 0, OPTION_TEXT, offsetof(struct upgrade_k8s_words, repository),
	  .argument = "REPOSITORY",
	  .doc = "take the images from there; without it, from where they are now" },
	{ "manifests", 0, OPTION_FLAG, offsetof(struct upgrade_k8s_words, manifests),
	  .doc = "bring the bootstrap manifests up to date though no version changes" },
	{ "now", 0, OPTION_FLAG, offsetof(struct upgrade_k8s_words, now),
	  .doc = "whether a maintenance window of cluster.yaml is open or not" },
	{ .name = NULL },
};

static int cmd_upgrade_k8s(struct program *program, const void *data, struct err *err)
{
	const struct upgrade_k8s_words *words = data;
	const struct upgrade_k8s_options options = { .to = words->to,
						     .repository = words->repository,
						     .ignore_removed = words->ignore_removed,
						     .manifests = words->manifests };
	const struct operation_call call = { .operation = &operation_upgrade_k8s,
					     .options = &options,
					     .now = words->now };

	return operation_run(program, &call, err);
}

const struct command command_upgrade_k8s = {
	.words = "upgrade k8s",
	.brief = "Kubernetes to another version, one minor release after the other",
	.about = "Of each minor release: checks that all versions fit, looks for objects of APIs "
		 "that go,\n"
		 "pulls the images everywhere, then changes kube-apiserver, "
		 "kube-controller-manager and\n"
		 "kube-scheduler on one control plane after the other while etcd is well, "
		 "kube-proxy, and\n"
		 "the kubelets: those of workers as many at once as --max-parallel says. Then it "
		 "applies the\n"
		 "bootstrap manifests as the nodes have them by now, kube-proxy among them, and "
		 "waits until\n"
		 "their pods are new. Nothing is drained and nothing reboots. After a crash or a "
		 "failure the\n"
		 "same command goes on where it was.",
	.traits = COMMAND_CHANGES,
	.options = upgrade_k8s_flags,
	.size = sizeof(struct upgrade_k8s_words),
	.run = cmd_upgrade_k8s,
};
