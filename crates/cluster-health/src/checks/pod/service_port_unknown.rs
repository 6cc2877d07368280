//! Ports that troubled workloads are told to talk to and that the Service does not have.

use crate::checks::{Check, Layer};
use crate::finding::{Confidence, Finding, listed};
use crate::model::pod::Pod;
use crate::model::service::Service;
use crate::model::{Kind, ObjectRef, Resource};
use crate::pod_trouble;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "pod-service-port-unknown",
    title: "A troubled workload is told to talk to a port its Service does not have",
    explain: "Reads host names with ports in the environment of workloads whose containers crash, restart or do not become \
              ready: addresses such as db:5432, and pairs such as DB_HOST and DB_PORT. Where the host is a Service of the \
              cluster without that port, connections to it time out although the Service and its pods are well. It is an \
              inference from names, so well workloads are not looked at, and neither are headless Services, whose pods are \
              reached directly on any port.",
    // What the workload was told comes before what its pods do about it.
    layer: Layer::Admission,
    needs: &[Kind::Pod, Kind::Service],
    uses: &[Kind::Deployment, Kind::StatefulSet],
    reference: "https://kubernetes.io/docs/tasks/debug/debug-application/debug-service/",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for (workload, pods) in view.failing_callers() {
        let Some(pod) = pods.first() else { continue };
        let wrong = pod.template.targets.iter().find_map(|(host, port)| {
            let service = view.service_meant(pod, host)?;
            is_wrong(service, *port).then_some((service, *port))
        });
        if let Some((service, port)) = wrong {
            out.push(finding(view, workload, pods, service, port));
        }
    }
}

fn is_wrong(service: &Service, port: u16) -> bool {
    !service.headless && !service.ports.is_empty() && !service.ports.iter().any(|there| there.number == port)
}

fn finding(view: &View, workload: &ObjectRef, pods: &[&Pod], service: &Service, port: u16) -> Finding {
    let (namespace, name) = (&service.meta.namespace, &service.meta.name);
    let there: Vec<String> = service.ports.iter().map(|port| port.number.to_string()).collect();
    let title = format!("told to talk to port {port} of Service {name}, which has {}", listed(there.iter().map(String::as_str)));
    pod_trouble::finding(view, &CHECK, workload, pods, title)
        .confidence(Confidence::Likely)
        .fact("spec.containers[*].env (inferred)", format!("{name}:{port}"))
        .fact(format!("{} spec.ports", service.reference()), there.join(", "))
        .look(format!("{} describe service {name} -n {namespace}", view.cli()), "shows the ports it has")
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const SCENE: &str = "
        kind: Service
        metadata: {name: orders-db, namespace: shop}
        spec: {ports: [{port: 5432}]}
        ---
        kind: Pod
        metadata: {name: web-1, namespace: shop, ownerReferences: [{kind: StatefulSet, name: web, controller: true}]}
        spec: {nodeName: w1, containers: [{name: app, env: [{name: DB_HOST, value: orders-db}, {name: DB_PORT, value: '5433'}]}]}
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
    fn pairs_and_addresses_are_read() {
        let line = "warning StatefulSet shop/web: told to talk to port 5433 of Service orders-db, which has 5432 (since 40m)";
        fires(&CHECK, SCENE, &[line]);
        let address = SCENE.replace("{name: DB_HOST, value: orders-db}, {name: DB_PORT, value: '5433'}", "{name: DSN, value: 'postgres://a:b@orders-db.shop.svc:5433/x'}");
        fires(&CHECK, &address, &[line]);
    }

    #[test]
    fn right_ports_other_hosts_and_headless_services_are_silent() {
        silent(&CHECK, &SCENE.replace("'5433'", "'5432'"));
        silent(&CHECK, &SCENE.replace("value: orders-db", "value: db.example.com"));
        silent(&CHECK, &SCENE.replace("spec: {ports", "spec: {clusterIP: None, ports"));
        silent(&CHECK, &SCENE.replace("CrashLoopBackOff", "ContainerCreating"));
    }
}
