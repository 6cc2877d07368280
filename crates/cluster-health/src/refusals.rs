//! Pods the API refuses to create. There is no pod to look at, so this is read from the controller that was refused: a
//! Deployment or ReplicaSet says so in a condition, StatefulSets, DaemonSets and Jobs only by events.

use std::collections::BTreeMap;

use crate::decode::is_legal;
use crate::finding::Finding;
use crate::model::condition::{Condition, Conditions, Status};
use crate::model::{Kind, ObjectRef, Resource};
use crate::name::Name;
use crate::thresholds;
use crate::time::Time;
use crate::view::View;

/// Where the time of a refusal is read from.
pub const SINCE: &str = "status.conditions[ReplicaFailure].lastTransitionTime, or firstTimestamp of event FailedCreate";

/// A workload whose pods may not be created, for longer than somebody needs to raise a limit.
#[derive(Debug)]
pub struct Refusal<'a> {
    pub workload: ObjectRef,
    pub since: Option<Time>,
    /// Untrusted text, quoted by the controller from the API server.
    pub message: Option<&'a str>,
}

/// Refused workloads by namespace, in order.
pub(crate) type Refusals<'a> = BTreeMap<Name, Vec<Refusal<'a>>>;

/// Which rule refuses, as far as the API server's words tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    Quota,
    SecurityContext,
    PodSecurity,
    LimitRange,
    ServiceAccount,
    Forbidden,
    WebhookFailed,
    WebhookDenied,
}

impl Cause {
    pub fn words(self) -> &'static str {
        match self {
            Cause::Quota => "a resource quota of the namespace is used up",
            Cause::SecurityContext => "no security context constraint allows the pod",
            Cause::PodSecurity => "the namespace's pod security level does not allow the pod",
            Cause::LimitRange => "a limit range of the namespace does not allow its resources",
            Cause::ServiceAccount => "its service account does not exist",
            Cause::Forbidden => "the controller's own account may not create it",
            Cause::WebhookFailed => "an admission webhook does not answer",
            Cause::WebhookDenied => "an admission webhook denies the pod",
        }
    }

    /// Admission plugins write these messages.
    pub fn of(message: &str) -> Option<Self> {
        const SIGNS: [(&str, Cause); 11] = [
            ("exceeded quota", Cause::Quota),
            ("failed quota", Cause::Quota),
            ("security context constraint", Cause::SecurityContext),
            ("violates PodSecurity", Cause::PodSecurity),
            ("failed calling webhook", Cause::WebhookFailed),
            ("denied the request", Cause::WebhookDenied),
            ("usage per Container", Cause::LimitRange),
            ("usage per Pod", Cause::LimitRange),
            ("limit to request ratio per", Cause::LimitRange),
            ("error looking up service account", Cause::ServiceAccount),
            ("is forbidden: User ", Cause::Forbidden),
        ];
        SIGNS.iter().find(|(sign, _)| message.contains(sign)).map(|(_, cause)| *cause)
    }
}

impl Refusal<'_> {
    pub fn cause(&self) -> Option<Cause> {
        self.message.and_then(Cause::of)
    }
}

impl<'a> View<'a> {
    /// Refused workloads of every namespace that has some.
    pub fn refusals(&self) -> &Refusals<'a> {
        self.refusals.get_or_init(|| refusals(self))
    }

    pub fn refused_in(&self, namespace: &str) -> &[Refusal<'a>] {
        self.refusals().get(namespace).map_or(&[], Vec::as_slice)
    }

    /// What would explain that the API refuses a workload's pods with these words.
    pub fn causes_of_refusal(&self, namespace: &Name, message: Option<&str>) -> Vec<ObjectRef> {
        let Some(cause) = message.and_then(Cause::of) else { return Vec::new() };
        match cause {
            Cause::Quota => {
                let quotas = self.exhausted_quotas(namespace).map(Resource::reference);
                let cluster_quotas = self.cluster.cluster_resource_quotas.iter();
                let cluster_quotas = cluster_quotas.filter(|quota| {
                    quota.namespaces.contains(namespace) && quota.limits.iter().any(|limit| limit.is_reached())
                });
                quotas.chain(cluster_quotas.map(Resource::reference)).collect()
            }
            Cause::LimitRange => self.cluster.limit_ranges.in_namespace(namespace).map(Resource::reference).collect(),
            Cause::PodSecurity => vec![ObjectRef::new(Kind::Namespace, &Name::empty(), namespace)],
            Cause::WebhookFailed => {
                let called = message.and_then(webhook_service);
                called.into_iter().chain(message.and_then(|message| self.webhook_named_in(message))).collect()
            }
            Cause::SecurityContext | Cause::ServiceAccount | Cause::Forbidden | Cause::WebhookDenied => Vec::new(),
        }
    }

    /// The configuration with the webhook of `failed calling webhook "<name>"`.
    pub fn webhook_named_in(&self, message: &str) -> Option<ObjectRef> {
        let name = message.split_once("failed calling webhook \"")?.1.split_once('"')?.0;
        let mut configurations = self.webhook_configurations();
        configurations
            .find(|(_, webhooks)| webhooks.iter().any(|webhook| *webhook.name == *name))
            .map(|(config, _)| config)
    }

    /// Adds what the API's words tell, and where to look by the rule that refuses.
    pub fn explain_refusal(&self, finding: Finding, workload: &ObjectRef, message: Option<&str>) -> Finding {
        let (cli, namespace) = (self.cli(), &workload.namespace);
        let Some(cause) = message.and_then(Cause::of) else { return finding };
        let finding = finding
            .fact("likely cause, by the API's message", cause.words())
            .depends_on(self.causes_of_refusal(namespace, message));
        match cause {
            Cause::Quota | Cause::LimitRange => finding.look(
                format!("{cli} describe quota,limits -n {namespace}"),
                "shows what of the namespace's quotas is used, and its limits",
            ),
            Cause::PodSecurity => finding.look(
                format!("{cli} get namespace {namespace} --show-labels"),
                "shows the pod security level that is enforced",
            ),
            Cause::SecurityContext if self.is_openshift() => finding.look(
                format!("oc get securitycontextconstraints; oc get rolebindings -n {namespace} -o wide"),
                "shows which constraints there are, and who of the namespace may use which",
            ),
            Cause::ServiceAccount => finding
                .look(format!("{cli} get serviceaccounts -n {namespace}"), "shows which service accounts there are"),
            Cause::WebhookFailed | Cause::WebhookDenied => finding.look(
                format!("{cli} get validatingwebhookconfigurations,mutatingwebhookconfigurations"),
                "shows which webhooks there are, and the Services behind them",
            ),
            Cause::SecurityContext | Cause::Forbidden => finding,
        }
    }
}

