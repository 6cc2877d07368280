//! Who may ask, and how it is checked: settings, and which of them fit together.

use std::env;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use axum::http::HeaderName;
use clap::{ArgAction, Args, ValueEnum};

use crate::callers::FrontProxy;

use super::{ClusterAccess, LiveCluster, Refusal, Settings, Source};

/// How callers say who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Auth {
    None,
    TokenReview,
    Oidc,
}

/// What may be read with a caller's own token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Reads {
    Logs,
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

    /// What is read from the API server with the caller's own token instead of the server's account: containers' logs. Only
    /// with --auth token-review and without audiences, where tokens are for the API server anyway
    #[arg(long, env = "MCP_PASS_CALLERS_TOKEN", value_name = "WHAT", value_enum, global = true)]
    pub pass_callers_token: Option<Reads>,

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

    /// Authorities, in PEM form, that sign the certificate of a proxy in front of the server, which then says in headers who
    /// asks, as the API server's own front proxy does. Needs the names below, the header for users, TLS, and --auth
    /// token-review or oidc. Read again when it changes
    #[arg(long, env = "MCP_REQUESTHEADER_CLIENT_CA_FILE", value_name = "PATH", global = true)]
    pub requestheader_client_ca_file: Option<PathBuf>,

    /// Common names of that certificate, separated by commas; the headers of anybody else are not looked at
    #[arg(long, env = "MCP_REQUESTHEADER_ALLOWED_NAMES", value_name = "NAMES", value_delimiter = ',', global = true)]
    pub requestheader_allowed_names: Vec<String>,

    /// Headers, separated by commas, of which the first that is there holds the name of the user; mostly X-Remote-User
    #[arg(
        long,
        env = "MCP_REQUESTHEADER_USERNAME_HEADERS",
        value_name = "HEADERS",
        value_delimiter = ',',
        global = true
    )]
    pub requestheader_username_headers: Vec<HeaderName>,

    /// Headers, separated by commas, each value of which is a group of the user
    #[arg(
        long,
        env = "MCP_REQUESTHEADER_GROUP_HEADERS",
        value_name = "HEADERS",
        value_delimiter = ',',
        default_value = "x-remote-group",
        global = true
    )]
    pub requestheader_group_headers: Vec<HeaderName>,

    /// How headers begin that hold an extra of the user, such as the scopes of a token
    #[arg(
        long,
        env = "MCP_REQUESTHEADER_EXTRA_HEADERS_PREFIX",
        value_name = "PREFIX",
        default_value = "x-remote-extra-",
        global = true
    )]
    pub requestheader_extra_headers_prefix: HeaderName,

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

impl CallerSettings {
    /// Whether logs are read with the caller's token. A token that was not issued for the API server is not shown to it.
    pub fn passes_tokens(&self, auth: Auth) -> Result<bool, Refusal> {
        match self.pass_callers_token {
            None => Ok(false),
            Some(Reads::Logs) if auth == Auth::TokenReview && self.token_audiences.is_empty() => Ok(true),
            Some(Reads::Logs) => Err(Refusal::PassedToken),
        }
    }

    /// The proxy that is believed, if one is. Without its authorities, its names and TLS, anybody could write its headers.
    pub fn front_proxy(&self, auth: Auth) -> Result<Option<FrontProxy>, Refusal> {
        let (names, users) = (&self.requestheader_allowed_names, &self.requestheader_username_headers);
        let authorities = self.requestheader_client_ca_file.is_some();
        if !authorities && names.is_empty() && users.is_empty() {
            return Ok(None);
        }
        let missing = [
            (authorities, "--requestheader-client-ca-file (MCP_REQUESTHEADER_CLIENT_CA_FILE)"),
            (!names.is_empty(), "--requestheader-allowed-names (MCP_REQUESTHEADER_ALLOWED_NAMES)"),
            (!users.is_empty(), "--requestheader-username-headers (MCP_REQUESTHEADER_USERNAME_HEADERS)"),
            (self.tls_cert_file.is_some(), "--tls-cert-file (MCP_TLS_CERT_FILE)"),
            (auth != Auth::None, "--auth token-review or oidc (MCP_AUTH)"),
        ];
        match missing.into_iter().find(|(given, _)| !given) {
            Some((_, missing)) => Err(Refusal::ForgeableHeaders { missing }),
            None => Ok(Some(FrontProxy {
                names: names.clone(),
                users: users.clone(),
                groups: self.requestheader_group_headers.clone(),
                extra_prefix: self.requestheader_extra_headers_prefix.as_str().to_owned(),
            })),
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
    fn headers_of_a_proxy_count_only_when_they_cannot_be_forged() {
        let whole = [
            ["--requestheader-client-ca-file", "ca.crt"],
            ["--requestheader-allowed-names", "front-proxy,other"],
            ["--requestheader-username-headers", "X-Remote-User"],
            ["--tls-cert-file", "tls.crt"],
        ];
        let proxy = |options: &[[&str; 2]], auth| {
            let words = ["mcp-server"].into_iter().chain(options.as_flattened().iter().copied());
            let words = words.chain(["--tls-key-file", "tls.key"].into_iter().filter(|_| options.contains(&whole[3])));
            parse(words.map(Into::into)).unwrap().settings.callers.front_proxy(auth).map_err(|error| error.to_string())
        };
        let found = proxy(&whole, Auth::TokenReview).unwrap().unwrap();
        assert_eq!(
            (&*found.names, &*found.extra_prefix),
            (&["front-proxy".to_owned(), "other".to_owned()][..], "x-remote-extra-")
        );
        assert_eq!((found.users[0].as_str(), found.groups[0].as_str()), ("x-remote-user", "x-remote-group"));
        for left_out in 0..whole.len() {
            let mut options = whole.to_vec();
            let [flag, _] = options.remove(left_out);
            let refused = proxy(&options, Auth::Oidc).unwrap_err();
            assert!(refused.contains(flag) && refused.contains("forge"), "{refused}");
        }
        assert!(proxy(&whole, Auth::None).unwrap_err().contains("--auth"));
        assert!(proxy(&[], Auth::None).unwrap().is_none());
    }

    #[test]
    fn only_tokens_for_the_api_server_are_passed_to_it() {
        let passes = |words: &[&str], auth| {
            let words = ["mcp-server"].iter().chain(words).map(|word| (*word).into());
            parse(words).unwrap().settings.callers.passes_tokens(auth).map_err(|refusal| refusal.to_string())
        };
        let on = ["--pass-callers-token", "logs"];
        assert_eq!(passes(&[], Auth::TokenReview), Ok(false));
        assert_eq!(passes(&on, Auth::TokenReview), Ok(true));
        let audiences = ["--pass-callers-token", "logs", "--token-audiences", "mcp-server"];
        for refused in [passes(&on, Auth::Oidc), passes(&on, Auth::None), passes(&audiences, Auth::TokenReview)] {
            assert!(refused.as_ref().unwrap_err().contains("--pass-callers-token"), "{refused:?}");
        }
    }

    #[test]
    fn only_the_demo_and_pods_listen_everywhere_by_themselves() {
        let settings = parse(["mcp-server".into()]).unwrap().settings;
        assert!(settings.address(&Source::Demo).is_unspecified());
        assert!(settings.address(&Source::MustGather("mg".into())).is_loopback());
    }
}
