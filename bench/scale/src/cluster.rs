//! The fake API in this process, and a server that looks at it.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use scale::client::Client;
use scale::{Api, Behaviour, Population, Setup};
use serde_json::{Value, json};

use crate::mcp::{self, Question};
use crate::options::Options;
use crate::process::Process;

pub(crate) type Failed = String;

pub(crate) struct Cluster {
    pub(crate) api: Api,
    kubeconfig: PathBuf,
}

impl Cluster {
    /// As the options have it.
    pub(crate) async fn start(options: &Options, pods: usize, events: u32) -> Result<Self, Failed> {
        let pods = options.number("pods", pods)?;
        let population = Population {
            pods,
            // As many as the largest clusters have
            nodes: options.number("nodes", pods.div_ceil(30).max(3))?,
            unwell_every: options.number("unwell-every", 0)?,
        };
        let behaviour = Behaviour { watch_list: options.number("pages", 0)? == 0, ..Behaviour::default() };
        let setup = Setup { port: 0, population, events_per_second: options.number("events", events)?, behaviour };
        let api = Api::start(setup).await.map_err(|error| format!("the fake API: {error}"))?;
        let kubeconfig = write_kubeconfig(&api.kubeconfig(), api.address().port())?;
        println!("{pods} pods, {} nodes, one pod in {} crashes", population.nodes, population.unwell_every);
        Ok(Self { api, kubeconfig })
    }

    pub(crate) fn kubeconfig(&self) -> String {
        self.kubeconfig.display().to_string()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.kubeconfig);
    }
}

pub(crate) fn write_kubeconfig(text: &str, port: u16) -> Result<PathBuf, Failed> {
    let path = std::env::temp_dir().join(format!("scale-{port}.kubeconfig"));
    std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(path)
}

/// Starts this project's server on a live cluster.
pub(crate) fn ours(server: &Path, kubeconfig: &str) -> Result<Process, Failed> {
    let arguments = ["--kubeconfig", kubeconfig, "--http-host", "127.0.0.1", "--http-port", "{port}"];
    Process::start(server, &arguments).map_err(|error| format!("{}: {error}", server.display()))
}

/// Until `/readyz` says yes, however long that takes.
pub(crate) async fn wait_until_ready(server: &mut Process) -> io::Result<Duration> {
    server.wait_until_listening()?;
    let mut client = Client::connect(server.address).await?;
    while client.get("/readyz", "").await?.status != 200 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(server.started.elapsed())
}

pub(crate) fn health_question() -> Question {
    Question::modern("get-cluster-health", &json!({}))
}

/// The answer to a question, how long it took, and its size as sent.
pub(crate) async fn ask(server: &Process, question: &Question) -> Result<(Value, Duration, usize), Failed> {
    let mut client = Client::connect(server.address).await.map_err(|error| error.to_string())?;
    let asked = Instant::now();
    let reply = question.ask(&mut client).await.map_err(|error| error.to_string())?;
    let took = asked.elapsed();
    Ok((mcp::result(&reply)?, took, reply.body.len()))
}

/// The verdict in words.
pub(crate) async fn verdict(server: &Process) -> Result<String, Failed> {
    let (result, ..) = ask(server, &health_question()).await?;
    Ok(mcp::text(&result).lines().next().unwrap_or_default().to_owned())
}

pub(crate) fn words(error: io::Error) -> Failed {
    error.to_string()
}
