#include "convert/official.h"

#include "base/own.h"
#include "base/text.h"
#include "cluster/version.h"

#include <string.h>

#define OWNER "siderolabs/"

struct made {
	const char *name;
	unsigned minor, patch; /* the first release 1.minor.patch that has it */
};

/* clang-format off */
static const struct made extensions[] = {
	{ "amazon-ena", 10, 0 },
	{ "amd-ucode", 0, 0 },
	{ "amdgpu", 0, 0 },
	{ "binfmt-misc", 0, 0 },
	{ "bird2", 12, 0 },
	{ "bnx2-bnx2x", 0, 0 },
	{ "btrfs", 0, 0 },
	{ "chelsio-drivers", 0, 0 },
	{ "chelsio-firmware", 0, 0 },
	{ "cloudflared", 0, 0 },
	{ "crun", 0, 0 },
	{ "ctr", 10, 0 },
	{ "drbd", 0, 0 },
	{ "dvb-cx23885", 0, 0 },
	{ "dvb-m88ds3103", 11, 0 },
	{ "ecr-credential-provider", 0, 0 },
	{ "fuse3", 0, 0 },
	{ "gasket-driver", 0, 0 },
	{ "glibc", 0, 0 },
	{ "gpio-pinctrl", 12, 2 },
	{ "gvisor", 0, 0 },
	{ "gvisor-debug", 0, 0 },
	{ "hailort", 11, 0 },
	{ "harbor-credential-provider", 14, 0 },
	{ "hello-world-service", 0, 0 },
	{ "hyperv-guest-agent", 14, 0 },
	{ "i915", 0, 0 },
	{ "intel-ice-firmware", 0, 0 },
	{ "intel-npu", 13, 0 },
	{ "intel-ucode", 0, 0 },
	{ "iscsi-tools", 0, 0 },
	{ "joydev", 13, 0 },
	{ "kata-containers", 0, 0 },
	{ "kata-containers-snp", 14, 0 },
	{ "lldpd", 0, 0 },
	{ "mdadm", 0, 0 },
	{ "mei", 0, 0 },
	{ "mellanox-mstflint", 12, 0 },
	{ "metal-agent", 0, 0 },
	{ "multipath-tools", 12, 0 },
	{ "nebula", 10, 0 },
	{ "netbird", 12, 0 },
	{ "newt", 11, 0 },
	{ "nfs-utils", 12, 0 },
	{ "nfsd", 10, 0 },
	{ "nfsrahead", 11, 0 },
	{ "nonfree-kmod-nvidia-lts", 0, 0 },
	{ "nonfree-kmod-nvidia-production", 0, 0 },
	{ "nut-client", 0, 0 },
	{ "nvidia-container-toolkit-lts", 0, 0 },
	{ "nvidia-container-toolkit-production", 0, 0 },
	{ "nvidia-fabricmanager-lts", 0, 0 },
	{ "nvidia-fabricmanager-production", 0, 0 },
	{ "nvidia-gdrdrv-device", 12, 0 },
	{ "nvidia-open-gpu-kernel-modules-lts", 0, 0 },
	{ "nvidia-open-gpu-kernel-modules-production", 0, 0 },
	{ "nvme-cli", 10, 0 },
	{ "panfrost", 10, 0 },
	{ "px-fuse", 13, 0 },
	{ "qemu-guest-agent", 0, 0 },
	{ "qlogic-firmware", 0, 0 },
	{ "realtek-firmware", 0, 0 },
	{ "revpi-firmware", 10, 0 },
	{ "rockchip-rknn", 13, 0 },
	{ "soci-snapshotter", 12, 0 },
	{ "spin", 0, 0 },
	{ "stargz-snapshotter", 0, 0 },
	{ "tailscale", 0, 0 },
	{ "tenstorrent", 11, 0 },
	{ "thunderbolt", 0, 0 },
	{ "trident-iscsi-tools", 12, 0 },
	{ "uhid", 13, 0 },
	{ "uinput", 0, 0 },
	{ "usb-audio-drivers", 12, 0 },
	{ "usb-modem-drivers", 0, 0 },
	{ "util-linux-tools", 0, 0 },
	{ "v4l-uvc-drivers", 0, 0 },
	{ "vc4", 10, 0 },
	{ "vmtoolsd-guest-agent", 0, 0 },
	{ "wasmedge", 0, 0 },
	{ "xdma-driver", 10, 0 },
	{ "xe", 12, 0 },
	{ "xen-guest-agent", 0, 0 },
	{ "youki", 10, 1 },
	{ "zerotier", 10, 0 },
	{ "zfs", 0, 0 },
};

