//! Other services this server asks: Prometheus, or a Thanos querier; Alertmanager; the Coordination Engine; and models' own
//! endpoints, if that is switched on.
//!
//! Their addresses come from settings, but for those of models, which their status names; what a caller writes reaches them only as the escaped value
//! of a label. Only these modules know their JSON. Each request has a time budget, each service a circuit breaker and a
//! bound on the size of its answers, and whatever is wrong comes back as an [`Away`] that says what was not seen.

pub mod alerts;
mod away;
mod breaker;
pub mod coordination_engine;
mod endpoint;
mod models;
pub mod prometheus;
pub mod promql;
pub mod queries;
mod token;

use std::sync::Arc;

use crate::args::MonitoringAccess;

pub use alerts::{Alertmanager, Alerts};
pub use away::Away;
pub use coordination_engine::CoordinationEngine;
pub(crate) use endpoint::authorities;
pub use endpoint::{Access, AccessError};
pub use models::{ModelProbe, ModelProbeOptions, Told};
pub use prometheus::Prometheus;

/// The monitoring stack, as far as it is configured. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Monitoring {
    pub prometheus: Option<Arc<Prometheus>>,
    pub alertmanager: Option<Arc<Alertmanager>>,
}

impl Monitoring {
    /// Asks nothing yet.
    pub fn new(access: &MonitoringAccess) -> Result<Self, AccessError> {
        let prometheus = access.prometheus.as_ref().map(Prometheus::new).transpose()?;
        let alertmanager = access.alertmanager.as_ref().map(Alertmanager::new).transpose()?;
        Ok(Self { prometheus: prometheus.map(Arc::new), alertmanager: alertmanager.map(Arc::new) })
    }

    /// Who knows of alerts.
    pub fn alerts(&self) -> Alerts {
        Alerts { alertmanager: self.alertmanager.clone(), prometheus: self.prometheus.clone() }
    }
}
