//! What makes pods, with the template it makes them from, and what that template needs to be there.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::alike;
use crate::checks::Check;
use crate::describe;
use crate::finding::{Finding, Severity};
use crate::model::meta::Meta;
use crate::model::pod::Template;
use crate::model::{Kind, ObjectRef};
use crate::name::Name;
use crate::pod_trouble::{self, shown};
use crate::thresholds;
use crate::view::View;

/// A workload that wants pods; or a pod of its own, while it does not run as it should.
#[derive(Debug)]
pub struct Maker<'a> {
    pub kind: Kind,
    pub meta: &'a Meta,
    pub template: &'a Arc<Template>,
}

impl Maker<'_> {
    pub fn reference(&self) -> ObjectRef {
        ObjectRef::new(self.kind, &self.meta.namespace, &self.meta.name)
    }
}

impl<'a> View<'a> {
    /// Everything that makes pods, or would, by kind, namespace and name.
    pub fn makers(&self) -> &[Maker<'a>] {
        self.makers.get_or_init(|| {
            let cluster = self.cluster;
            let mut makers = Vec::new();
            macro_rules! add {
                ($kind:ident, $objects:expr) => {
                    makers.extend($objects.map(|it| Maker {
                        kind: Kind::$kind,
                        meta: &it.meta,
                        template: &it.template,
                    }));
                };
            }
            add!(Deployment, cluster.deployments.iter().filter(|it| it.desired > 0));
            add!(StatefulSet, cluster.stateful_sets.iter().filter(|it| it.desired > 0));
            add!(DaemonSet, cluster.daemon_sets.iter());
            add!(DeploymentConfig, cluster.deployment_configs.iter().filter(|it| it.desired > 0));
            add!(ReplicaSet, cluster.replica_sets.iter().filter(|it| it.desired > 0 && it.meta.owner.is_none()));
            add!(
                Job,
                cluster.jobs.iter().filter(|it| it.completed.is_none() && it.conditions.is_empty() && !it.suspended)
            );
            add!(Pod, self.unsettled.iter().copied().filter(|it| it.meta.owner.is_none()));
            makers
        })
    }

    /// It is known not to exist.
    pub fn is_absent(&self, kind: Kind, namespace: &str, name: &str) -> bool {
        let known = if namespace.is_empty() { self.all_seen(kind) } else { self.seen_in(kind, namespace) };
        known && !self.cluster.contains(kind, namespace, name)
    }

    /// What the API wants to see before it accepts a pod of this template.
    pub fn admission_needs(&self, template: &Template, namespace: &Name) -> Vec<ObjectRef> {
        let needs = [
            (Kind::ServiceAccount, &template.service_account),
            (Kind::PriorityClass, &template.priority_class),
            (Kind::RuntimeClass, &template.runtime_class),
        ];
        let named = needs.into_iter().filter(|(kind, name)| !name.is_empty() && !is_always_there(*kind, name));
        named.map(|(kind, name)| ObjectRef::new(kind, &scope(kind, namespace), name)).collect()
    }

    /// The ConfigMaps without which the containers do not start.
    pub fn config_needs(&self, template: &Template, namespace: &Name) -> impl Iterator<Item = ObjectRef> {
        let required = template.config_maps.iter().filter(|reference| !reference.optional);
        required.map(|reference| ObjectRef::new(Kind::ConfigMap, namespace, &reference.name))
    }
}

/// A field of templates that names an object without which the API refuses the pod.
#[derive(Clone, Copy)]
pub struct Named {
    pub kind: Kind,
    pub field: &'static str,
    /// Empty where a template names none.
    pub of: fn(&Template) -> &Name,
}

/// One finding for each object that templates name and that does not exist.
pub fn report_absent(view: &View, check: &Check, named: Named, out: &mut Vec<Finding>) {
    let mut absent: BTreeMap<ObjectRef, Vec<ObjectRef>> = BTreeMap::new();
    for maker in view.makers() {
        let name = (named.of)(maker.template);
        let namespace = scope(named.kind, &maker.meta.namespace);
        // What was made a moment ago may still get what it needs.
        let lacks = !name.is_empty()
            && !is_always_there(named.kind, name)
            && view.is_absent(named.kind, &namespace, name)
            && view.held(maker.meta.created, thresholds::POD_START_HOLD);
        if lacks {
            absent.entry(ObjectRef::new(named.kind, &namespace, name)).or_default().push(maker.reference());
        }
    }
    out.extend(absent.into_iter().map(|(object, users)| absence(view, check, named, object, users)));
}

