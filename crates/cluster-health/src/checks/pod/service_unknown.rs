//! Services that troubled workloads are told to talk to and that do not exist.

use std::collections::BTreeMap;

use crate::alike;
use crate::checks::{Check, Layer};
use crate::finding::{Confidence, Finding, Severity};
use crate::model::pod::Pod;
use crate::model::{Kind, ObjectRef, Resource};
use crate::pod_trouble::{self, shown};
use crate::view::View;

pub const CHECK: Check = Check {
    id: "pod-service-unknown",
    title: "A troubled workload is told to talk to a Service that does not exist",
    explain: "Reads host names in the environment of workloads whose containers crash, restart or do not become ready, and looks \
              for the Service each would mean: a single word in the workload's own namespace, or name.namespace.svc. Where \
              there is none, the application cannot find what it depends on. It is an inference, since a name may also be \
              known elsewhere, so well workloads are not looked at; a name that nearly is a Service's makes a typing error \
              likely. Addresses outside the cluster are left out.",
    layer: Layer::Admission,
    needs: &[Kind::Pod, Kind::Service],
    uses: &[Kind::Namespace, Kind::Deployment, Kind::StatefulSet],
    reference: "https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    let mut wanted: BTreeMap<ObjectRef, Vec<(&ObjectRef, &Pod)>> = BTreeMap::new();
    for (workload, pods) in view.failing_callers() {
        let Some(pod) = pods.first() else { continue };
        for service in view.unknown_needs(pod) {
            wanted.entry(service).or_default().push((workload, pod));
        }
    }
    out.extend(wanted.into_iter().map(|(service, users)| finding(view, service, &users)));
}

fn finding(view: &View, service: ObjectRef, users: &[(&ObjectRef, &Pod)]) -> Finding {
    let severity = users.iter().map(|(workload, _)| pod_trouble::severity(view, workload)).max().unwrap_or(Severity::Warning);
    let services = view.cluster.services.in_namespace(&service.namespace);
    let near = alike::nearest(&service.name, services.map(|it| it.meta().name.as_str())).map(shown);
    let who = match users {
        [(workload, _)] => format!("{} {} is", workload.kind, shown(&workload.name)),
        several => format!("{} troubled workloads are", several.len()),
    };
    let namespace = service.namespace.clone();
    let (since, field) = pod_trouble::first_unready(users.iter().map(|(_, pod)| *pod));
    let finding = Finding::new(&CHECK, severity, service, format!("does not exist, but {who} told to talk to it"))
        .since(since, field)
        .confidence(if near.is_some() { Confidence::Likely } else { Confidence::Possible })
        .fact("spec.containers[*].env (inferred)", "names it")
        .affects(users.iter().map(|(workload, _)| (*workload).clone()))
        .look(format!("{} get services -n {namespace}", view.cli()), "lists the Services there are");
    match near {
        Some(near) => finding.fact("closest name there is", near),
        None => finding,
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const SCENE: &str = "
        kind: Namespace
        metadata: {name: shop}
        ---
        kind: Service
        metadata: {name: orders-db, namespace: shop}
        ---
        kind: Pod
        metadata: {name: web-1, namespace: shop, ownerReferences: [{kind: StatefulSet, name: web, controller: true}]}
        spec: {nodeName: w1, containers: [{name: app, env: [{name: DB_HOST, value: orders-bd}, {name: API_URL, value: 'https://api.example.com'}]}]}
        status:
          phase: Running
          conditions: [{type: Ready, status: 'False', lastTransitionTime: @40m}]
          containerStatuses:
          - name: app
            restartCount: 9
            state: {waiting: {reason: CrashLoopBackOff}}
            lastState: {terminated: {reason: Error, exitCode: 1, finishedAt: @3m}}
        ---
        kind: StatefulSet
        metadata: {name: web, namespace: shop}
        spec: {replicas: 2}
        status: {readyReplicas: 1}";

    #[test]
    fn a_name_that_nearly_is_a_service_is_likely_a_typing_error() {
        let found = fires(&CHECK, SCENE, &[
            "warning Service shop/orders-bd: does not exist, but StatefulSet web is told to talk to it (since 40m)",
        ]);
        assert_eq!(found[0].confidence, crate::finding::Confidence::Likely);
        let other = fires(&CHECK, &SCENE.replace("value: orders-bd", "value: ledger.shop.svc"), &[
            "warning Service shop/ledger: does not exist, but StatefulSet web is told to talk to it (since 40m)",
        ]);
        assert_eq!(other[0].confidence, crate::finding::Confidence::Possible);
    }

    #[test]
    fn services_that_exist_other_hosts_and_well_workloads_are_silent() {
        silent(&CHECK, &SCENE.replace("orders-bd", "orders-db"));
        silent(&CHECK, &SCENE.replace("orders-bd", "db.example.com"));
        silent(&CHECK, &SCENE.replace("orders-bd", "localhost"));
        silent(&CHECK, &SCENE.replace("state: {waiting: {reason: CrashLoopBackOff}}", "state: {running: {startedAt: @2h}}").replace("'False'", "'True'"));
    }
}
