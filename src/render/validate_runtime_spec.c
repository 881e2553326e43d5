/* What is laid over the base OCI runtime specification: the types of its fields. */
#include "base/own.h"
#include "render/scalar_forms.h"
#include "render/schema.h"
#include "render/validate_main.h"

#include <math.h>
#include <strings.h>

static bool check_fields(struct validation *v, const struct spot *spot,
			 const struct schema_field *fields);

static bool misfit(struct validation *v, const struct spot *spot, const char *wanted)
{
	complain(v, spot, NULL, "runtime-spec", "a runtime specification has %s here", wanted);
	return false;
}

/* JSON, so texts and numbers are not taken for each other. */
static bool check_scalar(struct validation *v, const struct spot *spot,
			 const struct schema_field *field)
{
	bool scalar = value_kind(spot->value) == VALUE_SCALAR;
	const struct value *normal;

	switch (field->type) {
	case TYPE_FREE:
		return true;
	case TYPE_STRUCT:
		return check_fields(v, spot, field->inner);
	case TYPE_TEXT:
		return value_is_str(spot->value) || misfit(v, spot, "a text");
	case TYPE_BOOL:
		return (scalar && value_type(spot->value) == SCALAR_BOOL) ||
		       misfit(v, spot, "true or false");
	default:
		return (scalar && !value_is_str(spot->value) &&
			scalar_form(v->arena, field, spot->value, &normal, NULL) == 0) ||
		       misfit(v, spot, scalar_form_name(field->type));
	}
}

static bool check_field(struct validation *v, const struct spot *spot,
			const struct schema_field *field)
{
	if (value_is_null(spot->value))
		return true;
	if (field->shape == SHAPE_ONE)
		return check_scalar(v, spot, field);
	if (field->shape == SHAPE_LIST && !value_is_list(spot->value))
		return misfit(v, spot, "a list");
	if (field->shape == SHAPE_MAP && !value_is_map(spot->value))
		return misfit(v, spot, "a mapping");
	for (size_t i = 0; i < value_len(spot->value); i++) {
		struct spot item = spot_item(spot, i);

		if (!value_is_null(item.value) && !check_scalar(v, &item, field))
			return false;
	}
	return true;
}

/* As JSON is read there: the case of a name does not count, unknown ones are passed over. */
static const struct schema_field *find_field(const struct schema_field *fields, const char *name)
{
	for (; fields->name; fields++) {
		if (strcasecmp(fields->name, name) == 0)
			return fields;
	}
	return NULL;
}

static bool check_fields(struct validation *v, const struct spot *spot,
			 const struct schema_field *fields)
{
	if (!value_is_map(spot->value))
		return misfit(v, spot, "a mapping");
	for (size_t i = 0; i < value_len(spot->value); i++) {
		const struct schema_field *field =
			find_field(fields, value_key_at(spot->value, i));
		struct spot entry = spot_item(spot, i);

		if (field && !check_field(v, &entry, field))
			return false;
	}
	return true;
}

/* JSON has no infinity and no NaN, wherever they are. */
static bool check_numbers(struct validation *v, const struct spot *spot)
{
	double number;

	if (value_kind(spot->value) == VALUE_SCALAR &&
	    value_type(spot->value) == SCALAR_FLOAT && value_double(spot->value, &number) &&
	    !isfinite(number))
		return misfit(v, spot, "a number that ends");
	for (size_t i = 0; i < value_len(spot->value); i++) {
		struct spot entry = spot_item(spot, i);

		if (!check_numbers(v, &entry))
			return false;
	}
	return true;
}

void validate_runtime_spec(struct validation *v, const struct spot *overrides)
{
	if (overrides->value && check_numbers(v, overrides))
		(void)check_fields(v, overrides, schema_runtime_spec);
}
