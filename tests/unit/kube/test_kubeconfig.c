#include "kube/kubeconfig.h"

#include "base/fs.h"
#include "base/text.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct papers {
	struct arena *arena; /* owned */
	struct identity ca, admin, other;
	const char *ca_data, *cert_data, *key_data, *other_data;
};

static const char *data(struct papers *papers, const char *text)
{
	return base64_encode(papers->arena, text, strlen(text));
}

static void papers_init(struct papers *papers)
{
	const uint64_t now = UINT64_C(1800000000) * SECOND;
	const struct x509_ca ca = { "kubernetes", KEY_ECDSA_P256, now, 365 * DAY };
	const struct x509_request request = {
		.common_name = "admin", .usage = X509_CLIENT, .now = now, .lifetime = DAY
	};

	*papers = (struct papers){ .arena = arena_new("papers") };
	cr_assert_eq(x509_make_ca(papers->arena, &ca, &papers->ca, NULL), 0);
	cr_assert_eq(x509_issue(papers->arena, &papers->ca, &request, &papers->admin, NULL), 0);
	cr_assert_eq(x509_issue(papers->arena, &papers->ca, &request, &papers->other, NULL), 0);
	papers->ca_data = data(papers, papers->ca.cert);
	papers->cert_data = data(papers, papers->admin.cert);
	papers->key_data = data(papers, papers->admin.key);
	papers->other_data = data(papers, papers->other.key);
}

static const char *make_text(struct papers *papers, const char *cluster, const char *user)
{
	return arena_printf(papers->arena,
			    "apiVersion: v1\nkind: Config\ncurrent-context: here\n"
			    "contexts:\n- name: here\n  context: {cluster: c, user: u}\n"
			    "clusters:\n- name: c\n  cluster: {%s}\n"
			    "users:\n- name: u\n  user: {%s}\n",
			    cluster, user);
}

static int read_it(struct papers *papers, const char *file, const char *text,
		   struct kube_options *out, struct err *err)
{
	const struct kubeconfig_text from = { .file = file, .text = text, .len = strlen(text) };

	return kubeconfig_read(papers->arena, &from, out, err);
}

#define CA "certificate-authority-data: CA"

/* Puts what this run made in place of the words CA, CERT, KEY and OTHER. */
static const char *fill(struct papers *papers, const char *text)
{
	const struct {
		const char *word, *value;
	} words[] = {
		{ ": CA", papers->ca_data },
		{ ": CERT", papers->cert_data },
		{ ": KEY", papers->key_data },
		{ ": OTHER", papers->other_data },
	};

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		const char *at = strstr(text, words[i].word);

		if (at)
			text = arena_printf(papers->arena, "%.*s: %s%s", (int)(at - text), text,
					    words[i].value, at + strlen(words[i].word));
	}
	return text;
}

Test(kubeconfig, current_context_is_read)
{
	struct kube_options options = { 0 };
	struct err err = ERR_INIT;
	struct papers papers;

	papers_init(&papers);
	const char *text = make_text(
		&papers, fill(&papers, "server: 'https://[fd00::1]:8443/k8s/', " CA),
		fill(&papers, "client-certificate-data: CERT, client-key-data: KEY, token: t0k"));
	cr_assert_eq(read_it(&papers, "kubeconfig", text, &options, &err), 0, "%s", err.text);
	cr_assert_str_eq(options.host, "fd00::1");
	cr_assert_eq(options.port, 8443);
	cr_assert_str_eq(options.prefix, "/k8s");
	cr_assert_str_eq(options.ca, papers.ca.cert);
	cr_assert_str_eq(options.identity.cert, papers.admin.cert);
	cr_assert_str_eq(options.identity.key, papers.admin.key);
	cr_assert_str_eq(options.bearer, "t0k");
	arena_free(papers.arena);
}

