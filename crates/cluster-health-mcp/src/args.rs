//! Every setting, once: its flag, its environment variable, its default and its meaning.
//!
//! `--help` and `docs/configuration.md` are rendered from these definitions and nothing else reads the environment
//! for settings. This module may refuse a value; it may not act on one.

mod callers;
mod cluster;
pub mod duration;
mod engine;
mod models;
mod monitoring;
mod refusal;
mod table;
mod telemetry;
mod unused;

use std::env;
use std::ffi::OsString;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

pub use callers::{Auth, CallerSettings, Reads};
pub use cluster::{ClusterAccess, LiveCluster, is_namespace};
pub use engine::EngineOptions;
pub use models::ModelOptions;
pub use monitoring::{MonitoringAccess, MonitoringOptions};
pub use refusal::{Refusal, WRONG_USAGE};
pub use table::markdown;
pub use telemetry::TelemetryOptions;
pub use unused::named as unused_variables;

/// Where the file that [`markdown`] renders lives, from the root of the repository.
pub const DOCUMENT: &str = "docs/configuration.md";

const ABOUT: &str = "Answers questions about the health of an OpenShift or Kubernetes cluster over MCP, \
                     in a terminal and to Prometheus";

#[derive(Debug, Parser)]
#[command(name = "mcp-server", version, about = ABOUT, disable_help_subcommand = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub settings: Settings,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Print the verdict and the findings for a person, and leave with a status that says how bad it is
    Report(ReportOptions),
    /// Ask a running server whether it is ready; exit status 0 when it is
    Healthcheck(HealthcheckOptions),
    /// Say how assistants are told about a server at this address
    Connect,
    /// Print the rights in a cluster that the server needs, as a ClusterRole
    Rbac(RbacOptions),
    /// Serve over standard input and output; the same as --transport stdio
    Stdio,
}

#[derive(Debug, Clone, Args)]
pub struct Settings {
    /// How clients reach the server: over the network, or as a child process on standard input and output
    #[arg(long, env = "MCP_TRANSPORT", value_enum, default_value = "http", global = true)]
    pub transport: Transport,

    /// Address to listen on. When not set, 0.0.0.0 in a pod and for the demonstration cluster, else 127.0.0.1
    #[arg(long, env = "MCP_HTTP_HOST", value_name = "ADDRESS", global = true)]
    pub http_host: Option<IpAddr>,

    /// Port to listen on; 0 takes any free one and logs it
    #[arg(long, env = "MCP_HTTP_PORT", value_name = "PORT", default_value = "8080", value_parser = port, global = true)]
    pub http_port: u16,

    /// Name the server gives itself to clients; also accepted as a bare Host name
    #[arg(long, env = "MCP_SERVER_NAME", value_name = "NAME", default_value = "openshift-cluster-health",
          value_parser = server_name, global = true)]
    pub server_name: String,

    /// Host names to accept besides the built-in ones, separated by commas: name, name:port or *.suffix.
    /// Built in are loopback names, any IP address, names ending in .svc or .svc.cluster.local, and the bare
    /// names mcp-server and MCP_SERVER_NAME: none of them can be a public name that an attacker points here
    /// (DNS rebinding). Routes and ingresses need their name listed; * accepts any
    #[arg(long, env = "MCP_ALLOWED_HOSTS", value_name = "HOSTS", value_delimiter = ',', global = true)]
    pub allowed_hosts: Vec<String>,

    /// Origins of web pages that may call, besides loopback ones, separated by commas: scheme://host or
    /// scheme://host:port. Requests without an Origin header do not come from a page and are not affected;
    /// * accepts any
    #[arg(long, env = "MCP_ALLOWED_ORIGINS", value_name = "ORIGINS", value_delimiter = ',', global = true)]
    pub allowed_origins: Vec<String>,

    /// Longest time one request may take, such as 10s or 1m30s; open streams are not requests in this sense
    #[arg(long, env = "REQUEST_TIMEOUT", value_name = "DURATION", default_value = "10s",
          value_parser = duration::parse_positive, global = true)]
    pub request_timeout: Duration,

    #[command(flatten)]
    pub callers: CallerSettings,

    /// Offer tools that change something. Each call needs a caller who is known and has the right itself, and the
    /// agreement of a person
    #[arg(long, env = "MCP_ENABLE_REMEDIATION", action = ArgAction::SetTrue,
          value_parser = clap::builder::BoolishValueParser::new(), global = true)]
    pub enable_remediation: bool,

    /// Least severe log lines to write
    #[arg(long, env = "LOG_LEVEL", value_enum, default_value = "info", ignore_case = true, global = true)]
    pub log_level: LogLevel,

    /// Shape of log lines, which go to standard error
    #[arg(long, env = "LOG_FORMAT", value_enum, default_value = "json", ignore_case = true, global = true)]
    pub log_format: LogFormat,

    /// Kubeconfig of the cluster to look at; several, separated by colons, are merged. Without one, the cluster this
    /// process runs in as a pod, else ~/.kube/config
    #[arg(long, env = "KUBECONFIG", value_name = "PATH", global = true)]
    pub kubeconfig: Option<OsString>,

    /// Context of the kubeconfig, when it is not the current one
    #[arg(long, env = "KUBE_CONTEXT", value_name = "NAME", global = true)]
    pub context: Option<String>,

    /// Namespaces of a live cluster to look at, separated by commas, at most 20; kinds without namespaces are looked at all
    /// the same, as far as rights reach. Without this, all namespaces; where rights do not reach everywhere, the pod's
    /// own or that of the kubeconfig's context
    #[arg(long, env = "MCP_NAMESPACES", value_name = "NAMES", value_delimiter = ',', value_parser = cluster::namespace,
          global = true)]
    pub namespaces: Vec<String>,

    /// How long a live cluster may be out of sight before its last state no longer counts and the verdict is unknown
    #[arg(long, env = "MCP_STALE_AFTER", value_name = "DURATION", default_value = "1m",
          value_parser = duration::parse_positive, global = true)]
    pub stale_after: Duration,

    /// Look at the embedded demonstration cluster
    #[arg(long, env = "MCP_DEMO", action = ArgAction::SetTrue,
          value_parser = clap::builder::BoolishValueParser::new(), global = true)]
    pub demo: bool,

    /// Offer the tools about models that KServe serves
    #[arg(long, env = "ENABLE_KSERVE", action = ArgAction::SetTrue,
          value_parser = clap::builder::BoolishValueParser::new(), global = true)]
    pub enable_kserve: bool,

    /// Look at a must-gather: a folder or an archive (.tar, .tar.gz, .tar.xz, .tar.zst)
    #[arg(long, env = "MUST_GATHER", value_name = "PATH", global = true)]
    pub must_gather: Option<PathBuf>,

    #[command(flatten)]
    pub models: ModelOptions,

    #[command(flatten)]
    pub monitoring: MonitoringOptions,

    #[command(flatten)]
    pub engine: EngineOptions,

    #[command(flatten)]
    pub telemetry: TelemetryOptions,
}

