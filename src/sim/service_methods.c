#include "sim/service.h"

#include "common.pb-c.h"
#include "cosi.pb-c.h"
#include "etcd.pb-c.h"
#include "lifecycle.pb-c.h"
#include "machine.pb-c.h"
#include "observe.pb-c.h"

#include <string.h>

#define A ROLE_BIT_ADMIN
#define O ROLE_BIT_OPERATOR
#define R ROLE_BIT_READER
#define B ROLE_BIT_BACKUP
#define V ROLE_BIT_VERIFIER
#define M ROLE_BIT_META

/* Every method of the release with the roles that may call it; those without an answer here are
 * refused only after the role check, as a node would. */
static const struct service_method cluster_service_methods[] = {
	{ "HealthCheck", A | O | R, NULL, NULL },
	{ NULL, 0, NULL, NULL },
};

static const struct service_method state_methods[] = {
	{ "Create", A | O | R, call_write, NULL },
	{ "Destroy", A | O | R, call_write, NULL },
	{ "Get", A | O | R, call_get, &cosi__resource__get_request__descriptor },
	{ "List", A | O | R, call_list, &cosi__resource__list_request__descriptor },
	{ "Update", A | O | R, call_write, NULL },
	{ "Watch", A | O | R, call_watch, &cosi__resource__watch_request__descriptor },
	{ NULL, 0, NULL, NULL },
};

static const struct service_method inspect_service_methods[] = {
	{ "ControllerRuntimeDependencies", A | O | R, NULL, NULL },
	{ NULL, 0, NULL, NULL },
};

static const struct service_method debug_service_methods[] = {
	{ "ContainerRun", A, NULL, NULL },
	{ NULL, 0, NULL, NULL },
};

static const struct service_method image_service_methods[] = {
	{ "Import", A, NULL, NULL },
	{ "List", A | O | R, call_image_list, &machine__image_service_list_request__descriptor },
	{ "Pull", A | O, call_image_pull, &machine__image_service_pull_request__descriptor },
	{ "Remove", A, call_image_remove, &machine__image_service_remove_request__descriptor },
	{ "Verify", A | O | R | V, NULL, NULL },
	{ NULL, 0, NULL, NULL },
};

static const struct service_method lifecycle_service_methods[] = {
	{ "Install", A, call_lifecycle_install,
	  &machine__lifecycle_service_install_request__descriptor },
	{ "Upgrade", A, call_lifecycle_upgrade,
	  &machine__lifecycle_service_upgrade_request__descriptor },
	{ NULL, 0, NULL, NULL },
};

