//! The internal image registry, when it does not serve.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity, Text};
use crate::model::condition::{Condition, Status};
use crate::model::image_registry::ImageRegistry;
use crate::model::{Kind, ObjectRef, Resource};
use crate::name::Name;
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "registry-unavailable",
    title: "The internal image registry does not serve",
    explain: "Looks at what the registry's operator says of it while it is managed: not available for ten minutes is \
              critical, degraded for half an hour a warning. Builds cannot push, and workloads whose images live in the \
              cluster cannot start on a node that does not have them yet. The usual causes are storage that is missing, \
              full or refuses the credentials, and registry pods that find no node. A registry that was removed on \
              purpose, as installations on bare metal begin, does not count.",
    layer: Layer::Service,
    needs: &[Kind::ImageRegistry],
    uses: &[Kind::Deployment, Kind::PersistentVolumeClaim, Kind::Node],
    reference: "https://docs.openshift.com/container-platform/latest/registry/configuring-registry-operator.html",
    run,
};

const NAMESPACE: &str = "openshift-image-registry";

fn run(view: &View, out: &mut Vec<Finding>) {
    for registry in view.cluster.image_registries.iter().filter(|registry| registry.management == "Managed") {
        let away = registry.conditions.having("Available", Status::False);
        let away = away.filter(|condition| view.held(condition.since, thresholds::DRIVER_HOLD));
        let degraded = registry.conditions.having("Degraded", Status::True);
        let degraded = degraded.filter(|condition| view.held(condition.since, thresholds::OPERAND_HOLD));
        match (away, degraded) {
            (Some(condition), _) => out.push(finding(view, registry, condition, Severity::Critical, "the registry is not available")),
            (None, Some(condition)) => out.push(finding(view, registry, condition, Severity::Warning, "the registry is degraded")),
            (None, None) => {}
        }
    }
}

fn finding(view: &View, registry: &ImageRegistry, condition: &Condition, severity: Severity, title: impl Into<Text>) -> Finding {
    let namespace = Name::from(NAMESPACE);
    let claims = view.cluster.persistent_volume_claims.in_namespace(NAMESPACE).map(Resource::reference);
    Finding::new(&CHECK, severity, registry.reference(), title)
        .since(condition.since, "status.conditions[Available or Degraded].lastTransitionTime")
        .condition(condition)
        .fact("spec.replicas", registry.replicas)
        .depends_on([ObjectRef::new(Kind::Deployment, &namespace, &Name::from("image-registry"))])
        .depends_on(claims)
        .depends_on(view.causes_in(NAMESPACE))
        .look("oc describe configs.imageregistry.operator.openshift.io cluster", "shows its storage and every condition")
        .look(format!("oc get pods,pvc -n {NAMESPACE} -o wide"), "shows its pods and its claim, if it has one")
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn registry(state: &str, condition: &str, status: &str, since: &str) -> String {
        format!(
            "
        kind: Config
        metadata: {{name: cluster}}
        spec: {{managementState: {state}, replicas: 2}}
        status: {{conditions: [{{type: {condition}, status: '{status}', reason: NoReplicasAvailable, lastTransitionTime: {since}}}]}}"
        )
    }

    #[test]
    fn not_available_is_critical() {
        fires(&CHECK, &registry("Managed", "Available", "False", "@20m"), &[
            "critical Config cluster: the registry is not available (since 20m)",
        ]);
        fires(&CHECK, &registry("Managed", "Degraded", "True", "@1h"), &[
            "warning Config cluster: the registry is degraded (since 1h)",
        ]);
    }

    #[test]
    fn removed_well_and_restarting_ones_are_silent() {
        silent(&CHECK, &registry("Removed", "Available", "False", "@20m"));
        silent(&CHECK, &registry("Managed", "Available", "True", "@20m"));
        silent(&CHECK, &registry("Managed", "Available", "False", "@2m"));
    }
}
