#include "render/validate_documents.h"

#include "base/clock.h"
#include "base/own.h"
#include "base/text.h"
#include "cel/selectors.h"
#include "crypto/keys.h"
#include "crypto/x509.h"

#include <string.h>

#define LABEL_CERTIFICATE "CERTIFICATE"

bool want_text(struct validation *v, const struct spot *spot, const char *field, const char *id,
	       const char *text)
{
	if (*spot_text(spot, field))
		return true;
	complain(v, spot, field, id, "%s", text);
	return false;
}

bool want_name(struct validation *v, const struct spot *document)
{
	return want_text(v, document, "name", "name-missing", "the document has no name");
}

bool is_negative(const struct spot *spot, const char *field)
{
	return *spot_text(spot, field) == '-';
}

bool want_not_negative(struct validation *v, const struct spot *spot, const char *field,
		       const char *id)
{
	if (!is_negative(spot, field))
		return true;
	complain(v, spot, field, id, "%s must not be negative", field);
	return false;
}

uint64_t spot_duration(const struct spot *spot, const char *field)
{
	const char *text = spot_text(spot, field);
	uint64_t duration = 0;

	if (duration_parse(text + (*text == '-'), &duration) < 0)
		return 0;
	return duration;
}

bool spot_i64(const struct spot *spot, const char *field, int64_t *out)
{
	return value_i64(spot_get(spot, field), out);
}

static const char *const selectors[] = {
	[SELECTOR_DISK] = "disk",
	[SELECTOR_VOLUME] = "volume",
	[SELECTOR_LINK] = "link",
	[SELECTOR_OOM_TRIGGER] = "trigger",
	[SELECTOR_OOM_RANKING] = "ranking",
};

bool check_selector(struct validation *v, const struct spot *spot, const char *field,
		    enum selector of)
{
	static const unsigned minors[] = { [RELEASE_1_13] = 13, [RELEASE_1_14] = 14 };
	const char *text = spot_text(spot, field);
	struct err err = ERR_INIT;

	if (!*text || selector_check(of, minors[v->release], text, &err) == 0)
		return true;
	complain(v, spot, field, "selector", "the %s %s is none: %s", selectors[of],
		 of < SELECTOR_OOM_TRIGGER ? "selector" : "expression", err.text);
	if (err.hint[0])
		advise(v, "%s", err.hint);
	return false;
}

bool want_selector(struct validation *v, const struct spot *spot, const char *field,
		   enum selector of)
{
	if (*spot_text(spot, field))
		return check_selector(v, spot, field, of);
	complain(v, spot, field, "selector-missing", "a %s selector is needed", selectors[of]);
	return false;
}

static int check_pem(struct arena *arena, const char *pem, const char *only, struct err *err)
{
	const char *const *label = pem_labels(arena, pem);

	if (!*label)
		return err_set(err, ERR_INPUT, "it is no PEM text");
	for (; *label && only; label++) {
		if (strcmp(*label, only) != 0)
			return err_set(err, ERR_INPUT, "it holds a PEM block \"%.60s\"", *label);
	}
	return 0;
}

int form_certificates(struct arena *arena, const char *pem, struct err *err)
{
	return check_pem(arena, pem, LABEL_CERTIFICATE, err);
}

static int load_pair(struct arena *arena, const char *cert, const char *key, struct err *err)
{
	struct x509_info info;
	enum key_type type;

	if (x509_read(arena, cert, &info, err) < 0)
		return err_wrap(err, "the certificate");
	if (key_type_of(key, &type, err) < 0)
		return err_wrap(err, "the key");
	return 0;
}

/* Stops at the first fault. */
void check_pair(struct validation *v, const struct spot *pair, bool load)
{
	const char *cert = spot_text(pair, "cert"), *key = spot_text(pair, "key");
	struct err err = ERR_INIT;

	if (!want_text(v, pair, "cert", "pair-missing", "the certificate is missing") ||
	    !want_text(v, pair, "key", "pair-missing", "the key is missing"))
		return;
	if (form_certificates(v->arena, cert, &err) < 0)
		complain(v, pair, "cert", "pair-certificate", "this is no certificate: %s",
			 err.text);
	else if (check_pem(v->arena, key, NULL, &err) < 0)
		complain(v, pair, "key", "pair-key", "this is no key: %s", err.text);
	else if (load && load_pair(v->arena, cert, key, &err) < 0)
		complain(v, pair, NULL, "pair-unreadable", "Talos could not use it: %s", err.text);
}

void validate_document(struct validation *v, const struct spot *document)
{
	static const struct document_check *const groups[] = {
		validate_network_checks,
		validate_routing_checks,
		validate_storage_checks,
		validate_runtime_checks,
		validate_container_checks,
		validate_kube_checks,
	};

	for (size_t i = 0; i < ARRAY_LEN(groups); i++) {
		for (const struct document_check *row = groups[i]; row->kind; row++) {
			if (text_equal(row->kind, document->document->kind))
				row->check(v, document);
		}
	}
}
