//! Updates that are known to be a risk for this cluster.

use crate::ordered::Ordered;
use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity, listed};
use crate::model::condition::Status;
use crate::model::{Kind, Resource};
use crate::view::View;

pub const CHECK: Check = Check {
    id: "version-update-risk",
    title: "An update carries a known risk for this cluster",
    explain: "Looks at the conditional updates of the ClusterVersion, which name the known faults of a release and whether \
              this cluster would meet them, and at the risks that were accepted when the running update began. An update \
              that runs in spite of a risk is a warning; one that is merely offered, and not recommended for this cluster, is \
              only worth knowing before somebody chooses it.",
    layer: Layer::Version,
    needs: &[Kind::ClusterVersion],
    uses: &[],
    reference: "https://github.com/openshift/runbooks/blob/master/alerts/cluster-version-operator/OpenShiftUpdateRiskMightApply.md",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for version in view.cluster.cluster_versions.iter() {
        if let Some(update) = version.unfinished().filter(|update| update.accepted_risks.is_some()) {
            let title = format!("the update to {} runs although risks were known", update.version);
            out.push(
                Finding::new(&CHECK, Severity::Warning, version.reference(), title)
                    .since(update.started, "status.history[0].startedTime")
                    .untrusted("status.history[0].acceptedRisks", update.accepted_risks.as_deref())
                    .look("oc adm upgrade", "shows how far the update is, and what holds it up"),
            );
        }
        let risky = version.conditional.iter().filter(|it| it.recommended == Status::False);
        let risky: Vec<_> = risky.collect();
        if let Some(first) = risky.first() {
            let title = match risky.len() {
                1 => format!("update {} is not recommended for this cluster", first.version),
                count => format!("{count} updates are not recommended for this cluster"),
            };
            let mut names: Vec<&str> = risky.iter().flat_map(|it| &it.risks).map(|name| name.as_str()).collect();
            names.put_in_order();
            names.dedup();
            out.push(
                Finding::new(&CHECK, Severity::Info, version.reference(), title)
                    .fact("status.conditionalUpdates[*].release.version", listed(risky.iter().map(|it| it.version.as_str())))
                    .fact("status.conditionalUpdates[*].risks[*].name", listed(names))
                    .look("oc adm upgrade --include-not-recommended", "describes each risk and where it was reported"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const OFFERED: &str = "
        kind: ClusterVersion
        metadata: {name: version}
        status:
          history: [{state: Completed, version: 4.20.1}]
          conditionalUpdates:
          - release: {version: 4.20.9}
            risks: [{name: NodesHang}]
            conditions: [{type: Recommended, status: 'False', reason: NodesHang}]";

    #[test]
    fn offered_and_running_updates_are_told_apart() {
        fires(&CHECK, OFFERED, &["info ClusterVersion version: update 4.20.9 is not recommended for this cluster"]);
        let running = "
        kind: ClusterVersion
        metadata: {name: version}
        status: {history: [{state: Partial, version: 4.20.9, startedTime: @20m, acceptedRisks: 'NodesHang may apply'}]}";
        fires(&CHECK, running, &["warning ClusterVersion version: the update to 4.20.9 runs although risks were known (since 20m)"]);
        silent(&CHECK, &running.replace(", acceptedRisks: 'NodesHang may apply'", ""));
    }

    #[test]
    fn risks_of_other_clusters_are_silent() {
        silent(&CHECK, &OFFERED.replace("'False'", "'True'"));
    }
}
