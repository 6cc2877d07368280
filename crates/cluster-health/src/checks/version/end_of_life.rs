//! Releases that are no longer looked after.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::{Kind, Resource};
use crate::releases::{LIFE_CYCLES_AS_OF, life_cycle};
use crate::thresholds;
use crate::time;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "version-end-of-life",
    title: "This release of OpenShift is no longer looked after",
    explain: "Compares the release that runs with a built-in table of OpenShift's life cycles. After the end of maintenance \
              there are no more fixes, not even for security, and known faults stay. Even releases can be kept for some \
              more months with extended update support, which is sold separately; those months count as only worth knowing. \
              A warning once every support has ended, and information from 60 days before it does. Releases that the table \
              does not know are newer than it, and nothing is said of them.",
    layer: Layer::Version,
    needs: &[Kind::ClusterVersion],
    uses: &[],
    reference: "https://access.redhat.com/support/policy/updates/openshift",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for version in view.cluster.cluster_versions.iter() {
        let Some(installed) = version.installed().map(|update| &update.version) else { continue };
        let Some(life) = life_cycle(installed) else { continue };
        let (maintained, extended) = (life.maintained_until, life.extended_until);
        let (severity, title) = if extended.unwrap_or(maintained) <= view.now {
            (Severity::Warning, "all support of this release has ended".to_owned())
        } else if maintained <= view.now {
            (Severity::Info, "only extended update support, sold separately, is left for this release".to_owned())
        } else if maintained.since(view.now) < thresholds::SUPPORT_ENDS_SOON {
            (Severity::Info, format!("maintenance of this release ends in {}", time::short(maintained.since(view.now))))
        } else {
            continue;
        };
        let mut finding = Finding::new(&CHECK, severity, version.reference(), title)
            .fact("status.history[completed].version", installed)
            .fact("end of maintenance", maintained)
            .look("oc adm upgrade", "shows the versions it can be updated to");
        if let Some(extended) = extended {
            finding = finding.fact("end of extended update support", extended);
        }
        out.push(finding.fact("life cycle table as of", LIFE_CYCLES_AS_OF));
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn version(version: &str) -> String {
        format!("
        kind: ClusterVersion
        metadata: {{name: version}}
        status: {{history: [{{state: Completed, version: {version}}}]}}")
    }

    #[test]
    fn ended_and_ending_support_are_told_apart() {
        fires(&CHECK, &version("4.16.3"), &["warning ClusterVersion version: all support of this release has ended"]);
        fires(&CHECK, &version("4.18.3"), &[
            "info ClusterVersion version: only extended update support, sold separately, is left for this release",
        ]);
        fires(&CHECK, &version("4.19.3"), &["info ClusterVersion version: maintenance of this release ends in 28d12h"]);
    }

    #[test]
    fn supported_and_unknown_releases_are_silent() {
        silent(&CHECK, &version("4.20.14"));
        silent(&CHECK, &version("4.98.0"));
    }
}
