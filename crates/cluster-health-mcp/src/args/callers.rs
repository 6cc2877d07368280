//! Who may ask, and how it is checked: settings, and which of them fit together.

use std::env;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use clap::{ArgAction, Args, ValueEnum};

use super::{ClusterAccess, LiveCluster, Refusal, Settings, Source};

/// How callers say who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Auth {
    None,
    TokenReview,
    Oidc,
}

#[derive(Debug, Clone, Args)]
pub struct CallerSettings {
    /// How callers say who they are. none: not at all; on loopback addresses that is the default. token-review: by a
    /// token of the cluster (of a user or a ServiceAccount), which is the default for a live cluster on any other
    /// address. oidc: by a token of MCP_OIDC_ISSUER. With both, what a caller is told of a live cluster is what it may
    /// list there itself
    #[arg(long, env = "MCP_AUTH", value_name = "MODE", value_enum, global = true)]
    pub auth: Option<Auth>,

    /// Let anybody who reaches the server ask, on any address: for networks where something else decides who does
    #[arg(long, env = "MCP_ALLOW_ANONYMOUS", action = ArgAction::SetTrue,
          value_parser = clap::builder::BoolishValueParser::new(), global = true)]
    pub allow_anonymous: bool,

    /// Audiences of which a token has to name one, separated by commas, with --auth token-review. Without any, tokens
    /// for the API server count, as kubectl and OpenShift's console have them; name the API server's own audience
    /// too (https://kubernetes.default.svc) to accept both
    #[arg(long, env = "MCP_TOKEN_AUDIENCES", value_name = "AUDIENCES", value_delimiter = ',', global = true)]
    pub token_audiences: Vec<String>,

    /// Issuer of tokens, as it calls itself, with --auth oidc
    #[arg(long, env = "MCP_OIDC_ISSUER", value_name = "URL", global = true)]
    pub oidc_issuer: Option<String>,

    /// Audiences of which a token has to name one, separated by commas, with --auth oidc
    #[arg(long, env = "MCP_OIDC_AUDIENCES", value_name = "AUDIENCES", value_delimiter = ',', global = true)]
    pub oidc_audiences: Vec<String>,

    /// Claim that holds the name of the user, as the cluster knows it
    #[arg(long, env = "MCP_OIDC_USERNAME_CLAIM", value_name = "CLAIM", default_value = "sub", global = true)]
    pub oidc_username_claim: String,

    /// Put before user names. As for API servers: when not set, the issuer and #, but nothing before email addresses;
    /// - for nothing
    #[arg(long, env = "MCP_OIDC_USERNAME_PREFIX", value_name = "PREFIX", allow_hyphen_values = true, global = true)]
    pub oidc_username_prefix: Option<String>,

    /// Claim that holds the groups of the user
    #[arg(long, env = "MCP_OIDC_GROUPS_CLAIM", value_name = "CLAIM", default_value = "groups", global = true)]
    pub oidc_groups_claim: String,

    /// Put before groups
    #[arg(
        long,
        env = "MCP_OIDC_GROUPS_PREFIX",
        value_name = "PREFIX",
        default_value = "",
        hide_default_value = true,
        global = true
    )]
    pub oidc_groups_prefix: String,

    /// Certificate authorities of the issuer, in PEM form, instead of the system's
    #[arg(long, env = "MCP_OIDC_CA_FILE", value_name = "PATH", global = true)]
    pub oidc_ca_file: Option<PathBuf>,

    /// How clients reach the server, such as https://health.apps.example.com, for what it tells OAuth clients; worked
    /// out from their requests when not set
    #[arg(long, env = "MCP_PUBLIC_URL", value_name = "URL", global = true)]
    pub public_url: Option<String>,

    /// Requests a second that one caller may make, with a burst of three seconds' worth; 0 for no limit. Who is on the
    /// same machine and need not say who they are is not counted
    #[arg(long, env = "MCP_CALLER_RATE", value_name = "N", default_value_t = 50, global = true)]
    pub caller_rate: u32,

    /// Where it is written who asked what, as JSON lines: stderr, off, or the path of a file to append to
    #[arg(long, env = "MCP_AUDIT_LOG", value_name = "DESTINATION", default_value = "stderr", global = true)]
    pub audit_log: String,

    /// Certificate chain to serve TLS with, in PEM form; read again when it changes
    #[arg(long, env = "MCP_TLS_CERT_FILE", value_name = "PATH", requires = "tls_key_file", global = true)]
    pub tls_cert_file: Option<PathBuf>,

    /// Key of that certificate
    #[arg(long, env = "MCP_TLS_KEY_FILE", value_name = "PATH", requires = "tls_cert_file", global = true)]
    pub tls_key_file: Option<PathBuf>,
}

