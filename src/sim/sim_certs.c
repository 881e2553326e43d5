#include "sim/sim_certs.h"

#include "base/clock.h"
#include "base/map.h"
#include "base/str.h"
#include "sim/world_impl.h"

#include <stdint.h>

/* Who was good at two moments was so between them. */
#define HOLDS (6 * HOUR)
#define KEY_MAX ((size_t)4 << 20)

struct verdict { /* good from then until then */
	uint64_t from, until;
};

struct issued {
	struct identity identity;
	uint64_t from, until;
};

static struct map *known(struct world *world)
{
	if (!world->certs)
		world->certs = map_new(world->arena);
	return world->certs;
}

/* Texts of certificates and names hold no such byte. */
static void add_part(struct str *key, const char *part)
{
	str_add(key, part ? part : "");
	str_addc(key, '\1');
}

/* ---- what was made --------------------------------------------------------------------------- */

static void issue_key(struct str *key, const struct identity *ca,
		      const struct x509_request *request)
{
	add_part(key, "issued");
	add_part(key, ca->cert);
	add_part(key, request->common_name);
	str_addf(key, "%d\1", (int)request->usage);
	for (const char *const *name = request->names; name && *name; name++)
		add_part(key, *name);
	str_addc(key, '\1');
	for (const char *const *one = request->organizations; one && *one; one++)
		add_part(key, *one);
}

int certs_issue(struct world *world, const struct identity *ca, const struct x509_request *request,
		struct identity *out, struct err *err)
{
	struct str key SCOPED(str_done) = STR_INIT(KEY_MAX);
	struct issued *issued;

	issue_key(&key, ca, request);
	issued = map_get(known(world), str_text(&key));
	if (!issued || request->now < issued->from || request->now > issued->until) {
		struct identity identity;

		if (x509_issue(world->arena, ca, request, &identity, err) < 0)
			return -1;
		issued = arena_alloc(world->arena, sizeof(*issued));
		*issued = (struct issued){ identity, request->now,
					   request->now + request->lifetime / 2 };
		map_put(known(world), str_text(&key), issued);
	}
	*out = issued->identity;
	return 0;
}

/* ---- what was found good --------------------------------------------------------------------- */

typedef int check_fn(const void *question, uint64_t now, struct err *err);

struct asked {
	const char *key;
	check_fn *check;
	const void *question;
};

static int ask_once(struct world *world, const struct asked *asked, uint64_t now, struct err *err)
{
	struct verdict *verdict = map_get(known(world), asked->key);

	if (verdict && verdict->from <= now && now <= verdict->until)
		return 0;
	if (asked->check(asked->question, now, err) < 0)
		return -1;
	if (asked->check(asked->question, now + HOLDS, NULL) < 0)
		return 0;
	if (!verdict) {
		verdict = arena_alloc(world->arena, sizeof(*verdict));
		map_put(known(world), asked->key, verdict);
	}
	*verdict = (struct verdict){ now, now + HOLDS };
	return 0;
}

struct server_question {
	const struct trust *trust;
	const char *cert, *host;
};

static int check_server(const void *context, uint64_t now, struct err *err)
{
	const struct server_question *question = context;

	return x509_trusts(question->trust, question->cert, question->host, now, err);
}

int certs_trust(struct world *world, const struct trust *trust, const char *cert, const char *host,
		uint64_t now, struct err *err)
{
	const struct server_question question = { trust, cert, host };
	struct str key SCOPED(str_done) = STR_INIT(KEY_MAX);

	add_part(&key, trust->insecure ? "insecure" : "trusted");
	add_part(&key, trust->ca);
	add_part(&key, trust->fingerprint);
	add_part(&key, cert);
	add_part(&key, host);
	const struct asked asked = { str_text(&key), check_server, &question };

	return ask_once(world, &asked, now, err);
}

struct client_question {
	const char *cert, *ca;
};

static int check_client(const void *context, uint64_t now, struct err *err)
{
	const struct client_question *question = context;

	return x509_verify(question->cert, question->ca, X509_CLIENT, now, err);
}

int certs_verify(struct world *world, const char *cert, const char *ca, uint64_t now,
		 struct err *err)
{
	const struct client_question question = { cert, ca };
	struct str key SCOPED(str_done) = STR_INIT(KEY_MAX);

	add_part(&key, "client");
	add_part(&key, ca);
	add_part(&key, cert);
	const struct asked asked = { str_text(&key), check_client, &question };

	return ask_once(world, &asked, now, err);
}
