//! Namespaces with subscriptions and not exactly one operator group.

use std::collections::BTreeMap;

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity, listed};
use crate::model::{Kind, ObjectRef, Resource};
use crate::name::Name;
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "olm-operator-group-wrong",
    title: "A namespace with operators has no operator group or several",
    explain: "Looks at namespaces with a Subscription that is ten minutes old. The lifecycle manager installs nothing in a \
              namespace that has no OperatorGroup, and neither installs nor updates in one that has several, often \
              without an error on the subscription. The usual causes are a manifest that brings its own group into a \
              namespace that has one, and a group that was deleted. Groups in namespaces without subscriptions do not \
              count.",
    layer: Layer::Operator,
    needs: &[Kind::OperatorGroup, Kind::Subscription],
    uses: &[],
    reference: "https://docs.openshift.com/container-platform/latest/operators/understanding/olm/olm-understanding-operatorgroups.html",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    let mut subscriptions: BTreeMap<&Name, Vec<ObjectRef>> = BTreeMap::new();
    for subscription in view.cluster.subscriptions.iter() {
        let namespace = &subscription.meta.namespace;
        let is_old = view.held(subscription.meta.created, thresholds::SUBSCRIPTION_HOLD);
        if is_old && view.seen_in(Kind::OperatorGroup, namespace) {
            subscriptions.entry(namespace).or_default().push(subscription.reference());
        }
    }
    for (namespace, subscriptions) in subscriptions {
        let groups: Vec<&str> =
            view.cluster.operator_groups.in_namespace(namespace).map(|group| &*group.meta.name).collect();
        if groups.len() != 1 {
            out.push(finding(view, namespace, &groups, subscriptions));
        }
    }
}

fn finding(view: &View, namespace: &Name, groups: &[&str], subscriptions: Vec<ObjectRef>) -> Finding {
    let cli = view.cli();
    let title = match groups.len() {
        0 => "its operators are not installed: it has no operator group".to_owned(),
        several => format!("its operators are not installed or updated: it has {several} operator groups"),
    };
    let object = ObjectRef::new(Kind::Namespace, &Name::empty(), namespace);
    Finding::new(&CHECK, Severity::Warning, object, title)
        .fact("operator groups", if groups.is_empty() { "none".to_owned() } else { listed(groups.iter().copied()) })
        .affects(subscriptions)
        .look(format!("{cli} get operatorgroups -n {namespace} -o yaml"), "shows the groups and the namespaces of each")
        .look(format!("{cli} get subscriptions.operators.coreos.com,csv -n {namespace}"), "shows what is to be installed, and what is")
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn scene(groups: &[&str], created: &str) -> String {
        let groups = groups.iter().map(|name| {
            format!("\n        ---\n        kind: OperatorGroup\n        metadata: {{name: {name}, namespace: operators}}")
        });
        format!(
            "
        kind: Subscription
        metadata: {{name: cache, namespace: operators, creationTimestamp: {created}}}{}",
            groups.collect::<String>()
        )
    }

    #[test]
    fn none_and_several() {
        fires(&CHECK, &scene(&[], "@1h"), &[
            "warning Namespace operators: its operators are not installed: it has no operator group",
        ]);
        fires(&CHECK, &scene(&["a", "b"], "@1h"), &[
            "warning Namespace operators: its operators are not installed or updated: it has 2 operator groups",
        ]);
    }

    #[test]
    fn one_and_a_new_subscription_are_silent() {
        silent(&CHECK, &scene(&["a"], "@1h"));
        silent(&CHECK, &scene(&[], "@1m"));
    }
}
