//! Every number a check compares with, and why it is that number.

use std::time::Duration;

const fn minutes(count: u64) -> Duration {
    Duration::from_secs(count * 60)
}

const fn hours(count: u64) -> Duration {
    Duration::from_secs(count * 3600)
}

/// Two clocks and a controller's delay: an onset this much later than its symptom may still be its cause.
pub const ONSET_GRACE: Duration = minutes(5);

/// How long after a container's end it still counts as trouble rather than history.
pub const RECENT_EXIT: Duration = hours(1);

/// Image pulls and missing configuration resolve themselves within this time or not at all.
pub const POD_START_HOLD: Duration = minutes(5);

/// Volumes attach and sandboxes start within this time on a slow cluster.
pub const POD_CREATING_HOLD: Duration = minutes(10);

/// The alerts on pods and workloads that are not ready wait this long.
pub const NOT_READY_HOLD: Duration = minutes(15);

// Storage, quotas, budgets, network and operators

/// An event this old says nothing about now; the API server drops events after an hour or a few.
pub const RECENT_EVENT: Duration = hours(1);

/// Volumes are made, attached and mounted within seconds, on slow storage within a few minutes.
pub const VOLUME_HOLD: Duration = minutes(5);

/// Used to this share, a quota refuses the next roll-out.
pub const QUOTA_TIGHT_PERCENT: i64 = 90;

/// Evictions are tried again every few seconds; a replacement elsewhere is usually ready within this time.
pub const DRAIN_HOLD: Duration = minutes(10);

/// The machine config operator itself calls a drain failed after this.
pub const DRAIN_FAILED: Duration = hours(1);

/// A new budget's pods are counted within seconds.
pub const BUDGET_SYNC_HOLD: Duration = minutes(5);

/// A single pod's restart leaves its Service without endpoints for less.
pub const SERVICE_HOLD: Duration = minutes(5);

/// Clouds make a load balancer in one to five minutes.
pub const LOAD_BALANCER_HOLD: Duration = minutes(10);

/// A roll-out replaces a node's DNS or network pod in a minute or two.
pub const NODE_NETWORK_HOLD: Duration = minutes(10);

/// This many nodes without the network plugin are not one machine's trouble.
pub const MANY_NODES_WITHOUT_NETWORK: usize = 2;

/// With no router at all every route is down; a restart takes about half a minute.
pub const ROUTER_DOWN_HOLD: Duration = minutes(2);

/// An operator's installation that failed is retried within this time.
pub const CSV_FAILED_HOLD: Duration = minutes(2);

/// The slowest installations and replacements of operators end within this time.
pub const CSV_UNSETTLED_HOLD: Duration = minutes(30);

// Pods and workloads

/// Fewer restarts than this happen while a pod waits for what it depends on.
pub const RESTARTS: u32 = 3;

/// A container whose runs are shorter than this restarts three times an hour or more.
pub const RESTART_PACE: Duration = minutes(20);

/// This many deaths for want of memory within the hour are a limit that does not fit, not a spike.
pub const MEMORY_DEATHS: usize = 3;

/// A scheduler answers within seconds, even when thousands of pods wait.
pub const SCHEDULER_HOLD: Duration = minutes(2);

/// This many pods without any answer are the scheduler's trouble rather than theirs.
pub const SCHEDULER_SILENT_PODS: usize = 5;

/// A kubelet kills what has outlived its grace within seconds; slow unmounts take minutes.
pub const TERMINATING_HOLD: Duration = minutes(10);

/// Evictions are history soon: the pods have been replaced.
pub const RECENT_EVICTION: Duration = hours(1);

/// This many pods thrown out of one node in an hour are a node that cannot carry its load.
pub const MANY_EVICTIONS: usize = 10;

/// Quotas and admission refuse at once; for this long somebody may be raising them.
pub const ADMISSION_HOLD: Duration = minutes(5);

/// A failed Job of yesterday has been noticed or was not important.
pub const RECENT_JOB_FAILURE: Duration = hours(24);

/// A CronJob's controller is late by seconds, by minutes while it is restarted.
pub const CRON_LATE: Duration = minutes(15);

/// Trouble that starts this soon after a new revision came with it.
pub const NEW_REVISION: Duration = hours(1);

/// Replicas that found themselves on one node after a restart are often moved within this time; the alert on them waits as
/// long.
pub const SPREAD_HOLD: Duration = hours(1);

// Version, operators, nodes and the control plane

/// An operator that is unavailable this long will not come back by itself; its alert waits as long.
pub const UNAVAILABLE_HOLD: Duration = minutes(10);

/// Operators try again for minutes before they give up; their alert on being degraded waits as long.
pub const DEGRADED_HOLD: Duration = minutes(30);

/// A first installation takes half an hour to three quarters; nothing is complete before it ends.
pub const INSTALL_HOLD: Duration = hours(1);

