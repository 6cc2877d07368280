//! What the operators of the control plane's static pods have in common: a revision for every node.

use crate::describe::Facts;
use crate::name::{Interner, Name};

use super::condition::Conditions;
use super::meta::Meta;
use super::wire;

wire::wire_object!(
    /// As all four of them write it.
    Wire { metadata: wire::Meta, spec: WireSpec, status: WireStatus }
);
wire::wire_object!(WireSpec { management_state: String });
wire::wire_object!(WireStatus {
    latest_available_revision: u32,
    node_statuses: Vec<WireNode>,
    conditions: Vec<wire::Condition>,
});
wire::wire_object!(WireNode {
    node_name: String,
    current_revision: u32,
    target_revision: u32,
    last_failed_revision: u32,
    last_failed_reason: String,
    last_failed_revision_errors: Vec<String>,
});

#[derive(Clone, Debug)]
pub struct StaticPodOperator {
    pub meta: Meta,
    /// `Managed`, or what an administrator set instead.
    pub management: Name,
    /// What every node should come to run.
    pub latest: u32,
    pub nodes: Box<[NodeRevision]>,
    pub conditions: Conditions,
}

#[derive(Clone, Debug)]
pub struct NodeRevision {
    pub node: Name,
    /// Zero before the first one runs.
    pub current: u32,
    /// Zero when nothing is rolled out to the node.
    pub target: u32,
    /// Zero when none failed.
    pub failed: u32,
    pub failed_reason: Name,
    /// Untrusted text.
    pub error: Option<Box<str>>,
}

impl StaticPodOperator {
    pub(super) fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        let status = wire.status;
        let node = |node: WireNode| NodeRevision {
            node: interner.name(&node.node_name),
            current: node.current_revision,
            target: node.target_revision,
            failed: node.last_failed_revision,
            failed_reason: interner.name(&node.last_failed_reason),
            error: super::condition::capped(node.last_failed_revision_errors.into_iter().next()),
        };
        Self {
            nodes: status.node_statuses.into_iter().map(node).collect(),
            meta: Meta::from_wire(&wire.metadata, interner),
            management: interner.name(&wire.spec.management_state),
            latest: status.latest_available_revision,
            conditions: Conditions::from_wire(status.conditions, interner),
        }
    }

    pub(super) fn facts(&self, facts: Facts) -> Facts {
        let facts =
            facts.put("spec.managementState", &self.management).put("status.latestAvailableRevision", self.latest);
        let facts = self.nodes.iter().fold(facts, |facts, node| {
            let failed = if node.failed > 0 { format!(", {} failed", node.failed) } else { String::new() };
            facts
                .put(format!("status.nodeStatuses[{}].currentRevision", node.node), format!("{}{failed}", node.current))
        });
        facts.conditions(&self.conditions)
    }
}

/// A kind that is nothing but such an operator.
macro_rules! static_pod_operator {
    ($Kind:ident) => {
        #[derive(Clone, Debug)]
        pub struct $Kind(pub crate::model::static_pod_operator::StaticPodOperator);

        impl crate::model::Resource for $Kind {
            const KIND: crate::model::Kind = crate::model::Kind::$Kind;
            type Wire = crate::model::static_pod_operator::Wire;

            fn from_wire(wire: Self::Wire, interner: &mut crate::name::Interner) -> Self {
                Self(crate::model::static_pod_operator::StaticPodOperator::from_wire(wire, interner))
            }

            fn meta(&self) -> &crate::model::meta::Meta {
                &self.0.meta
            }

            fn facts(&self, facts: crate::describe::Facts) -> crate::describe::Facts {
                self.0.facts(facts)
            }
        }
    };
}
pub(super) use static_pod_operator;
