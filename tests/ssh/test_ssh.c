#include "net/ssh.h"

#include "base/arena.h"
#include "base/fs.h"
#include "loop/process.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <criterion/logging.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define SSHD "/usr/sbin/sshd"
#define WAIT (20 * SECOND)

/* A real sshd on loopback, with keys of its own, in a folder that goes at the end. */
struct scene {
	struct arena *arena;
	struct loop *loop;
	struct process sshd;
	struct ssh_network *network;
	struct detour detour;
	const char *folder, *known_hosts;
	unsigned port;
};

struct ending {
	struct ssh_run run;
	struct loop *loop;
	struct err err;
	bool ended;
};

static bool is_there(void)
{
	if (geteuid() == 0 && access(SSHD, X_OK) == 0 && access("/usr/bin/ssh-keygen", X_OK) == 0)
		return true;
	cr_log_warn("skipped: needs root, " SSHD " and ssh-keygen");
	return false;
}

static const char *in_folder(const struct scene *scene, const char *name)
{
	return fs_join(scene->arena, scene->folder, name);
}

static void run_tool(const char *const *argv)
{
	const struct process_request request = { .argv = argv,
						 .output_max = 1 << 16,
						 .error_max = 1 << 16,
						 .timeout = WAIT };
	struct process_result result SCOPED(process_result_done) = { .code = -1 };
	struct err err = ERR_INIT;

	cr_assert_eq(process_output(&request, &result, &err), 0, "%s", err.text);
	cr_assert_eq(result.code, 0, "%s: %s", argv[0], str_text(&result.errors));
}

static void make_key(const struct scene *scene, const char *name, const char *kind)
{
	const char *const argv[] = { "ssh-keygen", "-q", "-t", kind, "-N", "", "-C", "test",
				     "-f", in_folder(scene, name), NULL };

	run_tool(argv);
}

static const char *read_text(const struct scene *scene, const char *name)
{
	struct err err = ERR_INIT;
	char *text;
	size_t len;

	cr_assert_eq(fs_read(scene->arena, in_folder(scene, name), FS_FILE_MAX, &text, &len, &err),
		     0, "%s", err.text);
	return text;
}

static const char *write_text(const struct scene *scene, const char *name, const char *text)
{
	const char *path = in_folder(scene, name);
	struct err err = ERR_INIT;

	cr_assert_eq(fs_write(path, text, strlen(text), 0600, NULL, &err), 0, "%s", err.text);
	return path;
}

static unsigned free_port(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	cr_assert_eq(bind(fd, (struct sockaddr *)&address, len), 0);
	cr_assert_eq(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	close(fd);
	return ntohs(address.sin_port);
}

static void sshd_ended(struct process *process, const struct err *err)
{
	(void)process;
	cr_assert_fail("sshd ended: %s", err->text);
}

static void start_sshd(struct scene *scene)
{
	const char *config = arena_printf(
		scene->arena,
		"ListenAddress 127.0.0.1:%u\nHostKey %s\nHostKey %s\nAuthorizedKeysFile %s\n"
		"PidFile none\nUsePAM no\nStrictModes no\nPermitRootLogin yes\n"
		"PasswordAuthentication yes\n",
		scene->port, in_folder(scene, "host"), in_folder(scene, "host-ecdsa"),
		in_folder(scene, "authorized"));
	const char *const argv[] = { SSHD, "-D", "-e", "-f", write_text(scene, "config", config),
				     NULL };
	const struct process_request request = { .argv = argv,
						 .output_max = 1 << 20,
						 .error_max = 1 << 20 };
	struct err err = ERR_INIT;

	mkdir("/run/sshd", 0755);
	cr_assert_eq(process_start(&scene->sshd, scene->loop, &request, sshd_ended, &err), 0, "%s",
		     err.text);
}

static void try_again(struct timer *timer)
{
	loop_stop(timer->loop);
}

/* Until it listens. */
static void wait_for_sshd(struct scene *scene)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons((uint16_t)scene->port),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct timer timer;

	timer_init(&timer, scene->loop, try_again);
	for (int i = 0; i < 200; i++) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		int r = connect(fd, (struct sockaddr *)&address, sizeof(address));

		close(fd);
		if (r == 0)
			return;
		timer_set(&timer, loop_now(scene->loop) + 50 * MILLISECOND);
		cr_assert_eq(loop_run(scene->loop, NULL), 0);
	}
	cr_assert_fail("sshd does not listen");
}

static const char *known_line(const struct scene *scene, const char *host, const char *key)
{
	const char *text = read_text(scene, arena_printf(scene->arena, "%s.pub", key));

	return arena_printf(scene->arena, "%s %s", host, text);
}

