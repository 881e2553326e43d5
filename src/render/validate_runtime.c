/* The documents about the machine itself: registries, services, system settings. */
#include "base/own.h"
#include "base/text.h"
#include "crypto/x509.h"
#include "render/url.h"
#include "render/validate_documents.h"
#include "render/validate_main.h"

#include <ctype.h>
#include <string.h>

#define WATCHDOG_MIN UINT64_C(10000000000)
#define CLUSTER_SECRET_LEN 32

static void check_mirror(struct validation *v, const struct spot *mirror)
{
	struct spot endpoints = spot_at(mirror, "endpoints");

	want_name(v, mirror);
	for (size_t i = 0; i < value_len(endpoints.value); i++) {
		struct spot endpoint = spot_item(&endpoints, i);
		const char *text = spot_text(&endpoint, "url");
		struct url url;

		if (!want_text(v, &endpoint, "url", "registry-endpoint", "the URL is missing"))
			continue;
		if (!url_parse(v->arena, text, &url) ||
		    (strcmp(url.scheme, "http") != 0 && strcmp(url.scheme, "https") != 0))
			complain(v, &endpoint, "url", "registry-endpoint",
				 "%s does not begin with http:// or https://", text);
	}
}

static void check_registry_auth(struct validation *v, const struct spot *auth)
{
	bool user = *spot_text(auth, "username");
	bool token = *spot_text(auth, "identityToken");

	want_name(v, auth);
	if (user && token)
		complain(v, auth, "identityToken", "registry-auth",
			 "username and identityToken exclude each other");
	if (*spot_text(auth, "auth") && (user || token))
		complain(v, auth, "auth", "registry-auth", "auth and %s exclude each other",
			 user ? "username" : "identityToken");
}

/* Talos 1.13 reads the key as PKCS#8, whatever the text calls it. */
static void check_old_identity(struct validation *v, const struct spot *identity)
{
	struct err err = ERR_INIT;
	struct x509_info info;
	enum key_type type;
	const char *key = spot_text(identity, "key");
	const char *label = pem_labels(v->arena, key)[0];

	if (x509_read(v->arena, spot_text(identity, "cert"), &info, &err) < 0)
		complain(v, identity, "cert", "pair-certificate", "this is no certificate: %s",
			 err.text);
	if (key_type_of(key, &type, &err) < 0) {
		complain(v, identity, "key", "pair-key", "this is no key: %s", err.text);
	} else if (text_equal(label, "EC PRIVATE KEY") || text_equal(label, "RSA PRIVATE KEY")) {
		complain(v, identity, "key", "pair-key", "the key must be in PKCS#8 form");
		advise(v, "openssl pkcs8 -topk8 -nocrypt makes one");
	}
}

static void check_registry_tls(struct validation *v, const struct spot *tls)
{
	struct spot identity = spot_at(tls, "clientIdentity");

	want_name(v, tls);
	if (*spot_text(tls, "ca") && !x509_any(spot_text(tls, "ca")))
		complain(v, tls, "ca", "registry-ca", "this is no PEM certificate");
	if (!identity.value)
		return;
	if (v->release >= RELEASE_1_14)
		check_pair(v, &identity, false);
	else
		check_old_identity(v, &identity);
}

static bool is_variable_name(const char *text)
{
	if (isdigit((unsigned char)*text) || !*text)
		return false;
	for (; *text; text++)
		if (!isalnum((unsigned char)*text) && *text != '_')
			return false;
	return true;
}

static void check_environment(struct validation *v, const struct spot *environment)
{
	struct spot variables = spot_at(environment, "variables");

	for (size_t i = 0; i < value_len(variables.value); i++) {
		struct spot variable = spot_item(&variables, i);
		const char *name = value_key_at(variables.value, i);

		if (!is_variable_name(name))
			complain(v, &variable, NULL, "environment-name",
				 "\"%s\" is no name of a variable", name);
	}
}

