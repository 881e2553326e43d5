#include "kube/kubeconfig.h"

#include "base/fs.h"
#include "base/ip.h"
#include "base/own.h"
#include "base/text.h"
#include "tree/yaml.h"

#include <string.h>

#define HOST_MAX 256
#define HTTPS_PORT 443

struct reader {
	struct arena *arena;
	const struct kubeconfig_text *from;
	const char *folder;
};

/* Says where in the file; what the file holds there stays untold. */
static int err_here(const struct reader *reader, const struct value *where, struct err *err)
{
	struct src src = value_src(where);

	return err_at(err, reader->from->file, src.line, src.column);
}

/* The entry of that name in a list such as `users`; its part is `key`. */
static const struct value *find_entry(const struct value *config, const char *list, const char *key,
				      const char *name)
{
	const struct value *entries = value_get(config, list);

	for (size_t i = 0; i < value_len(entries); i++)
		if (text_equal(value_get_text(value_at(entries, i), "name"), name))
			return value_get(value_at(entries, i), key);
	return NULL;
}

static int need_entry(const struct reader *reader, const struct value *config, const char *key,
		      const struct value *context, const struct value **out, struct err *err)
{
	const char *name = value_get_text(context, key);
	const char *list = arena_printf(reader->arena, "%ss", key);

	*out = name ? find_entry(config, list, key, name) : NULL;
	if (value_is_map(*out))
		return 0;
	err_set(err, ERR_INPUT, "the %s of the current context is not among the %s", key, list);
	return err_here(reader, context, err);
}

/* `name`-data holds base64 of what the file called `name` has else. NULL when there is neither. */
static int read_pem(const struct reader *reader, const struct value *map, const char *name,
		    const char **out, struct err *err)
{
	const char *data_key = arena_printf(reader->arena, "%s-data", name);
	const struct value *data = value_get(map, data_key);
	const char *path = value_get_text(map, name);
	size_t len;
	char *text;

	*out = NULL;
	if (value_text(data)) {
		unsigned char *bytes = base64_decode(reader->arena, value_text(data), &len);

		if (bytes) {
			*out = arena_strn(reader->arena, (const char *)bytes, len);
			return 0;
		}
		err_set(err, ERR_INPUT, "%s is no base64", data_key);
		return err_here(reader, data, err);
	}
	if (!path)
		return 0;
	path = fs_join(reader->arena, reader->folder, path);
	if (fs_read(reader->arena, path, KUBECONFIG_MAX, &text, &len, err) < 0)
		return err_wrap(err, "read the %s", name);
	*out = text;
	return 0;
}

struct refused {
	const char *key;
	const char *why;
};

static const struct refused refused_of_clusters[] = {
	{ "proxy-url", "a way through a proxy is not supported" },
	{ "tls-server-name", "a server name other than the host is not supported" },
};

static const struct refused refused_of_users[] = {
	{ "exec", "its user is made by a program (exec), and none is run; use a client certificate "
		  "or a token" },
	{ "auth-provider", "its user is made by an auth-provider; use a client certificate or a "
			   "token" },
	{ "username", "a user with a password is not supported" },
	{ "as", "acting as another user is not supported" },
	{ "as-groups", "acting as another user is not supported" },
};

static int check_refused(const struct reader *reader, const struct value *map,
			 const struct refused *refused, size_t count, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		const struct value *found = value_get(map, refused[i].key);

		if (value_is_null(found))
			continue;
		err_set(err, ERR_REFUSED, "%s", refused[i].why);
		return err_here(reader, found, err);
	}
	return 0;
}

static int read_server(const struct reader *reader, const struct value *cluster,
		       struct kube_options *out, struct err *err)
{
	static const char scheme[] = "https://";
	const struct value *value = value_get(cluster, "server");
	const char *server = value_text(value);
	char host[HOST_MAX];

	if (!server) {
		err_set(err, ERR_INPUT, "the cluster has no server");
		return err_here(reader, cluster, err);
	}
	if (!text_starts(server, scheme)) {
		err_set(err, ERR_REFUSED, "the server is not reached over https");
		return err_here(reader, value, err);
	}
	server += strlen(scheme);
	size_t len = strcspn(server, "/?#");
	const char *authority = arena_strn(reader->arena, server, len);
	if (strpbrk(server + len, "?#") || strchr(authority, '@') ||
	    !host_port_parse(authority, HTTPS_PORT, host, sizeof(host), &out->port)) {
		err_set(err, ERR_INPUT, "the server is no https://HOST[:PORT][/PATH]");
		return err_here(reader, value, err);
	}
	out->host = arena_str(reader->arena, host);
	out->prefix = NULL;
	size_t path = strlen(server + len);
	while (path > 0 && server[len + path - 1] == '/')
		path--;
	if (path > 0)
		out->prefix = arena_strn(reader->arena, server + len, path);
	return 0;
}

