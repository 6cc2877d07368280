//! What the logs of an incident's pods give away, where the state came with logs. Evidence only.

use crate::log_signs::{Logs, Seen};
use crate::model::pod::Pod;
use crate::model::{Kind, ObjectRef, Resource};
use crate::report::Report;
use crate::view::View;

use super::super::Incident;
use super::LogEvidence;

const SHOWN: usize = 6;
/// Pods of a workload that are asked; they fail alike.
const PODS: usize = 3;

pub(super) fn evidence(view: &View, report: &Report, incident: &Incident, logs: &Logs) -> Vec<LogEvidence> {
    let mut out: Vec<LogEvidence> = Vec::new();
    if logs.is_empty() {
        return out;
    }
    for member in &incident.members {
        let object = &report.findings[member.finding].object;
        for pod in pods(view, object).into_iter().take(PODS) {
            for ((_, _, container), seen) in of_pod(logs, pod) {
                for one in seen {
                    let known = out.iter().any(|other| other.of == *object && other.sign == one.sign);
                    if !known && out.len() < SHOWN {
                        out.push(line(view, object, pod, container, one));
                    }
                }
            }
        }
    }
    out
}

fn pods<'a>(view: &View<'a>, object: &ObjectRef) -> Vec<&'a Pod> {
    let bare = (object.known_kind() == Some(Kind::Pod)).then(|| view.cluster.pods.get(&object.namespace, &object.name));
    bare.flatten().into_iter().chain(view.unsettled_of(object).iter().copied()).collect()
}

fn of_pod<'l>(
    logs: &'l Logs,
    pod: &Pod,
) -> impl Iterator<Item = (&'l (crate::name::Name, crate::name::Name, crate::name::Name), &'l Box<[Seen]>)> {
    let (namespace, name) = (pod.meta.namespace.clone(), pod.meta.name.clone());
    let first = (namespace.clone(), name.clone(), crate::name::Name::empty());
    logs.range(first..).take_while(move |((in_namespace, of_pod, _), _)| *in_namespace == namespace && *of_pod == name)
}

/// A host that is a Service of the cluster is named as one; any other stays untrusted text.
fn line(view: &View, of: &ObjectRef, pod: &Pod, container: &str, seen: &Seen) -> LogEvidence {
    let service = seen.host.as_deref().and_then(|host| crate::graph::service_named(view, &pod.meta.namespace, host));
    LogEvidence {
        of: of.clone(),
        pod: pod.reference(),
        container: crate::pod_trouble::shown(container).to_owned(),
        sign: seen.sign,
        lines: seen.lines,
        untrusted_host: seen.host.as_deref().filter(|_| service.is_none()).map(str::to_owned),
        service,
    }
}
