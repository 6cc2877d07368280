//! etcd, kube-apiserver, kube-controller-manager and kube-scheduler on free loopback ports, each of which can be stopped,
//! paused and started again.

pub mod commands;
pub mod etcd;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rustix::process::Signal;

use crate::api::Api;
use crate::binaries::Binaries;
use crate::certificates::Certificates;
use crate::process::{Process, free_ports};
use crate::wait;

/// Who may do everything in this cluster.
pub const ADMIN_TOKEN: &str = "rig-admin";

/// Known to the API server itself, so that it counts after all data was lost.
pub const SERVER_TOKEN: &str = "rig-server";
pub const SERVER_USER: &str = "rig-server";

const START: Duration = Duration::from_secs(90);

#[derive(Debug)]
pub struct ControlPlane {
    pub certificates: Certificates,
    pub api: Api,
    pub api_port: u16,
    folder: PathBuf,
    binaries: Binaries,
    ports: Ports,
    etcd: Option<Process>,
    api_server: Option<Process>,
    controllers: Vec<Process>,
}

#[derive(Debug, Clone, Copy)]
struct Ports {
    etcd: u16,
    etcd_peer: u16,
    controller_manager: u16,
    scheduler: u16,
}

impl ControlPlane {
    /// Returns when the API answers and the controllers have made the default ServiceAccount.
    pub async fn start(binaries: &Binaries, folder: &Path) -> Result<Self> {
        let certificates = Certificates::make(folder)?;
        let [api_port, etcd, etcd_peer, controller_manager, scheduler] = free_ports()?;
        let api = Api::new(&format!("https://127.0.0.1:{api_port}"), ADMIN_TOKEN, &certificates);
        let mut plane = Self {
            certificates,
            api,
            api_port,
            folder: folder.to_owned(),
            binaries: binaries.clone(),
            ports: Ports { etcd, etcd_peer, controller_manager, scheduler },
            etcd: None,
            api_server: None,
            controllers: Vec::new(),
        };
        commands::write_tokens(folder)?;
        commands::write_kubeconfig(&plane, &plane.folder.join("admin.kubeconfig"))?;
        plane.start_etcd().await?;
        plane.start_api().await?;
        plane.start_controllers().await?;
        Ok(plane)
    }

    pub async fn start_etcd(&mut self) -> Result<()> {
        self.etcd = Some(Process::start("etcd", &self.folder, &mut commands::etcd(self))?);
        etcd::ready(self.ports.etcd, START).await
    }

    /// Returns when `/readyz` says yes.
    pub async fn start_api(&mut self) -> Result<()> {
        self.api_server = Some(Process::start("kube-apiserver", &self.folder, &mut commands::api_server(self))?);
        let api = &self.api;
        let process = self.api_server.as_mut().context("just started")?;
        let ready = wait::until(START, "the API server is ready", async || {
            let answer = api.get("/readyz").await?;
            ensure!(answer.status == 200, "/readyz: {} {}", answer.status, answer.text());
            Ok(())
        });
        tokio::select! {
            ready = ready => ready.map(drop).with_context(|| format!("its log is in {}", self.folder.display())),
            ended = ended(process) => ended,
        }
    }

    pub async fn start_controllers(&mut self) -> Result<()> {
        let manager = Process::start("kube-controller-manager", &self.folder, &mut commands::controller_manager(self))?;
        let scheduler = Process::start("kube-scheduler", &self.folder, &mut commands::scheduler(self))?;
        self.controllers = vec![manager, scheduler];
        let (api, controllers) = (&self.api, &mut self.controllers);
        let made = wait::until(START, "the controllers work", async || {
            api.read("/api/v1/namespaces/default/serviceaccounts/default").await.map(drop)
        });
        made.await.map(drop).with_context(|| {
            controllers.iter().map(|process| process.log_tail(|_| true)).collect::<Vec<_>>().join("\n")
        })
    }

    pub async fn stop_controllers(&mut self) -> Result<()> {
        for process in self.controllers.drain(..) {
            process.kill().await?;
        }
        Ok(())
    }

    /// As a crash does it.
    pub async fn kill_api(&mut self) -> Result<()> {
        self.api_server.take().context("the API server runs")?.kill().await
    }

    pub async fn stop_etcd(&mut self) -> Result<()> {
        self.etcd.take().context("etcd runs")?.stop().await
    }

    /// Forgets all objects; etcd has to be stopped.
    pub fn wipe(&self) -> Result<()> {
        ensure!(self.etcd.is_none(), "etcd still runs");
        std::fs::remove_dir_all(self.folder.join("etcd")).context("remove the data of etcd")
    }

    /// Stops all processing of the API server, but closes none of its connections.
    pub fn pause_api(&self, paused: bool) -> Result<()> {
        let signal = if paused { Signal::STOP } else { Signal::CONT };
        self.api_server.as_ref().context("the API server runs")?.signal(signal)
    }

    pub fn pause_etcd(&self, paused: bool) -> Result<()> {
        let signal = if paused { Signal::STOP } else { Signal::CONT };
        self.etcd.as_ref().context("etcd runs")?.signal(signal)
    }

    /// Makes etcd forget every revision but the newest.
    pub async fn compact(&self) -> Result<()> {
        etcd::compact(self.ports.etcd).await
    }
}

async fn ended(process: &mut Process) -> Result<()> {
    loop {
        process.check()?;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
