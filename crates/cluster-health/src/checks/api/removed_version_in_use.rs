//! Versions of APIs that somebody still uses and that the next release no longer serves.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::api_request_count::APIRequestCount;
use crate::model::{Kind, Resource};
use crate::releases::{Release, kubernetes};
use crate::view::{View, is_platform};

pub const CHECK: Check = Check {
    id: "api-removed-version-in-use",
    title: "An API version that will be removed is in use",
    explain: "Reads in the APIRequestCounts which versions of APIs were asked for in the last day although a coming release no \
              longer serves them, and by whom. After the update such clients fail. A version that the next minor release \
              removes is a warning, and critical when an update to that release runs; one that is removed later is only worth \
              knowing. The platform's own clients move with the release, or list every version there is, and do not count.",
    layer: Layer::Version,
    needs: &[Kind::APIRequestCount],
    uses: &[Kind::ClusterVersion],
    reference: "https://docs.redhat.com/en/documentation/openshift_container_platform/latest/html/updating_clusters/preparing-to-update-a-cluster",
    run,
};

/// People, and service accounts of users. The platform's own clients move with the release.
fn is_users(name: &str) -> bool {
    match name.strip_prefix("system:serviceaccount:") {
        Some(account) => !is_platform(account.split(':').next().unwrap_or_default()),
        None => !name.starts_with("system:"),
    }
}

fn run(view: &View, out: &mut Vec<Finding>) {
    let Some(version) = view.cluster.cluster_versions.iter().next() else { return };
    let installed = version.installed().and_then(|update| kubernetes(&update.version));
    let (Some(now), Some(desired)) = (installed, kubernetes(&version.desired)) else { return };
    for count in view.cluster.api_request_counts.iter().filter(|count| count.requests > 0) {
        let Some(removed) = Release::parse(&count.removed_in) else { continue };
        if removed <= now || !count.users.iter().any(|user| is_users(&user.name)) {
            continue;
        }
        let severity = match () {
            () if removed <= desired => Severity::Critical,
            () if removed <= now.next() => Severity::Warning,
            () => Severity::Info,
        };
        out.push(finding(count, severity));
    }
}

fn finding(count: &APIRequestCount, severity: Severity) -> Finding {
    let name = &count.meta.name;
    let title = format!("used in the last day, and no longer served from Kubernetes {} on", count.removed_in);
    let mut finding = Finding::new(&CHECK, severity, count.reference(), title)
        .fact("status.removedInRelease", &count.removed_in)
        .fact("status.requestCount", count.requests)
        .look(format!("oc get apirequestcount {name} -o yaml"), "shows by whom it was asked for, hour by hour");
    for user in count.users.iter().filter(|user| is_users(&user.name)) {
        let who = format!("{} with {}: {} requests", user.name, user.agent, user.requests);
        finding = finding.untrusted("status.last24h[*].byNode[*].byUser[*]", Some(&who));
    }
    finding
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const USED: &str = "
        kind: ClusterVersion
        metadata: {name: version}
        status: {desired: {version: 4.11.9}, history: [{state: Completed, version: 4.11.9}]}
        ---
        kind: APIRequestCount
        metadata: {name: cronjobs.v1beta1.batch}
        status:
          removedInRelease: '1.25'
          requestCount: 40
          last24h: [{byNode: [{byUser: [{username: 'system:serviceaccount:shop:cleaner', userAgent: old/1, requestCount: 40}]}]}]";

    #[test]
    fn the_next_release_is_a_warning_and_a_running_update_critical() {
        let line = "APIRequestCount cronjobs.v1beta1.batch: used in the last day, and no longer served from Kubernetes 1.25 on";
        fires(&CHECK, USED, &[&format!("warning {line}")]);
        fires(&CHECK, &USED.replace("desired: {version: 4.11.9}", "desired: {version: 4.12.1}"), &[&format!("critical {line}")]);
        fires(&CHECK, &USED.replace("'1.25'", "'1.29'"), &[&format!("info {}", line.replace("1.25", "1.29"))]);
    }

    #[test]
    fn the_platforms_clients_and_old_removals_are_silent() {
        for platform in ["system:kube-controller-manager", "system:admin", "system:serviceaccount:openshift-gitops:server"] {
            silent(&CHECK, &USED.replace("system:serviceaccount:shop:cleaner", platform));
        }
        silent(&CHECK, &USED.replace("'1.25'", "'1.22'"));
        silent(&CHECK, &USED.replace("requestCount: 40\n", "requestCount: 0\n"));
    }
}
