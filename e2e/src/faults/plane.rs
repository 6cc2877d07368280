//! Faults of the control plane itself.

use std::time::Duration;

use anyhow::{Context, Result};
use futures_util::future::BoxFuture;

use super::{Fault, How, Meanwhile};
use crate::control_plane::ControlPlane;
use crate::rig;

pub(super) const ALL: &[Fault] = &[
    Fault {
        id: "api-server-killed",
        what: "the API server is killed, and started again with its data",
        meanwhile: Meanwhile::Blind,
        how: How::Plane { breaks: |plane| Box::pin(plane.kill_api()), mends: |plane| Box::pin(plane.start_api()) },
    },
    Fault {
        id: "api-server-paused",
        what: "the API server stands still for 10 s with all its connections open",
        meanwhile: Meanwhile::Recovers,
        how: How::Plane {
            breaks: |plane| Box::pin(pause_api(plane)),
            mends: |plane| Box::pin(async { plane.pause_api(false) }),
        },
    },
    Fault {
        id: "etcd-paused",
        what: "etcd stands still: the API server is up and cannot read",
        meanwhile: Meanwhile::Recovers,
        how: How::Plane {
            breaks: |plane| Box::pin(pause_etcd(plane)),
            mends: |plane| Box::pin(async { plane.pause_etcd(false) }),
        },
    },
    Fault {
        id: "etcd-stopped",
        what: "etcd is stopped for 10 s, and started again",
        meanwhile: Meanwhile::Recovers,
        how: How::Plane { breaks: |plane| Box::pin(stop_etcd(plane)), mends: |plane| Box::pin(plane.start_etcd()) },
    },
    Fault {
        id: "data-lost",
        what: "the control plane loses all its data and starts anew: every revision is smaller than those known",
        meanwhile: Meanwhile::Blind,
        how: How::Plane { breaks: |plane| Box::pin(stop_all(plane)), mends: |plane| Box::pin(begin_anew(plane)) },
    },
];

const OUTAGE: Duration = Duration::from_secs(10);

async fn pause_api(plane: &mut ControlPlane) -> Result<()> {
    plane.pause_api(true)?;
    tokio::time::sleep(OUTAGE).await;
    Ok(())
}

async fn pause_etcd(plane: &mut ControlPlane) -> Result<()> {
    plane.pause_etcd(true)?;
    tokio::time::sleep(OUTAGE).await;
    Ok(())
}

async fn stop_etcd(plane: &mut ControlPlane) -> Result<()> {
    plane.stop_etcd().await?;
    tokio::time::sleep(OUTAGE).await;
    Ok(())
}

async fn stop_all(plane: &mut ControlPlane) -> Result<()> {
    plane.stop_controllers().await?;
    plane.kill_api().await?;
    plane.stop_etcd().await
}

fn begin_anew(plane: &mut ControlPlane) -> BoxFuture<'_, Result<()>> {
    Box::pin(async {
        plane.wipe()?;
        plane.start_etcd().await?;
        plane.start_api().await?;
        plane.start_controllers().await?;
        rig::furnish(&plane.api).await.context("fill the new cluster")
    })
}
