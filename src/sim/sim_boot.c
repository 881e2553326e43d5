#include "sim/sim_boot.h"

#include "base/text.h"
#include "cluster/version.h"
#include "sim/world_impl.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define SCHEMATIC_LEN 64
#define SLOWER 10 /* times, a boot that is slow */

static const char *const outcome_texts[] = {
	[UPGRADE_OK] = "ok",
	[UPGRADE_NO_IMAGE] = "no_image",
	[UPGRADE_NO_SPACE] = "no_space",
	[UPGRADE_FALLS_BACK] = "falls_back",
	[UPGRADE_UNHEALTHY] = "unhealthy",
	[UPGRADE_SLOW] = "slow",
	[UPGRADE_HANGS] = "hangs",
};

const char *upgrade_text(enum world_upgrade outcome)
{
	return outcome_texts[outcome];
}

bool upgrade_read(const char *text, enum world_upgrade *out)
{
	for (size_t i = 0; i < ARRAY_LEN(outcome_texts); i++) {
		if (!strcmp(outcome_texts[i], text)) {
			*out = (enum world_upgrade)i;
			return true;
		}
	}
	return false;
}

/* ---- images ---------------------------------------------------------------------------------- */

static bool is_schematic(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (!isxdigit((unsigned char)text[i]))
			return false;
	}
	return len == SCHEMATIC_LEN;
}

/* "registry:5000/folder/name:tag@sha256:..." */
static void image_read(struct sim_image *image, const char *ref, const char *otherwise)
{
	size_t len = strcspn(ref, "@");
	const char *name = ref;
	struct version version;

	memset(image, 0, sizeof(*image));
	snprintf(image->ref, sizeof(image->ref), "%s", ref);
	for (const char *slash; (slash = memchr(name, '/', len - (size_t)(name - ref)));)
		name = slash + 1;

	const char *colon = memchr(name, ':', len - (size_t)(name - ref));
	size_t stem = colon ? (size_t)(colon - name) : len - (size_t)(name - ref);

	if (is_schematic(name, stem))
		snprintf(image->schematic, sizeof(image->schematic), "%.*s", (int)stem, name);
	if (colon)
		snprintf(image->version, sizeof(image->version), "%.*s",
			 (int)(len - (size_t)(colon + 1 - ref)), colon + 1);
	if (!version_parse(image->version, &version))
		snprintf(image->version, sizeof(image->version), "%s", otherwise);
}

const char *node_version(const struct sim_node *node)
{
	const char *now = node->boot_from.now.version;

	return *now ? now : node->world->talos;
}

unsigned node_minor(const struct sim_node *node)
{
	struct version version;

	return version_parse(node_version(node), &version) ? version.minor : 0;
}

enum release node_release(const struct sim_node *node)
{
	return node_minor(node) >= 14 ? RELEASE_1_14 : RELEASE_1_13;
}

/* ---- slots ----------------------------------------------------------------------------------- */

static bool is_running(const struct sim_boot *boot, unsigned slot)
{
	return boot->slot[slot].ref[0] && !strcmp(boot->slot[slot].ref, boot->now.ref);
}

/* What runs stays as it is; a medium that runs leaves the first one. */
static unsigned slot_to_write(const struct sim_boot *boot)
{
	if (is_running(boot, boot->next))
		return !boot->next;
	return is_running(boot, !boot->next) ? boot->next : 0;
}

void boot_install(struct sim_node *node)
{
	struct sim_boot *boot = &node->boot_from;

	memset(boot->slot, 0, sizeof(boot->slot));
	boot->next = 0;
	if (node->config->install_image[0])
		image_read(&boot->slot[0], node->config->install_image, node->world->talos);
	else
		image_read(&boot->slot[0], "ghcr.io/siderolabs/installer", node->world->talos);
	node->unsaved = true;
}

void boot_assume(struct sim_node *node, const struct world_node *wanted)
{
	struct sim_image *image = &node->boot_from.slot[0];

	boot_install(node);
	snprintf(image->version, sizeof(image->version), "%s",
		 wanted->talos ? wanted->talos : node->world->talos);
	if (wanted->schematic)
		snprintf(image->schematic, sizeof(image->schematic), "%s", wanted->schematic);
	if (!wanted->before)
		return;
	node->boot_from.slot[1] = *image;
	snprintf(node->boot_from.slot[1].version, sizeof(image->version), "%s", wanted->before);
}

bool boot_meets(struct sim_node *node, enum world_upgrade outcome)
{
	struct sim_boot *boot = &node->boot_from;

	if (boot->outcome != outcome)
		return false;
	boot->outcome = UPGRADE_OK;
	node->unsaved = true;
	return true;
}

bool boot_write(struct sim_node *node, const char *ref)
{
	struct sim_boot *boot = &node->boot_from;
	unsigned slot = slot_to_write(boot);

	if (boot_meets(node, UPGRADE_NO_SPACE))
		return false;
	image_read(&boot->slot[slot], ref, node->world->talos);
	boot->next = slot;
	if (boot->outcome != UPGRADE_HANGS) {
		boot->slot[slot].fate = boot->outcome;
		boot->outcome = UPGRADE_OK;
	}
	node->upgrades++;
	node->unsaved = node->urgent = true;
	node_changed(node);
	return true;
}

bool boot_roll_back(struct sim_node *node)
{
	struct sim_boot *boot = &node->boot_from;

	if (!boot->slot[!boot->next].ref[0])
		return false;
	boot->next = !boot->next;
	node->unsaved = node->urgent = true;
	return true;
}

void boot_wipe(struct sim_node *node)
{
	enum world_upgrade outcome = node->boot_from.outcome;

	memset(&node->boot_from, 0, sizeof(node->boot_from));
	node->boot_from.outcome = outcome;
	node->unsaved = true;
}

const struct sim_image *boot_fallback(const struct sim_node *node)
{
	const struct sim_boot *boot = &node->boot_from;
	const struct sim_image *other = &boot->slot[is_running(boot, boot->next) ? !boot->next
										 : boot->next];

	return other->ref[0] ? other : NULL;
}

uint64_t boot_takes(const struct sim_node *node)
{
	const struct sim_boot *boot = &node->boot_from;
	uint64_t usual = node->world->pace.boot;

	switch (boot->slot[boot->next].fate) {
	case UPGRADE_SLOW:
		return SLOWER * usual;
	case UPGRADE_FALLS_BACK: /* once in vain */
		return 2 * usual;
	default:
		return usual;
	}
}

void boot_begin(struct sim_node *node)
{
	struct sim_boot *boot = &node->boot_from;
	struct sim_image *image = &boot->slot[boot->next];

	if (image->fate == UPGRADE_FALLS_BACK && boot_roll_back(node))
		image = &boot->slot[boot->next];
	if (image->fate == UPGRADE_SLOW)
		image->fate = UPGRADE_OK;
	boot->now = *image;
	node->unsaved = true;
}