impl Settings {
    /// Where to listen: everywhere in a pod and for the demonstration cluster, which is public; else on this machine.
    pub fn address(&self, source: &Source) -> IpAddr {
        let in_a_pod = || env::var_os("KUBERNETES_SERVICE_HOST").is_some_and(|value| !value.is_empty());
        let everywhere = match source {
            Source::Demo | Source::Live(LiveCluster { access: ClusterAccess::InCluster, .. }) => true,
            Source::MustGather(_) | Source::Live(LiveCluster { access: ClusterAccess::Kubeconfig { .. }, .. }) => {
                in_a_pod()
            }
        };
        let default = if everywhere { Ipv4Addr::UNSPECIFIED } else { Ipv4Addr::LOCALHOST };
        self.http_host.unwrap_or(IpAddr::V4(default))
    }

    /// How callers are recognised on that address.
    pub fn auth(&self, source: &Source) -> Result<Auth, Refusal> {
        let settings = &self.callers;
        let address = self.address(source);
        let is_live = matches!(source, Source::Live(_));
        let open = address.is_loopback() || settings.allow_anonymous;
        match settings.auth {
            Some(Auth::TokenReview) if !is_live => Err(Refusal::NobodyToReview),
            Some(Auth::None) | None if open => Ok(Auth::None),
            // Nobody's state
            Some(Auth::None) | None if *source == Source::Demo => Ok(Auth::None),
            None if is_live => Ok(Auth::TokenReview),
            Some(Auth::None) | None => Err(Refusal::OpenToAll(address)),
            Some(mode) => Ok(mode),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::parse;

    fn auth(words: &[&str], source: &Source) -> Result<Auth, String> {
        let words = ["mcp-server"].iter().chain(words).map(|word| (*word).into());
        parse(words).unwrap().settings.auth(source).map_err(|refusal| refusal.to_string())
    }

    #[test]
    fn nobody_listens_to_the_network_without_asking_who_is_there() {
        let pod = Source::Live(ClusterAccess::InCluster.into());
        let file = Source::Live(ClusterAccess::Kubeconfig { paths: Vec::new(), context: None }.into());
        let archive = Source::MustGather("mg".into());
        let everywhere = ["--http-host", "0.0.0.0"];
        assert_eq!(auth(&[], &pod), Ok(Auth::TokenReview));
        assert_eq!(auth(&[], &file), Ok(Auth::None));
        assert_eq!(auth(&everywhere, &file), Ok(Auth::TokenReview));
        assert_eq!(auth(&["--http-host", "::1"], &pod), Ok(Auth::None));
        assert_eq!(auth(&["--auth", "oidc"], &archive), Ok(Auth::Oidc));
        assert_eq!(auth(&["--http-host", "127.0.0.1", "--auth", "token-review"], &pod), Ok(Auth::TokenReview));
        assert_eq!(auth(&[], &Source::Demo), Ok(Auth::None));
        for refused in [
            auth(&["--auth", "none"], &pod),
            auth(&everywhere, &archive),
            auth(&["--auth", "none", "--http-host", "10.0.0.1"], &file),
        ] {
            assert!(refused.as_ref().unwrap_err().contains("--allow-anonymous"), "{refused:?}");
        }
        assert_eq!(auth(&["--auth", "none", "--allow-anonymous"], &pod), Ok(Auth::None));
        assert_eq!(auth(&["--allow-anonymous"], &pod), Ok(Auth::None));
        assert!(auth(&["--auth", "token-review"], &archive).unwrap_err().contains("live cluster"));
    }

    #[test]
    fn only_the_demo_and_pods_listen_everywhere_by_themselves() {
        let settings = parse(["mcp-server".into()]).unwrap().settings;
        assert!(settings.address(&Source::Demo).is_unspecified());
        assert!(settings.address(&Source::MustGather("mg".into())).is_loopback());
    }
}
