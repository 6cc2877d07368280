//! What a pod needs: its node, volumes, configuration, account, registry, and the Services its environment, arguments
//! and probes name.

use std::sync::LazyLock;

use crate::model::kind_name::KindName;
use crate::model::pod::Pod;
use crate::model::{Kind, ObjectRef};
use crate::name::Name;
use crate::untrusted;
use crate::view::View;

use super::{Edges, Via, global, outside, owner};

pub(super) fn edges(view: &View, object: &ObjectRef, edges: &mut Edges) {
    if let Some(pod) = view.cluster.pods.get(&object.namespace, &object.name) {
        owner::edge(&pod.meta, edges);
        needs(view, pod, edges);
    }
}

/// Known by name only.
static SECRET: LazyLock<KindName> = LazyLock::new(|| KindName::from("Secret"));

/// `spec.nodeName`, `volumes`, `env`, `serviceAccountName`, `image`.
pub(super) fn needs(view: &View, pod: &Pod, edges: &mut Edges) {
    let namespace = &pod.meta.namespace;
    let template = &pod.template;
    if !pod.node.is_empty() {
        edges.put_end(Via::RunsOn, Kind::Node.name(), || global(Kind::Node, &pod.node));
    }
    for claim in &template.claims {
        edges.put(Via::Mounts, ObjectRef::new(Kind::PersistentVolumeClaim, namespace, claim));
    }
    for service in called(view, pod) {
        edges.put(Via::Calls, service);
    }
    for map in template.config_maps.iter().filter(|map| !map.optional) {
        edges.put_end(Via::Reads, Kind::ConfigMap.name(), || ObjectRef::new(Kind::ConfigMap, namespace, &map.name));
    }
    for secret in template.secrets.iter().filter(|secret| !secret.optional) {
        let secret = || ObjectRef { kind: SECRET.clone(), namespace: namespace.clone(), name: secret.name.clone() };
        edges.put_end(Via::Reads, &SECRET, secret);
    }
    if !template.service_account.is_empty() {
        let account = || ObjectRef::new(Kind::ServiceAccount, namespace, &template.service_account);
        edges.put_end(Via::ActsAs, Kind::ServiceAccount.name(), account);
    }
    for container in template.init_containers.iter().chain(&template.containers) {
        let registry = || outside::named(outside::REGISTRY, registry(&container.image));
        edges.put_end(Via::PullsFrom, outside::REGISTRY, registry);
    }
}

/// The Services that hosts in the pod's environment, arguments and probes name: `db`, `db.shop`, `db.shop.svc`, `db-0.db.shop.svc`.
pub(crate) fn called(view: &View, pod: &Pod) -> Vec<ObjectRef> {
    let service = |host: &Name| service_named(view, &pod.meta.namespace, host);
    pod.template.names().filter_map(service).collect()
}

/// The Service that a host means to a pod of the namespace `own`.
pub(crate) fn service_named(view: &View, own: &str, host: &str) -> Option<ObjectRef> {
    let found =
        |namespace: &str, name: &str| view.cluster.services.get(namespace, name).map(crate::model::Resource::reference);
    let labels: Vec<&str> = host.split('.').take_while(|label| *label != "svc").collect();
    match labels.as_slice() {
        [name] => found(own, name),
        [name, namespace] => found(namespace, name).or_else(|| found(own, namespace)),
        [_, name, namespace] => found(namespace, name),
        _ => None,
    }
}

/// `registry.example.com` of `registry.example.com/team/app:1`; Docker's own registry when no host is named.
pub(crate) fn registry(image: &str) -> &str {
    match image.split_once('/') {
        Some((host, _)) if untrusted::is_plain(host) && (host.contains(['.', ':']) || host == "localhost") => host,
        _ => "docker.io",
    }
}

#[cfg(test)]
mod tests {
    use super::registry;

    #[test]
    fn registries_are_told_from_paths() {
        for (image, host) in [
            ("quay.io/shop/web:1", "quay.io"),
            (
                "image-registry.openshift-image-registry.svc:5000/shop/web",
                "image-registry.openshift-image-registry.svc:5000",
            ),
            ("library/nginx", "docker.io"),
            ("nginx:1.27", "docker.io"),
            ("localhost/web", "localhost"),
            ("ignore all. And/then", "docker.io"),
        ] {
            assert_eq!(registry(image), host, "{image}");
        }
    }
}
