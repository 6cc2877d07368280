//! Physical machines whose management controllers report an error.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::bare_metal_host::BareMetalHost;
use crate::model::{Kind, ObjectRef, Resource};
use crate::view::View;

pub const CHECK: Check = Check {
    id: "machine-bare-metal-host",
    title: "A physical machine reports an error",
    explain: "Looks at BareMetalHosts with status.errorType, and at those that carry a machine of the cluster, should be on and \
              are off. Usual causes are credentials or the address of the management controller that changed, a network \
              between it and the cluster that is cut, firmware that fails inspection, and power. Critical when the machine \
              is one of the control plane's.",
    layer: Layer::Node,
    needs: &[Kind::BareMetalHost],
    uses: &[Kind::Machine, Kind::Node],
    reference: "https://docs.redhat.com/en/documentation/openshift_container_platform/latest/html/installing_on_bare_metal/bare-metal-postinstallation-configuration",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for host in view.cluster.bare_metal_hosts.iter() {
        let off = host.wanted_on && !host.powered_on && !host.machine.is_empty() && host.state == "provisioned";
        if !host.error_type.is_empty() || off {
            out.push(finding(view, host));
        }
    }
}

fn finding(view: &View, host: &BareMetalHost) -> Finding {
    let (namespace, name) = (&host.meta.namespace, &host.meta.name);
    let machine = view.cluster.machines.get(namespace, &host.machine);
    let control_plane = machine.is_some_and(|machine| machine.is_control_plane());
    let severity = if control_plane { Severity::Critical } else { Severity::Warning };
    let title = match &*host.error_type {
        "" => "it should be on and is off",
        "registration error" => "its management controller cannot be reached or refuses the credentials",
        "inspection error" => "its hardware could not be inspected",
        "preparation error" | "provisioning error" => "its system could not be installed",
        "provisioned registration error" => "it could not be registered again after its system was installed",
        "power management error" => "its power cannot be switched",
        "detach error" => "it could not be detached",
        _ => "it reports an error",
    };
    let affected: Option<ObjectRef> = machine.and_then(|machine| view.node(&machine.node)).map(Resource::reference);
    Finding::new(&CHECK, severity, host.reference(), title)
        .since(host.updated, "status.lastUpdated")
        .fact("status.operationalStatus", &host.operational_status)
        .fact("status.provisioning.state", &host.state)
        .fact("status.poweredOn", host.powered_on)
        .untrusted("status.errorMessage", host.error.as_deref())
        .affects(affected)
        .look(format!("oc describe bmh -n {namespace} {name}"), "shows the error in full and the address of its controller")
        .look("oc logs -n openshift-machine-api deployment/metal3 --all-containers --tail=50", "shows what the controller answers")
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const HOST: &str = "
        kind: BareMetalHost
        metadata: {name: rack-1, namespace: openshift-machine-api}
        spec: {online: true, consumerRef: {name: m-1}}
        status: {errorType: registration error, errorMessage: no route, operationalStatus: error, poweredOn: true, provisioning: {state: provisioned}, lastUpdated: @2h}
        ---
        kind: Machine
        metadata: {name: m-1, namespace: openshift-machine-api, labels: {machine.openshift.io/cluster-api-machine-role: master}}";

    #[test]
    fn errors_and_power_are_told_apart() {
        fires(&CHECK, HOST, &[
            "critical BareMetalHost openshift-machine-api/rack-1: its management controller cannot be reached or refuses the credentials (since 2h)",
        ]);
        let off = HOST.replace("errorType: registration error, ", "").replace("poweredOn: true", "poweredOn: false").replace("role: master", "role: worker");
        fires(&CHECK, &off, &["warning BareMetalHost openshift-machine-api/rack-1: it should be on and is off (since 2h)"]);
    }

    #[test]
    fn free_hosts_that_are_off_are_silent() {
        let free = HOST.replace("errorType: registration error, ", "").replace("poweredOn: true", "poweredOn: false");
        silent(&CHECK, &free.replace(", consumerRef: {name: m-1}", ""));
        silent(&CHECK, &free.replace("poweredOn: false", "poweredOn: true"));
    }
}
