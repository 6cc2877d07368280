//! The query API of Prometheus, and of the Thanos querier that OpenShift puts before several of them.

mod answer;

use std::collections::BTreeMap;
use std::time::Duration;

use cluster_health::Time;

use super::Away;
use super::endpoint::{Access, AccessError, BUDGET, Endpoint, encoded};
use super::promql::Query;

pub(super) const NAME: &str = "Prometheus";

const NEEDS: &str = "the ClusterRole cluster-monitoring-view";

/// What an answer may be long: some 400,000 samples.
const ANSWER_BYTES: usize = 16 << 20;

/// More series are no longer told apart by anybody.
pub const SERIES: usize = 20_000;

/// The most points a series is asked for; Prometheus itself refuses 11,000.
pub const POINTS: u64 = 5_000;

#[derive(Debug)]
pub struct Prometheus {
    endpoint: Endpoint,
}

/// A series over time, or one moment of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    labels: BTreeMap<String, String>,
    /// Unix seconds and value, in order of time; all values are finite.
    pub points: Vec<(i64, f64)>,
    /// Points that are no number: NaN or infinite.
    pub unusable: usize,
}

impl Series {
    /// Empty where the series has no such label.
    pub fn label(&self, name: &str) -> &str {
        self.labels.get(name).map_or("", String::as_str)
    }

    /// The newest value.
    pub fn last(&self) -> Option<f64> {
        self.points.last().map(|(_, value)| *value)
    }
}

/// What came back, in the order of the labels.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    pub series: Vec<Series>,
    /// The service says that parts are missing, as a Thanos querier does when a Prometheus is away.
    pub warnings: Vec<String>,
}

impl Prometheus {
    /// Asks nothing yet.
    pub fn new(access: &Access) -> Result<Self, AccessError> {
        Ok(Self { endpoint: Endpoint::new(NAME, NEEDS, access)? })
    }

    /// The value of each series at one moment.
    pub async fn at(&self, query: &Query, at: Time) -> Result<Found, Away> {
        let path =
            format!("/api/v1/query?query={}&time={}&timeout={}s", encoded(query.as_str()), at.unix(), BUDGET.as_secs());
        self.ask(&path).await
    }

    /// Values from `from` to `to`, `step` apart, made larger where that would be more points than [`POINTS`].
    pub async fn range(&self, query: &Query, from: Time, to: Time, step: Duration) -> Result<Found, Away> {
        let least = to.since(from).as_secs().div_ceil(POINTS).max(1);
        let path = format!(
            "/api/v1/query_range?query={}&start={}&end={}&step={}&timeout={}s",
            encoded(query.as_str()),
            from.unix(),
            to.unix(),
            step.as_secs().max(least),
            BUDGET.as_secs()
        );
        self.ask(&path).await
    }

    /// Its rules and the alerts they raise, as it says it.
    pub(super) async fn rules(&self) -> Result<Vec<u8>, Away> {
        self.endpoint.get("/api/v1/rules?type=alert", ANSWER_BYTES).await
    }

    async fn ask(&self, path: &str) -> Result<Found, Away> {
        let body = self.endpoint.get(path, ANSWER_BYTES).await?;
        answer::read(&body)
    }
}
