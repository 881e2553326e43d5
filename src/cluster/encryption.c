#include "cluster/encryption.h"

#include "base/text.h"

bool encryption_read(const struct value *value, struct encryption_choice *out)
{
	struct encryption_choice choice = { .form = ENCRYPT_NONE };
	const char *text = value_text(value);

	if (value_is_map(value)) {
		choice.form = ENCRYPT_KMS;
		choice.kms = value_get_text(value, "kms");
		if (value_len(value) != 1 || text_is_blank(choice.kms))
			return false;
	} else if (text && value_type(value) == SCALAR_BOOL) {
		choice.form = value_bool(value, false) ? ENCRYPT_TPM : ENCRYPT_NONE;
	} else if (text_equal(text, "tpm")) {
		choice.form = ENCRYPT_TPM;
	} else if (text_equal(text, "node-id")) {
		choice.form = ENCRYPT_NODE_ID;
	} else if (!value_is_null(value)) {
		return false;
	}
	*out = choice;
	return true;
}
