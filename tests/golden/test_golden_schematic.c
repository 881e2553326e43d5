#include "golden/cases.h"

#include "base/fs.h"
#include "base/text.h"
#include "render/schematic.h"

#include <criterion/criterion.h>
#include <string.h>

static bool run_case(struct golden_case *c)
{
	const char *file = fs_join(c->arena, c->folder, "schematic.yaml");
	const char *id = golden_file(c, "id.txt", NULL);
	struct schematic schematic;
	struct findings findings;
	struct err err = ERR_INIT;

	findings_init(&findings, c->arena);
	if (schematic_read_file(c->arena, file, &schematic, &findings, &err) < 0) {
		str_add(c->why, findings.len ? findings.at[0].text : err.text);
		return false;
	}
	if (!golden_equal(c, "the canonical text", schematic.text,
			  golden_file(c, "canonical.yaml", NULL)))
		return false;
	if (text_starts(id, schematic.id) && strspn(id + strlen(schematic.id), "\n") <= 1)
		return true;
	str_addf(c->why, "the id is %s", schematic.id);
	return false;
}

Test(golden, schematic)
{
	static const char *const pending[] = { NULL };

	golden_run(&(struct golden){ "schematic", run_case, pending });
}