#[derive(Debug, Clone, Args)]
pub struct ReportOptions {
    /// Form of the report
    #[arg(long, value_enum, default_value = "text")]
    pub output: ReportOutput,

    /// When to colour the text; auto means on a terminal, unless NO_COLOR is set
    #[arg(long, value_enum, default_value = "auto")]
    pub color: Color,
}

#[derive(Debug, Clone, Args)]
pub struct RbacOptions {
    /// Name of the ClusterRole
    #[arg(long, value_name = "NAME", default_value = "openshift-cluster-health")]
    pub name: String,

    /// Leave out the right to read containers' logs, which inspect-object uses when it is asked for them
    #[arg(long)]
    pub without_logs: bool,
}

#[derive(Debug, Clone, Args)]
pub struct HealthcheckOptions {
    /// Address to ask; by default /readyz of a server on this machine, on MCP_HTTP_PORT
    #[arg(value_name = "URL")]
    pub url: Option<String>,

    /// How many more times to ask, a second apart, before giving up
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub retries: u32,

    /// Longest wait for one answer
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = duration::parse_positive)]
    pub timeout: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Transport {
    Http,
    Stdio,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogLevel {
    Trace,
    Debug,
    Info,
    Warn,
    Error,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    Json,
    Text,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportOutput {
    Text,
    Json,
    Markdown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    Auto,
    Always,
    Never,
}

/// Where the state of the cluster comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    Demo,
    MustGather(PathBuf),
    Live(LiveCluster),
}

impl Settings {
    /// The one source that was asked for; a live cluster when none was.
    pub fn source(&self) -> Result<Source, Refusal> {
        match (self.demo, &self.must_gather) {
            (true, None) => Ok(Source::Demo),
            (false, Some(path)) => Ok(Source::MustGather(path.clone())),
            (true, Some(_)) => Err(Refusal::TwoSources),
            (false, None) if self.namespaces.len() > cluster::MOST_NAMESPACES => Err(Refusal::TooManyNamespaces),
            (false, None) => cluster::find(self.kubeconfig.as_deref(), self.context.as_deref())
                .map(|access| Source::Live(LiveCluster { access, namespaces: self.namespaces.clone() }))
                .ok_or(Refusal::NoSource),
        }
    }
}

impl Color {
    /// Whether to colour text that goes to something which is, or is not, a terminal.
    pub fn wanted(self, terminal: bool) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => terminal && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
        }
    }
}

/// Reads flags and environment. `--help` and `--version` come back as refusals with their own exit status.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Cli, Refusal> {
    let command = Cli::command();
    let mut matches = without_empty_variables(command.clone())
        .try_get_matches_from(arguments)
        .map_err(|error| Refusal::from_clap(error, &command))?;
    let mut cli = Cli::from_arg_matches_mut(&mut matches).map_err(|error| Refusal::from_clap(error, &command))?;
    if matches!(cli.command, Some(Command::Stdio)) {
        cli.settings.transport = Transport::Stdio;
    }
    Ok(cli)
}

