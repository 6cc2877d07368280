//! Prometheus' answer about rules and the alerts they raise; must-gather archives hold the same answer in a file.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::Read;
use super::raised::{Annotations, Raised};

#[derive(Deserialize)]
struct Envelope<'a> {
    status: &'a str,
    #[serde(borrow)]
    data: Data<'a>,
}

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(borrow)]
    groups: Vec<Group<'a>>,
}

#[derive(Deserialize)]
struct Group<'a> {
    #[serde(borrow, default)]
    rules: Vec<Rule<'a>>,
}

/// A rule that records has no alerts.
#[derive(Deserialize)]
struct Rule<'a> {
    #[serde(borrow, default)]
    alerts: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Active {
    labels: BTreeMap<String, String>,
    #[serde(default)]
    annotations: Annotations,
    state: String,
    #[serde(default)]
    active_at: String,
}

/// Alerts that fire. Those that are pending may yet turn out to be nothing.
pub(super) fn alerts(body: &[u8]) -> Result<Read, String> {
    let Envelope { status, data } = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    if status != "success" {
        return Err(format!("status {status:?}"));
    }
    let mut read = Read::default();
    let rules = data.groups.into_iter().flat_map(|group| group.rules);
    for alert in rules.flat_map(|rule| rule.alerts.unwrap_or_default()) {
        match serde_json::from_str::<Active>(alert.get()) {
            Ok(active) if active.state == "firing" => read.raised.push(Raised {
                labels: active.labels,
                annotations: active.annotations,
                state: active.state,
                since: active.active_at,
                ..Raised::default()
            }),
            Ok(_) => {}
            Err(_) => read.unreadable += 1,
        }
    }
    Ok(read)
}
