#include "base/fs.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/operation.h"
#include "cli/request.h"
#include "crypto/digest.h"
#include "ops/upgrade_declared.h"

#define FILE_MAX ((size_t)4 << 20)

struct file_flags {
	const char *file, *hook_namespace;
	bool now;
};

static const struct option file_options[] = {
	{ "file", 'f', OPTION_TEXT, offsetof(struct file_flags, file), .argument = "FILE",
	  .doc = "TalosUpgrade and KubernetesUpgrade resources, in one file" },
	{ "now", 0, OPTION_FLAG, offsetof(struct file_flags, now),
	  .doc = "whether their maintenance windows are open or not" },
	{ "hook-namespace", 0, OPTION_TEXT, offsetof(struct file_flags, hook_namespace),
	  .argument = "NAME",
	  .doc = "where Jobs of their hooks run; without it kube-system" },
	{ .name = NULL },
};

/* Errors are said and become one ERR_INPUT; what has no effect here is said too. */
static int say_findings(struct program *program, struct findings *findings, struct err *err)
{
	findings_sort(findings);
	for (size_t i = 0; i < findings->len; i++)
		if (!program->say.quiet || findings->at[i].severity != FINDING_NOTE)
			say_finding(&program->say, &findings->at[i]);
	if (findings->errors == 0)
		return 0;
	return err_set(err, ERR_INPUT, "the file has %zu error%s", findings->errors,
		       findings->errors == 1 ? "" : "s");
}

static int read_file(struct program *program, const char *file, struct declared *out,
		     const char **digest, struct err *err)
{
	const struct declared_place place = { ZONE_FOLDER, program_wall(program) };
	struct digest *sum OWNED(digest_free) = digest_new();
	struct yaml_input input = { .file = file };
	struct findings findings;
	char *text;

	if (fs_read(program->arena, file, FILE_MAX, &text, &input.len, err) < 0) {
		if (err && err->kind == ERR_NOT_FOUND)
			err->kind = ERR_INPUT;
		return -1;
	}
	input.text = text;
	digest_add(sum, text, input.len);
	*digest = digest_end_text(sum, program->arena);
	findings_init(&findings, program->arena);
	if (declared_read(program->arena, &input, &place, out, &findings, err) < 0)
		return -1;
	return say_findings(program, &findings, err);
}

static int cmd_upgrade_file(struct program *program, const void *data, struct err *err)
{
	const struct file_flags *flags = data;
	struct declared declared;
	struct upgrade_declared_options options = { .declared = &declared,
						    .now = flags->now,
						    .hook_namespace = flags->hook_namespace };
	struct operation_call call = { .operation = &operation_upgrade,
				       .options = &options,
				       .now = flags->now };
	const char *digest;

	if (!flags->file) {
		err_set(err, ERR_USAGE, "`upgrade` needs -f FILE or another word");
		return err_hint(err, "one of: talos, k8s");
	}
	if (read_file(program, flags->file, &declared, &digest, err) < 0)
		return err_wrap(err, "read %s", flags->file);
	call.request = arena_printf(program->arena, "%s, %s", request_text(program), digest);
	if (program_nodes(program, &call.only, err) < 0)
		return -1;
	return operation_run(program, &call, err);
}

const struct command command_upgrade = {
	.words = "upgrade",
	.brief = "what TalosUpgrade and KubernetesUpgrade resources declare",
	.about = "Takes the resources of tuppr.home-operations.com as they are kept in a "
		 "repository: "
		 "node\n"
		 "selector, parallelism, maintenance windows, health checks, drain, reboot mode, "
		 "hooks, and\n"
		 "the annotations of nodes. With both kinds in the file Talos comes before "
		 "Kubernetes, hop by\n"
		 "hop as they fit. Outside their windows it is refused (exit 4) and says when the "
		 "next one\n"
		 "opens; one that closes meanwhile lets no further node begin, and the same "
		 "command "
		 "goes on\n"
		 "later. `upgrade talos` and `upgrade k8s` upgrade without a file.",
	.traits = COMMAND_CHANGES | COMMAND_NODES,
	.options = file_options,
	.size = sizeof(struct file_flags),
	.run = cmd_upgrade_file,
};
