//! OpenShift AI that does not come up.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::condition::{Condition, Conditions, Status};
use crate::model::meta::Meta;
use crate::model::{Kind, ObjectRef, Resource};
use crate::name::Name;
use crate::pod_trouble::shown;
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "serving-platform-not-ready",
    title: "OpenShift AI is not ready",
    explain: "Looks at the DSCInitialization and DataScienceCluster of OpenShift AI: not ready, degraded or not available \
              for half an hour. Models that are served go on, but parts that are not ready cannot be used, and nothing new \
              is brought up. The usual causes are an operator that one of the parts builds on and that is not installed \
              (service mesh, serverless, certificate manager), pods of a part that do not run, and settings that exclude \
              each other. Parts that are switched off say so and do not count.",
    layer: Layer::Operator,
    needs: &[Kind::DataScienceCluster],
    uses: &[Kind::DSCInitialization, Kind::Deployment],
    reference: "https://docs.redhat.com/en/documentation/red_hat_openshift_ai_self-managed/",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for one in view.cluster.dsc_initializations.iter() {
        out.extend(examine(view, one.reference(), &one.meta, &one.phase, &one.conditions, "dscinitialization"));
    }
    for one in view.cluster.data_science_clusters.iter() {
        let found = examine(view, one.reference(), &one.meta, &one.phase, &one.conditions, "datasciencecluster");
        let before = view.cluster.dsc_initializations.iter().map(Resource::reference);
        out.extend(found.map(|finding| finding.depends_on(before)));
    }
}

fn examine(
    view: &View,
    object: ObjectRef,
    meta: &Meta,
    phase: &Name,
    conditions: &Conditions,
    command: &str,
) -> Option<Finding> {
    let bad = [("Ready", Status::False), ("Available", Status::False), ("Degraded", Status::True)];
    let bad = bad.into_iter().find_map(|(kind, status)| conditions.having(kind, status));
    if phase == "Ready" || (bad.is_none() && phase != "Error") {
        return None;
    }
    let since = bad.and_then(|condition| condition.since);
    if !view.held(since.or(meta.created), thresholds::OPERAND_HOLD) {
        return None;
    }
    // A part that was switched off is false on purpose.
    let is_part = |condition: &&Condition| {
        let kind = &*condition.kind;
        condition.status == Status::False && kind.len() > "Ready".len() && kind.ends_with("Ready") && condition.reason != "Removed"
    };
    let parts: Vec<&Condition> = conditions.iter().filter(is_part).collect();
    let finding = Finding::new(&CHECK, Severity::Warning, object, "OpenShift AI is not ready")
        .since(since, "status.conditions[*].lastTransitionTime")
        .fact("status.phase", shown(phase))
        .depends_on(view.causes_in("redhat-ods-applications"))
        .look(format!("{} describe {command} {}", view.cli(), meta.name), "shows each part and what is in the way")
        .look(format!("{} get pods -n redhat-ods-applications", view.cli()), "shows the pods of its parts");
    let shown = parts.into_iter().chain(bad).take(crate::finding::AFFECTED_SHOWN);
    Some(shown.fold(finding, |finding, condition| finding.condition(condition)))
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn platform(phase: &str, ready: &str, since: &str) -> String {
        format!(
            "
        kind: DataScienceCluster
        metadata: {{name: default-dsc, creationTimestamp: @9d}}
        status:
          phase: {phase}
          conditions:
          - {{type: Ready, status: '{ready}', reason: NotReady, lastTransitionTime: {since}}}
          - {{type: KserveReady, status: '{ready}', reason: NotReady, lastTransitionTime: {since}}}
          - {{type: RayReady, status: 'False', reason: Removed}}"
        )
    }

    #[test]
    fn the_part_that_is_not_ready_is_named() {
        let found = fires(&CHECK, &platform("Not Ready", "False", "@1h"), &[
            "warning DataScienceCluster default-dsc: OpenShift AI is not ready (since 1h)",
        ]);
        let facts = format!("{:?}", found[0].facts);
        assert!(facts.contains("KserveReady") && !facts.contains("RayReady"), "{facts}");
    }

    #[test]
    fn ready_and_young_ones_are_silent() {
        silent(&CHECK, &platform("Ready", "True", "@1h"));
        silent(&CHECK, &platform("Not Ready", "False", "@5m"));
    }
}
