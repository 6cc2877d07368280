//! Catalogs of the second lifecycle manager that do not serve.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::condition::Status;
use crate::model::{Kind, Resource};
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "olm-catalog-not-serving",
    title: "A cluster catalog does not serve",
    explain: "Looks at ClusterCatalogs of the second generation of the lifecycle manager that have not served for a quarter \
              of an hour. No extension can be installed or updated from such a catalog. The usual causes are an image that \
              cannot be pulled, as in clusters without internet, an image that holds no catalog, and catalogd itself not \
              running. A catalog that was switched off on purpose says so as its reason and does not count.",
    layer: Layer::Operator,
    needs: &[Kind::ClusterCatalog],
    uses: &[Kind::Deployment],
    reference: "https://docs.openshift.com/container-platform/latest/extensions/catalogs/managing-catalogs.html",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for catalog in view.cluster.cluster_catalogs.iter() {
        let serving = catalog.conditions.having("Serving", Status::False);
        let serving = serving.filter(|serving| !matches!(&*serving.reason, "Disabled" | "UserSpecifiedUnavailable"));
        let Some(serving) = serving.filter(|it| view.held(it.since, thresholds::CATALOG_HOLD)) else { continue };
        let (cli, name) = (view.cli(), &catalog.meta.name);
        let mut finding = Finding::new(&CHECK, Severity::Warning, catalog.reference(), "does not serve its operators")
            .since(serving.since, "status.conditions[Serving].lastTransitionTime")
            .condition(serving)
            .depends_on(view.causes_in("openshift-catalogd"))
            .look(format!("{cli} describe clustercatalog {name}"), "shows its image and what is in the way")
            .look(format!("{cli} get pods -n openshift-catalogd"), "shows whether what serves catalogs runs");
        if let Some(progressing) = catalog.conditions.get("Progressing") {
            finding = finding.condition(progressing);
        }
        out.push(finding);
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn catalog(serving: &str, reason: &str, since: &str) -> String {
        format!(
            "
        kind: ClusterCatalog
        metadata: {{name: openshift-redhat-operators}}
        status: {{conditions: [{{type: Serving, status: '{serving}', reason: {reason}, lastTransitionTime: {since}}}]}}"
        )
    }

    #[test]
    fn one_that_does_not_serve() {
        fires(&CHECK, &catalog("False", "Unavailable", "@1h"), &[
            "warning ClusterCatalog openshift-redhat-operators: does not serve its operators (since 1h)",
        ]);
    }

    #[test]
    fn serving_switched_off_and_young_ones_are_silent() {
        silent(&CHECK, &catalog("True", "Available", "@1h"));
        silent(&CHECK, &catalog("False", "UserSpecifiedUnavailable", "@1h"));
        silent(&CHECK, &catalog("False", "Unavailable", "@2m"));
    }
}
