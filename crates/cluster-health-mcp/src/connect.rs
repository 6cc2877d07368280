//! The `connect` command: how each assistant is told about a server, ready to copy.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use crate::args::Settings;

/// Text for a person. `settings` say where the server listens.
pub fn instructions(settings: &Settings) -> String {
    let url = url(settings);
    let name = &settings.server_name;
    format!(
        r#"Ask "is my cluster healthy?" once one of these is done:

  Claude Code   claude mcp add --transport http {name} {url}
  VS Code       code --add-mcp '{{"name":"{name}","type":"http","url":"{url}"}}'
  Cursor        ~/.cursor/mcp.json: {{"mcpServers":{{"{name}":{{"url":"{url}"}}}}}}
  Lightspeed    OLSConfig, where the server runs in the cluster behind a Service:
                  spec:
                    featureGates: [MCPServer]
                    mcpServers:
                    - name: {name}
                      url: http://mcp-server.NAMESPACE.svc:{port}/mcp
                      timeout: 10
  Any, as a child process: mcp-server stdio, with --kubeconfig PATH or --must-gather PATH

  By hand       curl {root}/readyz    curl {root}/metrics
"#,
        port = settings.http_port,
        root = url.trim_end_matches("/mcp"),
    )
}

/// An address that listens everywhere is reached on this machine by its loopback one.
fn url(settings: &Settings) -> String {
    let host = settings.http_host.filter(|host| !host.is_unspecified());
    let host = host.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
    let scheme = if settings.callers.tls_cert_file.is_some() { "https" } else { "http" };
    format!("{scheme}://{}/mcp", SocketAddr::new(host, settings.http_port))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args;

    #[test]
    fn names_the_address_clients_can_reach() {
        let cli = args::parse(["mcp-server", "--http-port", "9999"].map(Into::into)).unwrap();
        let text = instructions(&cli.settings);
        assert!(text.contains("claude mcp add --transport http openshift-cluster-health http://127.0.0.1:9999/mcp"));
        for client in ["Claude Code", "VS Code", "Cursor", "Lightspeed"] {
            assert!(text.contains(client), "{client}");
        }
    }
}
