//! What the tools that ask Prometheus have in common: who is asked, what an outage means for an answer, and whose
//! measurements are meant.

use cluster_health::model::Kind;
use cluster_health::model::pod::Pod;
use cluster_health::selector::Selector;
use cluster_health::{Cluster, decode};
use schemars::JsonSchema;
use serde::Serialize;

use super::scope;
use crate::integrations::queries::{Containers, Pods};
use crate::integrations::{Away, Prometheus};
use crate::mcp::ToolError;
use crate::state::State;

/// What an answer rests on.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Basis {
    /// The newest measurement that was asked for, RFC 3339
    pub as_of: String,
    /// How much history was asked for, in hours
    pub hours_asked: u64,
    /// How much there was, in hours; absent where it differs from row to row
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hours_found: Option<u64>,
    /// What Prometheus itself says is missing, or was no number
    pub gaps: Vec<String>,
}

impl Basis {
    pub(super) fn words(&self) -> String {
        let found = self.hours_found.map(|hours| format!(", {hours} h found")).unwrap_or_default();
        let gaps = if self.gaps.is_empty() { String::new() } else { format!(" Gaps: {}.", self.gaps.join("; ")) };
        format!("Based on {} h of measurements asked for{found}, until {}.{gaps}", self.hours_asked, self.as_of)
    }
}

/// Series that a pod's containers are asked for by name; more are asked for by namespace.
const PODS: usize = 200;

/// For whoever may see what is asked about: a namespace, or the whole cluster.
pub(super) async fn prometheus<'s>(state: &'s State, namespace: Option<&str>) -> Result<&'s Prometheus, ToolError> {
    let refused = |reason: String| ToolError::Away { what: "Measurements".to_owned(), reason };
    let monitoring = state.measurements(namespace).await.map_err(refused)?;
    monitoring.prometheus.as_deref().ok_or_else(|| refused("no Prometheus is configured (PROMETHEUS_URL)".to_owned()))
}

/// An outage is what the answer says, in place of an answer.
pub(super) fn away(what: &str) -> impl Fn(Away) -> ToolError + '_ {
    move |away| ToolError::Away { what: what.to_owned(), reason: away.to_string() }
}

/// A name that the API would accept, wherever it will be written.
pub(super) fn name<'a>(argument: &str, text: Option<&'a str>) -> Result<Option<&'a str>, ToolError> {
    match text {
        Some(text) if !decode::is_name(text) => {
            Err(ToolError::argument(argument, text, "a name of letters, digits, '-' and '.'"))
        }
        text => Ok(text),
    }
}

/// Whose containers are meant.
pub(super) struct Whose<'a> {
    pub namespace: Option<&'a str>,
    pub deployment: Option<&'a str>,
    pub pod: Option<&'a str>,
    pub label_selector: Option<&'a str>,
}

impl Whose<'_> {
    /// Checked against the cluster, and against each other.
    pub(super) fn containers(&self, cluster: &Cluster) -> Result<Containers, ToolError> {
        if let Some(namespace) = self.namespace {
            scope::namespace(cluster, namespace)?;
        }
        name("pod", self.pod)?;
        let exclusive = [self.deployment, self.pod, self.label_selector].iter().flatten().count();
        if exclusive > 1 {
            return Err(ToolError::argument(
                "deployment",
                "with another",
                "only one of deployment, pod, label_selector",
            ));
        }
        let narrow = self.deployment.is_some() || self.pod.is_some();
        if narrow && self.namespace.is_none() {
            let accepted = "the namespace of the pod or deployment".to_owned();
            return Err(ToolError::MissingArgument { argument: "namespace".to_owned(), accepted });
        }
        let pods = match (self.deployment, self.pod, self.label_selector) {
            (Some(deployment), ..) => {
                scope::deployment(cluster, self.namespace, deployment)?;
                Pods::OfDeployment(deployment.to_owned())
            }
            (_, Some(pod), _) => Pods::Named(pod.to_owned()),
            (.., Some(labels)) => Pods::OneOf(self.labelled(cluster, labels)?),
            _ => Pods::All,
        };
        Ok(Containers { namespace: self.namespace.map(str::to_owned), pods })
    }

    fn labelled(&self, cluster: &Cluster, labels: &str) -> Result<Vec<String>, ToolError> {
        let selector: Selector = labels
            .parse()
            .map_err(|_| ToolError::argument("label_selector", labels, "a selector such as app=web,tier!=cache"))?;
        if let Some(reason) = cluster.coverage.unseen(Kind::Pod) {
            return Err(ToolError::NotSeen { what: "pods with these labels".to_owned(), reason: reason.words() });
        }
        let here = |pod: &&Pod| self.namespace.is_none_or(|namespace| pod.meta.namespace == *namespace);
        let all = cluster.pods.iter().filter(here).filter(|pod| selector.matches(&pod.meta.labels));
        let names: Vec<String> = all.take(PODS + 1).map(|pod| pod.meta.name.to_string()).collect();
        match names.len() {
            0 => Err(ToolError::NotFound {
                what: format!("a pod with labels {labels:?}"),
                hint: "list-pods shows which there are".to_owned(),
            }),
            count if count > PODS => {
                Err(ToolError::argument("label_selector", labels, format!("a selector of at most {PODS} pods")))
            }
            _ => Ok(names),
        }
    }

    /// Such as `pod shop/web-1` or `the cluster`.
    pub(super) fn words(&self) -> String {
        let namespace = self.namespace.unwrap_or_default();
        match (self.deployment, self.pod, self.label_selector) {
            (Some(deployment), ..) => format!("deployment {namespace}/{deployment}"),
            (_, Some(pod), _) => format!("pod {namespace}/{pod}"),
            (.., Some(labels)) if namespace.is_empty() => format!("pods with {labels}"),
            (.., Some(labels)) => format!("pods with {labels} in {namespace}"),
            _ if namespace.is_empty() => "the cluster".to_owned(),
            _ => format!("namespace {namespace}"),
        }
    }
}

/// Cores and bytes as people read them.
pub(super) fn cores(value: f64) -> String {
    if value.abs() < 1.0 { format!("{:.0}m", value * 1000.0) } else { format!("{value:.2}") }
}

pub(super) fn bytes(value: f64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
    let mut value = value;
    let mut unit = 0;
    while value.abs() >= 1024.0 && unit + 1 < units.len() {
        value /= 1024.0;
        unit += 1;
    }
    let word = units.get(unit).copied().unwrap_or_default();
    if unit == 0 { format!("{value:.0} {word}") } else { format!("{value:.1} {word}") }
}

/// Three digits that matter, so that answers do not pretend to know more.
pub(super) fn rounded(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let scale = 10_f64.powi(3 - value.abs().log10().floor() as i32);
    if scale.is_finite() && scale > 0.0 { (value * scale).round() / scale } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_short() {
        assert_eq!((cores(0.25), cores(2.5), bytes(512.0), bytes(1.5e9)).0, "250m");
        assert_eq!(
            (cores(2.5), bytes(512.0), bytes(1.5e9)),
            ("2.50".to_owned(), "512 B".to_owned(), "1.4 GiB".to_owned())
        );
        assert_eq!((rounded(123_456.0), rounded(0.001_234_56), rounded(0.0)), (123_500.0, 0.001_235, 0.0));
    }
}
