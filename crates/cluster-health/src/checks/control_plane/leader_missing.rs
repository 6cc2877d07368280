//! Schedulers and controller managers of which no replica leads.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::heartbeats::behind;
use crate::model::lease::Lease;
use crate::model::{Kind, ObjectRef, Resource};
use crate::name::Name;
use crate::thresholds;
use crate::time;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "control-plane-leader-missing",
    title: "No replica of a control-plane component leads",
    explain: "Looks at the leases of kube-scheduler and kube-controller-manager, against the newest lease of all. Of several \
              replicas only the one that holds the lease works; when nobody has renewed it for more than twice its duration \
              and a minute, the component stands still, although its pods may look well. Without a scheduler new pods stay \
              pending and nothing says why; without a controller manager nothing that fails is replaced and nodes that go \
              are not noticed. Usual causes are expired certificates, an API that does not answer them, and crashing pods. \
              Critical.",
    layer: Layer::ControlPlane,
    needs: &[Kind::Lease],
    uses: &[],
    reference: "https://kubernetes.io/docs/concepts/architecture/leases/",
    run,
};

const COMPONENTS: [(&str, &str); 2] = [
    ("kube-scheduler", "no new pod gets a node"),
    ("kube-controller-manager", "nothing that fails is replaced"),
];
const NAMESPACES: [&str; 4] =
    ["kube-system", "openshift-kube-controller-manager", "openshift-kube-scheduler", "kube-node-lease"];

fn run(view: &View, out: &mut Vec<Finding>) {
    for (component, effect) in COMPONENTS {
        let leases = NAMESPACES.iter().filter_map(|namespace| view.cluster.leases.get(namespace, component));
        // A release that moved the lease leaves the old one behind.
        let Some(lease) = leases.max_by_key(|lease| lease.renewed) else { continue };
        let limit = std::time::Duration::from_secs(u64::from(lease.seconds) * 2) + thresholds::LEADER_GRACE;
        if let Some(late) = behind(view, lease).filter(|late| *late > limit) {
            out.push(finding(view, component, effect, lease, time::short(late)));
        }
    }
}

fn finding(view: &View, component: &str, effect: &str, lease: &Lease, late: String) -> Finding {
    let (cli, namespace) = (view.cli(), &lease.meta.namespace);
    let operator = || ObjectRef::new(Kind::ClusterOperator, &Name::empty(), &Name::from(component));
    let object = if view.is_openshift() { operator() } else { lease.reference() };
    let pods = if view.is_openshift() { format!("openshift-{component}") } else { "kube-system".to_owned() };
    Finding::new(&CHECK, Severity::Critical, object, format!("no {component} leads: {effect}"))
        .since(lease.renewed, "Lease spec.renewTime")
        .fact(format!("{} spec.renewTime, behind the newest lease", lease.reference()), late)
        .fact("spec.leaseDurationSeconds", lease.seconds)
        .untrusted("spec.holderIdentity", Some(lease.holder.as_str()))
        .look(format!("{cli} get lease -n {namespace} {component} -o yaml"), "shows who held it and until when")
        .look(format!("{cli} get pods -n {pods} -o wide"), "shows whether its pods run")
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const LEASES: &str = "
        kind: ClusterVersion
        metadata: {name: version}
        ---
        kind: Lease
        metadata: {name: kube-scheduler, namespace: openshift-kube-scheduler}
        spec: {holderIdentity: m0_x, leaseDurationSeconds: 137, renewTime: @20m}
        ---
        kind: Lease
        metadata: {name: kube-controller-manager, namespace: kube-system}
        spec: {holderIdentity: m1_x, leaseDurationSeconds: 137, renewTime: @20s}
        ---
        kind: Lease
        metadata: {name: w2, namespace: kube-node-lease}
        spec: {holderIdentity: w2, leaseDurationSeconds: 40, renewTime: @5s}";

    #[test]
    fn a_lease_nobody_renews_is_critical() {
        fires(&CHECK, LEASES, &[
            "critical ClusterOperator kube-scheduler: no kube-scheduler leads: no new pod gets a node (since 20m)",
        ]);
        let plain = LEASES.replace("ClusterVersion", "Namespace").replace("openshift-kube-scheduler", "kube-system");
        fires(&CHECK, &plain, &[
            "critical Lease kube-system/kube-scheduler: no kube-scheduler leads: no new pod gets a node (since 20m)",
        ]);
    }

    #[test]
    fn a_change_of_leaders_and_an_old_lease_beside_a_new_one_are_silent() {
        silent(&CHECK, &LEASES.replace("@20m", "@4m"));
        silent(&CHECK, &(LEASES.to_owned() + "
        ---
        kind: Lease
        metadata: {name: kube-scheduler, namespace: kube-system}
        spec: {holderIdentity: m0_x, leaseDurationSeconds: 137, renewTime: @20s}"));
    }
}
