#include "cli/signals.h"

#include "base/own.h"

#include <errno.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

/* What begun steps may be asked for: to end, and to end at once. */
#define TALLY_MAX 2

static sigset_t ours(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	return set;
}

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
	sigset_t set = ours();

	*signals = (struct signals){ .fd = -1,
				     .on_signal = on_signal,
				     .virtual = loop_is_virtual(loop) };
	if (signals->virtual)
		return 0;
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

/* Runs in a signal handler: nothing but write() and _exit(). */
static void end_now(int number)
{
	static const char text[] = "\nerror: interrupted\n";

	ssize_t written = write(STDERR_FILENO, text, sizeof(text) - 1);

	(void)number;
	(void)written;
	_exit(err_exit_code(ERR_CANCELLED));
}

static volatile sig_atomic_t tallied;

static void tally(int number)
{
	if (tallied >= TALLY_MAX)
		end_now(number);
	tallied++;
}

void signals_poll(struct signals *signals)
{
	while (signals->virtual && signals->count < (unsigned)tallied) {
		signals->count++;
		signals->on_signal(signals, signals->count);
	}
}

static void catch (void (*handler)(int number))
{
	static const int numbers[] = { SIGINT, SIGTERM };
	const struct sigaction action = { .sa_handler = handler, .sa_mask = ours() };
	struct sigaction before;

	/* what a job in the background is started to ignore stays ignored */
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		if (sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
			sigaction(numbers[i], &action, NULL);
}

void signals_catch(void)
{
	catch (end_now);
}

void signals_tally(void)
{
	tallied = 0;
	catch (tally);
}

void signals_hold(struct signals_held *held)
{
	sigset_t set = ours();

	sigprocmask(SIG_BLOCK, &set, &held->before);
}

void signals_release(struct signals_held *held)
{
	const struct timespec at_once = { 0 };
	sigset_t set = ours();
	int left = 2;

	while (left > 0 && sigtimedwait(&set, NULL, &at_once) > 0)
		left--;
	sigprocmask(SIG_SETMASK, &held->before, NULL);
}

int signals_wait_input(int fd, struct err *err)
{
	struct signals_held held;
	sigset_t set = ours();
	struct pollfd wait[] = { { .fd = fd, .events = POLLIN }, { .events = POLLIN } };
	int r;

	wait[1].fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (wait[1].fd < 0)
		return err_sys(err, errno, "listen to signals");
	sigprocmask(SIG_BLOCK, &set, &held.before);
	do
		r = poll(wait, 2, -1);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		err_sys(err, errno, "wait for the answer");
	else if (wait[1].revents)
		r = err_set(err, ERR_CANCELLED, "interrupted");
	close(wait[1].fd);
	if (r < 0)
		signals_release(&held);
	else
		sigprocmask(SIG_SETMASK, &held.before, NULL);
	return r < 0 ? -1 : 0;
}
