//! Which fault explains which symptom along which edge. A dead node explains that its pods do not answer, not that an
//! image has a wrong name.

use crate::checks::Layer;
use crate::finding::{Finding, Severity};
use crate::graph::Via;
use crate::model::{Kind, ObjectRef};
use crate::thresholds::ONSET_GRACE;

/// How an object fails, as far as it matters for what may be behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    Unschedulable,
    /// Placed, but its containers do not start.
    Starting,
    Image,
    Configuration,
    /// Runs, and crashes or does not answer.
    Running,
    Memory,
    Evicted,
    Ending,
    /// The API does not let its pods be made.
    Refused,
    /// Too few replicas, whatever the reason.
    Short,
    /// A Service, Route or Ingress with nothing behind it.
    Unserved,
    /// An autoscaler that cannot do its work, or not enough.
    Scaling,
    /// A route that its Gateway does not take.
    Rejected,
    /// An update, or a step of one, that does not end.
    Waiting,
    Storage,
    Operator,
    /// A node that went away.
    Node,
    /// A fault of its own: only what its check named may be behind it.
    Own,
}

pub(super) fn effect(finding: &Finding) -> Effect {
    match finding.check {
        "pod-unschedulable" => Effect::Unschedulable,
        "pod-creating-stuck" | "storage-attach-failed" | "storage-mount-failed" => Effect::Starting,
        "pod-image-pull" => Effect::Image,
        "pod-config-error" => Effect::Configuration,
        "pod-crash-loop" | "pod-probe-killed" | "pod-restarting" | "pod-not-ready" | "pod-init-stuck" => {
            Effect::Running
        }
        "pod-oom-killed" => Effect::Memory,
        "pod-evicted" => Effect::Evicted,
        "pod-terminating-stuck" => Effect::Ending,
        "workload-replica-failure" | "admission-pods-refused" => Effect::Refused,
        "network-service-without-endpoints"
        | "network-route-without-backend"
        | "network-http-route-without-backend"
        | "network-ingress-without-backend" => Effect::Unserved,
        "workload-deployment-short"
        | "workload-stateful-set-short"
        | "workload-daemon-set-short"
        | "workload-rollout-stuck"
        | "workload-deployment-config-short"
        | "workload-job-failed"
        | "disruption-budget-short" => Effect::Short,
        "autoscaler-no-metrics" | "autoscaler-at-maximum" => Effect::Scaling,
        "network-http-route-rejected" => Effect::Rejected,
        "machine-config-pool-stuck"
        | "machine-config-pool-degraded"
        | "machine-config-node-degraded"
        | "machine-config-node-step-failed"
        | "disruption-budget-blocks-drain"
        | "version-failing"
        | "version-unavailable"
        | "version-update-stuck" => Effect::Waiting,
        "storage-claim-pending" | "storage-claim-lost" => Effect::Storage,
        "node-not-ready" => Effect::Node,
        ALERT => of_alert(&finding.object),
        _ if finding.layer == Layer::Operator => Effect::Operator,
        _ => Effect::Own,
    }
}

/// The check whose findings are what monitoring says, rather than objects.
const ALERT: &str = "monitoring-alert-firing";

/// Alerts are symptoms of what they are about.
pub(super) fn is_alert(finding: &Finding) -> bool {
    finding.check == ALERT
}

/// How an object fails of which alerts alone tell.
fn of_alert(object: &ObjectRef) -> Effect {
    match object.known_kind() {
        Some(Kind::Node) => Effect::Node,
        Some(Kind::PersistentVolume | Kind::PersistentVolumeClaim) => Effect::Storage,
        Some(Kind::Service | Kind::Route | Kind::Ingress | Kind::APIService) => Effect::Unserved,
        Some(Kind::HorizontalPodAutoscaler) => Effect::Scaling,
        Some(Kind::ClusterVersion | Kind::MachineConfigPool) => Effect::Waiting,
        Some(Kind::ClusterOperator | Kind::ClusterServiceVersion | Kind::IngressController | Kind::Namespace) => {
            Effect::Operator
        }
        Some(
            Kind::Pod
            | Kind::Deployment
            | Kind::DeploymentConfig
            | Kind::StatefulSet
            | Kind::DaemonSet
            | Kind::ReplicaSet
            | Kind::Job
            | Kind::CronJob
            | Kind::PodDisruptionBudget,
        ) => Effect::Short,
        _ => Effect::Own,
    }
}

