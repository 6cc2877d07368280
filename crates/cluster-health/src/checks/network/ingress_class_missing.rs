//! Ingresses that nobody serves.

use crate::checks::{Check, Layer};
use crate::finding::{Confidence, Finding, Severity, listed, Text};
use crate::model::ingress::Ingress;
use crate::model::{Kind, Resource};
use crate::pod_trouble::shown;
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "network-ingress-class-missing",
    title: "An Ingress has no class that is served",
    explain: "Looks at the IngressClass each Ingress names. When it does not exist no controller takes the Ingress, so its \
              host is not served, without an error anywhere. An Ingress that names no class needs a default one; on \
              OpenShift the router takes it all the same. The usual causes are a misspelt name, a controller that was \
              removed, and a manifest written for another cluster. An Ingress that has an address is served by somebody \
              and does not count, nor does a class that is named by annotation only, where any word may stand.",
    layer: Layer::Service,
    needs: &[Kind::Ingress, Kind::IngressClass],
    uses: &[],
    reference: "https://kubernetes.io/docs/concepts/services-networking/ingress/#ingress-class",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    if !view.all_seen(Kind::IngressClass) {
        return;
    }
    let classes = &view.cluster.ingress_classes;
    let has_default = classes.iter().any(|class| class.default);
    let unserved = view.cluster.ingresses.iter().filter(|it| !it.has_address);
    for ingress in unserved.filter(|it| view.held(it.meta.created, thresholds::SERVICE_HOLD)) {
        match &ingress.class {
            Some(class) if !class.annotated && classes.get("", &class.name).is_none() => {
                let title = "nobody serves it: its ingress class does not exist";
                out.push(finding(view, ingress, title));
            }
            None if !has_default && !view.is_openshift() => {
                let title = "nobody serves it: it names no ingress class and none is the default";
                out.push(finding(view, ingress, title).confidence(Confidence::Likely));
            }
            _ => {}
        }
    }
}

fn finding(view: &View, ingress: &Ingress, title: impl Into<Text>) -> Finding {
    let (cli, name, namespace) = (view.cli(), &ingress.meta.name, &ingress.meta.namespace);
    let class = ingress.class.as_ref().map_or("(not set)", |class| shown(&class.name));
    let classes = view.cluster.ingress_classes.iter().map(|class| &*class.meta.name);
    Finding::new(&CHECK, Severity::Warning, ingress.reference(), title)
        .since(ingress.meta.created, "metadata.creationTimestamp")
        .fact("spec.ingressClassName", class)
        .fact("ingress classes there are", listed(classes))
        .look(format!("{cli} get ingressclasses"), "lists the classes there are, and which is the default")
        .look(format!("{cli} describe ingress {name} -n {namespace}"), "shows its class, hosts and address")
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn scene(spec: &str) -> String {
        format!(
            "
        kind: Ingress
        metadata: {{name: web, namespace: shop, creationTimestamp: @2d}}
        spec: {spec}
        ---
        kind: IngressClass
        metadata: {{name: openshift-default}}
        spec: {{controller: openshift.io/ingress-to-route}}"
        )
    }

    #[test]
    fn a_class_that_does_not_exist_and_none_at_all() {
        fires(&CHECK, &scene("{ingressClassName: nginx}"), &[
            "warning Ingress shop/web: nobody serves it: its ingress class does not exist (since 2d)",
        ]);
        fires(&CHECK, &scene("{}"), &[
            "warning Ingress shop/web: nobody serves it: it names no ingress class and none is the default (since 2d)",
        ]);
    }

    #[test]
    fn openshift_s_router_an_address_and_annotations_are_silent() {
        let openshift = "
        ---
        kind: ClusterVersion
        metadata: {name: version}";
        silent(&CHECK, &(scene("{}") + openshift));
        silent(&CHECK, &scene("{ingressClassName: openshift-default}"));
        silent(&CHECK, &scene("{ingressClassName: nginx}\n        status: {loadBalancer: {ingress: [{ip: 192.0.2.1}]}}"));
        let annotated = "creationTimestamp: @2d, annotations: {kubernetes.io/ingress.class: nginx}";
        silent(&CHECK, &scene("{}").replace("creationTimestamp: @2d", annotated));
    }
}