/// The account that controllers make in every namespace, and make again.
fn is_always_there(kind: Kind, name: &str) -> bool {
    kind == Kind::ServiceAccount && name == "default"
}

fn absence(view: &View, check: &Check, named: Named, object: ObjectRef, users: Vec<ObjectRef>) -> Finding {
    let severity = users.iter().map(|user| pod_trouble::severity(view, user)).max().unwrap_or(Severity::Warning);
    let who = match users.as_slice() {
        [one] => format!("{} {} names it", one.kind, shown(&one.name)),
        several => format!("{} workloads name it", several.len()),
    };
    let scope = if object.namespace.is_empty() { String::new() } else { format!(" -n {}", object.namespace) };
    let look = format!("{} get {}{scope}", view.cli(), named.kind.plural());
    let there = describe::names(view.cluster, named.kind, &object.namespace);
    let near = alike::nearest(&object.name, there).map(|near| shown(near).to_owned());
    let field = format!("spec.template.spec.{}", named.field);
    let finding = Finding::new(check, severity, object.clone(), format!("does not exist, but {who}"))
        .fact(field, shown(&object.name))
        .affects(users)
        .look(look, "lists those there are");
    match near {
        Some(near) => finding.fact("closest name there is", near),
        None => finding,
    }
}

fn scope(kind: Kind, namespace: &Name) -> Name {
    match kind.scope() {
        crate::model::Scope::Namespaced => namespace.clone(),
        crate::model::Scope::Cluster => Name::empty(),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use crate::checks::Check;
    use crate::testing::{cluster, fires, now, silent};
    use crate::view::View;

    /// A Deployment whose template names, by mistake, nearly what there is.
    fn naming(kind: &str, field: &str) -> String {
        format!(
            "
        kind: Namespace
        metadata: {{name: shop}}
        ---
        kind: {kind}
        metadata: {{name: standard, namespace: shop}}
        ---
        kind: Deployment
        metadata: {{name: web, namespace: shop, creationTimestamp: @2d}}
        spec: {{replicas: 2, template: {{spec: {{{field}: standrad}}}}}}
        status: {{availableReplicas: 1}}"
        )
    }

    /// For the checks that [`super::report_absent`] makes up.
    pub(crate) fn named_fires(check: &'static Check, kind: &str, field: &str) {
        let scope = if kind == "ServiceAccount" { "shop/" } else { "" };
        let line = format!("{kind} {scope}standrad: does not exist, but Deployment web names it");
        let scene = naming(kind, field);
        let found = fires(check, &scene, &[&format!("warning {line}")]);
        assert!(format!("{:?}", found[0].facts).contains("\"standard\""), "{:?}", found[0].facts);
        fires(check, &scene.replace("availableReplicas: 1", "availableReplicas: 0"), &[&format!("critical {line}")]);
    }

    pub(crate) fn named_silent(check: &'static Check, kind: &str, field: &str) {
        let scene = naming(kind, field);
        silent(check, &scene.replace("standrad", "standard"));
        silent(check, &scene.replace("replicas: 2", "replicas: 0"));
        silent(check, &scene.replace("@2d", "@2m"));
        silent(check, &scene.replace(&format!("{field}: standrad"), "serviceAccountName: default"));
    }

    #[test]
    fn only_what_wants_pods_makes_them() {
        let cluster = cluster(
            "
            kind: Deployment
            metadata: {name: web, namespace: shop}
            spec: {replicas: 1}
            ---
            kind: Deployment
            metadata: {name: off, namespace: shop}
            spec: {replicas: 0}
            ---
            kind: ReplicaSet
            metadata: {name: web-1, namespace: shop, ownerReferences: [{kind: Deployment, name: web, controller: true}]}
            spec: {replicas: 1}
            ---
            kind: Job
            metadata: {name: done, namespace: shop}
            status: {conditions: [{type: Complete, status: 'True'}]}
            ---
            kind: Pod
            metadata: {name: bare, namespace: shop}
            status: {phase: Pending}",
        );
        let view = View::new(&cluster, now());
        let makers: Vec<_> = view.makers().iter().map(|maker| maker.reference().to_string()).collect();
        assert_eq!(makers, ["Deployment shop/web", "Pod shop/bare"]);
    }
}
