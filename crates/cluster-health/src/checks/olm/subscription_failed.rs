//! Subscriptions that the lifecycle manager cannot follow.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::condition::{Condition, Status};
use crate::model::subscription::Subscription;
use crate::model::{Kind, ObjectRef, Resource};
use crate::pod_trouble::shown;
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "olm-subscription-failed",
    title: "An operator's subscription cannot be followed",
    explain: "Looks at Subscriptions of which the Operator Lifecycle Manager has said for ten minutes that no version can be \
              chosen, its catalog is unhealthy, its bundle cannot be unpacked, or its install plan failed; and at those \
              whose catalog does not exist. The operator is then not installed or gets no updates; what it looks after \
              usually runs on. The usual causes are two operators that exclude each other, a channel or package that the \
              catalog does not have, a catalog that cannot be pulled, and another subscription in the namespace that \
              blocks all of them.",
    layer: Layer::Operator,
    needs: &[Kind::Subscription],
    uses: &[Kind::CatalogSource, Kind::InstallPlan, Kind::ClusterServiceVersion],
    reference: "https://docs.openshift.com/container-platform/latest/operators/admin/olm-status.html",
    run,
};

/// What is bad when it is true, worst first.
const CONDITIONS: [(&str, &str); 5] = [
    ("ResolutionFailed", "no version of it can be chosen"),
    ("BundleUnpackFailed", "the bundle of its next version cannot be unpacked"),
    ("InstallPlanFailed", "its install plan failed"),
    ("InstallPlanMissing", "its install plan is gone"),
    ("CatalogSourcesUnhealthy", "a catalog it may be installed from is not healthy"),
];

fn run(view: &View, out: &mut Vec<Finding>) {
    for subscription in view.cluster.subscriptions.iter() {
        let failed = CONDITIONS.iter().find_map(|(kind, words)| {
            let condition = subscription.conditions.having(kind, Status::True)?;
            view.held(condition.since, thresholds::SUBSCRIPTION_HOLD).then_some((condition, *words))
        });
        let catalog = subscription.catalog();
        let lacks_catalog = view.seen_in(Kind::CatalogSource, &catalog.namespace)
            && !view.cluster.contains(Kind::CatalogSource, &catalog.namespace, &catalog.name)
            && view.held(subscription.meta.created, thresholds::SUBSCRIPTION_HOLD);
        if lacks_catalog {
            out.push(finding(view, subscription, "its catalog does not exist", None));
        } else if let Some((condition, words)) = failed {
            out.push(finding(view, subscription, words, Some(condition)));
        }
    }
}

fn finding(view: &View, subscription: &Subscription, words: &str, condition: Option<&Condition>) -> Finding {
    let (cli, name, namespace) = (view.cli(), &subscription.meta.name, &subscription.meta.namespace);
    let plans = view.cluster.install_plans.in_namespace(namespace).map(Resource::reference);
    let versions = [&subscription.installed, &subscription.current].map(|version| {
        ObjectRef::new(Kind::ClusterServiceVersion, namespace, version)
    });
    let finding = Finding::new(&CHECK, Severity::Warning, subscription.reference(), format!("cannot be followed: {words}"))
        .fact("spec.name", shown(&subscription.package))
        .fact("spec.channel", shown(&subscription.channel))
        .fact("spec.source", subscription.catalog())
        .depends_on([subscription.catalog()])
        .depends_on(plans)
        .depends_on(versions)
        .look(format!("{cli} describe subscription.operators.coreos.com {name} -n {namespace}"), "shows what the lifecycle manager says")
        .look(format!("{cli} get catalogsources -n {}", subscription.source.0), "shows which catalogs there are");
    match condition {
        Some(condition) => finding
            .since(condition.since, "status.conditions[*].lastTransitionTime")
            .condition(condition),
        None => finding.since(subscription.meta.created, "metadata.creationTimestamp"),
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn scene(catalog: &str, condition: &str, since: &str) -> String {
        format!(
            "
        kind: Subscription
        metadata: {{name: cache, namespace: operators, creationTimestamp: @2d}}
        spec: {{name: cache, channel: stable, source: {catalog}, sourceNamespace: openshift-marketplace}}
        status: {{conditions: [{{type: {condition}, status: 'True', reason: Some, lastTransitionTime: {since}}}]}}
        ---
        kind: CatalogSource
        metadata: {{name: redhat-operators, namespace: openshift-marketplace}}"
        )
    }

    #[test]
    fn no_version_and_no_catalog() {
        let found = fires(&CHECK, &scene("redhat-operators", "ResolutionFailed", "@1h"), &[
            "warning Subscription operators/cache: cannot be followed: no version of it can be chosen (since 1h)",
        ]);
        assert_eq!(found[0].upstream[0].to_string(), "CatalogSource openshift-marketplace/redhat-operators");
        fires(&CHECK, &scene("gone", "Other", "@1h"), &[
            "warning Subscription operators/cache: cannot be followed: its catalog does not exist (since 2d)",
        ]);
    }

    #[test]
    fn other_conditions_and_a_short_failure_are_silent() {
        silent(&CHECK, &scene("redhat-operators", "InstallPlanPending", "@1h"));
        silent(&CHECK, &scene("redhat-operators", "ResolutionFailed", "@2m"));
    }
}
