//! Which nodes a pod may run on, as its spec says: selector, required affinity, tolerations.

use std::collections::BTreeMap;

use crate::model::labels::Labels;
use crate::model::node::Taint;
use crate::model::wire;
use crate::name::{Interner, Name};
use crate::selector::Selector;

wire::wire_object!(
    /// `spec.affinity`: what a node must have.
    WireAffinity { node_affinity: Option<WireNodeAffinity> }
);
wire::wire_object!(WireNodeAffinity { required_during_scheduling_ignored_during_execution: Option<WireTerms> });
wire::wire_object!(WireTerms { node_selector_terms: Vec<WireTerm> });
wire::wire_object!(WireTerm { match_expressions: Vec<wire::MatchExpression>, match_fields: Vec<wire::Anything> });
wire::wire_object!(
    /// One of `spec.tolerations`.
    WireToleration { key: String, operator: String, value: String, effect: String }
);

#[derive(Debug, Default, PartialEq, Eq, Hash)]
pub struct Placement {
    /// `spec.nodeSelector`
    pub selector: Selector,
    /// Any one of them must match (`requiredDuringSchedulingIgnoredDuringExecution`); empty when there are none.
    pub affinity: Box<[Selector]>,
    /// Without those for the node's own state (`node.kubernetes.io/…`), which the API adds by itself.
    pub tolerations: Box<[Toleration]>,
}

#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Toleration {
    /// Empty: every taint.
    pub key: Name,
    /// Nothing: whatever the taint's value.
    pub value: Option<Name>,
    /// Empty: every effect.
    pub effect: Name,
}

/// Taints by which the node says how it fares.
pub const STATE_TAINTS: &str = "node.kubernetes.io/";

impl Placement {
    /// Nothing when the spec asks for nothing.
    pub(super) fn from_wire(
        selector: &BTreeMap<String, String>,
        affinity: Option<&WireAffinity>,
        tolerations: &[WireToleration],
        interner: &mut Interner,
    ) -> Option<Self> {
        let terms = affinity
            .and_then(|affinity| affinity.node_affinity.as_ref())
            .and_then(|node| node.required_during_scheduling_ignored_during_execution.as_ref());
        let placement = Self {
            selector: Selector::equal(selector, interner),
            affinity: terms.map(|terms| selectors(&terms.node_selector_terms, interner)).unwrap_or_default(),
            tolerations: tolerations
                .iter()
                .filter(|toleration| !toleration.key.starts_with(STATE_TAINTS))
                .map(|toleration| Toleration::from_wire(toleration, interner))
                .collect(),
        };
        (placement != Self::default()).then_some(placement)
    }

    /// The node's labels are what is asked for.
    pub fn selects(&self, labels: &Labels) -> bool {
        self.selector.matches(labels)
            && (self.affinity.is_empty() || self.affinity.iter().any(|term| term.matches(labels)))
    }

    pub fn tolerates(&self, taint: &Taint) -> bool {
        self.tolerations.iter().any(|toleration| toleration.covers(taint))
    }
}

/// Terms that name a node, as DaemonSets' pods have them, say nothing of labels: with one of them any node may do.
fn selectors(terms: &[WireTerm], interner: &mut Interner) -> Box<[Selector]> {
    if terms.iter().any(|term| !term.match_fields.is_empty()) {
        return Box::default();
    }
    terms.iter().map(|term| Selector::expressions(&term.match_expressions, interner)).collect()
}

impl Toleration {
    fn from_wire(wire: &WireToleration, interner: &mut Interner) -> Self {
        Self {
            key: interner.name(&wire.key),
            value: (wire.operator != "Exists").then(|| interner.name(&wire.value)),
            effect: interner.name(&wire.effect),
        }
    }

    fn covers(&self, taint: &Taint) -> bool {
        (self.key.is_empty() || self.key == taint.key)
            && self.value.as_ref().is_none_or(|value| *value == taint.value)
            && (self.effect.is_empty() || self.effect == taint.effect)
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::cluster;

    #[test]
    fn nodes_are_chosen_as_the_scheduler_does() {
        let cluster = cluster(
            "
            kind: Node
            metadata: {name: gpu, labels: {zone: a, cores: '16'}}
            spec: {taints: [{key: gpu, value: 'yes', effect: NoSchedule}, {key: lab, effect: NoExecute}]}
            ---
            kind: Pod
            metadata: {name: fits, namespace: shop}
            spec:
              nodeSelector: {zone: a}
              affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [
                {matchExpressions: [{key: cores, operator: Lt, values: ['8']}]},
                {matchExpressions: [{key: cores, operator: Gt, values: ['8']}]}]}}}
              tolerations: [{key: gpu, operator: Equal, value: 'yes'}, {key: lab, operator: Exists, effect: NoExecute}]
            ---
            kind: Pod
            metadata: {name: not, namespace: shop}
            spec:
              nodeSelector: {zone: b}
              tolerations: [{key: gpu, value: 'no'}, {key: lab, operator: Exists, effect: NoSchedule}, {key: node.kubernetes.io/not-ready, operator: Exists}]
            ---
            kind: Pod
            metadata: {name: any, namespace: shop}
            spec: {tolerations: [{key: node.kubernetes.io/not-ready, operator: Exists}]}",
        );
        let node = cluster.nodes.get("", "gpu").unwrap();
        let placement = |name| cluster.pods.get("shop", name).unwrap().template.placement.as_deref();
        let (fits, not) = (placement("fits").unwrap(), placement("not").unwrap());
        assert!(fits.selects(&node.meta.labels) && node.taints.iter().all(|taint| fits.tolerates(taint)));
        assert!(!not.selects(&node.meta.labels) && !node.taints.iter().any(|taint| not.tolerates(taint)));
        assert!(placement("any").is_none());
    }
}
