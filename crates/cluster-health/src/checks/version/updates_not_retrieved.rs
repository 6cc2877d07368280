//! The cluster cannot learn which updates there are.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::condition::{Condition, Status};
use crate::model::{Kind, Resource};
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "version-updates-not-retrieved",
    title: "Available updates cannot be retrieved",
    explain: "Looks at condition RetrievedUpdates of the ClusterVersion. False for more than an hour means that nobody is told \
              of new releases and of known risks: the update service cannot be reached (proxy, firewall, certificate), or \
              the channel does not exist. A cluster without a channel does not ask at all and is not reported. When the \
              service answers but does not know the installed version, as with nightly builds or a channel of another \
              minor version, it is information only.",
    layer: Layer::Version,
    needs: &[Kind::ClusterVersion],
    uses: &[],
    reference: "https://docs.redhat.com/en/documentation/openshift_container_platform/4.16/html-single/updating_clusters/index",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for version in view.cluster.cluster_versions.iter() {
        let Some(retrieved) = version.conditions.having("RetrievedUpdates", Status::False) else { continue };
        if retrieved.reason == "NoChannel" || !view.held(retrieved.since, thresholds::UPDATE_ADVICE_HOLD) {
            continue;
        }
        let finding = Finding::new(&CHECK, severity(retrieved), version.reference(), title(retrieved))
            .since(retrieved.since, "status.conditions[RetrievedUpdates].lastTransitionTime")
            .condition(retrieved)
            .fact("spec.channel", &version.channel)
            .look("oc adm upgrade", "shows the channel, and what went wrong when it was asked")
            .look("oc get proxy cluster -o yaml", "shows through which proxy the update service is asked");
        out.push(finding);
    }
}

fn severity(retrieved: &Condition) -> Severity {
    if retrieved.reason == "VersionNotFound" { Severity::Info } else { Severity::Warning }
}

fn title(retrieved: &Condition) -> &'static str {
    match severity(retrieved) {
        Severity::Info => "the channel does not know the installed version",
        _ => "the update service cannot be asked for updates",
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const OFFLINE: &str = "
        kind: ClusterVersion
        metadata: {name: version}
        spec: {channel: stable-4.20}
        status:
          conditions: [{type: RetrievedUpdates, status: 'False', reason: RemoteFailed, lastTransitionTime: @2h}]";

    #[test]
    fn an_unreachable_service_is_a_warning_and_an_unknown_version_is_not() {
        fires(&CHECK, OFFLINE, &[
            "warning ClusterVersion version: the update service cannot be asked for updates (since 2h)",
        ]);
        fires(&CHECK, &OFFLINE.replace("RemoteFailed", "VersionNotFound"), &[
            "info ClusterVersion version: the channel does not know the installed version (since 2h)",
        ]);
    }

    #[test]
    fn a_cluster_without_a_channel_and_a_short_failure_are_silent() {
        silent(&CHECK, &OFFLINE.replace("RemoteFailed", "NoChannel"));
        silent(&CHECK, &OFFLINE.replace("@2h", "@20m"));
    }
}