/// An update that fails this long is past what the version operator's own retries mend.
pub const FAILING_CRITICAL: Duration = minutes(30);

/// Updates of small clusters end in one to two hours.
pub const UPDATE_LONG: Duration = hours(2);

/// Half a working day: an update this old needs somebody.
pub const UPDATE_TOO_LONG: Duration = hours(6);

/// Every step of an update that moves shows up within this time, restarts of big machines included.
pub const UPDATE_STANDSTILL: Duration = hours(1);

/// Conditions about future updates settle within this time; the alerts on them wait as long.
pub const UPDATE_ADVICE_HOLD: Duration = hours(1);

/// Outside an update an operator rolls a change out within this time.
pub const OPERATOR_PROGRESS_HOLD: Duration = hours(1);

/// During an update operators wait for one another and for restarting nodes.
pub const OPERATOR_UPDATE_HOLD: Duration = minutes(90);

/// The machine config operator restarts every control-plane node, one after the other.
pub const MACHINE_CONFIG_UPDATE_HOLD: Duration = hours(3);

/// Operators report the new version within seconds of the end of an update.
pub const VERSION_SKEW_HOLD: Duration = hours(1);

/// The kubelet frees disk and memory itself within minutes, or it cannot.
pub const PRESSURE_HOLD: Duration = minutes(10);

/// The network of a new node is set up within this time.
pub const NODE_SETUP_HOLD: Duration = minutes(10);

/// Longer than a restart for repair takes; later the node has been forgotten.
pub const CORDON_HOLD: Duration = hours(1);

/// A failure, a recovery, and the next failure.
pub const OPERATOR_CHANGES: u32 = 3;

/// One refusal may come before its role was bound, and so may a second.
pub const ACCOUNT_REFUSALS: u32 = 3;

/// Nodes retry a configuration within minutes.
pub const POOL_DEGRADED_HOLD: Duration = minutes(5);

/// Draining and restarting one node takes minutes, on bare metal up to three quarters of an hour.
pub const POOL_STANDSTILL: Duration = hours(1);

/// Three control-plane nodes are through in this time.
pub const CONTROL_PLANE_POOL_HOLD: Duration = hours(2);

/// A static pod's roll-out on one node takes up to five minutes.
pub const STATIC_POD_HOLD: Duration = minutes(5);

/// A backend's roll-out leaves its API without an answer for less.
pub const API_HOLD: Duration = minutes(5);

/// Requests of known machines are approved within seconds, those of new ones within minutes.
pub const CERTIFICATE_HOLD: Duration = minutes(10);

/// More waiting requests than this and a node that is not ready: kubelets have lost their certificates.
pub const MANY_CERTIFICATE_REQUESTS: usize = 10;

/// What was refused earlier has been tried again or given up.
pub const RECENT_REFUSAL: Duration = hours(24);

/// Deleting everything in a namespace takes seconds, with stateful workloads minutes.
pub const NAMESPACE_HOLD: Duration = minutes(10);

/// Kubelets renew their lease every ten seconds and lose the node after forty; a minute is neither jitter nor delay.
pub const NODE_LEASE_LATE: Duration = minutes(1);

/// The node controller calls a node lost after less than a minute: after five it does not do its work either.
pub const NODE_LEASE_LOST: Duration = minutes(5);

/// A new leader takes over within twice the lease's duration; this much more is for a slow API.
pub const LEADER_GRACE: Duration = minutes(1);

/// Three nodes get a new static pod one after the other in a quarter of an hour, five minutes each.
pub const REVISION_HOLD: Duration = minutes(30);

/// Twice that is no slow start any more.
pub const REVISION_LONG: Duration = hours(1);

/// The etcd operator asks its members every minute; a restart of one takes less.
pub const ETCD_MEMBER_HOLD: Duration = minutes(5);

/// What OpenShift lets etcd's database grow to unless it is told otherwise, in bytes.
pub const ETCD_QUOTA: u64 = 8 << 30;

/// The alert on it begins below; from here somebody should find out what grows.
pub const ETCD_LARGE_PERCENT: u64 = 75;

/// What is left of this may be written in a day, and then nothing is.
pub const ETCD_NEARLY_FULL_PERCENT: u64 = 85;

/// More changes than down, up, and down again are no restart.
pub const NODE_CHANGES: u32 = 2;

/// The alert on flapping nodes looks back this long.
pub const NODE_CHANGES_WINDOW: Duration = minutes(15);

/// One more roll-out or drain and the node is full; the alert on it begins here.
pub const NODE_PODS_PERCENT: i64 = 95;

/// One workload's pods may be at fault themselves; two unrelated ones share the node.
pub const NODE_SANDBOX_WORKLOADS: usize = 2;

/// So full, the next roll-out or drain finds no room.
pub const ROLE_TIGHT_PERCENT: i64 = 90;

/// What is left of this is in pieces too small for most pods.
pub const ROLE_FULL_PERCENT: i64 = 95;

