//! "Is the cluster healthy?", asked of this server and of `kubernetes-mcp-server`, which has two answers: its prompt
//! `cluster-health-check`, and the list of all pods, which is what an assistant with its tools alone begins with.

use std::path::Path;
use std::time::Duration;

use serde_json::json;

use super::{milliseconds, print_asked, seconds};
use crate::cluster::{self, Cluster, Failed, health_question, words};
use crate::load::Load;
use crate::mcp::{self, Question};
use crate::options::Options;
use crate::process::Process;

/// Of English and JSON, to estimate with.
const BYTES_PER_TOKEN: usize = 4;

pub(crate) async fn run(options: &Options) -> Result<(), String> {
    let peer = options.path("peer").ok_or("--peer PATH of kubernetes-mcp-server is needed")?;
    let there = Cluster::start(options, 500, 0).await?;
    let time = Duration::from_secs(options.number("seconds", 5)?);

    let server = cluster::ours(&options.server(), &there.kubeconfig())?;
    measure("this server, get-cluster-health", server, &there, health_question(), time).await?;

    for (name, method, params) in [
        ("the peer's prompt cluster-health-check", "prompts/get", json!({"name": "cluster-health-check"})),
        ("the peer's tool pods_list", "tools/call", json!({"name": "pods_list", "arguments": {}})),
    ] {
        let server = start_peer(&peer, &there.kubeconfig())?;
        measure(name, server, &there, Question::legacy(method, &params), time).await?;
    }
    Ok(())
}

/// Without sessions, its leaner mode.
fn start_peer(peer: &Path, kubeconfig: &str) -> Result<Process, Failed> {
    let arguments =
        ["--kubeconfig", kubeconfig, "--bind-address", "127.0.0.1", "--port", "{port}", "--read-only", "--stateless"];
    Process::start(peer, &arguments).map_err(|error| format!("{}: {error}", peer.display()))
}

async fn measure(
    name: &str,
    mut server: Process,
    there: &Cluster,
    question: Question,
    time: Duration,
) -> Result<(), Failed> {
    there.api.forget_counts();
    server.wait_until_listening().map_err(words)?;
    let (result, _, bytes) = cluster::ask(&server, &question).await?;
    let cold = server.started.elapsed();
    let (cold_taken, asked) = (server.taken().map_err(words)?, there.api.asked());
    let text = mcp::text(&result).len();
    println!("{name}");
    println!("  exec to first answer: {}, {} of processor time", milliseconds(cold), seconds(cold_taken.cpu));
    println!("  answer: {bytes} bytes, {text} of text, about {} tokens", text / BYTES_PER_TOKEN);
    print_asked(&asked);

    there.api.forget_counts();
    let (_, warm, _) = cluster::ask(&server, &question).await?;
    println!("  again: {}, {} requests to the API", milliseconds(warm), there.api.asked().requests());
    for clients in [1, 50] {
        let before = server.taken().map_err(words)?;
        let load = Load::run(server.address, &question, clients, time).await.map_err(words)?;
        let after = server.taken().map_err(words)?;
        println!(
            "  {clients:>2} clients: {} answers in {}, p50 {}, p99 {}, {} of processor time, {} failed, {} unanswered, {} at peak so far",
            load.answers(),
            seconds(load.took),
            milliseconds(load.percentile(50)),
            milliseconds(load.percentile(99)),
            seconds(after.cpu - before.cpu),
            load.failed,
            load.unanswered,
            after.peak,
        );
    }
    Ok(())
}
