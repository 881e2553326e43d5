#include "cli/signals.h"

#include "base/own.h"

#include <errno.h>
#include <sys/signalfd.h>
#include <unistd.h>

static void signals_ready(struct watch *watch, unsigned events)
{
	struct signals *signals = container_of(watch, struct signals, watch);
	struct signalfd_siginfo info;

	(void)events;
	if (read(signals->fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return;
	signals->count++;
	signals->on_signal(signals, signals->count);
}

int signals_open(struct signals *signals, struct loop *loop,
		 void (*on_signal)(struct signals *signals, unsigned count), struct err *err)
{
	sigset_t set;

	*signals = (struct signals){ .fd = -1, .on_signal = on_signal };
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, &signals->before);
	signals->fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (signals->fd < 0) {
		err_sys(err, errno, "listen to signals");
		sigprocmask(SIG_SETMASK, &signals->before, NULL);
		return -1;
	}
	if (watch_init(&signals->watch, loop, signals->fd, signals_ready, err) < 0) {
		signals_close(signals);
		return -1;
	}
	watch_want(&signals->watch, READY_READ);
	return 0;
}

void signals_close(struct signals *signals)
{
	if (signals->fd < 0)
		return;
	watch_done(&signals->watch);
	close(signals->fd);
	signals->fd = -1;
	sigprocmask(SIG_SETMASK, &signals->before, NULL);
}