/* host:port, where the host may be empty and [] stand around one with colons. */
static bool is_host_port(const char *text)
{
	const char *colon = strrchr(text, ':');
	const char *host = text, *end = colon, *rest = text;

	if (!colon)
		return false;
	if (*text == '[') {
		host = text + 1;
		end = strchr(text, ']');
		if (!end || end + 1 != colon)
			return false;
		rest = end + 1;
	} else if (memchr(text, ':', (size_t)(colon - text))) {
		return false;
	}
	return !memchr(host, '[', strlen(host)) && !strchr(rest, ']');
}

static void check_event_sink(struct validation *v, const struct spot *sink)
{
	if (is_host_port(spot_text(sink, "endpoint")))
		return;
	complain(v, sink, "endpoint", "event-sink", "\"%s\" is no host with a port",
		 spot_text(sink, "endpoint"));
	advise(v, "for example 10.0.0.1:4000 or [2001:db8::1]:4000");
}

struct place {
	const char *field, *id;
	const char *schemes[2];
	bool port; /* must be there */
};

/* A URL of nothing but scheme, host and port; stops at the first fault. */
static void check_place(struct validation *v, const struct spot *document,
			const struct place *place)
{
	const char *text = spot_text(document, place->field);
	struct url url;

	if (!want_text(v, document, place->field, place->id, "the URL is missing"))
		return;
	if (!url_parse(v->arena, text, &url) ||
	    (strcmp(url.scheme, place->schemes[0]) != 0 &&
	     strcmp(url.scheme, place->schemes[1]) != 0))
		complain(v, document, place->field, place->id,
			 "the URL does not begin with %s:// or %s://", place->schemes[0],
			 place->schemes[1]);
	else if (*url.path && strcmp(url.path, "/") != 0)
		complain(v, document, place->field, place->id, "the URL must not have a path");
	else if (place->port && !*url_port(&url))
		complain(v, document, place->field, place->id, "the URL needs a port");
}

static void check_kmsg_log(struct validation *v, const struct spot *log)
{
	static const struct place place = { "url", "kmsg-log", { "tcp", "udp" }, .port = true };

	if (want_name(v, log))
		check_place(v, log, &place);
}

static void check_siderolink(struct validation *v, const struct spot *link)
{
	static const struct place place = { "apiUrl", "siderolink-url", { "https", "grpc" } };

	check_place(v, link, &place);
}

static void check_extension_file(struct validation *v, const struct spot *file, bool *stop)
{
	*stop = !want_text(v, file, "content", "extension-file", "the file has no content") ||
		!want_text(v, file, "mountPath", "extension-file",
			   "the file has no place in the service");
}

static void check_extension(struct validation *v, const struct spot *service)
{
	struct spot files = spot_at(service, "configFiles");
	bool stop = false;

	if (!want_name(v, service))
		return;
	if (!value_len(files.value) && !spot_len(service, "environment")) {
		complain(v, service, NULL, "extension-empty",
			 "the service gets neither files nor an environment");
		return;
	}
	for (size_t i = 0; i < value_len(files.value) && !stop; i++) {
		struct spot file = spot_item(&files, i);

		check_extension_file(v, &file, &stop);
	}
}

static void check_oom(struct validation *v, const struct spot *oom)
{
	check_selector(v, oom, "triggerExpression", SELECTOR_OOM_TRIGGER);
	check_selector(v, oom, "cgroupRankingExpression", SELECTOR_OOM_RANKING);
	want_not_negative(v, oom, "sampleInterval", "oom-interval");
}

static void check_watchdog(struct validation *v, const struct spot *timer)
{
	uint64_t timeout = spot_duration(timer, "timeout");

	if (!want_text(v, timer, "device", "watchdog-device", "the watchdog needs its device"))
		return;
	if (timeout && (is_negative(timer, "timeout") || timeout < WATCHDOG_MIN))
		complain(v, timer, "timeout", "watchdog-timeout",
			 "the timeout must be 10s at least");
}

/* Tags and digests are not compared, and short names are completed before. */
static void warn_image(struct validation *v, const struct spot *rule)
{
	const char *image = spot_text(rule, "image");
	const char *slash = strchr(image, '/');

	if (strchr(image, '@'))
		warn(v, rule, "image", "verification-image",
		     "only the repository is compared, so nothing with @ ever fits");
	if (slash && strchr(slash, ':'))
		warn(v, rule, "image", "verification-image",
		     "only the repository is compared, so nothing with a tag ever fits");
	if (*image && !slash && strcmp(image, "*") != 0)
		warn(v, rule, "image", "verification-image",
		     "%s is compared with whole names such as docker.io/%s", image, image);
}

