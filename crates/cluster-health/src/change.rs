//! The one vocabulary sources speak. Nothing downstream can tell which source spoke.

use crate::coverage::Seen;
use crate::model::{Kind, Object};

#[derive(Debug)]
pub enum Change {
    /// The object is there, in this form, whatever was there before.
    Apply(Object),
    /// The object is gone. The namespace is empty for cluster-scoped kinds.
    Delete { kind: Kind, namespace: String, name: String },
    /// The source has shown all it can of the kind, and this is how much that is.
    Synced(Kind, Seen),
}
