/*
 * What the generators of the contracts share: the checked inputs and the documents made so far.
 */
#pragma once

#include "render/contract.h"
#include "render/draft.h"
#include "render/generate.h"
#include "render/load.h"
#include "render/url.h"

struct generation {
	struct arena *arena;
	const struct generate_input *input;
	struct contract contract;
	enum role role;
	struct url url;
	const char *endpoint;	/* in normal form */
	const char *kubernetes; /* without a leading v; "": no images */
	const char *dns_domain;
	struct draft *document; /* in printing order */
	size_t documents, capacity;
};

/* A new document with its header; name NULL for kinds without. The pointer is good until the next
 * call. */
struct draft *generation_document(struct generation *generation, const char *kind,
				  const char *name);
bool generation_is_control(const struct generation *generation);
const char *generation_machine_type(const struct generation *generation);
const char *generation_base64(struct arena *arena, const char *pem); /* "" for NULL */
/* A CA as {crt, key} in base64; workers get the certificate and an empty key. */
void generation_authority(const struct generation *generation, struct draft *draft,
			  const char *path, const struct identity *identity);
/* "<repository>:v<kubernetes>", NULL without a Kubernetes version. */
const char *generation_image(const struct generation *generation, const char *repository);

/* The default pod security admission configuration, and the default audit policy. */
const struct value *generation_pod_security(struct arena *arena);
const struct value *generation_audit_policy(struct arena *arena);
void generation_pod_subnets(struct draft *draft, const char *pods, const char *services);

void generate_registries(struct generation *generation); /* RegistryMirrorConfig, sorted */
void generate_hostname(struct generation *generation);
void generate_kubespan(struct generation *generation);

/* Each makes all documents of its contracts. */
void generate_sections(struct generation *generation);	/* generate_1_13.c */
void generate_documents(struct generation *generation); /* generate_1_14.c */
