//! Alerts and silences, as objects of the model.
//!
//! Alertmanager's word counts where it is asked: it knows what people are told, and what is silenced. Prometheus then
//! only adds since when each alert's expression holds, which Alertmanager does not know. Where Alertmanager is not
//! configured or away, Prometheus' alerts are taken as they are. Archives hold Prometheus' answer and are read the same
//! way.

mod alertmanager;
mod raised;
mod rules;

use std::collections::HashMap;
use std::sync::Arc;

use cluster_health::model::Object;

use super::endpoint::{Access, AccessError, Endpoint};
use super::{Away, Prometheus};

use raised::Raised;

/// Of Prometheus' answer about its rules, as archives hold it too.
pub fn from_rules(answer: &[u8]) -> Result<Batch, String> {
    Ok(rules::alerts(answer)?.batch(None))
}

/// Of Alertmanager's answer.
pub fn from_alertmanager(answer: &[u8]) -> Result<Batch, String> {
    Ok(alertmanager::alerts(answer)?.batch(None))
}

pub use alertmanager::silences;

const NAME: &str = "Alertmanager";
const NEEDS: &str = "the Role monitoring-alertmanager-view in openshift-monitoring";
/// Some ten thousand alerts.
const ANSWER_BYTES: usize = 16 << 20;

#[derive(Debug)]
pub struct Alertmanager {
    endpoint: Endpoint,
}

impl Alertmanager {
    /// Asks nothing yet.
    pub fn new(access: &Access) -> Result<Self, AccessError> {
        Ok(Self { endpoint: Endpoint::new(NAME, NEEDS, access)? })
    }

    async fn alerts(&self) -> Result<Read, Away> {
        let body = self.endpoint.get("/api/v2/alerts", ANSWER_BYTES).await?;
        alertmanager::alerts(&body).map_err(|error| Away::garbled(NAME, error))
    }

    async fn silences(&self) -> Result<Batch, Away> {
        let body = self.endpoint.get("/api/v2/silences", ANSWER_BYTES).await?;
        silences(&body).map_err(|error| Away::garbled(NAME, error))
    }
}

/// Alerts out of one answer, and how many more there were that could not be read.
#[derive(Debug, Default)]
struct Read {
    raised: Vec<Raised>,
    unreadable: usize,
}

/// All objects of one kind.
#[derive(Debug, Default)]
pub struct Batch {
    pub objects: Vec<Object>,
    /// What is not among them, and why; nothing when all are there.
    pub gap: Option<String>,
}

/// What became of asking for one kind.
#[derive(Debug)]
pub enum Heard {
    /// There is nobody to ask.
    NotConfigured,
    Told(Batch),
    Away(Away),
}

/// Whom to ask. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Alerts {
    pub(super) alertmanager: Option<Arc<Alertmanager>>,
    pub(super) prometheus: Option<Arc<Prometheus>>,
}

impl Alerts {
    /// Alerts, and silences.
    pub async fn ask(&self) -> (Heard, Heard) {
        let (told, measured, silences) = tokio::join!(self.told(), self.measured(), self.silences());
        (together(told, measured), silences)
    }

    async fn told(&self) -> Option<Result<Read, Away>> {
        Some(self.alertmanager.as_ref()?.alerts().await)
    }

    async fn measured(&self) -> Option<Result<Read, Away>> {
        let body = self.prometheus.as_ref()?.rules().await;
        Some(body.and_then(|body| rules::alerts(&body).map_err(|error| Away::garbled(super::prometheus::NAME, error))))
    }

    async fn silences(&self) -> Heard {
        match &self.alertmanager {
            None => Heard::NotConfigured,
            Some(alertmanager) => alertmanager.silences().await.map_or_else(Heard::Away, Heard::Told),
        }
    }
}

/// One answer of what two said.
fn together(told: Option<Result<Read, Away>>, measured: Option<Result<Read, Away>>) -> Heard {
    match (told, measured) {
        (None, None) => Heard::NotConfigured,
        (Some(Ok(told)), Some(Ok(measured))) => Heard::Told(told.since(&measured).batch(None)),
        (Some(Ok(told)), _) => Heard::Told(told.batch(None)),
        (None, Some(Ok(measured))) => Heard::Told(measured.batch(None)),
        (Some(Err(away)), Some(Ok(measured))) => {
            Heard::Told(measured.batch(Some(format!("whether they are silenced is not known: {away}"))))
        }
        (Some(Err(away)), _) | (None, Some(Err(away))) => Heard::Away(away),
    }
}

impl Read {
    /// With the earlier of both times.
    fn since(mut self, measured: &Read) -> Self {
        let known: HashMap<String, &Raised> = measured.raised.iter().map(|raised| (raised.key(), raised)).collect();
        for raised in &mut self.raised {
            if let Some(same) = known.get(&raised.key()) {
                raised.since.clone_from(&same.since);
            }
        }
        self
    }

    fn batch(self, gap: Option<String>) -> Batch {
        let (objects, unreadable) = raised::objects(self.raised);
        let unreadable = self.unreadable + unreadable;
        let more = (unreadable > 0).then(|| format!("{unreadable} alerts could not be read, or are too many"));
        let gaps: Vec<String> = gap.into_iter().chain(more).collect();
        Batch { objects, gap: (!gaps.is_empty()).then(|| gaps.join("; ")) }
    }
}

#[cfg(test)]
mod tests;