static const struct service_method machine_service_methods[] = {
	{ "ApplyConfiguration", A | R, call_apply,
	  &machine__apply_configuration_request__descriptor },
	{ "Bootstrap", A, call_bootstrap, &machine__bootstrap_request__descriptor },
	{ "CPUFreqStats", A | O | R, NULL, NULL },
	{ "CPUInfo", A | O | R, NULL, NULL },
	{ "Containers", A | O | R, call_containers, &machine__containers_request__descriptor },
	{ "Copy", A, NULL, NULL },
	{ "DiskStats", A | O | R, NULL, NULL },
	{ "DiskUsage", A | O | R, NULL, NULL },
	{ "Dmesg", A | O | R, call_dmesg, &machine__dmesg_request__descriptor },
	{ "EtcdAlarmDisarm", A | O, call_etcd_disarm, NULL },
	{ "EtcdAlarmList", A | O | R | B, call_etcd_alarms, NULL },
	{ "EtcdDefragment", A | O, call_etcd_defragment, NULL },
	{ "EtcdDowngradeCancel", A, NULL, NULL },
	{ "EtcdDowngradeEnable", A, NULL, NULL },
	{ "EtcdDowngradeValidate", A, NULL, NULL },
	{ "EtcdForfeitLeadership", A, call_etcd_forfeit, NULL },
	{ "EtcdLeaveCluster", A, call_etcd_leave, NULL },
	{ "EtcdMemberList", A | O | R | B, call_etcd_members,
	  &machine__etcd_member_list_request__descriptor },
	{ "EtcdRecover", A, call_etcd_recover, &common__data__descriptor },
	{ "EtcdRemoveMemberByID", A, call_etcd_remove,
	  &machine__etcd_remove_member_by_idrequest__descriptor },
	{ "EtcdSnapshot", A | O | B, call_etcd_snapshot, NULL },
	{ "EtcdStatus", A | O | R | B, call_etcd_status, NULL },
	{ "Events", A | O | R, call_events, &machine__events_request__descriptor },
	{ "GenerateClientConfiguration", A, NULL, NULL },
	{ "Hostname", A | O | R, call_hostname, NULL },
	{ "ImageList", A | O | R, call_image_list_old, &machine__image_list_request__descriptor },
	{ "ImagePull", A | O, call_image_pull_old, &machine__image_pull_request__descriptor },
	{ "Kubeconfig", A, call_kubeconfig, NULL },
	{ "List", A | O | R, NULL, NULL },
	{ "LoadAvg", A | O | R, call_load, NULL },
	{ "Logs", A | O | R, call_logs, &machine__logs_request__descriptor },
	{ "LogsContainers", A | O | R, call_logs_list, NULL },
	{ "Memory", A | O | R, call_memory, NULL },
	{ "MetaDelete", A | M, NULL, NULL },
	{ "MetaWrite", A | M, NULL, NULL },
	{ "Mounts", A | O | R, NULL, NULL },
	{ "Netstat", A | O | R, NULL, NULL },
	{ "NetworkDeviceStats", A | O | R, NULL, NULL },
	{ "PacketCapture", A | O, NULL, NULL },
	{ "Processes", A | O | R, NULL, NULL },
	{ "Read", A, call_read, &machine__read_request__descriptor },
	{ "Reboot", A | O, call_reboot, &machine__reboot_request__descriptor },
	{ "Reset", A, call_reset, &machine__reset_request__descriptor },
	{ "Restart", A | O, NULL, NULL },
	{ "Rollback", A, call_rollback, NULL },
	{ "ServiceList", A | O | R, call_services, NULL },
	{ "ServiceRestart", A | O, call_service_restart,
	  &machine__service_restart_request__descriptor },
	{ "ServiceStart", A | O, call_service_start, &machine__service_start_request__descriptor },
	{ "ServiceStop", A | O, call_service_stop, &machine__service_stop_request__descriptor },
	{ "Shutdown", A | O, call_shutdown, &machine__shutdown_request__descriptor },
	{ "Stats", A | O | R, call_stats, &machine__stats_request__descriptor },
	{ "SystemStat", A | O | R, NULL, NULL },
	{ "Upgrade", A, call_upgrade, &machine__upgrade_request__descriptor },
	{ "Version", A | O | R, call_version, NULL },
	{ NULL, 0, NULL, NULL },
};

static const struct service_method storage_service_methods[] = {
	{ "BlockDeviceWipe", A | R, NULL, NULL },
	{ "Disks", A | O | R, call_disks, NULL },
	{ NULL, 0, NULL, NULL },
};

static const struct service_method time_service_methods[] = {
	{ "Time", A | O | R, NULL, NULL },
	{ "TimeCheck", A | O | R, NULL, NULL },
	{ NULL, 0, NULL, NULL },
};

const struct service_row service_rows[] = {
	{ "cluster.ClusterService", cluster_service_methods, true, 0 },
	{ "cosi.resource.State", state_methods, false, 0 },
	{ "inspect.InspectService", inspect_service_methods, true, 0 },
	{ "machine.DebugService", debug_service_methods, false, 13 },
	{ "machine.ImageService", image_service_methods, false, 13 },
	{ "machine.LifecycleService", lifecycle_service_methods, false, 13 },
	{ "machine.MachineService", machine_service_methods, true, 0 },
	{ "storage.StorageService", storage_service_methods, true, 0 },
	{ "time.TimeService", time_service_methods, true, 0 },
	{ NULL, NULL, false, 0 },
};

const struct service_row *service_find(const char *path)
{
	for (const struct service_row *row = service_rows; row->name; row++) {
		size_t len = strlen(row->name);

		if (path[0] == '/' && !strncmp(path + 1, row->name, len) && path[len + 1] == '/')
			return row;
	}
	return NULL;
}

const struct service_method *service_method_find(const struct service_row *row, const char *name)
{
	for (const struct service_method *method = row->methods; method->name; method++) {
		if (!strcmp(method->name, name))
			return method;
	}
	return NULL;
}