static void check_verifiers(struct validation *v, const struct spot *rule)
{
	if (spot_has(rule, "keyless")) {
		want_text(v, rule, "keyless.issuer", "verification-keyless",
			  "the verifier needs the issuer");
		if (!*spot_text(rule, "keyless.subject") &&
		    !*spot_text(rule, "keyless.subjectRegex"))
			complain(v, rule, "keyless", "verification-keyless",
				 "the verifier needs a subject or a subjectRegex");
	}
	if (spot_has(rule, "publicKey"))
		want_text(v, rule, "publicKey.certificate", "verification-certificate",
			  "the verifier needs a certificate");
}

static void check_verification_rule(struct validation *v, const struct spot *rule)
{
	bool skip = spot_true(rule, "skip"), deny = spot_true(rule, "deny");
	bool keyless = spot_has(rule, "keyless"), key = spot_has(rule, "publicKey");

	want_text(v, rule, "image", "verification-image", "the rule needs the images it is for");
	warn_image(v, rule);
	if (skip && deny)
		complain(v, rule, "deny", "verification-rule", "skip and deny exclude each other");
	if ((skip || deny) && (keyless || key))
		complain(v, rule, skip ? "skip" : "deny", "verification-rule",
			 "a rule that skips or denies has no verifier");
	if (!skip && !deny && !keyless && !key) {
		complain(v, rule, NULL, "verification-rule", "the rule does nothing");
		advise(v, "it needs skip, deny or a verifier: keyless or publicKey");
	}
	if (keyless && key)
		complain(v, rule, "publicKey", "verification-rule",
			 "keyless and publicKey exclude each other");
	check_verifiers(v, rule);
}

static void check_verification(struct validation *v, const struct spot *document)
{
	struct spot rules = spot_at(document, "rules");

	for (size_t i = 0; i < value_len(rules.value); i++) {
		struct spot rule = spot_item(&rules, i);

		check_verification_rule(v, &rule);
	}
}

static void check_runtime_spec(struct validation *v, const struct spot *document)
{
	struct spot overrides = spot_at(document, "overrides");

	validate_runtime_spec(v, &overrides);
}

static void check_cri_customization(struct validation *v, const struct spot *document)
{
	const char *name = spot_text(document, "name");

	if (!form_is_qualified(name))
		complain(v, document, "name", "name-letters",
			 "\"%s\" is no name: letters, digits and -_. between them", name);
	if (text_equal(name, "customization"))
		complain(v, document, "name", "cri-name",
			 "Talos uses the name customization itself");
}

static void check_discovery_identity(struct validation *v, const struct spot *identity)
{
	size_t len = 0;

	if (!want_text(v, identity, "clusterID", "discovery-identity", "the id is missing") ||
	    !want_text(v, identity, "clusterSecret", "discovery-identity",
		       "the secret is missing"))
		return;
	if (!base64_decode(v->arena, spot_text(identity, "clusterSecret"), &len))
		complain(v, identity, "clusterSecret", "discovery-identity",
			 "the secret is not base64");
	else if (len != CLUSTER_SECRET_LEN)
		complain(v, identity, "clusterSecret", "discovery-identity",
			 "the secret has %zu bytes, not %d", len, CLUSTER_SECRET_LEN);
}

static void check_discovery_service(struct validation *v, const struct spot *service)
{
	static const char *const schemes[] = { "http", "https", "grpc" };
	const char *text = spot_text(service, "endpoint");
	struct url url;
	bool known = false;

	if (!want_name(v, service) ||
	    !want_text(v, service, "endpoint", "discovery-endpoint", "the endpoint is missing"))
		return;
	bool read = url_parse(v->arena, text, &url);
	for (size_t i = 0; read && i < ARRAY_LEN(schemes); i++)
		known = known || !strcmp(url.scheme, schemes[i]);
	if (!known)
		complain(v, service, "endpoint", "discovery-endpoint",
			 "the endpoint begins with http://, https:// or grpc://");
	else if (!*url_hostname(v->arena, &url))
		complain(v, service, "endpoint", "discovery-endpoint", "the endpoint has no host");
}

