/*
 * The rows of all commands, one cmd_*.c each (or a group each). Their order for people is in
 * commands.c.
 */
#pragma once

#include "cli/command.h"

extern const struct command command_init;
extern const struct command command_import_talhelper;
extern const struct command command_secrets_new;
extern const struct command command_secrets_import;
extern const struct command command_secrets_show;
extern const struct command command_secrets_encrypt;
extern const struct command command_secrets_decrypt;
extern const struct command command_secrets_rotate;
extern const struct command command_check;
extern const struct command command_render;
extern const struct command command_explain;
extern const struct command command_migrate;
extern const struct command command_up;
extern const struct command command_diff;
extern const struct command command_apply;
extern const struct command command_rollback;
extern const struct command command_reset;
extern const struct command command_bootstrap;
extern const struct command command_etcd_members;
extern const struct command command_etcd_status;
extern const struct command command_etcd_snapshot;
extern const struct command command_etcd_restore;
extern const struct command command_etcd_defrag;
extern const struct command command_etcd_forfeit;
extern const struct command command_etcd_remove;
extern const struct command command_upgrade_talos;
extern const struct command command_upgrade_k8s;
extern const struct command command_plan;
extern const struct command command_rehearse;
extern const struct command command_run;
extern const struct command command_upgrade;
extern const struct command command_status;
extern const struct command command_health;
extern const struct command command_kubeconfig;
extern const struct command command_talosconfig;
extern const struct command command_runs;
extern const struct command command_resume;
extern const struct command command_cilium_render;
extern const struct command command_cilium_apply;
extern const struct command command_cilium_status;
extern const struct command command_bgp_render;
extern const struct command command_bgp_push;
extern const struct command command_bgp_status;
extern const struct command command_sim_serve;
extern const struct command command_schematic_id;
extern const struct command command_schematic_url;
extern const struct command command_gen_secrets;
extern const struct command command_gen_config;
extern const struct command command_machineconfig_patch;
extern const struct command command_validate;
extern const struct command command_schema;
extern const struct command command_completion;
extern const struct command command_version;
