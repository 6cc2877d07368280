//! The checks: pure functions from a cluster to findings, one file each, all named in [`ALL`].

use crate::finding::Finding;
use crate::model::Kind;
use crate::view::View;

/// One thing an experienced operator looks at.
pub struct Check {
    /// `<area>-<file name>`, kebab-case.
    pub id: &'static str,
    /// What the finding says in general, in a few words.
    pub title: &'static str,
    /// What is looked at, why it matters, what usually causes it and what does not count.
    pub explain: &'static str,
    pub layer: Layer,
    /// Kinds without which the check cannot say anything.
    pub needs: &'static [Kind],
    /// Kinds that add evidence where they were seen.
    pub uses: &'static [Kind],
    /// Where the matter is documented.
    pub reference: &'static str,
    pub run: fn(&View, &mut Vec<Finding>),
}

/// Where in the cluster a check looks. Trouble spreads downwards in this list, so of two findings that are equally bad
/// the one further up comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layer {
    Node,
    ControlPlane,
    Network,
    Storage,
    Admission,
    Pod,
    Workload,
    Service,
    Operator,
    Version,
}

/// Declares the modules of an area's folder and lists their checks; a test compares both with the files.
macro_rules! checks {
    ($($area:ident: [$($file:ident),* $(,)?]),* $(,)?) => {
        $(pub mod $area { $(pub mod $file;)* })*

        /// Every check, by area.
        pub const ALL: &[&Check] = &[$($(&$area::$file::CHECK,)*)*];
    };
}

checks! {
    admission: [account_forbidden, limit_range, pod_security, pods_refused],
    api: [conversion_webhook_down, definition_not_established, flow_schema_dangling, login_unavailable, removed_version_in_use, service_unavailable, webhook_failing, webhook_without_backend],
    autoscaler: [at_maximum, no_metrics, target_missing],
    certificate: [bundle_expiring, not_issued, request_pending, request_refused],
    control_plane: [leader_missing, pods_not_ready, revision_stuck, unmanaged],
    disruption_budget: [bad_selector, blocks_drain, never_allows, short],
    etcd: [alarm, database_large, member_down, members_degraded, no_answer],
    event: [warning_storm],
    gpu: [discovery_missing, not_allocatable, pods_waiting, policy_not_ready],
    machine: [autoscaler_at_limit, bare_metal_host, control_plane_set, failed, not_running, replacement_stopped, set_short],
    machine_config: [certificate_expiring, node_degraded, node_step_failed, node_without_pool, pool_degraded, pool_paused, pool_stuck],
    monitoring: [alert_firing, receivers_missing, silence_hides_critical, silence_lasting, unavailable, watchdog_missing],
    namespace: [terminating],
    network: [dns_degraded, dns_missing_on_node, egress_ip_unassigned, gateway_not_programmed, host_ports_taken, http_route_rejected, http_route_without_backend, ingress_class_missing, ingress_controller_degraded, ingress_without_backend, load_balancer_pending, migration_running, path_unreachable, plugin_missing_on_node, policy_blocks_dependency, policy_blocks_entrance, proxy_not_accepted, route_rejected, route_without_backend, router_short, service_port_mismatch, service_without_endpoints, subnets_exhausted],
    node: [control_plane_short, control_plane_taint_missing, cordoned, flapping, lease_stale, loss_without_room, network_unavailable, not_ready, pods_full, pressure, role_full, sandbox_failing, tainted, unknown_to_provider, version_differs, version_skew],
    olm: [approval_pending, catalog_not_serving, catalog_unready, csv_failed, extension_failed, install_plan_failed, operator_group_wrong, operator_holds_upgrade, subscription_failed],
    operator: [degraded, flapping, no_status, not_upgradeable, progressing, unavailable, version_skew],
    pod: [config_error, config_map_missing, crash_loop, creating_stuck, evicted, image_pull, init_stuck, not_ready, oom_killed, probe_killed, restarting, scratch_space_exceeded, service_port_unknown, service_unknown, terminating_stuck, unschedulable, unscheduled],
    quota: [cluster_exhausted, exhausted],
    registry: [import_failed, pruner_failed, pulls_failing, unavailable],
    serving: [model_not_fetched, model_not_loaded, not_ready, platform_not_ready, runtime_missing],
    storage: [attach_failed, attachment_failed, ceph_unhealthy, claim_lost, claim_pending, default_class, driver_degraded, driver_missing_on_node, mount_failed, resize_stuck, snapshot_failed, storage_cluster_unready, volume_failed, volume_node_missing],
    version: [end_of_life, failing, not_upgradeable, operator_down, overrides, release_not_accepted, unavailable, update_risk, update_stuck, updates_not_retrieved],
    virtualization: [machine_failed, operator_degraded],
    workload: [build_failed, cron_job_missed, daemon_set_short, deployment_config_short, deployment_short, job_failed, not_spread, priority_class_missing, replica_failure, rollout_stuck, runtime_class_missing, scaled_to_zero, service_account_missing, stateful_set_short],
}

pub fn by_id(id: &str) -> Option<&'static Check> {
    ALL.iter().copied().find(|check| check.id == id)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;

    use super::*;

    const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/checks");

    /// Every file below `checks/` as (id, text).
    fn files() -> Vec<(String, String)> {
        let mut files = Vec::new();
        for area in fs::read_dir(FOLDER).unwrap() {
            let area = area.unwrap();
            for file in fs::read_dir(area.path()).unwrap() {
                let file = file.unwrap().path();
                let id =
                    format!("{}-{}", area.file_name().to_string_lossy(), file.file_stem().unwrap().to_string_lossy());
                files.push((id.replace('_', "-"), fs::read_to_string(file).unwrap()));
            }
        }
        files
    }

    #[test]
    fn every_file_is_registered_under_its_own_name() {
        let on_disk: BTreeSet<_> = files().into_iter().map(|(id, _)| id).collect();
        let registered: BTreeSet<_> = ALL.iter().map(|check| check.id.to_owned()).collect();
        assert_eq!(on_disk, registered);
        assert_eq!(ALL.len(), registered.len(), "an id is used twice");
    }

    #[test]
    fn every_check_shows_when_it_speaks_and_when_it_is_silent() {
        for (id, text) in files() {
            assert!(text.contains("fires("), "{id} has no scenario that fires it");
            assert!(text.contains("silent("), "{id} has no scenario that must not fire it");
        }
    }

    #[test]
    fn every_check_explains_itself() {
        for check in ALL {
            assert!(!check.needs.is_empty(), "{}", check.id);
            assert!(check.title.len() > 10 && check.title.len() < 80, "{}: {}", check.id, check.title);
            assert!(check.explain.len() > 120, "{}: explain says too little", check.id);
            assert!(check.reference.starts_with("https://"), "{}: {}", check.id, check.reference);
        }
    }
}
