//! Catalogs of operators that do not answer.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::catalog_source::CatalogSource;
use crate::model::pod::Pod;
use crate::model::{Kind, Resource};
use crate::pod_trouble::shown;
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "olm-catalog-unready",
    title: "A catalog of operators does not answer",
    explain: "Looks at CatalogSources to which the lifecycle manager has had no connection for a quarter of an hour. No \
              operator of such a catalog can be installed or updated, and one broken catalog may block the resolution of \
              every subscription. The usual causes are a catalog image that cannot be pulled, as in clusters without \
              internet, a catalog pod that crashes or finds no node, and a catalog that is older than the cluster. \
              Catalogs that rest between two looks (IDLE), and those just made, do not count.",
    layer: Layer::Operator,
    needs: &[Kind::CatalogSource],
    uses: &[Kind::Pod],
    reference: "https://docs.openshift.com/container-platform/latest/operators/admin/olm-managing-custom-catalogs.html",
    run,
};

/// The lifecycle manager labels the pods it makes for a catalog.
const LABEL: &str = "olm.catalogSource";

fn run(view: &View, out: &mut Vec<Finding>) {
    for catalog in view.cluster.catalog_sources.iter() {
        let connection = catalog.connection.as_str();
        let since = catalog.connected.max(catalog.meta.created);
        // Without a state nobody has tried: that is the lifecycle manager's trouble.
        if !matches!(connection, "READY" | "IDLE" | "") && view.held(since, thresholds::CATALOG_HOLD) {
            out.push(finding(view, catalog));
        }
    }
}

fn finding(view: &View, catalog: &CatalogSource) -> Finding {
    let (cli, name, namespace) = (view.cli(), &catalog.meta.name, &catalog.meta.namespace);
    let is_its = |pod: &&Pod| pod.meta.labels.get(LABEL).is_some_and(|of| of == name);
    let pods: Vec<&Pod> = view.unsettled.iter().copied().filter(|pod| pod.meta.namespace == *namespace).filter(is_its).collect();
    Finding::new(&CHECK, Severity::Warning, catalog.reference(), "does not answer: its operators cannot be installed or updated")
        .since(catalog.connected.max(catalog.meta.created), "status.connectionState.lastConnect, or creation")
        .fact("status.connectionState.lastObservedState", shown(&catalog.connection))
        .untrusted("spec.image", Some(&catalog.image))
        .fact("pods of it that are not well", pods.len())
        .affects(pods.iter().map(|pod| pod.reference()))
        .depends_on(pods.iter().map(|pod| view.workload(pod)))
        .depends_on(view.dead_nodes(&pods))
        .look(format!("{cli} get pods -n {namespace} -l {LABEL}={name} -o wide"), "shows the catalog's pod")
        .look(format!("{cli} describe catalogsource {name} -n {namespace}"), "shows its image and the last connection")
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn catalog(state: &str, connected: &str) -> String {
        format!(
            "
        kind: CatalogSource
        metadata: {{name: redhat-operators, namespace: openshift-marketplace, creationTimestamp: @9d}}
        spec: {{sourceType: grpc, image: 'registry.example.com/index:v1'}}
        status: {{connectionState: {{lastObservedState: {state}, lastConnect: {connected}}}}}
        ---
        kind: Pod
        metadata: {{name: redhat-operators-x, namespace: openshift-marketplace, labels: {{olm.catalogSource: redhat-operators}}}}
        status: {{phase: Pending}}"
        )
    }

    #[test]
    fn one_that_has_not_answered_for_long() {
        let found = fires(&CHECK, &catalog("TRANSIENT_FAILURE", "@1h"), &[
            "warning CatalogSource openshift-marketplace/redhat-operators: does not answer: its operators cannot be \
             installed or updated (since 1h)",
        ]);
        assert_eq!(found[0].upstream[0].to_string(), "Pod openshift-marketplace/redhat-operators-x");
    }

    #[test]
    fn ready_resting_and_restarting_ones_are_silent() {
        silent(&CHECK, &catalog("READY", "@9d"));
        silent(&CHECK, &catalog("IDLE", "@1h"));
        silent(&CHECK, &catalog("CONNECTING", "@2m"));
    }
}
