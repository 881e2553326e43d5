/* What one run of a command costs: bench_measure COMMAND [ARGUMENT]...
 *
 * Prints its wall time and processor time in microseconds, its peak memory in KiB and its exit
 * code. What it prints itself is thrown away. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t us_of(const struct timeval *time)
{
	return (int64_t)time->tv_sec * 1000000 + time->tv_usec;
}

static _Noreturn void become(char **command)
{
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (nothing >= 0 && dup2(nothing, 0) >= 0 && dup2(nothing, 1) >= 0 && dup2(nothing, 2) >= 0)
		execvp(command[0], command);
	_exit(127);
}

int main(int argc, char **argv)
{
	struct rusage used;
	int status;

	if (argc < 2) {
		fputs("bench_measure COMMAND [ARGUMENT]...\n", stderr);
		return 3;
	}

	int64_t start = now_us();
	pid_t pid = fork();
	if (pid == 0)
		become(argv + 1);
	if (pid < 0 || wait4(pid, &status, 0, &used) < 0) {
		perror("bench_measure");
		return 1;
	}
	printf("%lld %lld %ld %d\n", (long long)(now_us() - start),
	       (long long)(us_of(&used.ru_utime) + us_of(&used.ru_stime)), used.ru_maxrss,
	       WIFEXITED(status) ? WEXITSTATUS(status) : 128);
	return 0;
}