static const struct overlay {
	const char *image;
	struct made made;
} overlays[] = {
	{ "sbc-allwinner", { "bananapi_m64", 0, 0 } },
	{ "sbc-allwinner", { "libretech_all_h3_cc_h5", 0, 0 } },
	{ "sbc-allwinner", { "pine64", 0, 0 } },
	{ "sbc-jetson", { "jetson_nano", 0, 0 } },
	{ "sbc-raspberrypi", { "revpi_generic", 10, 0 } },
	{ "sbc-raspberrypi", { "rpi_5", 12, 3 } },
	{ "sbc-raspberrypi", { "rpi_generic", 0, 0 } },
	{ "sbc-rockchip", { "friendlyelec-cm3588-nas", 12, 3 } },
	{ "sbc-rockchip", { "helios64", 0, 0 } },
	{ "sbc-rockchip", { "nanopi-r4s", 0, 0 } },
	{ "sbc-rockchip", { "nanopi-r5s", 0, 0 } },
	{ "sbc-rockchip", { "odroid-m1", 12, 0 } },
	{ "sbc-rockchip", { "orangepi-5", 9, 3 } },
	{ "sbc-rockchip", { "orangepi-5-max", 12, 0 } },
	{ "sbc-rockchip", { "orangepi-5-plus", 10, 0 } },
	{ "sbc-rockchip", { "orangepi-r1-plus-lts", 0, 0 } },
	{ "sbc-rockchip", { "radxa-zero-3e", 12, 0 } },
	{ "sbc-rockchip", { "rock3b", 12, 0 } },
	{ "sbc-rockchip", { "rock4cplus", 0, 0 } },
	{ "sbc-rockchip", { "rock4se", 0, 0 } },
	{ "sbc-rockchip", { "rock5a", 10, 0 } },
	{ "sbc-rockchip", { "rock5b", 9, 2 } },
	{ "sbc-rockchip", { "rock5b-plus", 12, 3 } },
	{ "sbc-rockchip", { "rock5t", 12, 0 } },
	{ "sbc-rockchip", { "rock64", 0, 0 } },
	{ "sbc-rockchip", { "rockpi4", 0, 0 } },
	{ "sbc-rockchip", { "rockpi4c", 0, 0 } },
	{ "sbc-rockchip", { "rockpro64", 10, 0 } },
	{ "sbc-rockchip", { "turingrk1", 0, 0 } },
};
/* clang-format on */

/* The last release of each minor that is known, by minor; others are taken for LATEST. */
static const struct {
	unsigned minor, patch;
} known[] = { { 9, 6 }, { 10, 9 }, { 11, 6 }, { 12, 11 }, { 13, 9 }, { 14, 0 } };

static const struct version latest = { 1, 13, 9, "", true };

static struct version known_version(const char *talos)
{
	struct version version;

	if (!version_parse(talos, &version) || version.major != 1)
		return latest;
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (version.minor == known[i].minor && version.patch <= known[i].patch)
			return version;
	return latest;
}

static bool has(const struct version *version, const struct made *made)
{
	return version->minor > made->minor ||
	       (version->minor == made->minor && version->patch >= made->patch);
}

bool official_extension(const char *name, const char *talos)
{
	struct version version = known_version(talos);

	for (size_t i = 0; i < ARRAY_LEN(extensions) && text_starts(name, OWNER); i++)
		if (strcmp(name + strlen(OWNER), extensions[i].name) == 0)
			return has(&version, &extensions[i]);
	return false;
}

bool official_overlay(const char *image, const char *name, const char *talos)
{
	struct version version = known_version(talos);

	for (size_t i = 0; i < ARRAY_LEN(overlays) && text_starts(image, OWNER); i++)
		if (strcmp(image + strlen(OWNER), overlays[i].image) == 0 &&
		    strcmp(name, overlays[i].made.name) == 0)
			return has(&version, &overlays[i].made);
	return false;
}

const char *official_extension_near(const char *name)
{
	const char *names[ARRAY_LEN(extensions)];

	for (size_t i = 0; i < ARRAY_LEN(extensions); i++)
		names[i] = extensions[i].name;
	return text_nearest(text_starts(name, OWNER) ? name + strlen(OWNER) : name, names,
			    ARRAY_LEN(names));
}
