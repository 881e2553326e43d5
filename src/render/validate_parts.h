/*
 * What the checks of a machine config share. A check is a function that looks at one document and
 * complains:
 *
 *	static void check_bond(struct validation *v, const struct spot *document)
 *	{
 *		if (!spot_len(document, "links"))
 *			complain(v, document, "links", "bond-links", "a bond needs links");
 *	}
 *
 * Checks of documents are rows of a table in validate_documents.c.
 */
#pragma once

#include "render/spot.h"
#include "render/validate.h"

struct validation {
	struct arena *arena; /* scratch of this run */
	struct findings *findings;
	const struct config *config;
	const struct validate_options *options;
	enum release release;
	struct spot main;	     /* the main document; without a value when there is none */
	bool control;		     /* it is for a control plane machine */
	const struct value *written; /* the main document as in the file, or NULL */
};

/* An error at `field` of the spot; NULL: at the spot itself. */
void complain(struct validation *v, const struct spot *spot, const char *field, const char *id,
	      const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* A warning; strict runs make those about the main document errors. */
void warn(struct validation *v, const struct spot *spot, const char *field, const char *id,
	  const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* What can be done about the finding made last. */
void advise(struct validation *v, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

void validate_main(struct validation *v); /* the main document */
/* Any other document, by the table of kinds. */
void validate_document(struct validation *v, const struct spot *document);
/* What the main document and the others, or all of them together, must not say. */
void validate_together(struct validation *v);

/* Forms of texts (validate_forms.c), as the checks of Talos know them. */
bool form_is_ip(const char *text);	 /* no zone */
bool form_is_zoned_ip(const char *text); /* fe80::1%eth0 as well */
bool form_is_cidr(const char *text);	 /* address/bits, host bits allowed */
/* The same for interfaces of the main document, whose bits may begin with zeros. */
bool form_is_cidr_old(const char *text);
bool form_is_subnet(const char *text); /* address or address/bits; a ! before it is skipped */
bool form_is_dns_name(const char *text);
/* As Kubernetes names things: domains of small letters, names or domain/name
 * (validate_node.c). */
bool form_is_domain(const char *text);
bool form_is_qualified(const char *text);
bool form_is_blank(const char *text);	  /* white space of Unicode and nothing else */
bool form_is_printable(const char *text); /* no white space, nothing that cannot be seen */
/* Letters and digits of ASCII, and the `others`. */
bool form_has_only_letters(const char *text, const char *others);
bool form_has_port(const char *text); /* host:port, [v6]:port */
/* 32 bytes in base64; 0, else -1 with what is wrong. The text never shows the key. */
int form_wireguard_key(struct arena *arena, const char *text, struct err *err);
/* A URL that Talos would fetch from or connect to: host, port. */
int form_endpoint(struct arena *arena, const char *text, struct err *err);