static void begin(struct scene *scene)
{
	char folder[] = "/tmp/talforge-ssh-XXXXXX";

	*scene = (struct scene){ .arena = arena_new("test"), .port = free_port() };
	cr_assert_not_null(mkdtemp(folder));
	scene->folder = arena_str(scene->arena, folder);
	scene->loop = loop_new_epoll(NULL);
	make_key(scene, "host", "ed25519");
	make_key(scene, "host-ecdsa", "ecdsa");
	make_key(scene, "ed25519", "ed25519");
	make_key(scene, "ecdsa", "ecdsa");
	make_key(scene, "rsa", "rsa");
	make_key(scene, "stranger", "ed25519");
	write_text(scene, "authorized",
		   arena_printf(scene->arena, "%s%s%s", read_text(scene, "ed25519.pub"),
				read_text(scene, "ecdsa.pub"), read_text(scene, "rsa.pub")));
	scene->known_hosts = write_text(
		scene, "known",
		known_line(scene, arena_printf(scene->arena, "[127.0.0.1]:%u", scene->port),
			   "host"));
	scene->detour = (struct detour){ "router.example", SSH_PORT, "127.0.0.1", scene->port };
	scene->network = ssh_network_new(scene->loop, &scene->detour, 1);
	start_sshd(scene);
	wait_for_sshd(scene);
}

static void finish(struct scene *scene)
{
	const char *const argv[] = { "rm", "-rf", scene->folder, NULL };

	process_done(&scene->sshd);
	process_result_done(&scene->sshd.result);
	ssh_network_free(scene->network);
	loop_free(scene->loop);
	run_tool(argv);
	arena_free(scene->arena);
}

static void ended(struct ssh_run *run, const struct err *err)
{
	struct ending *ending = container_of(run, struct ending, run);

	cr_assert_not(ending->ended, "it ended twice");
	ending->ended = true;
	ending->err = *err;
	loop_stop(ending->loop);
}

static struct ssh_target target_of(const struct scene *scene, const char *key)
{
	return (struct ssh_target){ .host = "127.0.0.1",
				    .port = scene->port,
				    .user = "root",
				    .key_file = key ? in_folder(scene, key) : NULL,
				    .known_hosts = scene->known_hosts };
}

static void run_ssh(const struct scene *scene, const struct ssh_target *target,
		    const struct ssh_request *request, struct ending *ending)
{
	*ending = (struct ending){ .loop = scene->loop };
	ssh_start(ssh_network_door(scene->network), &ending->run, target, request, ended);
	cr_assert_not(ending->ended, "it ended inside of ssh_start()");
	cr_assert_eq(loop_run(scene->loop, NULL), 0);
	cr_assert(ending->ended);
}

static const struct ssh_request echo = { .command = "cat; echo no >&2; exit 3",
					 .input = "hello",
					 .len = 5,
					 .output_max = 1000,
					 .timeout = WAIT };

static void must_work(const struct scene *scene, const struct ssh_target *target)
{
	struct ending ending;

	run_ssh(scene, target, &echo, &ending);
	cr_assert_eq(ending.err.kind, ERR_NONE, "%s", ending.err.text);
	cr_assert_eq(ending.run.result.code, 3);
	cr_assert_str_eq(str_text(&ending.run.result.output), "hello");
	cr_assert_str_eq(str_text(&ending.run.result.errors), "no\n");
	ssh_run_done(&ending.run);
}

static void must_fail(const struct scene *scene, const struct ssh_target *target,
		      enum err_kind kind, const char *text)
{
	struct ending ending;

	run_ssh(scene, target, &echo, &ending);
	cr_assert_eq(ending.err.kind, kind, "%s", ending.err.text);
	cr_assert_not_null(strstr(ending.err.text, text), "%s", ending.err.text);
	cr_assert_null(strstr(ending.err.text, "hunter2"));
	ssh_run_done(&ending.run);
}

Test(ssh, commands_run_with_the_keys_that_work)
{
	struct scene scene;

	if (!is_there())
		return;
	begin(&scene);

	struct ssh_target target = target_of(&scene, "ed25519");

	must_work(&scene, &target);
	target.key_file = in_folder(&scene, "ecdsa");
	must_work(&scene, &target);
	finish(&scene);
}

Test(ssh, host_keys_are_known_in_every_form_of_the_file)
{
	struct scene scene;

	if (!is_there())
		return;
	begin(&scene);

	struct ssh_target target = target_of(&scene, "ed25519");
	const char *const hash[] = { "ssh-keygen", "-q", "-H", "-f", scene.known_hosts, NULL };
	const char *ecdsa = known_line(
		&scene, arena_printf(scene.arena, "[127.0.0.1]:%u", scene.port), "host-ecdsa");

	run_tool(hash);
	cr_assert_null(strstr(read_text(&scene, "known"), "127.0.0.1"));
	must_work(&scene, &target);
	target.known_hosts = write_text(&scene, "ecdsa-only", ecdsa);
	must_work(&scene, &target);
	target.known_hosts =
		write_text(&scene, "named", known_line(&scene, "router.example", "host"));
	target.host = "router.example";
	target.port = SSH_PORT;
	must_work(&scene, &target);
	finish(&scene);
}

