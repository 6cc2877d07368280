//! Where spans go. The variables are those of every OpenTelemetry exporter; without an address nothing is sent.

use std::path::PathBuf;

use clap::Args;
use hyper::Uri;
use hyper::header::{HeaderName, HeaderValue};

use super::Refusal;
use crate::spans::CollectorOptions;

/// Added to the address that is for all signals.
const TRACES: &str = "/v1/traces";

#[derive(Debug, Clone, Default, Args)]
pub struct TelemetryOptions {
    /// Address of an OpenTelemetry collector that takes OTLP over HTTP, such as http://otel-collector:4318, to which the audit
    /// record of each call is sent as a span, in JSON; /v1/traces is added. Nothing is sent without an address
    #[arg(long, env = "OTEL_EXPORTER_OTLP_ENDPOINT", value_name = "URL", value_parser = url, global = true)]
    pub otlp_endpoint: Option<Uri>,

    /// The same with its whole path, which then goes before the other
    #[arg(long, env = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", value_name = "URL", value_parser = url, global = true)]
    pub otlp_traces_endpoint: Option<Uri>,

    /// Headers to send along, as name=value, separated by commas, with what is special in a value percent-encoded
    #[arg(long, env = "OTEL_EXPORTER_OTLP_HEADERS", value_name = "HEADERS", hide_env_values = true, global = true)]
    pub otlp_headers: Option<Hidden>,

    /// Authorities of the collector, in PEM form, instead of the system's
    #[arg(long, env = "OTEL_EXPORTER_OTLP_CERTIFICATE", value_name = "PATH", global = true)]
    pub otlp_certificate: Option<PathBuf>,

    /// What the server is called in its spans
    #[arg(
        long,
        env = "OTEL_SERVICE_NAME",
        value_name = "NAME",
        default_value = "openshift-cluster-health-mcp",
        global = true
    )]
    pub otlp_service_name: String,
}

/// Text that is not shown: there may be a key in it.
#[derive(Clone)]
pub struct Hidden(String);

impl From<String> for Hidden {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(hidden)")
    }
}

impl TelemetryOptions {
    /// Where to, if anywhere.
    pub fn collector(&self) -> Result<Option<CollectorOptions>, Refusal> {
        let address = match (&self.otlp_traces_endpoint, &self.otlp_endpoint) {
            (Some(whole), _) => whole.clone(),
            (None, Some(base)) => below(base),
            (None, None) => return Ok(None),
        };
        let headers = self.otlp_headers.as_ref().map_or(Some(Vec::new()), Hidden::headers);
        let headers = headers.ok_or(Refusal::OtlpHeaders)?;
        let (authorities, service) = (self.otlp_certificate.clone(), self.otlp_service_name.clone());
        Ok(Some(CollectorOptions { address, headers, authorities, service }))
    }
}

impl Hidden {
    fn headers(&self) -> Option<Vec<(HeaderName, HeaderValue)>> {
        let pairs = self.0.split(',').filter(|pair| !pair.trim().is_empty());
        let header = |pair: &str| {
            let (name, value) = pair.split_once('=')?;
            let mut value = HeaderValue::from_str(&decoded(value.trim())?).ok()?;
            value.set_sensitive(true);
            Some((HeaderName::try_from(name.trim()).ok()?, value))
        };
        pairs.map(header).collect()
    }
}

fn decoded(text: &str) -> Option<String> {
    let (mut bytes, mut rest) = (Vec::new(), text);
    while let Some(at) = rest.find('%') {
        bytes.extend_from_slice(&rest.as_bytes()[..at]);
        bytes.push(u8::from_str_radix(rest.get(at + 1..at + 3)?, 16).ok()?);
        rest = &rest[at + 3..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8(bytes).ok()
}

fn below(base: &Uri) -> Uri {
    let whole = format!("{}{TRACES}", base.to_string().trim_end_matches('/'));
    // One address and a plain path make another
    whole.parse().unwrap_or_else(|_| base.clone())
}

fn url(text: &str) -> Result<Uri, String> {
    let accepted = || "an address such as http://otel-collector:4318 is accepted".to_owned();
    let url: Uri = text.trim().parse().map_err(|_| accepted())?;
    let plain = url.authority().is_some_and(|authority| !authority.as_str().contains('@')) && url.query().is_none();
    if matches!(url.scheme_str(), Some("http" | "https")) && plain { Ok(url) } else { Err(accepted()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to(base: Option<&str>, whole: Option<&str>) -> Option<String> {
        let parsed = |text: &str| url(text).unwrap();
        let options = TelemetryOptions {
            otlp_endpoint: base.map(parsed),
            otlp_traces_endpoint: whole.map(parsed),
            ..TelemetryOptions::default()
        };
        options.collector().unwrap().map(|collector| collector.address.to_string())
    }

    #[test]
    fn addresses_are_those_of_the_specification() {
        assert_eq!(to(None, None), None);
        let (base, whole) = ("http://c:4318", "https://c/custom");
        assert_eq!(to(Some(base), None).unwrap(), "http://c:4318/v1/traces");
        assert_eq!(to(Some("http://c:4318/otlp/"), None).unwrap(), "http://c:4318/otlp/v1/traces");
        assert_eq!(to(Some(base), Some(whole)).unwrap(), whole);
        for bad in ["c:4318", "grpc://c", "http://u:p@c", ""] {
            assert!(url(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn headers_are_read_and_never_shown() {
        let options = |text: &str| TelemetryOptions {
            otlp_endpoint: Some(url("http://c").unwrap()),
            otlp_headers: Some(text.to_owned().into()),
            ..TelemetryOptions::default()
        };
        let good = options("api-key=s3cr%2Cet, x-scope=a%20b,");
        assert!(!format!("{good:?}").contains("s3cr"));
        let collector = good.collector().unwrap().unwrap();
        let headers: Vec<_> = collector.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        assert_eq!(headers, [("api-key", &b"s3cr,et"[..]), ("x-scope", b"a b")]);
        assert!(!format!("{collector:?}").contains("s3cr"));
        for bad in ["s3cret", "a b=s3cret", "a=s3cret%2", "a=s3cret%0a"] {
            let refused = options(bad).collector().unwrap_err().to_string();
            assert!(refused.contains("OTEL_EXPORTER_OTLP_HEADERS") && !refused.contains("s3cret"), "{refused}");
        }
    }
}
