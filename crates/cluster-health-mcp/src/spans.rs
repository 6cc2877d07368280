//! The audit record of each call as an OpenTelemetry span, for those who set the standard variables: it goes on the trace
//! that the call came with.
//!
//! What is recorded waits in a bounded queue and is sent in batches beside the serving. Recording never waits and never
//! fails: when the collector is away or slow, spans are dropped and counted. Everything is redacted on its way out.

mod collector;
mod exporter;
mod otlp;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::SystemTime;

use ring::rand::{SecureRandom, SystemRandom};
use tokio::sync::mpsc;

use crate::http::TraceContext;
use crate::metrics::{Metrics, SpanFate};

pub use self::collector::{Collector, CollectorError, CollectorOptions};
pub use self::exporter::Exporter;

/// A few seconds of a busy server; some two megabytes.
const QUEUE: usize = 2048;

/// Where spans are recorded. Cheap to clone.
#[derive(Clone)]
pub struct Spans {
    queue: mpsc::Sender<Span>,
    metrics: Metrics,
    random: Arc<SystemRandom>,
}

/// What one call left.
#[derive(Debug, Clone)]
pub(crate) struct Span {
    trace: String,
    id: String,
    parent: Option<String>,
    /// Of the request that the message came in, where that is part of another trace or another part of the same.
    link: Option<TraceContext>,
    name: String,
    began: SystemTime,
    ended: SystemTime,
    failed: bool,
    attributes: Vec<(&'static str, Attribute)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Attribute {
    Text(String),
    Number(i64),
}

/// What is known of a call when it has ended. Fields that do not apply are empty.
#[derive(Debug, Clone, Default)]
pub(crate) struct Call<'a> {
    /// What the message says of its trace, which goes before what the request says.
    pub(crate) message_trace: Option<TraceContext>,
    pub(crate) request_trace: Option<TraceContext>,
    pub(crate) method: &'a str,
    /// Tool, prompt, or address of a resource.
    pub(crate) name: Option<&'a str>,
    /// The name is one of ours, not whatever the caller wrote.
    pub(crate) name_is_known: bool,
    pub(crate) arguments: Option<&'a str>,
    pub(crate) id: Option<&'a str>,
    pub(crate) protocol_version: Option<&'a str>,
    pub(crate) request_id: Option<&'a str>,
    pub(crate) from: Option<IpAddr>,
    pub(crate) who: Option<&'a str>,
    pub(crate) outcome: &'a str,
    pub(crate) status: u16,
}

impl Spans {
    /// With what sends them, which has to be run.
    pub fn new(collector: Collector, metrics: Metrics) -> (Self, Exporter) {
        let (queue, waiting) = mpsc::channel(QUEUE);
        let spans = Self { queue, metrics: metrics.clone(), random: Arc::new(SystemRandom::new()) };
        (spans, Exporter::new(waiting, collector, metrics))
    }

    pub(crate) fn record(&self, call: Call<'_>, began: SystemTime, ended: SystemTime) {
        let Some(span) = self.span(call, began, ended) else { return };
        if self.queue.try_send(span).is_err() {
            self.metrics.spans(SpanFate::Dropped, 1);
        }
    }

    /// Nothing where the caller has decided that its trace is not recorded.
    fn span(&self, call: Call<'_>, began: SystemTime, ended: SystemTime) -> Option<Span> {
        let Call { message_trace, request_trace, .. } = &call;
        let parent = message_trace.as_ref().or(request_trace.as_ref());
        if parent.is_some_and(|parent| !parent.is_sampled()) {
            return None;
        }
        let link = request_trace.clone().filter(|request| parent != Some(request));
        let trace = match parent {
            Some(parent) => parent.trace_id().to_owned(),
            None => self.random_id::<16>()?,
        };
        let known = call.name.filter(|_| call.name_is_known);
        Some(Span {
            trace,
            id: self.random_id::<8>()?,
            parent: parent.map(|parent| parent.parent_id().to_owned()),
            link,
            name: known.map_or_else(|| call.method.to_owned(), |name| format!("{} {name}", call.method)),
            began,
            ended,
            failed: call.error().is_some(),
            attributes: call.attributes(),
        })
    }

    fn random_id<const BYTES: usize>(&self) -> Option<String> {
        let mut bytes = [0; BYTES];
        self.random.fill(&mut bytes).ok()?;
        Some(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

impl std::fmt::Debug for Spans {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Spans").finish_non_exhaustive()
    }
}

impl Call<'_> {
    /// As the conventions want it: `tool_error` where the answer is one that says so, else the status.
    fn error(&self) -> Option<String> {
        match self.status {
            200..400 => (self.outcome != "answered").then(|| "tool_error".to_owned()),
            status => Some(status.to_string()),
        }
    }

    /// Names are those of the semantic conventions for MCP, generative AI, HTTP and identity; what has none there begins
    /// with `cluster_health`.
    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        let mut all = Vec::with_capacity(16);
        let mut text = |key, value: Option<&str>| {
            if let Some(value) = value {
                all.push((key, Attribute::Text(value.to_owned())));
            }
        };
        text("mcp.method.name", Some(self.method));
        match self.method {
            "tools/call" => {
                text("gen_ai.operation.name", Some("execute_tool"));
                text("gen_ai.tool.name", self.name);
                text("gen_ai.tool.call.arguments", self.arguments);
            }
            "prompts/get" => text("gen_ai.prompt.name", self.name),
            _ => text("mcp.resource.uri", self.name),
        }
        text("jsonrpc.request.id", self.id);
        text("mcp.protocol.version", self.protocol_version);
        text("network.transport", Some("tcp"));
        text("network.protocol.name", Some("http"));
        text("client.address", self.from.map(|from| from.to_string()).as_deref());
        text("enduser.id", self.who);
        text("cluster_health.outcome", Some(self.outcome));
        text("cluster_health.request_id", self.request_id);
        text("error.type", self.error().as_deref());
        all.push(("http.response.status_code", Attribute::Number(self.status.into())));
        all
    }
}