Test(ssh, strange_hosts_get_nothing)
{
	struct scene scene;

	if (!is_there())
		return;
	begin(&scene);

	struct ssh_target target = target_of(&scene, "ed25519");
	const char *host = arena_printf(scene.arena, "[127.0.0.1]:%u", scene.port);

	target.password = "hunter2";
	target.known_hosts = in_folder(&scene, "absent");
	must_fail(&scene, &target, ERR_AUTH, "SHA256:");
	must_fail(&scene, &target, ERR_AUTH, "is not in");
	target.known_hosts = write_text(&scene, "other", known_line(&scene, host, "stranger"));
	must_fail(&scene, &target, ERR_AUTH, "another host key");
	finish(&scene);
}

Test(ssh, logins_that_fail_say_why)
{
	struct scene scene;

	if (!is_there())
		return;
	begin(&scene);

	struct ssh_target target = target_of(&scene, "stranger");

	must_fail(&scene, &target, ERR_AUTH, "that key");
	target.key_file = in_folder(&scene, "rsa");
	must_fail(&scene, &target, ERR_AUTH, "RSA key");
	target.key_file = in_folder(&scene, "gone");
	must_fail(&scene, &target, ERR_NOT_FOUND, "gone");
	target.key_file = in_folder(&scene, "known");
	must_fail(&scene, &target, ERR_AUTH, "no private key");
	target.key_file = NULL;
	must_fail(&scene, &target, ERR_AUTH, "only");
	target.password = "hunter2";
	must_fail(&scene, &target, ERR_AUTH, "that password");
	finish(&scene);
}

Test(ssh, limits_and_silence)
{
	struct scene scene;
	struct ending ending;

	if (!is_there())
		return;
	begin(&scene);

	struct ssh_target target = target_of(&scene, "ed25519");
	struct ssh_request request = { .command = "exec tail -f /dev/null",
				       .output_max = 100,
				       .timeout = 2 * SECOND };

	run_ssh(&scene, &target, &request, &ending);
	cr_assert_eq(ending.err.kind, ERR_TIMEOUT, "%s", ending.err.text);
	ssh_run_done(&ending.run);
	request.command = "head -c 100000 /dev/zero";
	request.timeout = WAIT;
	run_ssh(&scene, &target, &request, &ending);
	cr_assert_eq(ending.err.kind, ERR_REMOTE, "%s", ending.err.text);
	ssh_run_done(&ending.run);
	request.command = "kill -9 $$";
	run_ssh(&scene, &target, &request, &ending);
	cr_assert_eq(ending.err.kind, ERR_NONE, "%s", ending.err.text);
	cr_assert_eq(ending.run.result.code, -1);
	ssh_run_done(&ending.run);
	target.port = free_port();
	must_fail(&scene, &target, ERR_NET, "refused");
	finish(&scene);
}

Test(ssh, a_large_input_and_a_large_output_pass)
{
	struct scene scene;
	struct ending ending;
	static char input[300000];

	if (!is_there())
		return;
	begin(&scene);
	memset(input, 'x', sizeof(input));

	const struct ssh_target target = target_of(&scene, "ed25519");
	const struct ssh_request request = { .command = "cat >/dev/null; head -c 300000 /dev/zero",
					     .input = input,
					     .len = sizeof(input),
					     .output_max = sizeof(input),
					     .timeout = WAIT };

	run_ssh(&scene, &target, &request, &ending);
	cr_assert_eq(ending.err.kind, ERR_NONE, "%s", ending.err.text);
	cr_assert_eq(ending.run.result.output.len, 300000);
	ssh_run_done(&ending.run);
	finish(&scene);
}

Test(ssh, a_run_can_be_cancelled_at_any_time)
{
	struct scene scene;
	struct ending ending = { .ended = false };
	struct timer timer;

	if (!is_there())
		return;
	begin(&scene);

	const struct ssh_target target = target_of(&scene, "ed25519");

	timer_init(&timer, scene.loop, try_again);
	for (uint64_t i = 0; i < 12; i++) {
		ending = (struct ending){ .loop = scene.loop };
		ssh_start(ssh_network_door(scene.network), &ending.run, &target, &echo, ended);
		if (i > 0) {
			timer_set(&timer, loop_now(scene.loop) + i * i * MILLISECOND);
			loop_run(scene.loop, NULL);
		}
		ssh_run_done(&ending.run);
		timer_cancel(&timer);
	}
	finish(&scene);
}
