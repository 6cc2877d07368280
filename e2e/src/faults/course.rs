//! The course of a fault: even before, changes while it lasts, honest meanwhile, even again afterwards, nothing left.

use std::fmt;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use cluster_health::model::Kind;
use serde_json::{Value, json};

use super::{Fault, How, Meanwhile};
use crate::api::Api;
use crate::control_plane::SERVER_TOKEN;
use crate::objects::{self, image};
use crate::proxy::Gate;
use crate::questions;
use crate::rig::{Lane, Rig, SHOP};
use crate::server::{Opening, Usage};
use crate::wait;

/// After which the servers of the rig call what they saw stale; a minute outside of it.
pub const STALE_AFTER: &str = "5s";

/// For a server that cannot see to say so: what counts as stale, and a pause between two assessments.
const NOTICED: Duration = Duration::from_secs(45);
/// For the model to be true where nothing hinders it.
const EVEN: Duration = Duration::from_secs(90);
/// The same when first a dead stream has to be found out, or pauses between attempts have grown.
const EVEN_AGAIN: Duration = Duration::from_secs(200);
/// For connections that are given up to be closed.
const TIDY: Duration = Duration::from_secs(30);
/// Of an answer, whatever the API does: the median over all tools.
const ANSWER: Duration = Duration::from_millis(100);

/// What may be left behind: connections the pool keeps for a moment, and what the allocator does not give back.
const CONNECTIONS: usize = 3;
const FILES: u64 = 6;
const RESIDENT_KIB: u64 = 24 << 10;

/// What was observed, for people.
#[derive(Debug)]
pub struct Observed {
    pub id: &'static str,
    pub meanwhile: String,
    /// From the end of the fault to a model that equals a fresh list.
    pub even: Duration,
    pub objects: usize,
    pub answer: Duration,
    pub connections: (usize, usize),
    pub resident_kib: (u64, u64),
}

impl fmt::Display for Observed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { meanwhile, even, objects, answer, connections, resident_kib, .. } = self;
        write!(
            f,
            "{meanwhile}; {objects} objects equal {:.1} s after; answers in {:.1} ms; connections {} -> {}; memory {:.1} -> {:.1} MiB",
            even.as_secs_f64(),
            answer.as_secs_f64() * 1000.0,
            connections.0,
            connections.1,
            mebibytes(resident_kib.0),
            mebibytes(resident_kib.1)
        )
    }
}

#[allow(clippy::cast_precision_loss)]
pub fn mebibytes(kibibytes: u64) -> f64 {
    kibibytes as f64 / 1024.0
}

/// A fault that concerns one lane only.
pub(super) async fn private(rig: &Rig, lane: &Lane, fault: &Fault) -> Result<Observed> {
    match fault.how {
        How::Proxy(breaks) => {
            let course = Course::begin(fault, lane).await?;
            breaks(&lane.proxy);
            let meanwhile = course.meanwhile().await;
            lane.proxy.heal();
            course.end(meanwhile?).await
        }
        How::Start(gate) => at_start(rig, fault, gate).await,
        How::Plane { .. } | How::Cluster { .. } => bail!("not a private fault"),
    }
}

/// A fault that every lane would feel.
pub(super) async fn alone(rig: &mut Rig, fault: &Fault) -> Result<Observed> {
    let Rig { plane, lanes, .. } = rig;
    let lane = lanes.last().context("a server")?;
    let course = Course::begin(fault, lane).await?;
    let meanwhile = match fault.how {
        How::Plane { breaks, mends } => {
            breaks(plane).await?;
            let meanwhile = course.watch().await;
            mends(plane).await?;
            meanwhile?
        }
        How::Cluster { breaks, mends } => {
            breaks(&plane.api).await?;
            let meanwhile = course.meanwhile().await;
            mends(&plane.api).await?;
            meanwhile?
        }
        How::Proxy(_) | How::Start(_) => bail!("not a fault of the cluster"),
    };
    course.end(meanwhile).await
}

async fn at_start(rig: &Rig, fault: &Fault, gate: Gate) -> Result<Observed> {
    let proxy = rig.proxy().await?;
    proxy.set_gate(gate);
    let kubeconfig = rig.kubeconfig(&proxy, SERVER_TOKEN);
    let began = Instant::now();
    let lane = rig.open(proxy, Opening::new(fault.id, kubeconfig)).await?;
    let up = began.elapsed();
    let usage = lane.server.usage()?;
    let course = Course { fault, lane: &lane, connections: 0, usage };
    let meanwhile = course.watch().await?;
    let (ready, text) = lane.server.mcp.get("/readyz").await?;
    ensure!(ready == 503, "ready without ever having seen the cluster: {ready} {text}");
    lane.proxy.heal();
    let (objects, even) = lane.equal(EVEN_AGAIN).await?;
    let connections = lane.proxy.open();
    lane.server.ready(EVEN).await?;
    let after = lane.server.usage()?.resident_kib;
    let observed = Observed {
        id: fault.id,
        meanwhile: format!("serves after {:.0} ms; {}", up.as_secs_f64() * 1000.0, meanwhile.said),
        even,
        objects,
        answer: meanwhile.answer,
        connections: (0, connections),
        resident_kib: (usage.resident_kib, after),
    };
    lane.server.stop().await?;
    Ok(observed)
}

