//! What an object needs and what was seen to be well, with the field that says so.

use serde::Serialize;

use crate::graph::{Graph, Via, outside};
use crate::model::condition::Status;
use crate::model::persistent_volume_claim::Phase as ClaimPhase;
use crate::model::{Kind, ObjectRef, Resource};
use crate::report::Report;
use crate::thresholds;
use crate::view::View;

use super::super::Incident;

/// Something that might have been the cause, and the evidence that it is not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuledOut {
    pub what: String,
    pub evidence: String,
}

const SHOWN: usize = 8;

pub(super) fn ruled_out(view: &View, report: &Report, incident: &Incident) -> Vec<RuledOut> {
    let mut out = Vec::new();
    let faulty = |object: &ObjectRef| {
        report.findings.iter().any(|finding| finding.object == *object && super::super::rules::is_fault(finding))
    };
    for edge in Graph::new(view).needs(&incident.root).iter().filter(|edge| edge.via != Via::OwnedBy) {
        if faulty(&edge.to) {
            continue;
        }
        if let Some(evidence) = sound(view, &edge.to) {
            out.push(RuledOut { what: edge.to.to_string(), evidence });
        }
    }
    out.extend(quotas(view, incident));
    out.extend(roll_out(view, incident));
    out.extend(update(view));
    out.extend(nodes(view, incident));
    out.truncate(SHOWN);
    out
}

/// The field that says that the object is well, and its value.
fn sound(view: &View, object: &ObjectRef) -> Option<String> {
    let cluster = view.cluster;
    let ObjectRef { namespace, name, .. } = object;
    match object.known_kind() {
        Some(Kind::Node) => {
            let ready = cluster.nodes.get("", name)?.conditions.having("Ready", Status::True)?;
            let since = ready.since.map(|since| format!(" since {since}")).unwrap_or_default();
            Some(format!("status.conditions[Ready].status = True{since}"))
        }
        Some(Kind::PersistentVolumeClaim) => {
            let claim = cluster.persistent_volume_claims.get(namespace, name)?;
            (claim.phase == ClaimPhase::Bound).then(|| "status.phase = Bound".to_owned())
        }
        Some(Kind::Service) => {
            let answering = view.answering().iter().find(|it| it.service.reference() == *object)?;
            let ready: u32 = answering.slices.iter().map(|slice| slice.ready).sum();
            Some(format!("ready endpoints = {ready}"))
        }
        Some(Kind::StorageClass) => {
            let class = cluster.storage_classes.get("", name)?;
            Some(format!("it exists, provisioner = {}", class.provisioner))
        }
        Some(Kind::ClusterOperator) => {
            let operator = cluster.cluster_operators.get("", name)?;
            (!operator.is_in_trouble()).then(|| "Available = True, Degraded = False".to_owned())
        }
        Some(Kind::Deployment | Kind::StatefulSet | Kind::DaemonSet) => {
            let it = view.availability(object)?;
            (it.available >= it.desired).then(|| format!("{} of {} replicas are available", it.available, it.desired))
        }
        None if &*object.kind == outside::REGISTRY => registry(view, name),
        _ => None,
    }
}

/// Pods on that registry's images whose containers were started lately: they were handed out, or were there already.
fn registry(view: &View, host: &str) -> Option<String> {
    let recent = |pod: &&crate::model::pod::Pod| view.within(pod.started, thresholds::RECENT_EXIT) && pod.ready;
    let uses = |pod: &&crate::model::pod::Pod| {
        pod.template.containers.iter().any(|container| crate::graph::registry(&container.image) == host)
    };
    let count = view.cluster.pods.iter().filter(recent).filter(uses).count();
    (count > 0).then(|| format!("{count} pods with its images became ready within the last hour"))
}

fn quotas(view: &View, incident: &Incident) -> Option<RuledOut> {
    let namespace = &incident.root.namespace;
    let count = view.cluster.resource_quotas.in_namespace(namespace).count();
    let used_up = view.exhausted_quotas(namespace).next().is_some();
    (!namespace.is_empty() && count > 0 && !used_up).then(|| RuledOut {
        what: format!("the quotas of namespace {namespace}"),
        evidence: format!("{count} quotas, no limit of them is reached"),
    })
}

/// The newest revision of a Deployment is much older than its trouble.
fn roll_out(view: &View, incident: &Incident) -> Option<RuledOut> {
    let root = &incident.root;
    let since = incident.since?;
    if root.known_kind() != Some(Kind::Deployment) {
        return None;
    }
    let sets = view.cluster.replica_sets.in_namespace(&root.namespace);
    let own = sets.filter(|set| set.meta.owner.as_deref().is_some_and(|owner| owner.name == root.name));
    let newest = own.max_by_key(|set| set.revision)?;
    let made = newest.meta.created?;
    (made < since.minus(thresholds::NEW_REVISION)).then(|| RuledOut {
        what: "a new revision of it".to_owned(),
        evidence: format!("revision {} was made at {made}", newest.revision),
    })
}

fn update(view: &View) -> Option<RuledOut> {
    let version = view.cluster.cluster_versions.iter().next()?;
    let settled = version.conditions.having("Progressing", Status::False)?;
    let since = settled.since.map(|since| format!(" since {since}")).unwrap_or_default();
    let evidence = format!("ClusterVersion {}: Progressing = False{since}", version.meta.name);
    Some(RuledOut { what: "an update of OpenShift".to_owned(), evidence })
}

fn nodes(view: &View, incident: &Incident) -> Option<RuledOut> {
    let total = view.cluster.nodes.len();
    let ready = view.cluster.nodes.iter().filter(|node| node.is_ready()).count();
    let is_node = incident.root.known_kind() == Some(Kind::Node);
    match (is_node, total - ready) {
        (false, 0) if total > 0 => Some(RuledOut {
            what: "a node that went away".to_owned(),
            evidence: format!("all {total} nodes are ready"),
        }),
        (true, 1) if total > 1 => Some(RuledOut {
            what: "something that all nodes share".to_owned(),
            evidence: format!("{ready} of {total} nodes are ready"),
        }),
        _ => None,
    }
}
