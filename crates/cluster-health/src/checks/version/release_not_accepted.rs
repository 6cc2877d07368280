//! A release that somebody asked for was refused before the update began.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::condition::Status;
use crate::model::{Kind, Resource};
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "version-release-not-accepted",
    title: "A requested release was not accepted",
    explain: "Looks at condition ReleaseAccepted of the ClusterVersion. False means that the requested update has not begun: \
              the release image could not be fetched (proxy, mirror, pull secret), its signature could not be verified \
              (a disconnected cluster without the signature ConfigMap), or a precondition is not met. The cluster keeps \
              running its present version. Counts after an hour, because slow downloads are tried again. Forcing the \
              update skips the very tests that failed.",
    layer: Layer::Version,
    needs: &[Kind::ClusterVersion],
    uses: &[],
    reference: "https://docs.redhat.com/en/documentation/openshift_container_platform/4.16/html-single/updating_clusters/index",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for version in view.cluster.cluster_versions.iter() {
        let Some(accepted) = version.conditions.having("ReleaseAccepted", Status::False) else { continue };
        if view.held(accepted.since, thresholds::UPDATE_ADVICE_HOLD) {
            let title = "the requested release was not accepted; the update has not begun";
            let finding = Finding::new(&CHECK, Severity::Warning, version.reference(), title)
                .since(accepted.since, "status.conditions[ReleaseAccepted].lastTransitionTime")
                .condition(accepted)
                .look("oc adm upgrade", "shows which release was asked for and why it was refused")
                .look("oc get pods -n openshift-cluster-version", "shows whether the release image could be fetched")
                .change(
                    "oc adm upgrade --clear",
                    "withdraws the request, so that the cluster stays at its present version",
                    "an update that would have been accepted later has to be asked for again",
                );
            out.push(finding);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const REFUSED: &str = "
        kind: ClusterVersion
        metadata: {name: version}
        status:
          conditions: [{type: ReleaseAccepted, status: 'False', reason: RetrievePayload, lastTransitionTime: @2h}]";

    #[test]
    fn a_release_refused_for_an_hour_is_a_warning() {
        fires(&CHECK, REFUSED, &[
            "warning ClusterVersion version: the requested release was not accepted; the update has not begun (since 2h)",
        ]);
    }

    #[test]
    fn a_release_being_fetched_and_an_accepted_one_are_silent() {
        silent(&CHECK, &REFUSED.replace("@2h", "@50m"));
        silent(&CHECK, &REFUSED.replace("'False'", "'True'"));
    }
}