/// A variable that is set to nothing, as manifests and compose files like to do, counts as not set.
fn without_empty_variables(command: clap::Command) -> clap::Command {
    command.mut_args(|arg| {
        let empty = arg.get_env().and_then(env::var_os).is_some_and(|value| value.is_empty());
        if empty { arg.env(None::<&'static str>) } else { arg }
    })
}

fn port(text: &str) -> Result<u16, String> {
    text.trim().parse().map_err(|_| "a port from 0 to 65535 is accepted".to_owned())
}

fn server_name(text: &str) -> Result<String, String> {
    let name = text.trim();
    let usable = !name.is_empty()
        && name.len() <= 63
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    if usable {
        Ok(name.to_owned())
    } else {
        Err("a name of 1 to 63 letters, digits, '-', '_' or '.' is accepted".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_words(words: &[&str]) -> Result<Cli, Refusal> {
        parse(std::iter::once("mcp-server").chain(words.iter().copied()).map(OsString::from))
    }

    #[test]
    fn definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn source_is_exactly_one() {
        assert_eq!(parse_words(&["--demo"]).unwrap().settings.source().unwrap(), Source::Demo);
        assert_eq!(
            parse_words(&["report", "--must-gather", "mg"]).unwrap().settings.source().unwrap(),
            Source::MustGather("mg".into())
        );
        assert_eq!(
            parse_words(&["--kubeconfig", "a", "--context", "b"]).unwrap().settings.source().unwrap(),
            Source::Live(LiveCluster {
                access: ClusterAccess::Kubeconfig { paths: vec!["a".into()], context: Some("b".to_owned()) },
                namespaces: Vec::new(),
            })
        );
        let none = Refusal::NoSource.to_string();
        for word in ["--demo", "MCP_DEMO", "--must-gather", "MUST_GATHER", "--kubeconfig", "KUBECONFIG"] {
            assert!(none.contains(word), "{word} missing in: {none}");
        }
        let two = parse_words(&["--demo", "--must-gather", "mg"]).unwrap().settings.source().unwrap_err();
        assert_eq!(two.exit_status(), WRONG_USAGE);
    }

    #[test]
    fn namespaces_are_names_and_not_too_many() {
        let parsed = parse_words(&["--kubeconfig", "a", "--namespaces", "shop,web-2"]).unwrap();
        assert_eq!(parsed.settings.namespaces, ["shop", "web-2"]);
        let text = parse_words(&["--namespaces", "shop,../nodes"]).unwrap_err().to_string();
        assert!(text.contains("MCP_NAMESPACES") && text.contains("../nodes"), "{text}");
        let many = vec!["a"; cluster::MOST_NAMESPACES + 1].join(",");
        let refusal =
            parse_words(&["--kubeconfig", "a", "--namespaces", &many]).unwrap().settings.source().unwrap_err();
        assert!(refusal.to_string().contains("MCP_NAMESPACES"), "{refusal}");
    }

    #[test]
    fn stdio_is_an_alias_of_the_transport() {
        assert_eq!(parse_words(&["stdio", "--demo"]).unwrap().settings.transport, Transport::Stdio);
        assert_eq!(parse_words(&["--transport", "stdio"]).unwrap().settings.transport, Transport::Stdio);
    }

    #[test]
    fn wrong_values_name_the_variable_the_flag_and_what_is_accepted() {
        for (words, parts) in [
            (&["--http-port", "eighty"][..], &["MCP_HTTP_PORT", "--http-port", "eighty"][..]),
            (&["--http-port", "70000"], &["MCP_HTTP_PORT", "--http-port", "70000", "65535"]),
            (&["--transport", "sse"], &["MCP_TRANSPORT", "--transport", "sse", "http", "stdio"]),
            (&["--request-timeout", "soon"], &["REQUEST_TIMEOUT", "--request-timeout", "soon", "1m30s"]),
            (&["--request-timeout", "0s"], &["REQUEST_TIMEOUT", "more than zero"]),
            (&["--http-host", "example.com"], &["MCP_HTTP_HOST", "--http-host", "example.com", "IP address"]),
            (&["--log-level", "loud"], &["LOG_LEVEL", "--log-level", "loud", "debug"]),
            (&["--server-name", "a b"], &["MCP_SERVER_NAME", "a b", "letters"]),
            (&["report", "--output", "xml"], &["--output", "xml", "markdown"]),
        ] {
            let refusal = parse_words(words).unwrap_err();
            let text = refusal.to_string();
            assert_eq!(refusal.exit_status(), WRONG_USAGE, "{text}");
            for part in parts {
                assert!(text.contains(part), "{part} missing in: {text}");
            }
        }
    }

    #[test]
    fn help_is_not_an_error() {
        let help = parse_words(&["--help"]).unwrap_err();
        assert_eq!(help.exit_status(), 0);
        assert!(help.to_string().contains("MCP_HTTP_PORT"));
    }
}
