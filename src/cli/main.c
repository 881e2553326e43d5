#include "cli/program.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>

static const char *env(const char *name)
{
	return getenv(name);
}

int main(int argc, char **argv)
{
	struct program *program OWNED(program_free) = program_new(env);

	/* keys are in memory, and what is written is for its owner */
	setrlimit(RLIMIT_CORE, &(struct rlimit){ 0 });
	umask(077);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	return program_main(program, (const char *const *)(argc > 0 ? argv + 1 : argv));
}
