//! The two text formats: OpenMetrics where it is asked for, and the older Prometheus format everywhere else.

use std::collections::HashSet;
use std::fmt;

use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::registry::Registry;

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const CLASSIC: &str = "text/plain; version=0.0.4; charset=utf-8";

#[derive(Debug)]
pub struct Exposition {
    pub content_type: &'static str,
    pub body: String,
}

impl Exposition {
    pub(super) fn render(registries: &[&Registry], accept: &str) -> Result<Self, fmt::Error> {
        let mut body = String::with_capacity(8192);
        for registry in registries {
            encode_registry(&mut body, registry)?;
        }
        if accept.contains("application/openmetrics-text") {
            encode_eof(&mut body)?;
            return Ok(Self { content_type: OPEN_METRICS, body });
        }
        Ok(Self { content_type: CLASSIC, body: classic(&body) })
    }
}

/// The older format wants a counter's help and type under the name its samples have, `_total` included.
fn classic(open_metrics: &str) -> String {
    let counters: HashSet<&str> =
        open_metrics.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.strip_suffix(" counter")).collect();
    let mut out = String::with_capacity(open_metrics.len() + 256);
    for line in open_metrics.lines() {
        let mut words = line.splitn(4, ' ');
        match (words.next(), words.next(), words.next(), words.next()) {
            (Some("#"), Some(keyword), Some(name), Some(rest)) if counters.contains(name) => {
                out.push_str(&format!("# {keyword} {name}_total {rest}\n"));
            }
            _ => {
                out.push_str(line);
                out.push('\n');
            }
        }
    }
    out
}