Test(kubeconfig, files_are_beside_it)
{
	char folder[] = "/tmp/kubeconfig-XXXXXX";
	struct kube_options options = { 0 };
	struct err err = ERR_INIT;
	struct papers papers;

	papers_init(&papers);
	cr_assert_not_null(mkdtemp(folder));
	const char *ca = fs_join(papers.arena, folder, "ca.crt");
	const char *token = fs_join(papers.arena, folder, "token");
	cr_assert_eq(fs_write(ca, papers.ca.cert, strlen(papers.ca.cert), 0600, NULL, NULL), 0);
	cr_assert_eq(fs_write(token, "t0k\n", 4, 0600, NULL, NULL), 0);
	const char *text = make_text(&papers,
				     "server: 'https://api.example', certificate-authority: ca.crt",
				     "tokenFile: token");
	cr_assert_eq(read_it(&papers, fs_join(papers.arena, folder, "config"), text, &options,
			     &err),
		     0, "%s", err.text);
	cr_assert_str_eq(options.ca, papers.ca.cert);
	cr_assert_str_eq(options.bearer, "t0k");
	cr_assert_eq(options.port, 443);
	cr_assert_null(options.prefix);
	remove(ca);
	remove(token);
	remove(folder);
	arena_free(papers.arena);
}

Test(kubeconfig, what_is_wrong_is_said)
{
	static const char at[] = "server: 'https://api.example', " CA;
	static const char user[] = "client-certificate-data: CERT, client-key-data: KEY";
	static const struct {
		const char *name, *cluster, *user, *text;
		enum err_kind kind;
	} rows[] = {
		{ "exec", at, "exec: {command: aws}", "(exec)", ERR_REFUSED },
		{ "auth-provider", at, "auth-provider: {name: oidc}", "auth-provider",
		  ERR_REFUSED },
		{ "password", at, "username: a, password: s3cret", "password is not supported",
		  ERR_REFUSED },
		{ "insecure", "server: 'https://a', insecure-skip-tls-verify: true", user,
		  "trusts any server", ERR_REFUSED },
		{ "proxy", "proxy-url: 'http://p', server: 'https://a'", user, "proxy",
		  ERR_REFUSED },
		{ "no TLS", "server: 'http://a'", user, "not reached over https", ERR_REFUSED },
		{ "no CA", "server: 'https://a'", user, "no certificate-authority", ERR_INPUT },
		{ "no server", CA, user, "no server", ERR_INPUT },
		{ "bad port", "server: 'https://a:x', " CA, user, "HOST[:PORT]", ERR_INPUT },
		{ "another's key", at, "client-certificate-data: CERT, client-key-data: OTHER",
		  "client certificate", ERR_INPUT },
		{ "no key", at, "client-certificate-data: CERT", "no client-key", ERR_INPUT },
		{ "nobody", at, "", "neither", ERR_INPUT },
		{ "no base64", at, "client-certificate-data: s3cret!, client-key-data: KEY",
		  "no base64", ERR_INPUT },
		{ "no such file", "server: 'https://a', certificate-authority: /nowhere/s", user,
		  "/nowhere/s", ERR_NOT_FOUND },
	};
	struct papers papers;

	papers_init(&papers);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *text = make_text(&papers, fill(&papers, rows[i].cluster),
					     fill(&papers, rows[i].user));
		struct kube_options options = { 0 };
		struct err err = ERR_INIT;

		cr_assert_lt(read_it(&papers, "kubeconfig", text, &options, &err), 0, "%s",
			     rows[i].name);
		cr_assert_eq(err.kind, rows[i].kind, "%s: %s", rows[i].name, err.text);
		cr_assert_not_null(strstr(err.text, rows[i].text), "%s: %s", rows[i].name,
				   err.text);
		cr_assert_null(strstr(err.text, "s3cret"), "%s: %s", rows[i].name, err.text);
		cr_assert_null(options.host, "%s", rows[i].name);
	}
	arena_free(papers.arena);
}

Test(kubeconfig, other_texts)
{
	static const struct {
		const char *text, *says;
		enum err_kind kind;
	} rows[] = {
		{ "", "no kubeconfig", ERR_INPUT },
		{ "- a", "no kubeconfig", ERR_INPUT },
		{ "kind: Config", "current-context", ERR_INPUT },
		{ "current-context: x", "no context x", ERR_NOT_FOUND },
		{ "current-context: x\ncontexts: [{name: x, context: {cluster: c}}]",
		  "the cluster of the current context", ERR_INPUT },
	};
	struct papers papers = { .arena = arena_new("papers") };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct kube_options options = { 0 };
		struct err err = ERR_INIT;

		cr_assert_lt(read_it(&papers, "k", rows[i].text, &options, &err), 0);
		cr_assert_eq(err.kind, rows[i].kind, "%s", err.text);
		cr_assert_not_null(strstr(err.text, rows[i].says), "%s", err.text);
		cr_assert_str_eq(err.file, "k");
	}
	arena_free(papers.arena);
}