static int read_cluster(const struct reader *reader, const struct value *cluster,
			struct kube_options *out, struct err *err)
{
	const struct value *skip = value_get(cluster, "insecure-skip-tls-verify");
	struct x509_info info;

	if (value_bool(skip, false)) {
		err_set(err, ERR_REFUSED, "it trusts any server (insecure-skip-tls-verify)");
		return err_here(reader, skip, err);
	}
	if (check_refused(reader, cluster, refused_of_clusters, ARRAY_LEN(refused_of_clusters),
			  err) < 0 ||
	    read_server(reader, cluster, out, err) < 0 ||
	    read_pem(reader, cluster, "certificate-authority", &out->ca, err) < 0)
		return -1;
	if (!out->ca) {
		err_set(err, ERR_INPUT, "the cluster has no certificate-authority");
		return err_here(reader, cluster, err);
	}
	if (x509_read(reader->arena, out->ca, &info, err) < 0) {
		err_wrap(err, "read the certificate-authority");
		return err_here(reader, cluster, err);
	}
	return 0;
}

static int read_certificate(const struct reader *reader, const struct value *user,
			    struct identity *out, struct err *err)
{
	if (read_pem(reader, user, "client-certificate", &out->cert, err) < 0 ||
	    read_pem(reader, user, "client-key", &out->key, err) < 0)
		return -1;
	if (!out->cert && !out->key)
		return 0;
	if (!out->cert || !out->key) {
		err_set(err, ERR_INPUT, "the user has no client-%s",
			out->cert ? "key" : "certificate");
		return err_here(reader, user, err);
	}
	if (x509_matches_key(out->cert, out->key, err) < 0) {
		err_wrap(err, "read the client certificate");
		return err_here(reader, user, err);
	}
	return 0;
}

static int read_user(const struct reader *reader, const struct value *user,
		     struct kube_options *out, struct err *err)
{
	const char *file = value_get_text(user, "tokenFile");
	const char *token = value_get_text(user, "token");
	char *text;
	size_t len;

	if (check_refused(reader, user, refused_of_users, ARRAY_LEN(refused_of_users), err) < 0 ||
	    read_certificate(reader, user, &out->identity, err) < 0)
		return -1;
	if (file && *file) {
		file = fs_join(reader->arena, reader->folder, file);
		if (fs_read(reader->arena, file, KUBECONFIG_MAX, &text, &len, err) < 0)
			return err_wrap(err, "read the token");
		text[strcspn(text, " \t\r\n")] = '\0';
		token = text;
	}
	out->bearer = token && *token ? arena_str(reader->arena, token) : NULL;
	if (out->bearer && strpbrk(out->bearer, "\r\n")) {
		err_set(err, ERR_INPUT, "the token has more than one line");
		return err_here(reader, user, err);
	}
	if (!out->bearer && !out->identity.cert) {
		err_set(err, ERR_INPUT, "the user has neither a client certificate nor a token");
		return err_here(reader, user, err);
	}
	return 0;
}

static int read_context(const struct reader *reader, const struct value *config,
			const struct value **out, struct err *err)
{
	const char *wanted = reader->from->context;
	const char *name = wanted ? wanted : value_get_text(config, "current-context");

	if (!name || !*name) {
		err_set(err, ERR_INPUT, "it has no current-context");
		return err_at(err, reader->from->file, 0, 0);
	}
	*out = find_entry(config, "contexts", "context", name);
	if (value_is_map(*out))
		return 0;
	err_set(err, ERR_NOT_FOUND, "it has no context %s", name);
	return err_at(err, reader->from->file, 0, 0);
}

int kubeconfig_read(struct arena *arena, const struct kubeconfig_text *from,
		    struct kube_options *out, struct err *err)
{
	const char *slash = strrchr(from->file, '/');
	struct reader reader = {
		.arena = arena,
		.from = from,
		.folder = slash ? arena_strn(arena, from->file, (size_t)(slash - from->file) + 1)
				: ".",
	};
	const struct yaml_input input = {
		.file = from->file, .text = from->text, .len = from->len, .sensitive = true
	};
	const struct value *context, *cluster, *user;
	struct kube_options read = *out;
	struct yaml_documents documents;

	if (yaml_read(arena, &input, &documents, err) < 0)
		return -1;
	if (documents.len != 1 || !value_is_map(documents.at[0])) {
		err_set(err, ERR_INPUT, "it is no kubeconfig");
		return err_at(err, from->file, 0, 0);
	}
	if (read_context(&reader, documents.at[0], &context, err) < 0 ||
	    need_entry(&reader, documents.at[0], "cluster", context, &cluster, err) < 0 ||
	    need_entry(&reader, documents.at[0], "user", context, &user, err) < 0 ||
	    read_cluster(&reader, cluster, &read, err) < 0 ||
	    read_user(&reader, user, &read, err) < 0)
		return -1;
	*out = read;
	return 0;
}
