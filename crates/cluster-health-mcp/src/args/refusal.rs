//! Why the command line or the environment was not accepted, in words that lead to the correction.

use std::net::IpAddr;

use clap::Command;
use clap::error::{ContextKind, ContextValue, ErrorKind};

/// As in `sysexits.h`. The `report` command's own statuses, 0 to 3, are verdicts and must not be mistaken for it.
pub const WRONG_USAGE: u8 = 64;

#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error("{name} has the value {value:?}, which is not accepted: {reason}")]
    Value { name: String, value: String, reason: String },
    #[error(
        "there is no cluster to look at: give --kubeconfig PATH (KUBECONFIG) for a live one, --must-gather PATH \
         (MUST_GATHER) for an archive, or --demo (MCP_DEMO=true) for the embedded demonstration cluster. This is no pod \
         of a cluster, and ~/.kube/config does not exist"
    )]
    NoSource,
    #[error(
        "two sources of cluster state are named, and only one can be looked at: --demo (MCP_DEMO) and --must-gather \
         (MUST_GATHER)"
    )]
    TwoSources,
    #[error(
        "anybody who can reach {0} could ask: give --auth token-review (a live cluster) or --auth oidc so that callers say \
         who they are, --http-host 127.0.0.1 for this machine alone, or --allow-anonymous (MCP_ALLOW_ANONYMOUS=true) if \
         something else decides who reaches it"
    )]
    OpenToAll(IpAddr),
    #[error(
        "--auth token-review (MCP_AUTH) needs a live cluster that knows the tokens; use --auth oidc, or --http-host 127.0.0.1"
    )]
    NobodyToReview,
    #[error(
        "a proxy's word for who asks could be forged by anybody without {missing}: give it too, or leave out the other \
         settings that begin with --requestheader"
    )]
    ForgeableHeaders { missing: &'static str },
    #[error(
        "--pass-callers-token (MCP_PASS_CALLERS_TOKEN) would show the API server tokens that were not issued for it, which \
         nobody may do: it goes with --auth token-review and without --token-audiences"
    )]
    PassedToken,
    /// Without the value: there may be a key in it.
    #[error(
        "OTEL_EXPORTER_OTLP_HEADERS (--otlp-headers) cannot be read: name=value is accepted, several separated by commas, \
         with what is special in a value percent-encoded"
    )]
    OtlpHeaders,
    #[error("MCP_AUDIT_LOG (--audit-log) names {path}, which cannot be written: {reason}")]
    AuditLog { path: String, reason: String },
    #[error(
        "more than {} namespaces are named (MCP_NAMESPACES, --namespaces): look at all of them by naming none",
        super::cluster::MOST_NAMESPACES
    )]
    TooManyNamespaces,
    /// The parser's own text: help, version, and mistakes in the line's shape.
    #[error("{}", .0.render())]
    Line(clap::Error),
}

impl Refusal {
    pub fn exit_status(&self) -> u8 {
        match self {
            Self::Line(error) if error.exit_code() == 0 => 0,
            _ => WRONG_USAGE,
        }
    }

    /// Whether the text was asked for, and belongs on standard output.
    pub fn is_answer(&self) -> bool {
        matches!(self, Self::Line(error) if !error.use_stderr())
    }

    pub(super) fn from_clap(error: clap::Error, command: &Command) -> Self {
        match value_refusal(&error, command) {
            Some(refusal) => refusal,
            None => Self::Line(error),
        }
    }
}

fn value_refusal(error: &clap::Error, command: &Command) -> Option<Refusal> {
    if !matches!(error.kind(), ErrorKind::InvalidValue | ErrorKind::ValueValidation) {
        return None;
    }
    let flag = text(error, ContextKind::InvalidArg)?;
    let value = text(error, ContextKind::InvalidValue)?;
    // The context reads "--http-port <PORT>"
    let flag = flag.split_whitespace().next()?.to_owned();
    let name = match variable_of(command, &flag) {
        Some(variable) => format!("{variable} ({flag})"),
        None => flag.clone(),
    };
    Some(Refusal::Value { name, value, reason: reason(error, &flag) })
}

fn reason(error: &clap::Error, flag: &str) -> String {
    if let Some(ContextValue::Strings(values)) = error.get(ContextKind::ValidValue) {
        if values.is_empty() {
            return "give it a value, or leave it out".to_owned();
        }
        return format!("{} is accepted", values.join(", "));
    }
    match flag {
        "--http-host" => return "an IP address such as 127.0.0.1, 0.0.0.0 or :: is accepted".to_owned(),
        "--demo" | "--allow-anonymous" | "--enable-remediation" => return "true or false is accepted".to_owned(),
        _ => {}
    }
    match std::error::Error::source(error) {
        Some(source) => source.to_string(),
        None => "see --help for what is accepted".to_owned(),
    }
}

fn text(error: &clap::Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        _ => None,
    }
}

fn variable_of(command: &Command, flag: &str) -> Option<String> {
    let long = flag.strip_prefix("--")?;
    let arg = command.get_arguments().find(|arg| arg.get_long() == Some(long))?;
    Some(arg.get_env()?.to_string_lossy().into_owned())
}
