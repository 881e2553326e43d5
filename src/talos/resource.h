/*
 * COSI resources of a Talos node that we read: their types as facts, their specs as small structs.
 *
 *	const struct talos_resource *resource = call->reply;    what talos_get answered
 *	const struct talos_disk *disk = resource->spec;
 *
 * A spec lives as long as the reply it is part of. Its texts and lists are never NULL.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/ip.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum talos_stage {
	STAGE_UNKNOWN,
	STAGE_BOOTING,
	STAGE_INSTALLING,
	STAGE_MAINTENANCE,
	STAGE_RUNNING,
	STAGE_REBOOTING,
	STAGE_SHUTTING_DOWN,
	STAGE_RESETTING,
	STAGE_UPGRADING,
	STAGE_COUNT
};
const char *talos_stage_name(enum talos_stage stage); /* "maintenance", "shutting down" */

struct talos_resource_type {
	const char *type;      /* "MachineStatuses.runtime.talos.dev" */
	const char *ns;	       /* "runtime" */
	const char *singleton; /* "machine": the only id there is; NULL: many */
	const char *what;      /* "the machine status", for errors */
	/* From proto_spec into one of the structs below; NULL: nothing of it is read. */
	int (*unpack)(struct arena *arena, const void *data, size_t len, const void **out,
		      struct err *err);
};

struct talos_resource {
	const char *type, *ns, *id, *version;
	/* One of the structs below; NULL for a type without one, and for tombstones. */
	const void *spec;
};
enum talos_change_kind {
	CHANGE_READY, /* the watch stands */
	CHANGE_CREATED,
	CHANGE_UPDATED,
	CHANGE_DESTROYED,
	CHANGE_ALL_THERE /* what was there before has been told */
};
struct talos_change {
	enum talos_change_kind kind;
	struct talos_resource resource;
};

struct talos_machine_status {
	enum talos_stage stage;
	bool ready;
	const char *const *unmet;  /* condition names, NULL-ended */
	const char *const *reason; /* same length */
};
extern const struct talos_resource_type resource_machine_status;

enum talos_machine {
	MACHINE_UNKNOWN,
	MACHINE_INIT,
	MACHINE_CONTROL_PLANE,
	MACHINE_WORKER
};
struct talos_machine_type {
	enum talos_machine type;
};
extern const struct talos_resource_type resource_machine_type;

struct talos_machine_config {
	const char *text; /* secret */
	size_t len;
};
extern const struct talos_resource_type resource_machine_config; /* ids v1alpha1, persistent */

struct talos_disk {
	const char *dev_path; /* "/dev/sda" */
	uint64_t size;	      /* bytes */
	uint64_t sector_size, io_size;
	const char *model, *serial, *wwid, *uuid, *modalias, *bus_path, *sub_system, *transport;
	const char *const *symlinks; /* NULL-ended */
	bool readonly, rotational, cdrom;
};
extern const struct talos_resource_type resource_disk;

struct talos_system_disk {
	const char *id, *dev_path; /* "" when there is none */
};
extern const struct talos_resource_type resource_system_disk;

struct talos_volume {
	uint64_t size;	      /* bytes */
	const char *location; /* device; "": it has none of its own */
};
extern const struct talos_resource_type resource_volume_status; /* ids "EPHEMERAL", "STATE", ... */

struct talos_diagnostic { /* it exists while there is a problem */
	const char *message;
};
extern const struct talos_resource_type resource_diagnostic;

struct talos_link {
	const char *hardware_addr, *permanent_addr; /* "aa:bb:cc:dd:ee:ff", "" */
	const char *kind, *driver, *bus_path;
	uint32_t type; /* 1: ether */
	bool up;
	uint32_t mtu;
};
extern const struct talos_resource_type resource_link;

struct talos_addresses {
	const struct ip_prefix *at;
	size_t len;
};
extern const struct talos_resource_type resource_node_address; /* ids "default", "current", ... */

struct talos_hostname {
	const char *hostname, *domain;
};
extern const struct talos_resource_type resource_hostname;

struct talos_service_state {
	bool running, healthy, unknown;
};
extern const struct talos_resource_type resource_service;

struct talos_etcd_self {
	const char *member_id; /* 16 hex digits */
};
extern const struct talos_resource_type resource_etcd_member;

struct value;
/* Objects for Kubernetes that follow from the machine config. */
struct talos_manifest {
	const struct value *const *object; /* some are secret */
	size_t len;
};
extern const struct talos_resource_type resource_manifest; /* ids "10-kube-proxy", ... */

struct talos_nodename {
	const char *nodename;
};
extern const struct talos_resource_type resource_nodename;

struct talos_node_status {
	const char *nodename;
	bool ready, unschedulable;
};
extern const struct talos_resource_type resource_node_status;

extern const struct talos_resource_type resource_static_pod_status; /* the id says all we need */

struct talos_extension {
	const char *name, *version; /* name "schematic": version is the schematic's id */
};
extern const struct talos_resource_type resource_extension;