/// Of one object, what it shows itself comes before what monitoring says of it, and what lies further up before what
/// lies further down.
pub(super) fn comes_before(cause: &Finding, symptom: &Finding) -> bool {
    match (is_alert(cause), is_alert(symptom)) {
        (true, _) => false,
        (false, true) => true,
        (false, false) => cause.layer < symptom.layer && began_before(cause, symptom),
    }
}

/// What monitoring alone says explains what else it says. Of what objects show themselves it explains one thing: a
/// volume that is full, which no object shows, for what mounts it.
pub(super) fn speaks_of(cause: &Finding, symptom: &Finding, via: Via) -> bool {
    let full = cause.object.known_kind() == Some(Kind::PersistentVolumeClaim) && matches!(via, Via::Mounts);
    !is_alert(cause) || is_alert(symptom) || full
}

/// What is true of a fault of this effect is also true of what it was led to by an edge of this sort.
pub(super) fn leaves(effect: Effect, via: Via) -> bool {
    use Effect::{
        Configuration, Evicted, Image, Memory, Operator, Refused, Rejected, Running, Scaling, Short, Starting, Storage,
        Unserved, Waiting,
    };
    match via {
        Via::SameObject | Via::Stated | Via::About => true,
        Via::OwnedBy => matches!(effect, Short | Running | Refused | Starting),
        Via::RunsOn => {
            matches!(effect, Starting | Image | Running | Memory | Evicted | Effect::Ending | Short | Operator)
        }
        Via::Mounts => matches!(effect, Effect::Unschedulable | Starting | Running | Short),
        Via::BoundTo | Via::OfClass => effect == Storage,
        Via::Reads => matches!(effect, Configuration | Starting | Running | Short),
        Via::ActsAs => matches!(effect, Refused | Image | Configuration | Running | Short),
        Via::PullsFrom => matches!(effect, Image | Short),
        Via::Calls => matches!(effect, Running | Short),
        Via::Selects | Via::SendsTo => effect == Unserved,
        Via::AnsweredBy => true,
        Via::LimitedBy => matches!(effect, Refused | Short),
        Via::Manages | Via::BuiltOn | Via::Holds => effect == Operator,
        Via::InZone | Via::PartOf => false,
        Via::ProvidedBy => effect == Effect::Node,
        Via::Scales | Via::MeasuresBy => effect == Scaling,
        Via::DrivenBy => matches!(effect, Storage | Starting),
        Via::AttachedTo => effect == Rejected,
        Via::Guards => matches!(effect, Short | Waiting),
        Via::WaitsFor => effect == Waiting,
    }
}

/// Whether what is true of the fault may go on along such an edge after the first step. A driver is to blame for volumes
/// that are not there, not for what programs do with those that are.
pub(super) fn passes(effect: Effect, via: Via) -> bool {
    via != Via::DrivenBy || matches!(effect, Effect::Storage | Effect::Starting)
}

/// Whether this fault, at the end of such an edge, does harm along it: a cordoned node does not harm its pods.
pub(super) fn harms(cause: &Finding, via: Via) -> bool {
    match via {
        Via::RunsOn => {
            let harmless = [
                "gpu-not-allocatable",
                "node-control-plane-short",
                "node-control-plane-taint-missing",
                "node-cordoned",
                "node-loss-without-room",
                "node-pods-full",
                "node-tainted",
                "node-unknown-to-provider",
                "node-version-differs",
                "pod-terminating-stuck",
            ];
            cause.layer <= Layer::Network
                && !cause.check.starts_with("machine-config-")
                && !harmless.contains(&cause.check)
        }
        Via::Calls | Via::SendsTo | Via::AnsweredBy => cause.check != "network-load-balancer-pending",
        Via::Selects | Via::Manages | Via::Holds | Via::Guards | Via::DrivenBy => {
            cause.layer <= Layer::Workload
                && !cause.check.starts_with("disruption-budget-")
                && cause.check != "workload-cron-job-missed"
        }
        Via::OwnedBy => cause.layer <= Layer::Workload,
        _ => true,
    }
}

/// Something that is not at least a warning explains nothing.
pub(super) fn is_fault(finding: &Finding) -> bool {
    finding.severity >= Severity::Warning
}

/// The cause began before its symptom, give or take; with what is overdue it may have begun later.
pub(super) fn began_before(cause: &Finding, symptom: &Finding) -> bool {
    if symptom.overdue {
        return true;
    }
    match (&cause.since, &symptom.since) {
        (Some(cause), Some(symptom)) => cause.at <= symptom.at.plus(ONSET_GRACE),
        _ => true,
    }
}
