//! ClusterOperators and MachineConfigPools that changed their conditions.

use crate::model::Resource;
use crate::model::condition::Conditions;
use crate::view::View;

use super::{Entry, Scope, Sort};

const TOLD: [&str; 4] = ["Available", "Degraded", "Progressing", "Upgradeable"];
const TOLD_OF_POOLS: [&str; 3] = ["Updated", "Updating", "Degraded"];

pub(super) fn add(view: &View, scope: &Scope, entries: &mut Vec<Entry>) {
    for operator in view.cluster.cluster_operators.iter().filter(|it| scope.has(&it.reference())) {
        transitions(operator, &operator.conditions, &TOLD, entries);
    }
    for pool in view.cluster.machine_config_pools.iter().filter(|it| scope.has(&it.reference())) {
        transitions(pool, &pool.conditions, &TOLD_OF_POOLS, entries);
    }
}

fn transitions(object: &impl Resource, conditions: &Conditions, told: &[&str], entries: &mut Vec<Entry>) {
    for condition in conditions.iter().filter(|condition| told.contains(&&*condition.kind)) {
        let Some(at) = condition.since else { continue };
        let reason = condition.reasons().map(|reasons| format!(" ({})", crate::finding::listed(reasons)));
        entries.push(Entry {
            at,
            sort: Sort::Operator,
            object: object.reference(),
            what: format!("{} became {}{}", condition.kind, condition.status.as_str(), reason.unwrap_or_default()),
            untrusted_text: None,
            field: "status.conditions[*].lastTransitionTime",
        });
    }
}
