/* Registries and static pods of the machine section as documents. */
#include "convert/migrate_parts.h"

#include "base/own.h"
#include "base/text.h"

#include <string.h>

#define AUTH "RegistryAuthConfig"
#define TLS "RegistryTLSConfig"

static const struct value *endpoints_of(struct conversion *c, const struct value *mirror)
{
	const struct value *urls = value_get(mirror, "endpoints");
	const struct value *whole = value_get(mirror, "overridePath");
	struct list_builder *list = list_begin(c->arena);

	for (size_t i = 0; i < value_len(urls); i++) {
		struct draft endpoint = { .arena = c->arena };

		draft_put(&endpoint, "url", value_at(urls, i));
		if (whole)
			draft_put(&endpoint, "overridePath", whole);
		list_add(list, endpoint.root);
	}
	return list_end(list);
}

void put_mirrors(struct conversion *c, const struct migrate_row *row, const struct value *value)
{
	for (size_t i = 0; !is_removal(value) && i < value_len(value); i++) {
		const struct value *mirror = value_at(value, i);
		const char *host = value_key_at(value, i);
		const struct value *fallback = value_get(mirror, "skipFallback");
		const struct value *endpoints = endpoints_of(c, mirror);

		if (is_removal(mirror)) {
			made_delete(&c->made, row->kind, host, NULL);
			continue;
		}
		made_set(&c->made, row->kind, host, NULL, NULL);
		if (value_len(endpoints))
			made_set(&c->made, row->kind, host, "endpoints", endpoints);
		if (fallback)
			made_set(&c->made, row->kind, host, "skipFallback", fallback);
	}
}

static void put_auth(struct conversion *c, const char *host, const struct value *auth)
{
	for (size_t i = 0; i < value_len(auth); i++)
		if (!text_is_blank(value_text(value_at(auth, i))))
			made_set(&c->made, AUTH, host, value_key_at(auth, i), value_at(auth, i));
}

static void put_tls(struct conversion *c, const char *host, const struct value *tls)
{
	static const struct {
		const char *from, *to;
	} pems[] = {
		{ "ca", "ca" },
		{ "clientIdentity.crt", "clientIdentity.cert" },
		{ "clientIdentity.key", "clientIdentity.key" },
	};
	const struct value *skip = value_get(tls, "insecureSkipVerify");

	for (size_t i = 0; i < ARRAY_LEN(pems); i++) {
		const struct value *value = main_get(tls, pems[i].from);

		if (!text_is_blank(value_text(value)))
			made_set(&c->made, TLS, host, pems[i].to, pem_value(c->arena, value));
	}
	if (skip)
		made_set(&c->made, TLS, host, "insecureSkipVerify", skip);
}

void put_registries(struct conversion *c, const struct migrate_row *row,
		    const struct value *value)
{
	(void)row;
	for (size_t i = 0; !is_removal(value) && i < value_len(value); i++) {
		const struct value *registry = value_at(value, i);
		const char *host = value_key_at(value, i);
		const struct value *auth = value_get(registry, "auth");
		const struct value *tls = value_get(registry, "tls");

		if (is_removal(registry) || is_removal(auth))
			made_delete(&c->made, AUTH, host, NULL);
		else
			put_auth(c, host, auth);
		if (is_removal(registry) || is_removal(tls))
			made_delete(&c->made, TLS, host, NULL);
		else
			put_tls(c, host, tls);
	}
}

static bool has(const struct value *map, const char *key)
{
	return !text_is_blank(value_get_text(map, key));
}

/* Talos has no such limits for the section. */
bool block_registries(const struct value *main, const struct value *value)
{
	(void)main;
	for (size_t i = 0; i < value_len(value); i++) {
		const struct value *auth = value_get(value_at(value, i), "auth");
		const struct value *tls = value_get(value_at(value, i), "tls");
		int ways = has(auth, "username") + has(auth, "auth") + has(auth, "identityToken");

		if (ways > 1 || (has(tls, "ca") && !pem_is_certificate(value_get(tls, "ca"))))
			return true;
	}
	return false;
}

static const char *pod_name(const struct value *pod)
{
	return value_get_text(value_get(pod, "metadata"), "name");
}

void put_pods(struct conversion *c, const struct migrate_row *row, const struct value *value)
{
	for (size_t i = 0; value_is_list(value) && i < value_len(value); i++) {
		const struct value *pod = value_at(value, i);

		if (pod_name(pod))
			made_set(&c->made, row->kind, pod_name(pod), row->to, pod);
	}
}

/* A document needs a name, and one of its own. */
bool block_pods(const struct value *main, const struct value *value)
{
	(void)main;
	for (size_t i = 0; i < value_len(value); i++) {
		const char *name = pod_name(value_at(value, i));

		if (text_is_blank(name))
			return true;
		for (size_t k = 0; k < i; k++)
			if (text_equal(pod_name(value_at(value, k)), name))
				return true;
	}
	return false;
}
