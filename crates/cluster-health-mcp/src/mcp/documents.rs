//! The resources on offer, one a file. They mirror the tools for clients that read documents.

pub mod check;
pub mod health;
pub mod incidents;
pub mod namespace;
pub mod nodes;
pub mod remediation_history;

use serde::Serialize;

use super::{ResourceError, Surface};
use crate::outgoing;
use crate::state::{NotReady, State};

/// Adds every resource to the surface.
pub fn register(surface: Surface<State>) -> Surface<State> {
    surface
        .resource::<health::Health>()
        .resource::<incidents::Incidents>()
        .resource::<nodes::Nodes>()
        .template::<check::CheckDocument>()
        .template::<namespace::NamespaceHealth>()
}

/// Adds what a Coordination Engine has done.
pub fn register_engine(surface: Surface<State>) -> Surface<State> {
    surface.resource::<remediation_history::RemediationHistory>()
}

impl From<NotReady> for ResourceError {
    fn from(NotReady { awaiting }: NotReady) -> Self {
        Self::NotReady { awaiting }
    }
}

fn json(document: &impl Serialize) -> Result<String, ResourceError> {
    serde_json::to_string(document).map(outgoing::json).map_err(|error| ResourceError::Internal(error.into()))
}
