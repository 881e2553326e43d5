#include "convert/official.h"

#include "base/own.h"

#include <criterion/criterion.h>

Test(official, extensions_by_release)
{
	static const struct {
		const char *name, *talos;
		bool there;
	} rows[] = {
		{ "siderolabs/iscsi-tools", "v1.9.0", true },
		{ "siderolabs/iscsi-tools", "1.13.9", true },
		{ "iscsi-tools", "v1.13.9", false },
		{ "siderolabs/iscsi-tool", "v1.13.9", false },
		{ "siderolabs/youki", "v1.9.6", false },
		{ "siderolabs/youki", "v1.10.0", false },
		{ "siderolabs/youki", "v1.10.1", true },
		{ "siderolabs/gpio-pinctrl", "v1.12.1", false },
		{ "siderolabs/gpio-pinctrl", "v1.12.2", true },
		/* later than the last one known: as the latest */
		{ "siderolabs/uhid", "v1.10.99", true },
		{ "siderolabs/kata-containers-snp", "v1.15.0", false },
		{ "siderolabs/kata-containers-snp", "v1.14.0", true },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		cr_expect_eq(official_extension(rows[i].name, rows[i].talos), rows[i].there,
			     "%s in %s", rows[i].name, rows[i].talos);
	cr_expect_str_eq(official_extension_near("siderolabs/iscsi-tool"), "iscsi-tools");
	cr_expect_null(official_extension_near("siderolabs/something-else-altogether"));
}

Test(official, overlays_by_release)
{
	cr_expect(official_overlay("siderolabs/sbc-raspberrypi", "rpi_generic", "v1.9.0"));
	cr_expect_not(official_overlay("siderolabs/sbc-raspberrypi", "rpi_5", "v1.12.2"));
	cr_expect(official_overlay("siderolabs/sbc-raspberrypi", "rpi_5", "v1.12.3"));
	cr_expect_not(official_overlay("siderolabs/sbc-rockchip", "rpi_generic", "v1.13.9"));
	cr_expect_not(official_overlay("sbc-rockchip", "rock64", "v1.13.9"));
}
