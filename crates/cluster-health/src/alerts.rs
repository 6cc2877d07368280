//! What an alert means: whether it is trouble, how bad, and what it is about.
//!
//! Nothing here reads an annotation. Rules are known by name, and a rule's name and labels are believed only as far as
//! whoever can write them may speak: OpenShift puts the namespace of whoever wrote a rule on every alert of it, so that
//! only the platform's own rules speak of nodes, of operators, and of anything as critical.

mod subject;

use crate::finding::Severity;
use crate::model::alert::{Alert, State};
use crate::view::{View, is_platform};

pub use subject::{component, node_of, subject};

/// Always fires, to show that alerts arrive.
pub const HEARTBEAT: &str = "Watchdog";
/// Nobody receives alerts: advice, and checked by itself.
pub const NO_RECEIVERS: &str = "AlertmanagerReceiversNotConfigured";
/// Only keeps others quiet.
const INHIBITOR: &str = "InfoInhibitor";

/// Set by OpenShift on alerts of the platform's rules.
const SOURCE: &str = "openshift_io_alert_source";

/// How bad the rule calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Word {
    /// `info`, `none`: nothing to be done about it.
    Low,
    /// `warning`, and every word that is not known.
    Warning,
    Critical,
}

pub fn word(alert: &Alert) -> Word {
    match alert.meta.labels.get("severity").map_or("", |word| word.as_str()) {
        "critical" => Word::Critical,
        "info" | "none" => Word::Low,
        _ => Word::Warning,
    }
}

impl Word {
    pub fn as_str(self) -> &'static str {
        match self {
            Word::Low => "info",
            Word::Warning => "warning",
            Word::Critical => "critical",
        }
    }
}

/// It fires, somebody is told, and it is neither known to be normal nor information.
pub fn is_trouble(alert: &Alert) -> bool {
    alert.state == State::Firing && would_be_trouble(alert)
}

/// What it would be if nobody had silenced it.
pub fn would_be_trouble(alert: &Alert) -> bool {
    let known = [HEARTBEAT, NO_RECEIVERS, INHIBITOR].contains(&&*alert.rule);
    !known && alert.state != State::Pending && word(alert) > Word::Low
}

/// Raised by a rule of the platform, as far as the alert shows it: it carries the namespace of no tenant.
pub fn is_of_platform(alert: &Alert) -> bool {
    let namespace = &alert.meta.namespace;
    let source = alert.meta.labels.get(SOURCE);
    (namespace.is_empty() || is_platform(namespace)) && source.is_none_or(|source| source == "platform")
}

/// Critical only where the platform says so on OpenShift. Elsewhere nothing shows who wrote a rule.
pub fn severity(view: &View, alert: &Alert) -> Severity {
    match word(alert) {
        Word::Critical if view.is_openshift() && is_of_platform(alert) => Severity::Critical,
        Word::Critical | Word::Warning => Severity::Warning,
        Word::Low => Severity::Info,
    }
}

#[cfg(test)]
mod tests;
