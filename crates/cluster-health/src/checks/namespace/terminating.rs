//! Namespaces that do not go away.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::condition::Status;
use crate::model::namespace::Namespace;
use crate::model::{Kind, ObjectRef, Resource};
use crate::thresholds;
use crate::view::{View, is_platform};

pub const CHECK: Check = Check {
    id: "namespace-terminating",
    title: "A namespace does not finish terminating",
    explain: "Looks at namespaces that have been Terminating for more than ten minutes. Their conditions say what is left: an \
              API that cannot be asked for its kinds (which holds up every deletion until that API answers again or is \
              removed), objects that could not be deleted, or finalizers whose controller is gone. Nothing can be created \
              in the namespace meanwhile, not even under the same name. Taking finalizers away by hand leaves what they \
              protect behind: volumes, load balancers, records in other systems. Critical for namespaces of the platform.",
    layer: Layer::ControlPlane,
    needs: &[Kind::Namespace],
    uses: &[Kind::APIService],
    reference: "https://kubernetes.io/docs/concepts/overview/working-with-objects/finalizers/",
    run,
};

/// What the conditions of a terminating namespace mean, the ones that explain most first.
const LEFT: [(&str, &str); 5] = [
    ("NamespaceDeletionDiscoveryFailure", "a part of the API cannot be asked for its kinds"),
    ("NamespaceDeletionGroupVersionParsingFailure", "a part of the API has an unreadable name"),
    ("NamespaceDeletionContentFailure", "some of its objects could not be deleted"),
    ("NamespaceFinalizersRemaining", "finalizers of its objects have not been taken off"),
    ("NamespaceContentRemaining", "some of its objects are still there"),
];

fn run(view: &View, out: &mut Vec<Finding>) {
    for namespace in view.cluster.namespaces.iter().filter(|namespace| namespace.terminating) {
        let since = namespace.meta.deletion.as_ref().map(|deletion| deletion.due);
        if view.held(since, thresholds::NAMESPACE_HOLD) {
            out.push(finding(view, namespace));
        }
    }
}

fn finding(view: &View, namespace: &Namespace) -> Finding {
    let (name, cli) = (&namespace.meta.name, view.cli());
    let severity = if is_platform(name) { Severity::Critical } else { Severity::Warning };
    let left: Vec<_> = LEFT
        .iter()
        .filter_map(|(kind, words)| Some((namespace.conditions.having(kind, Status::True)?, *words)))
        .collect();
    let title = match left.first() {
        Some((_, words)) => format!("does not finish terminating: {words}"),
        None => "does not finish terminating; it does not say what is left".to_owned(),
    };
    let mut finding = Finding::new(&CHECK, severity, namespace.reference(), title)
        .since(namespace.meta.deletion.as_ref().map(|deletion| deletion.due), "metadata.deletionTimestamp")
        .fact("status.phase", "Terminating")
        .look(format!("{cli} get namespace {name} -o yaml"), "shows in its conditions what is left, by kind and finalizer")
        .look(format!("{cli} get all,pvc -n {name}"), "lists what is left of the common kinds");
    for (condition, _) in &left {
        finding = finding.condition(condition);
    }
    // Without discovery nothing is deleted; with it, an API that is away holds up only its own objects.
    let blocked = left.is_empty() || left.iter().any(|(condition, _)| condition.kind.starts_with("NamespaceDeletion"));
    if blocked { finding.depends_on(broken_apis(view)).depends_on(view.definitions_without_converter()) } else { finding }
}

fn broken_apis(view: &View) -> impl Iterator<Item = ObjectRef> {
    view.cluster.api_services.iter().filter(|api| !api.is_available()).map(|api| api.backend())
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn namespace(name: &str, deleted: &str, condition: &str) -> String {
        format!(
            "
            kind: Namespace
            metadata: {{name: {name}, deletionTimestamp: {deleted}}}
            status: {{phase: Terminating, conditions: [{{type: {condition}, status: 'True', reason: Some}}]}}
            ---
            kind: APIService
            metadata: {{name: v1.shop.example}}
            spec: {{group: shop.example, version: v1, service: {{namespace: shop, name: api}}}}
            status: {{conditions: [{{type: Available, status: 'False'}}]}}"
        )
    }

    #[test]
    fn an_api_that_does_not_answer_explains_it() {
        let found = fires(&CHECK, &namespace("old", "@20m", "NamespaceDeletionDiscoveryFailure"), &[
            "warning Namespace old: does not finish terminating: \
             a part of the API cannot be asked for its kinds (since 20m)",
        ]);
        assert_eq!(found[0].upstream[0].to_string(), "Service shop/api");
    }

    #[test]
    fn finalizers_are_named_and_the_platform_is_critical() {
        let found = fires(&CHECK, &namespace("openshift-old", "@20m", "NamespaceFinalizersRemaining"), &[
            "critical Namespace openshift-old: does not finish terminating: \
             finalizers of its objects have not been taken off (since 20m)",
        ]);
        assert!(found[0].upstream.is_empty());
    }

    #[test]
    fn a_young_deletion_and_an_active_namespace_are_silent() {
        silent(&CHECK, &namespace("old", "@5m", "NamespaceContentRemaining"));
        silent(&CHECK, "
            kind: Namespace
            metadata: {name: shop}
            status: {phase: Active}");
    }
}
