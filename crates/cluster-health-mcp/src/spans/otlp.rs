//! Spans in the form of OTLP as JSON: names in lower camel case, identifiers in hexadecimal, 64-bit numbers as strings,
//! enumerations as numbers.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::{Attribute, Span};
use crate::outgoing;

/// `SPAN_KIND_SERVER` and `STATUS_CODE_ERROR`.
const SERVER: u8 = 2;
const ERROR: u8 = 2;
const SCOPE: &str = "openshift-cluster-health-mcp";
const VERSION: &str = env!("CARGO_PKG_VERSION");

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Request<'a> {
    resource_spans: [ResourceSpans<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResourceSpans<'a> {
    resource: Resource<'a>,
    scope_spans: [ScopeSpans<'a>; 1],
}

#[derive(Serialize)]
struct Resource<'a> {
    attributes: Vec<KeyValue<'a>>,
}

#[derive(Serialize)]
struct ScopeSpans<'a> {
    scope: Scope,
    spans: Vec<Written<'a>>,
}

#[derive(Serialize)]
struct Scope {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written<'a> {
    trace_id: &'a str,
    span_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_span_id: Option<&'a str>,
    name: &'a str,
    kind: u8,
    start_time_unix_nano: String,
    end_time_unix_nano: String,
    attributes: Vec<KeyValue<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    links: Vec<Link<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Status>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Link<'a> {
    trace_id: &'a str,
    span_id: &'a str,
}

#[derive(Serialize)]
struct Status {
    code: u8,
}

#[derive(Serialize)]
struct KeyValue<'a> {
    key: &'a str,
    value: Value<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum Value<'a> {
    StringValue(&'a str),
    IntValue(String),
}

/// The body of one export, without secrets.
pub(super) fn request(service: &str, spans: &[Span]) -> String {
    let text = |key, value| KeyValue { key, value: Value::StringValue(value) };
    let resource = Resource { attributes: vec![text("service.name", service), text("service.version", VERSION)] };
    let scope = Scope { name: SCOPE, version: VERSION };
    let scope_spans = [ScopeSpans { scope, spans: spans.iter().map(written).collect() }];
    let request = Request { resource_spans: [ResourceSpans { resource, scope_spans }] };
    // Nothing in it has a key that is not a string, which is all that can fail
    serde_json::to_string(&request).map(outgoing::json).unwrap_or_default()
}

fn written(span: &Span) -> Written<'_> {
    Written {
        trace_id: &span.trace,
        span_id: &span.id,
        parent_span_id: span.parent.as_deref(),
        name: &span.name,
        kind: SERVER,
        start_time_unix_nano: nanos(span.began),
        end_time_unix_nano: nanos(span.ended),
        attributes: span.attributes.iter().map(|(key, value)| KeyValue { key, value: value.into() }).collect(),
        links: span.link.iter().map(|link| Link { trace_id: link.trace_id(), span_id: link.parent_id() }).collect(),
        status: span.failed.then_some(Status { code: ERROR }),
    }
}

impl<'a> From<&'a Attribute> for Value<'a> {
    fn from(attribute: &'a Attribute) -> Self {
        match attribute {
            Attribute::Text(text) => Self::StringValue(text),
            Attribute::Number(number) => Self::IntValue(number.to_string()),
        }
    }
}

fn nanos(time: SystemTime) -> String {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos().to_string()
}

/// How many of the spans were refused by who answered so; none where the answer cannot be read, since it was a good one.
pub(super) fn rejected(answer: &[u8]) -> u64 {
    #[derive(Default, Deserialize)]
    #[serde(default, rename_all = "camelCase")]
    struct Answer {
        partial_success: Option<Partial>,
    }
    #[derive(Default, Deserialize)]
    #[serde(default, rename_all = "camelCase")]
    struct Partial {
        rejected_spans: Count,
    }
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Count {
        Number(u64),
        Text(String),
    }
    impl Default for Count {
        fn default() -> Self {
            Self::Number(0)
        }
    }
    let answer: Answer = serde_json::from_slice(answer).unwrap_or_default();
    match answer.partial_success.unwrap_or_default().rejected_spans {
        Count::Number(count) => count,
        Count::Text(count) => count.parse().unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refused_spans_are_counted_in_either_form() {
        assert_eq!(rejected(br#"{"partialSuccess":{"rejectedSpans":"3","errorMessage":"x"}}"#), 3);
        assert_eq!(rejected(br#"{"partialSuccess":{"rejectedSpans":4}}"#), 4);
        for none in [&b"{}"[..], b"", br#"{"partialSuccess":{}}"#, br#"{"partialSuccess":null}"#, b"<html>"] {
            assert_eq!(rejected(none), 0);
        }
    }
}
