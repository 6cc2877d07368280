//! Kubelets that wait for their certificates.

use std::collections::BTreeMap;

use crate::ordered::Ordered;
use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity, listed};
use crate::model::certificate_signing_request::CertificateSigningRequest;
use crate::model::{Kind, ObjectRef, Resource};
use crate::name::Name;
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "certificate-request-pending",
    title: "Certificate requests of kubelets wait for approval",
    explain: "Looks at certificate requests for the kubelet signers that nobody has approved or denied for ten minutes. With \
              its client certificate a kubelet joins the cluster and stays in it; without a serving certificate logs, exec \
              and metrics of its pods fail. OpenShift approves requests of machines it knows by itself; they wait when its \
              approver is down, when a machine was added by hand, or when a node's addresses do not match its machine. \
              Kubelets ask again every few minutes, so requests pile up. One finding a signer; critical when more than \
              ten wait and a node is not ready.",
    layer: Layer::ControlPlane,
    needs: &[Kind::CertificateSigningRequest],
    uses: &[Kind::Node, Kind::Deployment],
    reference: "https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    let mut waiting: BTreeMap<&Name, Vec<&CertificateSigningRequest>> = BTreeMap::new();
    for request in view.cluster.certificate_signing_requests.iter() {
        if request.is_pending() && request.is_for_kubelet() {
            waiting.entry(&request.signer).or_default().push(request);
        }
    }
    for (signer, mut requests) in waiting {
        requests.put_in_order_by_key(|request| request.meta.created);
        let has_lasted = |request: &&CertificateSigningRequest| view.held(request.meta.created, thresholds::CERTIFICATE_HOLD);
        if requests.iter().any(has_lasted) {
            out.push(finding(view, signer, &requests));
        }
    }
}

fn finding(view: &View, signer: &Name, requests: &[&CertificateSigningRequest]) -> Finding {
    let nodes_down = view.cluster.nodes.iter().any(|node| !node.is_ready());
    let lost = requests.len() > thresholds::MANY_CERTIFICATE_REQUESTS && nodes_down;
    let severity = if lost { Severity::Critical } else { Severity::Warning };
    let title = match requests.len() {
        1 => "one certificate request waits for approval".to_owned(),
        count => format!("{count} certificate requests wait for approval"),
    };
    let mut users: Vec<&str> = requests.iter().map(|request| request.username.as_str()).collect();
    users.put_in_order();
    users.dedup();
    let mut finding = Finding::new(&CHECK, severity, signer_ref(signer), title)
        .since(requests.first().and_then(|request| request.meta.created), "metadata.creationTimestamp")
        .fact("spec.signerName", signer)
        .untrusted("spec.username", Some(&listed(users)))
        .affects(requests.iter().map(|request| request.reference()))
        .look(format!("{} get certificatesigningrequests", view.cli()), "shows who asks for what");
    if let Some(oldest) = requests.first() {
        let name = &oldest.meta.name;
        finding = finding
            .look(format!("{} describe certificatesigningrequest {name}", view.cli()), "shows the names and addresses asked for")
            .change(
                format!("{} certificate approve {name}", view.admin_cli()),
                "approves the oldest, once it is certain that the machine is the cluster's own",
                "whoever asked acts as that node from then on",
            );
    }
    if view.is_openshift() {
        finding = finding.depends_on(approver());
    }
    finding
}

/// Signers are not objects, but permissions name them in this way.
pub fn signer_ref(signer: &Name) -> ObjectRef {
    ObjectRef { kind: "Signer".into(), namespace: Name::empty(), name: signer.clone() }
}

/// Who approves requests on OpenShift.
fn approver() -> [ObjectRef; 2] {
    let namespace = Name::from("openshift-cluster-machine-approver");
    let name = Name::from("machine-approver");
    [ObjectRef::new(Kind::Deployment, &namespace, &name), ObjectRef::new(Kind::ClusterOperator, &Name::empty(), &name)]
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn request(name: &str, created: &str, status: &str) -> String {
        format!(
            "
            kind: CertificateSigningRequest
            metadata: {{name: {name}, creationTimestamp: {created}}}
            spec: {{signerName: kubernetes.io/kubelet-serving, username: 'system:node:w1'}}
            status: {status}
            ---"
        )
    }

    #[test]
    fn waiting_requests_are_one_finding_a_signer() {
        let requests = request("a", "@20m", "{}") + &request("b", "@5m", "{}") + &request("c", "@50m", "{}");
        let found = fires(&CHECK, &requests, &[
            "warning Signer kubernetes.io/kubelet-serving: 3 certificate requests wait for approval (since 50m)",
        ]);
        assert_eq!(found[0].next.last().unwrap().command, "kubectl certificate approve c");
    }

    #[test]
    fn many_and_a_node_that_is_not_ready_are_critical() {
        let requests: String = (0..11).map(|i| request(&format!("r{i}"), "@20m", "{}")).collect();
        let node = "
            kind: Node
            metadata: {name: w1}
            status: {conditions: [{type: Ready, status: Unknown}]}";
        fires(&CHECK, &format!("{requests}{node}"), &[
            "critical Signer kubernetes.io/kubelet-serving: 11 certificate requests wait for approval (since 20m)",
        ]);
        fires(&CHECK, &requests, &[
            "warning Signer kubernetes.io/kubelet-serving: 11 certificate requests wait for approval (since 20m)",
        ]);
    }

    #[test]
    fn decided_fresh_and_others_requests_are_silent() {
        silent(&CHECK, &request("a", "@2h", "{conditions: [{type: Approved, status: 'True'}]}"));
        silent(&CHECK, &request("a", "@2h", "{conditions: [{type: Denied, status: 'True'}]}"));
        silent(&CHECK, &request("a", "@5m", "{}"));
        silent(&CHECK, &request("a", "@2h", "{}").replace("kubernetes.io/kubelet-serving", "shop.example/signer"));
    }
}
