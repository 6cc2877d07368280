//! Workloads scaled to zero although somebody still sends to them.

use std::collections::BTreeMap;

use crate::backends::User;
use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::pod::Pod;
use crate::model::service::Service;
use crate::model::{Kind, ObjectRef, Resource};
use crate::pod_trouble::shown;
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "workload-scaled-to-zero",
    title: "A workload is scaled to zero although something still sends to it",
    explain: "Looks for workloads that want no pods while a Route, a load balancer or part of the API sends to their Service, \
              which therefore has no endpoint, or while a workload that fails names that Service. Scaling down is done on purpose, so it is a warning, critical only where the \
              API itself is behind it; what nobody seems to need is not mentioned. Whoever scaled it is named in \
              managedFields.",
    layer: Layer::Workload,
    needs: &[Kind::Service, Kind::EndpointSlice],
    uses: &[Kind::Deployment, Kind::StatefulSet, Kind::Route, Kind::APIService],
    reference: "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#scaling-a-deployment",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    let mut asleep: BTreeMap<ObjectRef, (String, Severity, Vec<&Service>)> = BTreeMap::new();
    for service in view.unserved().iter().filter(|service| service.selector.is_some()) {
        let workloads = view.workloads_behind(service);
        if !view.are_scaled_to_zero(&workloads) || !view.held(service.meta.created, thresholds::SERVICE_HOLD) {
            continue;
        }
        let Some((who, severity)) = user(view, service) else { continue };
        for workload in workloads {
            asleep.entry(workload).or_insert_with(|| (who.clone(), severity, Vec::new())).2.push(service);
        }
    }
    let found = asleep.into_iter();
    out.extend(found.map(|(workload, (who, severity, services))| finding(view, workload, &who, severity, &services)));
}

/// Who still sends to it, and how bad that is.
fn user(view: &View, service: &Service) -> Option<(String, Severity)> {
    let outside = view.user_of(service).map(|user| {
        let severity = if user == User::Api { Severity::Critical } else { Severity::Warning };
        (format!("{} still sends to it", user.as_str()), severity)
    });
    outside.or_else(|| {
        let names_it = |pod: &Pod| {
            let mut meant = pod.template.names().filter_map(|host| view.service_meant(pod, host));
            meant.any(|meant| std::ptr::eq(meant, service))
        };
        let mut callers = view.failing_callers();
        let (caller, _) = callers.find(|(_, pods)| pods.first().is_some_and(|pod| names_it(pod)))?;
        Some((format!("{} {}, which fails, names it", caller.kind, shown(&caller.name)), Severity::Warning))
    })
}

fn finding(view: &View, workload: ObjectRef, who: &str, severity: Severity, services: &[&Service]) -> Finding {
    let (cli, namespace) = (view.cli(), workload.namespace.clone());
    let named = format!("{} {}", workload.kind.to_ascii_lowercase(), shown(&workload.name));
    Finding::new(&CHECK, severity, workload, format!("scaled to zero, and {who}"))
        .fact("spec.replicas", 0)
        .affects(services.iter().map(|service| service.reference()))
        .look(format!("{cli} get {named} -n {namespace} -o yaml --show-managed-fields"), "shows who set spec.replicas, and when")
        .change(
            format!("{cli} scale {named} -n {namespace} --replicas=1"),
            "brings it back",
            "it was scaled down on purpose; find out why first",
        )
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const ASLEEP: &str = "
        kind: Namespace
        metadata: {name: shop}
        ---
        kind: Deployment
        metadata: {name: web, namespace: shop}
        spec: {replicas: 0, template: {metadata: {labels: {app: web}}}}
        ---
        kind: Service
        metadata: {name: web, namespace: shop, creationTimestamp: @9d}
        spec: {selector: {app: web}, ports: [{port: 80}]}
        ---
        kind: EndpointSlice
        metadata: {name: web-1, namespace: shop, labels: {kubernetes.io/service-name: web}}
        ---
        kind: Route
        metadata: {name: web, namespace: shop}
        spec: {to: {kind: Service, name: web}}";

    #[test]
    fn a_route_that_leads_to_nothing_names_the_workload() {
        fires(&CHECK, ASLEEP, &["warning Deployment shop/web: scaled to zero, and a Route still sends to it"]);
    }

    #[test]
    fn one_that_fails_and_names_it_is_a_user_too() {
        let caller = "
        ---
        kind: Pod
        metadata: {name: api-1, namespace: shop, ownerReferences: [{kind: StatefulSet, name: api, controller: true}]}
        spec: {nodeName: w1, containers: [{name: app, env: [{name: WEB_URL, value: 'http://web'}]}]}
        status:
          phase: Running
          conditions: [{type: Ready, status: 'False', lastTransitionTime: @40m}]
          containerStatuses: [{name: app, restartCount: 9, state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {reason: Error, exitCode: 1, finishedAt: @3m}}}]";
        let alone = ASLEEP.replace("spec: {to: {kind: Service, name: web}}", "spec: {to: {kind: Service, name: other}}");
        fires(&CHECK, &(alone + caller), &["warning Deployment shop/web: scaled to zero, and StatefulSet api, which fails, names it"]);
    }

    #[test]
    fn nobody_sending_and_running_workloads_are_silent() {
        silent(&CHECK, &ASLEEP.replace("spec: {to: {kind: Service, name: web}}", "spec: {to: {kind: Service, name: other}}"));
        silent(&CHECK, &ASLEEP.replace("replicas: 0", "replicas: 1"));
    }
}
