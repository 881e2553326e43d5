#include "net/ssh.h"

#include <assert.h>

void ssh_start(struct ssh_door *door, struct ssh_run *run, const struct ssh_target *target,
	       const struct ssh_request *request,
	       void (*on_end)(struct ssh_run *run, const struct err *err))
{
	assert(!run->door);
	str_done(&run->result.output);
	str_done(&run->result.errors);
	run->result = (struct ssh_result){ .code = -1,
					   .output = STR_INIT(request->output_max),
					   .errors = STR_INIT(request->output_max) };
	run->on_end = on_end;
	run->door = door;
	door->start(door, run, target, request);
}

void ssh_cancel(struct ssh_run *run)
{
	struct ssh_door *door = run->door;

	run->door = NULL;
	if (door)
		door->cancel(door, run);
}

void ssh_run_done(struct ssh_run *run)
{
	ssh_cancel(run);
	str_done(&run->result.output);
	str_done(&run->result.errors);
}
