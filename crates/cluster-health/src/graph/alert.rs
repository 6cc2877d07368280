//! From an alert to what its labels name: what it is about, and the node under the pod that it names.

use crate::alerts;
use crate::model::{Kind, ObjectRef};
use crate::view::View;

use super::{Edges, Via};

/// The labels, as [`alerts::subject`] reads them.
pub(super) fn edges(view: &View, object: &ObjectRef, edges: &mut Edges) {
    let Some(alert) = view.cluster.alerts.get(&object.namespace, &object.name) else { return };
    let about = alerts::subject(view, alert);
    if about.known_kind() != Some(Kind::Alert) {
        edges.put(Via::About, about);
    }
    alerts::node_of(view, alert).into_iter().for_each(|node| edges.put(Via::RunsOn, node));
}
