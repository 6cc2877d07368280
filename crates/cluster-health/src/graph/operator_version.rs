//! From an operator installed with OLM to the Deployments it consists of.

use crate::model::deployment::Deployment;
use crate::model::{ObjectRef, Resource};
use crate::view::View;

use super::{Edges, Via};

/// `spec.install.spec.deployments[*].name`, and what the lifecycle manager labelled as made for it or for the one it
/// takes over from.
pub(super) fn edges(view: &View, object: &ObjectRef, edges: &mut Edges) {
    let versions = &view.cluster.cluster_service_versions;
    let Some(version) = versions.get(&object.namespace, &object.name).filter(|version| !version.copied) else { return };
    let is_labelled = |deployment: &Deployment| {
        let labels = [&deployment.meta.labels, &deployment.template_labels];
        let owner = labels.iter().find_map(|labels| labels.get("olm.owner"));
        owner.is_some_and(|owner| *owner == version.meta.name || *owner == version.replaces)
    };
    let deployments = view.cluster.deployments.in_namespace(&object.namespace);
    for deployment in deployments {
        if version.deployments.contains(&deployment.meta.name) || is_labelled(deployment) {
            edges.put(Via::Manages, deployment.reference());
        }
    }
}