struct Course<'a> {
    fault: &'a Fault,
    lane: &'a Lane,
    connections: usize,
    usage: Usage,
}

struct Told {
    said: String,
    answer: Duration,
}

impl<'a> Course<'a> {
    async fn begin(fault: &'a Fault, lane: &'a Lane) -> Result<Self> {
        for name in ["kept", "gone"] {
            create(&lane.api, fault, name).await?;
        }
        lane.equal(EVEN).await.context("before the fault")?;
        Ok(Self { fault, lane, connections: settled(lane).await, usage: lane.server.usage()? })
    }

    /// Changes the cluster behind the server's back, then looks at what it says.
    async fn meanwhile(&self) -> Result<Told> {
        let api = &self.lane.api;
        create(api, self.fault, "new").await?;
        api.delete(&pod(self.fault, "gone")).await?;
        api.merge(&pod(self.fault, "kept"), &json!({"metadata": {"labels": {"changed": "yes"}}})).await?;
        self.watch().await
    }

    async fn watch(&self) -> Result<Told> {
        let began = Instant::now();
        let said = match self.fault.meanwhile {
            Meanwhile::Follows => {
                let (_, took) = self.lane.equal(EVEN).await.context("while the fault lasts")?;
                format!("followed it all, {:.1} s behind", took.as_secs_f64())
            }
            Meanwhile::Recovers => "went on".to_owned(),
            Meanwhile::Blind | Meanwhile::Partial => {
                let (said, _) = wait::until(NOTICED, "the server says that it cannot see", async || {
                    let said = self.lane.health().await?;
                    self.honest(&said.structured)
                        .map(|word| (word, said.structured["not_seen"].to_string()))
                        .with_context(|| format!("it says: {}", said.text))
                })
                .await?;
                let after = began.elapsed();
                for _ in 0..5 {
                    self.honest(&self.lane.health().await?.structured)?;
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                format!("{} after {:.1} s", said.0, after.as_secs_f64())
            }
        };
        Ok(Told { said, answer: answers(self.lane).await? })
    }

    /// The verdict, unless it tells more than the server can know.
    fn honest(&self, health: &Value) -> Result<String> {
        let status = health["status"].as_str().context("a status")?;
        let not_seen = health["not_seen"].as_array().map_or(0, Vec::len);
        ensure!(status != "healthy", "it is called healthy");
        ensure!(self.fault.meanwhile != Meanwhile::Blind || status == "unknown", "it is called {status}");
        ensure!(not_seen > 0, "nothing is said to be not seen");
        Ok(status.to_owned())
    }

    async fn end(&self, told: Told) -> Result<Observed> {
        let Self { fault, lane, connections, usage } = self;
        let (objects, even) = lane.equal(EVEN_AGAIN).await.context("after the fault")?;
        for name in ["kept", "gone", "new"] {
            lane.api.delete(&pod(fault, name)).await?;
        }
        let (after, open) = self.tidy().await?;
        Ok(Observed {
            id: fault.id,
            meanwhile: told.said,
            even,
            objects,
            answer: told.answer,
            connections: (*connections, open),
            resident_kib: (usage.resident_kib, after.resident_kib),
        })
    }

    /// Nothing is left behind.
    async fn tidy(&self) -> Result<(Usage, usize)> {
        let (before, lane) = (self.usage, self.lane);
        let tidy = wait::until(TIDY, "nothing is left behind", async || {
            let (now, open) = (lane.server.usage()?, lane.proxy.open());
            ensure!(open <= self.connections + CONNECTIONS, "connections: {} before, {open} after", self.connections);
            ensure!(now.threads <= before.threads + 2, "threads: {} before, {} after", before.threads, now.threads);
            ensure!(now.files <= before.files + FILES, "open files: {} before, {} after", before.files, now.files);
            ensure!(
                now.resident_kib <= before.resident_kib + RESIDENT_KIB,
                "resident memory: {} KiB before, {} KiB after",
                before.resident_kib,
                now.resident_kib
            );
            Ok((now, open))
        });
        Ok(tidy.await?.0)
    }
}

/// Open connections, when their number no longer changes: kinds that were lost may still be on their way back.
async fn settled(lane: &Lane) -> usize {
    let mut open = lane.proxy.open();
    for _ in 0..10 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let before = std::mem::replace(&mut open, lane.proxy.open());
        if open == before {
            break;
        }
    }
    open
}

fn name(fault: &Fault, suffix: &str) -> String {
    format!("{}-{suffix}", fault.id)
}

fn pod(fault: &Fault, suffix: &str) -> String {
    objects::path(Kind::Pod, SHOP, &name(fault, suffix))
}

async fn create(api: &Api, fault: &Fault, suffix: &str) -> Result<()> {
    let pod = objects::pod(SHOP, &name(fault, suffix), image::WELL);
    api.create(&objects::collection(Kind::Pod, SHOP), &pod).await.map(drop)
}

/// Asks every tool and resource three times; gives the median.
async fn answers(lane: &Lane) -> Result<Duration> {
    let median = questions::ask_everything(&lane.server.mcp, 3).await?.median;
    ensure!(median < ANSWER, "the median answer took {median:?}");
    Ok(median)
}