/* Talos writes these itself. */
static const char *const managed_files[] = {
	"resolv.conf",
	"hosts",
	"machine-id",
	"extensions.yaml",
	"localtime",
	"os-release",
	"xattr.conf",
};
static const char *const managed_folders[] = {
	"apparmor.d",
	"apparmor",
	"ca-certificates",
	"cni",
	"cri",
	"iscsi",
	"kubernetes",
	"lvm",
	"nvme",
	"pki",
	"selinux",
	"ssl",
};

static bool is_managed(const char *path)
{
	for (size_t i = 0; i < ARRAY_LEN(managed_files); i++) {
		if (!strcmp(path, managed_files[i]))
			return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(managed_folders); i++) {
		size_t len = strlen(managed_folders[i]);

		if (!strncmp(path, managed_folders[i], len) &&
		    (path[len] == '/' || path[len] == '\0'))
			return true;
	}
	return false;
}

/* Below the folder it is taken from, wherever that is. */
static bool is_local(const char *path)
{
	int depth = 0;

	if (*path == '/' || *path == '.')
		return false;
	while (*path) {
		size_t len = strcspn(path, "/");

		if (len == 2 && !strncmp(path, "..", len))
			depth--;
		else if (len && !(len == 1 && *path == '.'))
			depth++;
		if (depth < 0)
			return false;
		path += len + (path[len] == '/');
	}
	return true;
}

static void check_etc_file(struct validation *v, const struct spot *file)
{
	const char *path = spot_text(file, "name");

	if (!want_name(v, file))
		return;
	if (!is_local(path))
		complain(v, file, "name", "etc-file", "%s is no path below /etc", path);
	else if (is_managed(path))
		complain(v, file, "name", "etc-file", "Talos writes /etc/%s itself", path);
}

static void check_module(struct validation *v, const struct spot *module)
{
	want_name(v, module);
}

/* sysctls and files of /sys */
static void check_params(struct validation *v, const struct spot *document)
{
	struct spot params = spot_at(document, "params");

	for (size_t i = 0; i < value_len(params.value); i++) {
		struct spot param = spot_item(&params, i);

		if (!*value_key_at(params.value, i))
			complain(v, &param, NULL, "param-name", "the name is empty");
	}
}

static void check_install(struct validation *v, const struct spot *install)
{
	if (!*spot_text(install, "installer.image"))
		warn(v, install, "installer.image", "install-image",
		     "without an image the machine installs only when it was booted from an "
		     "Image Factory medium");
	want_selector(v, install, "provisioning.diskSelector.match", SELECTOR_DISK);
}

const struct document_check validate_runtime_checks[] = {
	{ "CRIBaseRuntimeSpecConfig", check_runtime_spec },
	{ "CRICustomizationConfig", check_cri_customization },
	{ "DiscoveryIdentityConfig", check_discovery_identity },
	{ "DiscoveryServiceConfig", check_discovery_service },
	{ "EnvironmentConfig", check_environment },
	{ "EtcFileConfig", check_etc_file },
	{ "EventSinkConfig", check_event_sink },
	{ "ExtensionServiceConfig", check_extension },
	{ "ImageVerificationConfig", check_verification },
	{ "KernelModuleConfig", check_module },
	{ "KmsgLogConfig", check_kmsg_log },
	{ "OOMConfig", check_oom },
	{ "RegistryAuthConfig", check_registry_auth },
	{ "RegistryMirrorConfig", check_mirror },
	{ "RegistryTLSConfig", check_registry_tls },
	{ "SideroLinkConfig", check_siderolink },
	{ "SysctlConfig", check_params },
	{ "SysfsConfig", check_params },
	{ "UnattendedInstallConfig", check_install },
	{ "WatchdogTimerConfig", check_watchdog },
	{ NULL, NULL },
};
