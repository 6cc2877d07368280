//! Extensions of the second lifecycle manager that are not installed.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity, Text};
use crate::model::cluster_extension::ClusterExtension;
use crate::model::condition::{Condition, Status};
use crate::model::{Kind, Resource};
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "olm-extension-failed",
    title: "A cluster extension is not installed",
    explain: "Looks at ClusterExtensions of the second generation of the lifecycle manager: not installed for a quarter of \
              an hour, or installed while progress towards what is wanted is blocked or retried for as long. The usual \
              causes are a package or version that no catalog has, a service account that lacks permissions for what the \
              extension brings, a check of definitions that fails, and a catalog that does not serve. Progress that has \
              succeeded, and one under way without retries, do not count.",
    layer: Layer::Operator,
    needs: &[Kind::ClusterExtension],
    uses: &[Kind::ClusterCatalog],
    reference: "https://docs.openshift.com/container-platform/latest/extensions/ce/managing-ce.html",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for extension in view.cluster.cluster_extensions.iter() {
        let conditions = &extension.conditions;
        let missing = conditions.having("Installed", Status::False);
        let blocked = conditions.get("Progressing").filter(|it| matches!(&*it.reason, "Retrying" | "Blocked"));
        let found = missing.map(|condition| (condition, "is not installed"));
        let found = found.or(blocked.map(|condition| (condition, "does not get to the version that is wanted")));
        if let Some((condition, title)) = found
            && view.held(condition.since, thresholds::CATALOG_HOLD)
        {
            out.push(finding(view, extension, condition, title));
        }
    }
}

fn finding(view: &View, extension: &ClusterExtension, condition: &Condition, title: impl Into<Text>) -> Finding {
    let (cli, name) = (view.cli(), &extension.meta.name);
    let finding = Finding::new(&CHECK, Severity::Warning, extension.reference(), title)
        .since(condition.since, "status.conditions[Installed or Progressing].lastTransitionTime")
        .condition(condition)
        .depends_on(view.cluster.cluster_catalogs.iter().map(Resource::reference))
        .look(format!("{cli} describe clusterextension {name}"), "shows what is wanted, what is installed, and what is in the way")
        .look(format!("{cli} get clustercatalogs"), "shows whether the catalogs serve");
    let progressing = extension.conditions.get("Progressing").filter(|it| it.kind != condition.kind);
    match progressing {
        Some(progressing) => finding.condition(progressing),
        None => finding,
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn extension(installed: &str, progress: &str, since: &str) -> String {
        format!(
            "
        kind: ClusterExtension
        metadata: {{name: cache}}
        status:
          conditions:
          - {{type: Installed, status: '{installed}', reason: Some, lastTransitionTime: {since}}}
          - {{type: Progressing, status: 'True', reason: {progress}, lastTransitionTime: {since}}}"
        )
    }

    #[test]
    fn not_installed_and_stuck() {
        fires(&CHECK, &extension("False", "Retrying", "@1h"), &[
            "warning ClusterExtension cache: is not installed (since 1h)",
        ]);
        fires(&CHECK, &extension("True", "Retrying", "@1h"), &[
            "warning ClusterExtension cache: does not get to the version that is wanted (since 1h)",
        ]);
    }

    #[test]
    fn installed_and_young_ones_are_silent() {
        silent(&CHECK, &extension("True", "Succeeded", "@1h"));
        silent(&CHECK, &extension("False", "Retrying", "@2m"));
    }
}
