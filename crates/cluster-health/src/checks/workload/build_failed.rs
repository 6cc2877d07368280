//! Builds that failed, where no later one of the same kind did better.

use std::collections::BTreeMap;

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::build::Build;
use crate::model::{Kind, Resource};
use crate::name::Name;
use crate::pod_trouble::shown;
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "workload-build-failed",
    title: "The newest build failed, or does not start",
    explain: "Looks at the newest Build of each BuildConfig: one that failed within the last day, and one that has waited to \
              start for half an hour. The reason says at which step: the source could not be fetched, an image could not be \
              pulled or pushed, or the build itself ended with an error. What runs keeps running with the image it has. Builds \
              that somebody cancelled, and those a later build has made good, do not count.",
    layer: Layer::Workload,
    needs: &[Kind::Build],
    uses: &[],
    reference: "https://docs.redhat.com/en/documentation/openshift_container_platform/latest/html/support/troubleshooting#troubleshooting-s2i",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    let mut newest: BTreeMap<(&Name, &Name), &Build> = BTreeMap::new();
    for build in view.cluster.builds.iter() {
        let name = if build.config.is_empty() { &build.meta.name } else { &build.config };
        let newest = newest.entry((&build.meta.namespace, name)).or_insert(build);
        if build.meta.created > newest.meta.created {
            *newest = build;
        }
    }
    for build in newest.into_values() {
        let failed = matches!(&*build.phase, "Failed" | "Error") && view.within(build.completed, thresholds::RECENT_JOB_FAILURE);
        let waits = matches!(&*build.phase, "New" | "Pending") && view.held(build.meta.created, thresholds::BUILD_START_HOLD);
        if failed || waits {
            out.push(finding(build, failed));
        }
    }
}

fn finding(build: &Build, failed: bool) -> Finding {
    let (namespace, name) = (&build.meta.namespace, &build.meta.name);
    let title = match (failed, &*build.reason) {
        (true, "") => "failed".to_owned(),
        (true, reason) => format!("failed: {}", shown(reason)),
        (false, "") => "does not start".to_owned(),
        (false, reason) => format!("does not start: {}", shown(reason)),
    };
    let (since, field) = if failed {
        (build.completed, "status.completionTimestamp")
    } else {
        (build.meta.created, "metadata.creationTimestamp")
    };
    Finding::new(&CHECK, Severity::Warning, build.reference(), title)
        .since(since, field)
        .fact("status.phase", &build.phase)
        .fact("status.config.name", if build.config.is_empty() { "none" } else { shown(&build.config) })
        .look(format!("oc logs -n {namespace} build/{name} --tail=50"), "shows the step that failed")
        .look(format!("oc describe build -n {namespace} {name}"), "shows its source, images and events")
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const FAILED: &str = "
        kind: Build
        metadata: {name: web-7, namespace: shop, creationTimestamp: @3h}
        status: {phase: Failed, reason: PushImageToRegistryFailed, completionTimestamp: @2h, config: {name: web}}";

    #[test]
    fn the_newest_one_counts() {
        fires(&CHECK, FAILED, &["warning Build shop/web-7: failed: PushImageToRegistryFailed (since 2h)"]);
        let later = FAILED.to_owned() + "
        ---
        kind: Build
        metadata: {name: web-8, namespace: shop, creationTimestamp: @1h}
        status: {phase: Complete, config: {name: web}}";
        silent(&CHECK, &later);
        let waiting = FAILED.replace("phase: Failed, reason: PushImageToRegistryFailed", "phase: Pending, reason: MissingPushSecret");
        fires(&CHECK, &waiting, &["warning Build shop/web-7: does not start: MissingPushSecret (since 3h)"]);
    }

    #[test]
    fn old_failures_and_cancelled_builds_are_silent() {
        silent(&CHECK, &FAILED.replace("@2h", "@2d"));
        silent(&CHECK, &FAILED.replace("phase: Failed", "phase: Cancelled"));
    }
}
