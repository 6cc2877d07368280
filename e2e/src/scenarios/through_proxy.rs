//! The API is behind a proxy, which the environment or the kubeconfig names.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::{ACTED, Scenario};
use crate::control_plane::SERVER_TOKEN;
use crate::rig::Rig;
use crate::server::Opening;

pub(super) const SCENARIO: Scenario = Scenario::new("through-proxy", |rig| Box::pin(run(rig)));

async fn run(rig: &mut Rig) -> Result<String> {
    let mut told = Vec::new();
    for named_by in ["HTTPS_PROXY", "proxy-url"] {
        let tunnel = Tunnel::open().await?;
        let proxy = rig.proxy().await?;
        let mut kubeconfig: Value = serde_json::from_str(&rig.kubeconfig(&proxy, SERVER_TOKEN)).context("JSON")?;
        let variables = [("HTTPS_PROXY", tunnel.address.as_str())];
        let environment = if named_by == "HTTPS_PROXY" { &variables[..] } else { &[] };
        if environment.is_empty() {
            kubeconfig["clusters"][0]["cluster"]["proxy-url"] = tunnel.address.clone().into();
        }
        let name = format!("through-{}", named_by.to_lowercase());
        let lane = rig.open(proxy, Opening { environment, ..Opening::new(&name, kubeconfig.to_string()) }).await?;
        lane.server.ready(ACTED).await?;
        lane.equal(ACTED).await?;
        let (through, arrived) = (tunnel.connections.load(Ordering::Relaxed), lane.proxy.accepted());
        ensure!(through > 0 && through as u64 >= arrived, "{arrived} connections arrived, {through} through the proxy");
        lane.server.stop().await?;
        told.push(format!("{through} connections by {named_by}"));
    }
    Ok(told.join(", "))
}

/// A proxy that joins connections, and knows nothing of what passes.
struct Tunnel {
    address: String,
    connections: Arc<AtomicUsize>,
    accepting: JoinHandle<()>,
}

impl Tunnel {
    async fn open() -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("listen as a proxy")?;
        let address = format!("http://{}", listener.local_addr()?);
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = connections.clone();
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::Relaxed);
                // How a connection ends is its ends' business
                tokio::spawn(async move { join(stream).await.ok() });
            }
        });
        Ok(Self { address, connections, accepting })
    }
}

impl Drop for Tunnel {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// `CONNECT host:port HTTP/1.1`, headers, an empty line; then everything.
async fn join(stream: TcpStream) -> Result<()> {
    let mut stream = BufReader::new(stream);
    let mut first = String::new();
    stream.read_line(&mut first).await?;
    let target =
        first.strip_prefix("CONNECT ").and_then(|rest| rest.split_whitespace().next()).context("no CONNECT")?;
    loop {
        let mut header = String::new();
        if stream.read_line(&mut header).await? <= 2 {
            break;
        }
    }
    let mut there = TcpStream::connect(target).await?;
    stream.write_all(b"HTTP/1.1 200 Connection Established\r\n\r\n").await?;
    tokio::io::copy_bidirectional(&mut stream, &mut there).await?;
    Ok(())
}
