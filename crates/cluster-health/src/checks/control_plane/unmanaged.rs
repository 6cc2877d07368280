//! Control-plane components that their operator was told to leave alone.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::{Kind, ObjectRef};
use crate::name::Name;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "control-plane-unmanaged",
    title: "An operator was told to leave its control-plane component alone",
    explain: "Looks at spec.managementState of the operators of etcd, kube-apiserver, kube-controller-manager and \
              kube-scheduler. Anything but Managed means that nobody renews the component's certificates, applies changed \
              settings or updates it; such clusters are not supported and fail at the next expiry or update. Somebody set \
              it while mending something and did not set it back.",
    layer: Layer::ControlPlane,
    needs: &[Kind::Etcd, Kind::KubeAPIServer, Kind::KubeControllerManager, Kind::KubeScheduler],
    uses: &[],
    reference: "https://docs.redhat.com/en/documentation/openshift_container_platform/latest/html/architecture/architecture-installation#unmanaged-operators_architecture-installation",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for (component, operator) in view.static_pod_operators() {
        if matches!(&*operator.management, "Unmanaged" | "Removed") {
            let object = ObjectRef::new(Kind::ClusterOperator, &Name::empty(), &Name::from(component));
            let kind = component.replace('-', "");
            out.push(
                Finding::new(&CHECK, Severity::Warning, object, format!("its operator leaves {component} alone"))
                    .fact("spec.managementState", &operator.management)
                    .look(format!("oc get {kind} cluster -o yaml"), "shows the setting and who changed it in managedFields"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const STATE: &str = "
        kind: Etcd
        metadata: {name: cluster}
        spec: {managementState: Unmanaged}";

    #[test]
    fn only_managed_is_managed() {
        fires(&CHECK, STATE, &["warning ClusterOperator etcd: its operator leaves etcd alone"]);
        silent(&CHECK, &STATE.replace("Unmanaged", "Managed"));
        silent(&CHECK, &STATE.replace("spec: {managementState: Unmanaged}", ""));
    }
}
