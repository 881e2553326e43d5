#include "cli/user_gates.h"

#include "cli/program.h"

int user_gates(struct program *program, const struct cluster *cluster, struct declared_gates *out,
	       struct err *err)
{
	const struct declared_place place = { ZONE_FOLDER, program_wall(program) };
	struct findings findings;

	findings_init(&findings, program->arena);
	upgrade_check(program->arena, cluster, &place, out, &findings);
	return findings_err(&findings, err);
}
