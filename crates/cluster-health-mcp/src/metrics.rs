//! What Prometheus may know about the server: requests, tool calls, the cluster's verdict, and the process itself.
//!
//! Label values come from fixed sets (endpoints, registered tools, outcomes, severities), so no caller can make
//! series. Figures of the cluster are asked for when they are scraped, never stored here.

mod exposition;
mod kinds;
mod process;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::outgoing;
use crate::sources::live::FollowFigures;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

pub use exposition::Exposition;
pub use process::mark_start;

const PREFIX: &str = "cluster_health";

/// From half a millisecond, which an answer from memory takes, to beyond what assistants wait for.
const DURATION_BUCKETS: [f64; 11] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0];

/// What the cluster looks like now, asked for at every scrape.
pub trait ClusterFigures: Send + Sync {
    /// `None` until there is a report.
    fn figures(&self) -> Option<Figures>;
}

#[derive(Debug, Clone)]
pub struct Figures {
    /// Every possible verdict, and whether it is the current one.
    pub verdicts: Vec<(&'static str, bool)>,
    /// Every severity, with its number of findings, zero included.
    pub findings: Vec<(&'static str, u64)>,
    pub kinds: Vec<KindFigures>,
    /// Name of the source, such as `demo` or `must-gather`.
    pub source: &'static str,
    /// When the source last told us something; the time of collection for an archive.
    pub observed: SystemTime,
}

/// What is known of one kind, and how it is followed where it is.
#[derive(Debug, Clone)]
pub struct KindFigures {
    /// In the plural.
    pub kind: &'static str,
    pub objects: u64,
    pub followed: Option<FollowFigures>,
}

impl KindFigures {
    pub fn held(kind: &'static str, objects: u64) -> Self {
        Self { kind, objects, followed: None }
    }

    pub fn followed(kind: &'static str, figures: FollowFigures) -> Self {
        Self { kind, objects: figures.objects, followed: Some(figures) }
    }
}

/// Before there is a source: nothing to tell.
#[derive(Debug, Clone, Copy)]
pub struct NoFigures;

impl ClusterFigures for NoFigures {
    fn figures(&self) -> Option<Figures> {
        None
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    Answered,
    /// The tool said how to correct the call, or what is missing.
    Refused,
    /// The tool failed through no fault of the caller.
    Failed,
}

impl Outcome {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

/// What became of a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SpanFate {
    Sent,
    /// The collector was away or refused it, or too many waited.
    Dropped,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FateLabel {
    fate: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    endpoint: &'static str,
    class: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ToolLabels {
    tool: &'static str,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ToolLabel {
    tool: &'static str,
}

#[derive(Clone)]
pub struct Metrics {
    requests: Family<RequestLabels, Counter>,
    tool_calls: Family<ToolLabels, Counter>,
    tool_durations: Family<ToolLabel, Histogram>,
    spans: Family<FateLabel, Counter>,
    registry: Arc<Registry>,
    figures: Arc<dyn ClusterFigures>,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

impl Metrics {
    pub fn new(figures: Arc<dyn ClusterFigures>) -> Self {
        let requests = Family::default();
        let tool_calls = Family::default();
        let tool_durations: Family<ToolLabel, Histogram> =
            Family::new_with_constructor(|| Histogram::new(DURATION_BUCKETS));
        let mut registry = Registry::with_prefix(PREFIX);
        registry.register("requests", "HTTP requests answered, by endpoint and class of status", requests.clone());
        registry.register("tool_calls", "Tool calls, by tool and outcome", tool_calls.clone());
        registry.register("tool_call_duration_seconds", "Time tool calls took", tool_durations.clone());
        let spans = Family::default();
        registry.register("spans", "Spans of calls, by whether the collector has them", spans.clone());
        register_build_info(&mut registry);
        Self { requests, tool_calls, tool_durations, spans, registry: Arc::new(registry), figures }
    }

    pub fn request(&self, endpoint: &'static str, status: u16) {
        self.requests.get_or_create(&RequestLabels { endpoint, class: class_of(status) }).inc();
    }

    /// `tool` is the name a tool was registered with, not what a caller sent.
    pub fn tool_call(&self, tool: &'static str, outcome: Outcome, took: Duration) {
        let outcome = outcome.as_str();
        self.tool_calls.get_or_create(&ToolLabels { tool, outcome }).inc();
        self.tool_durations.get_or_create(&ToolLabel { tool }).observe(took.as_secs_f64());
    }

    pub fn spans(&self, fate: SpanFate, count: u64) {
        let fate = match fate {
            SpanFate::Sent => "sent",
            SpanFate::Dropped => "dropped",
        };
        self.spans.get_or_create(&FateLabel { fate }).inc_by(count);
    }

    /// The text of one scrape, in the form that suits what the scraper accepts.
    pub fn scrape(&self, accept: &str) -> Result<Exposition, fmt::Error> {
        let mut now = Registry::default();
        if let Some(figures) = self.figures.figures() {
            register_figures(now.sub_registry_with_prefix(PREFIX), &figures, SystemTime::now());
        }
        process::register(&mut now);
        let mut exposition = Exposition::render(&[&self.registry, &now], accept)?;
        exposition.body = outgoing::text(exposition.body);
        Ok(exposition)
    }
}

fn class_of(status: u16) -> &'static str {
    match status {
        100..200 => "1xx",
        200..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        _ => "5xx",
    }
}

fn register_build_info(registry: &mut Registry) {
    let info = Family::<[(&'static str, &'static str); 1], Gauge>::default();
    info.get_or_create(&[("version", env!("CARGO_PKG_VERSION"))]).set(1);
    registry.register("build_info", "Always 1; the version is in the label", info);
}

fn register_figures(registry: &mut Registry, figures: &Figures, now: SystemTime) {
    let verdict = Family::<[(&'static str, &'static str); 1], Gauge>::default();
    for (name, current) in &figures.verdicts {
        verdict.get_or_create(&[("verdict", *name)]).set(i64::from(*current));
    }
    registry.register("verdict", "1 for the cluster's current verdict, 0 for the others", verdict);

    let findings = Family::<[(&'static str, &'static str); 1], Gauge>::default();
    for (severity, count) in &figures.findings {
        findings.get_or_create(&[("severity", *severity)]).set(i64::try_from(*count).unwrap_or(i64::MAX));
    }
    registry.register("findings", "Current findings, by severity", findings);

    kinds::register(registry, &figures.kinds, now);

    let age = Family::<[(&'static str, &'static str); 1], Gauge<f64, AtomicU64>>::default();
    let seconds = now.duration_since(figures.observed).unwrap_or_default().as_secs_f64();
    age.get_or_create(&[("source", figures.source)]).set(seconds);
    registry.register("source_age_seconds", "Time since the source last told the server something", age);
}

pub(crate) fn unix_seconds(time: SystemTime) -> f64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Degraded;

    impl ClusterFigures for Degraded {
        fn figures(&self) -> Option<Figures> {
            Some(Figures {
                verdicts: vec![("healthy", false), ("degraded", true)],
                findings: vec![("critical", 0), ("warning", 3)],
                kinds: vec![KindFigures::held("pods", 3)],
                source: "demo",
                observed: SystemTime::now() - Duration::from_secs(60),
            })
        }
    }

    fn scrape(accept: &str) -> Exposition {
        let metrics = Metrics::new(Arc::new(Degraded));
        metrics.request("mcp", 200);
        metrics.request("mcp", 404);
        metrics.tool_call("get-cluster-health", Outcome::Answered, Duration::from_micros(180));
        metrics.scrape(accept).unwrap()
    }

    #[test]
    fn tells_requests_tools_and_the_cluster() {
        let text = scrape("").body;
        for line in [
            "cluster_health_requests_total{endpoint=\"mcp\",class=\"4xx\"} 1",
            "cluster_health_tool_calls_total{tool=\"get-cluster-health\",outcome=\"answered\"} 1",
            "cluster_health_tool_call_duration_seconds_bucket{le=\"0.0005\",tool=\"get-cluster-health\"} 1",
            "cluster_health_verdict{verdict=\"degraded\"} 1",
            "cluster_health_verdict{verdict=\"healthy\"} 0",
            "cluster_health_objects{kind=\"pods\"} 3",
            "cluster_health_findings{severity=\"warning\"} 3",
            concat!("cluster_health_build_info{version=\"", env!("CARGO_PKG_VERSION"), "\"} 1"),
        ] {
            assert!(text.lines().any(|found| found == line), "{line} missing in\n{text}");
        }
        let age =
            text.lines().find_map(|line| line.strip_prefix("cluster_health_source_age_seconds{source=\"demo\"} "));
        assert!(age.unwrap().parse::<f64>().unwrap() >= 60.0);
    }

    #[test]
    fn tells_nothing_of_a_cluster_it_has_not_seen() {
        let text = Metrics::new(Arc::new(NoFigures)).scrape("").unwrap().body;
        assert!(!text.contains("verdict") && !text.contains("findings"), "{text}");
    }

    #[test]
    fn suits_the_scraper() {
        let open = scrape("application/openmetrics-text;version=1.0.0,text/plain;q=0.5");
        assert!(open.content_type.starts_with("application/openmetrics-text"));
        assert!(open.body.contains("# TYPE cluster_health_requests counter") && open.body.ends_with("# EOF\n"));
        let classic = scrape("text/plain;version=0.0.4");
        assert!(classic.content_type.starts_with("text/plain; version=0.0.4"));
        assert!(classic.body.contains("# TYPE cluster_health_requests_total counter"));
        assert!(!classic.body.contains("# EOF"));
    }
}
