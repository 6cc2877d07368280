//! Updates of OpenShift that began and ended.

use crate::model::Kind;
use crate::view::View;

use super::{Entry, Scope, Sort, global};

/// An update concerns everything, whatever the timeline is about.
pub(super) fn add(view: &View, _scope: &Scope, entries: &mut Vec<Entry>) {
    for version in view.cluster.cluster_versions.iter() {
        let object = global(Kind::ClusterVersion, &version.meta.name);
        let mut put = |at, what, field| {
            if let Some(at) = at {
                let object = object.clone();
                entries.push(Entry { at, sort: Sort::Update, object, what, untrusted_text: None, field });
            }
        };
        for update in &version.history {
            put(update.started, format!("the update to {} began", update.version), "status.history[*].startedTime");
            let ended = format!("the update to {} ended", update.version);
            put(update.finished, ended, "status.history[*].completionTime");
        }
    }
}