/// The Service of `failed calling webhook … Post "https://<name>.<namespace>.svc:443/…"`.
fn webhook_service(message: &str) -> Option<ObjectRef> {
    let host = message.split_once("\"https://")?.1.split_once(".svc")?.0;
    let (name, namespace) = host.split_once('.')?;
    let is_legal = is_legal(name) && is_legal(namespace);
    is_legal.then(|| ObjectRef::new(Kind::Service, &Name::from(namespace), &Name::from(name)))
}

fn refusals<'a>(view: &View<'a>) -> Refusals<'a> {
    let cluster = view.cluster;
    let deployments = cluster.deployments.iter();
    let deployments = deployments.filter_map(|it| by_condition(it.reference(), &it.conditions));
    // A Deployment repeats what its ReplicaSet says.
    let replica_sets = cluster.replica_sets.iter().filter(|set| set.meta.owner.is_none());
    let replica_sets = replica_sets.filter_map(|it| by_condition(it.reference(), &it.conditions));
    let others = short_of_pods(view).filter_map(|workload| by_event(view, workload));
    let mut refusals = Refusals::new();
    for refusal in deployments.chain(replica_sets).chain(others) {
        if view.held(refusal.since, thresholds::ADMISSION_HOLD) {
            refusals.entry(refusal.workload.namespace.clone()).or_default().push(refusal);
        }
    }
    refusals
}

fn by_condition(workload: ObjectRef, conditions: &Conditions) -> Option<Refusal<'_>> {
    let condition: &Condition = conditions.having("ReplicaFailure", Status::True)?;
    (condition.reason == "FailedCreate").then_some(Refusal {
        workload,
        since: condition.since,
        message: condition.message.as_deref(),
    })
}

fn by_event<'a>(view: &View<'a>, workload: ObjectRef) -> Option<Refusal<'a>> {
    let event = view.events_about(&workload).iter().find(|event| {
        event.warning && event.reason == "FailedCreate" && view.within(event.last, thresholds::RECENT_EVENT)
    })?;
    Some(Refusal { since: event.first, message: event.message.as_deref(), workload })
}

/// Workloads that have no condition for it and still want more pods than they have.
fn short_of_pods<'a>(view: &View<'a>) -> impl Iterator<Item = ObjectRef> {
    let cluster = view.cluster;
    let stateful_sets = cluster.stateful_sets.iter().filter(|set| set.replicas < set.desired);
    let daemon_sets = cluster.daemon_sets.iter().filter(|set| set.current < set.desired);
    let jobs = cluster.jobs.iter();
    let jobs = jobs.filter(|job| job.active == 0 && job.completed.is_none() && !job.suspended);
    stateful_sets
        .map(Resource::reference)
        .chain(daemon_sets.map(Resource::reference))
        .chain(jobs.map(Resource::reference))
}

#[cfg(test)]
mod tests {
    use super::{Cause, webhook_service};

    #[test]
    fn the_api_s_words_are_told_apart() {
        for (message, cause) in [
            ("pods \"a\" is forbidden: exceeded quota: team", Some(Cause::Quota)),
            ("maximum memory usage per Container is 1Gi, but limit is 2Gi", Some(Cause::LimitRange)),
            ("memory max limit to request ratio per Container is 2", Some(Cause::LimitRange)),
            ("is forbidden: violates PodSecurity \"restricted:latest\"", Some(Cause::PodSecurity)),
            ("unable to validate against any security context constraint: []", Some(Cause::SecurityContext)),
            ("pods is forbidden: User \"system:serviceaccount:a:b\" cannot create", Some(Cause::Forbidden)),
            ("something else", None),
        ] {
            assert_eq!(Cause::of(message), cause, "{message}");
        }
    }

    #[test]
    fn the_service_behind_a_webhook_is_read_from_its_address() {
        let message = "failed calling webhook \"a.b\": Post \"https://guard.policy.svc:443/x?timeout=10s\": EOF";
        assert_eq!(webhook_service(message).unwrap().to_string(), "Service policy/guard");
        assert_eq!(webhook_service("Post \"https://a;rm.b.svc:443/\""), None);
        assert_eq!(webhook_service("failed calling webhook"), None);
    }
}
