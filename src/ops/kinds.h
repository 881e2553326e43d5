/*
 * The step kinds of src/ops, one per verb; each is described at its row in kinds.c.
 */
#pragma once

#include "flow/step.h"

#include <stddef.h>

extern const struct step_kind kind_write_configs; /* clusterconfig/ of the workspace */
extern const struct step_kind kind_reach;	  /* gate: a silent node answers */
extern const struct step_kind kind_apply_config;  /* to a bare node: it installs itself */
extern const struct step_kind kind_boot;	  /* gate: an installed node answers as ours */
extern const struct step_kind kind_bootstrap;	  /* etcd, once in a cluster's life */
extern const struct step_kind kind_etcd;	  /* gate: every control plane joined */
extern const struct step_kind kind_etcd_well;	  /* gate: etcd is well (ops/etcd_gate.h) */
extern const struct step_kind kind_etcd_snapshot; /* into a file, verified */
extern const struct step_kind kind_etcd_leave;	  /* a member, by itself or by another */
extern const struct step_kind kind_etcd_remove;	  /* a member, by another */
extern const struct step_kind kind_etcd_defrag;	  /* of one member, which blocks it */
extern const struct step_kind kind_reset;	  /* wiped and rebooted */
extern const struct step_kind kind_bare;	  /* gate: it answers in maintenance mode */
extern const struct step_kind kind_forget;	  /* its Node in Kubernetes */
extern const struct step_kind kind_kubeconfig;	  /* fetched and written */
extern const struct step_kind kind_ready;	  /* gate: stage running, services healthy */
extern const struct step_kind kind_vip;		  /* gate: some node has the virtual IP */
extern const struct step_kind kind_drain;	  /* cordons too; ops/step_node.h adds it */
extern const struct step_kind kind_uncordon;	  /* of our cordon; a clean-up */
extern const struct step_kind kind_uncordon_left; /* the same, of an earlier run's */
/* With another boot as proof; `boot`: the one that it was planned in, `mode`: powercycle. */
extern const struct step_kind kind_reboot;
extern const struct step_kind kind_back;	      /* gate: as ready; tells a `version` */
extern const struct step_kind kind_pull_image;	      /* `image`, kept for the node itself */
extern const struct step_kind kind_upgrade;	      /* all in one call, reboot too; any release */
extern const struct step_kind kind_lifecycle_upgrade; /* writes only; from 1.13 on */
extern const struct step_kind kind_boot_image;	      /* reboots into what was written */
extern const struct step_kind kind_verify_version;    /* gate: `version`, `schematic` run */
extern const struct step_kind kind_forfeit;	      /* the leadership of etcd */
extern const struct step_kind kind_held;	      /* gate: tells its `notes` */
extern const struct step_kind kind_rollback;	      /* to the system before; ops/rollback.c */
extern const struct step_kind kind_kubernetes;	      /* gate: the Kubernetes API answers */
extern const struct step_kind kind_cilium_install;    /* by helm or by a Job, also to upgrade */
extern const struct step_kind kind_cilium_ready;      /* gate: on every node, with its resources */
extern const struct step_kind kind_cilium_resources;  /* pools, sessions, passwords */
extern const struct step_kind kind_router_push;	      /* its configuration, or the previous one */
extern const struct step_kind kind_cilium_announce;   /* gate: sessions established, no complaint */

/* Upgrades of Kubernetes. */
extern const struct step_kind kind_kube_versions;  /* gate: every version fits a hop */
extern const struct step_kind kind_removed_apis;   /* gate: nobody uses what the hop removes */
extern const struct step_kind kind_kube_pull;	   /* the images, before anything restarts */
extern const struct step_kind kind_kube_component; /* one of one node, without a reboot */
/* Of the bootstrap manifests that a control plane has rendered; `proxy`: the image that they have
 * to name by then. */
extern const struct step_kind kind_kube_manifests; /* applied where they differ */
extern const struct step_kind kind_kube_rollout;   /* gate: the pods of their workloads are new */
extern const struct step_kind kind_kube_prune;	   /* what they no longer name; the inventory */

/* Hooks of cluster.yaml; ops/hooks.h adds them. */
extern const struct step_kind kind_hook;
extern const struct step_kind kind_hook_after; /* a clean-up */
/* Hooks of a TalosUpgrade: Jobs in Kubernetes; ops/hook_job.h adds them. */
extern const struct step_kind kind_hook_job;
extern const struct step_kind kind_hook_job_after; /* a clean-up; its failure is only told */

/* Health: all of them gates. */
extern const struct step_kind kind_memory;	      /* of a node */
extern const struct step_kind kind_disk_size;	      /* of a node */
extern const struct step_kind kind_diagnostics;	      /* a node complains of nothing */
extern const struct step_kind kind_etcd_members;      /* all tell the same */
extern const struct step_kind kind_kube_api;	      /* it is ready */
extern const struct step_kind kind_nodes_report;      /* one Node for each node */
extern const struct step_kind kind_nodes_ready;	      /* all Nodes are Ready */
extern const struct step_kind kind_nodes_schedulable; /* no Node is cordoned */
extern const struct step_kind kind_control_pods;      /* of the control planes */
extern const struct step_kind kind_kube_proxy;	      /* where there is one */
extern const struct step_kind kind_coredns;	      /* where there is one */
extern const struct step_kind kind_cel_check;	      /* expressions hold for objects */
extern const struct step_kind kind_window;	      /* a maintenance window is open long enough */
/* Of nodes that have a config; ops/step_config.c says which arguments there are. */
extern const struct step_kind kind_send_config; /* another one */
extern const struct step_kind kind_runs_config; /* gate: it runs on what it was sent */
extern const struct step_kind kind_keep_config; /* as last-known-good, in the workspace */

/* All of them, for plan_read(). */
extern const struct step_kind *const ops_kinds[];
extern const size_t ops_kind_count;