/// Pods that find no node are compared with every node for this many workloads; of more, the scheduler's own words do.
pub const MISFITS_EXAMINED: usize = 40;

// Machines

/// Providers answer an order within minutes, or refuse it.
pub const MACHINE_INSTANCE_HOLD: Duration = minutes(10);

/// A machine boots, is configured, restarts and joins within this time, on bare metal too.
pub const MACHINE_JOIN_HOLD: Duration = minutes(30);

/// A drain that takes longer waits for somebody.
pub const MACHINE_DELETE_HOLD: Duration = minutes(30);

// Certificates and support

/// Long enough to do something about it before it hurts; alerts on expiry begin here too.
pub const CERTIFICATE_SOON: Duration = hours(30 * 24);

/// Not much more than a long weekend.
pub const CERTIFICATE_CRITICAL: Duration = hours(7 * 24);

/// OpenShift's operators renew at this share of a certificate's life.
pub const CERTIFICATE_RENEWED_AT: f64 = 0.8;

/// Past this share of its life a certificate that should have been renewed at four fifths was not.
pub const CERTIFICATE_OVERDUE_AT: f64 = 0.9;

/// An authority answers within minutes, with a challenge over DNS within half an hour.
pub const ISSUE_HOLD: Duration = minutes(30);

/// A renewal that fails is tried again every hour; after a day it needs somebody.
pub const RENEWAL_HOLD: Duration = hours(24);

/// Two months are what planning and doing an update takes where changes need approval.
pub const SUPPORT_ENDS_SOON: Duration = hours(60 * 24);

/// Builds wait for a node and an image; longer than this they wait for something that is not there.
pub const BUILD_START_HOLD: Duration = minutes(30);

// Autoscalers, storage drivers, registries, catalogs and add-ons

/// A workload is usually made within minutes of its autoscaler.
pub const AUTOSCALER_NEW: Duration = minutes(5);

/// New pods have no metrics for a minute or two, and a peak passes; the alert on autoscalers at their maximum waits as long.
pub const AUTOSCALER_HOLD: Duration = minutes(15);

/// A restart of a storage driver's controller takes less.
pub const DRIVER_HOLD: Duration = minutes(10);

/// Operators call themselves degraded for minutes during every change.
pub const DRIVER_DEGRADED_HOLD: Duration = minutes(30);

/// Volumes grow within minutes, file systems within seconds after that.
pub const RESIZE_HOLD: Duration = minutes(30);

/// Errors of snapshots are retried; one that stays for this long is not passing.
pub const SNAPSHOT_HOLD: Duration = minutes(15);

/// Ceph warns for minutes whenever one of its nodes restarts.
pub const CEPH_WARNING_HOLD: Duration = minutes(15);

/// Where Ceph calls its disks nearly full; some percent later it refuses to write.
pub const CEPH_NEARLY_FULL_PERCENT: u64 = 85;

/// What an add-on's operator looks after settles within this time after any change.
pub const OPERAND_HOLD: Duration = minutes(30);

/// A router's restart, a new load balancer's first test and a change of DNS records take less.
pub const INGRESS_HOLD: Duration = minutes(5);

/// A node's restart leaves it without an answer for less.
pub const UNREACHABLE_HOLD: Duration = minutes(10);

/// With this share of the nodes' address ranges given away, the next batch of machines may find none.
pub const SUBNETS_TIGHT_PERCENT: u64 = 80;

/// Two workloads that wait for one registry are no coincidence.
pub const REGISTRY_WORKLOADS: usize = 2;

/// From as many namespaces on, it is the cluster's trouble and not a team's.
pub const REGISTRY_NAMESPACES: usize = 3;

/// The lifecycle manager tries again within minutes; what is still wrong then stays so.
pub const SUBSCRIPTION_HOLD: Duration = minutes(10);

/// Whoever chose manual approval has looked by then, or forgot.
pub const APPROVAL_HOLD: Duration = hours(24);

/// Catalogs are pulled and unpacked within this time.
pub const CATALOG_HOLD: Duration = minutes(15);

/// Warnings older than this say little about now.
pub const STORM_WINDOW: Duration = minutes(15);

/// More than one a minute, and then some.
pub const STORM_TIMES: u64 = 20;

/// Fewer objects have a trouble of their own rather than one in common.
pub const STORM_OBJECTS: usize = 3;

/// Drivers are built and plugins registered within this time of a node's start.
pub const GPU_HOLD: Duration = minutes(15);

/// Models of common size are fetched and loaded, and machines booted, within this time.
pub const SERVING_HOLD: Duration = minutes(10);

/// Rules are evaluated every half minute; a Prometheus that replays its log is ready for minutes before it does.
pub const WATCHDOG_HOLD: Duration = minutes(10);

/// No repair takes longer: whatever a silence is for by then, it is not what it was made for.
pub const SILENCE_LONG: Duration = hours(24 * 30);
