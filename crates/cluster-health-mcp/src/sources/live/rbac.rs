//! The rights the source needs, from the kinds the model holds: what is not listed here is never asked for.

use std::collections::BTreeMap;
use std::fmt::Write;

use cluster_health::model::Kind;
use cluster_health::ordered::Ordered;

/// What the source does with every kind.
pub const VERBS: [&str; 3] = ["get", "list", "watch"];

/// Kinds' plurals by API group, both sorted.
pub fn resources() -> BTreeMap<&'static str, Vec<&'static str>> {
    let mut groups: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for kind in Kind::served() {
        groups.entry(kind.group()).or_default().push(kind.plural());
    }
    for plurals in groups.values_mut() {
        plurals.put_in_order();
    }
    groups
}

/// The whole as a ClusterRole. `logs` adds [`log_rules`].
pub fn cluster_role(name: &str, logs: bool) -> String {
    let logs = if logs { log_rules() } else { String::new() };
    let head = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: ";
    format!("{head}{name}\nrules:\n{}{logs}", reading_rules())
}

/// Rules for every kind, as items of a YAML list.
pub fn reading_rules() -> String {
    let mut out = String::new();
    for (group, plurals) in resources() {
        rule(&mut out, group, &plurals, &VERBS);
    }
    out
}

/// The rule for reading containers' logs, which `inspect-object` does when it is asked to.
pub fn log_rules() -> String {
    let mut out = String::new();
    rule(&mut out, "", &["pods/log"], &["get"]);
    out
}

fn rule(out: &mut String, group: &str, resources: &[&str], verbs: &[&str]) {
    // Writing to a String cannot fail
    let _ = write!(
        out,
        "- apiGroups: [\"{group}\"]\n  resources: [{}]\n  verbs: [{}]\n",
        resources.join(", "),
        verbs.join(", ")
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_there_and_nothing_that_holds_secrets() {
        let role = cluster_role("x", false);
        for kind in Kind::served() {
            let group = resources().remove(kind.group()).unwrap();
            assert!(group.contains(&kind.plural()), "{kind}");
        }
        for word in ["secrets", "*", "create", "update", "patch", "delete", "pods/log", "exec", "proxy"] {
            assert!(!role.contains(word), "{word} in\n{role}");
        }
        assert!(cluster_role("x", true).ends_with("resources: [pods/log]\n  verbs: [get]\n"));
    }
}
