//! The JSON of Alertmanager's API, version 2.

use std::collections::BTreeMap;

use cluster_health::decode;
use cluster_health::model::Kind;
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;

use super::raised::{Annotations, Raised};
use super::{Batch, Read};

/// Silences that are kept: nobody reads more.
const SILENCES: usize = 2_000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Alert {
    labels: BTreeMap<String, String>,
    #[serde(default)]
    annotations: Annotations,
    #[serde(default)]
    starts_at: String,
    status: AlertStatus,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AlertStatus {
    /// `active`, `suppressed` or, before the first notification, `unprocessed`.
    state: String,
    #[serde(default)]
    silenced_by: Vec<String>,
    #[serde(default)]
    inhibited_by: Vec<String>,
}

pub(super) fn alerts(body: &[u8]) -> Result<Read, String> {
    let mut read = Read::default();
    for alert in list(body)? {
        match serde_json::from_str::<Alert>(alert.get()) {
            Ok(Alert { labels, annotations, starts_at, status }) => read.raised.push(Raised {
                labels,
                annotations,
                state: if status.state == "suppressed" { status.state } else { "firing".to_owned() },
                since: starts_at,
                silenced_by: status.silenced_by,
                inhibited_by: status.inhibited_by,
            }),
            Err(_) => read.unreadable += 1,
        }
    }
    Ok(read)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Silence {
    id: String,
    status: SilenceStatus,
    #[serde(default)]
    starts_at: String,
    #[serde(default)]
    ends_at: String,
    #[serde(default)]
    matchers: Vec<serde_json::Value>,
    #[serde(default)]
    created_by: String,
    #[serde(default)]
    comment: String,
}

#[derive(Deserialize)]
struct SilenceStatus {
    state: String,
}

/// Those in force or still to come. Alertmanager keeps what has expired for days.
pub fn silences(body: &[u8]) -> Result<Batch, String> {
    let (mut batch, mut unreadable) = (Batch::default(), 0);
    for silence in list(body)? {
        match serde_json::from_str::<Silence>(silence.get()) {
            Ok(silence) if silence.status.state == "expired" => {}
            Ok(silence) if batch.objects.len() < SILENCES => match object(&silence) {
                Some(object) => batch.objects.push(object),
                None => unreadable += 1,
            },
            Ok(_) | Err(_) => unreadable += 1,
        }
    }
    batch.gap = (unreadable > 0).then(|| format!("{unreadable} silences could not be read, or are too many"));
    Ok(batch)
}

fn object(silence: &Silence) -> Option<cluster_health::model::Object> {
    let time = |text: &str| cluster_health::Time::parse(text).map(|time| time.to_string());
    let object = json!({
        "metadata": {"name": silence.id},
        "state": silence.status.state,
        "startsAt": time(&silence.starts_at),
        "endsAt": time(&silence.ends_at),
        "matchers": silence.matchers,
        "createdBy": silence.created_by,
        "comment": silence.comment,
    });
    decode::value(Kind::Silence, &object).ok()
}

fn list(body: &[u8]) -> Result<Vec<&RawValue>, String> {
    serde_json::from_slice(body).map_err(|error| error.to_string())
}
