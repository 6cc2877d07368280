//! What the way to the API and the control plane do to the server, and what has to be true of each fault:
//!
//! - afterwards the model equals a fresh list, object by object;
//! - while the server cannot see, it says so and never calls the cluster healthy; where it can, it goes on following;
//! - every answer comes at once, whatever the API does;
//! - neither connections nor threads, files or memory are left behind.

mod answers;
mod cluster;
mod connections;
pub mod course;
pub mod document;
mod plane;
mod start;
mod watches;

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use anyhow::Result;
use futures_util::future::{BoxFuture, join_all};

use crate::api::Api;
use crate::control_plane::ControlPlane;
use crate::proxy::{Gate, Proxy};
use crate::rig::{Lane, Rig};
pub use course::Observed;

pub struct Fault {
    pub id: &'static str,
    /// What is done, for the document.
    pub what: &'static str,
    pub meanwhile: Meanwhile,
    pub how: How,
}

/// What the server can know while the fault lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meanwhile {
    /// Everything: it goes on following the cluster.
    Follows,
    /// Nothing new: it has to say so.
    Blind,
    /// Some kinds are not seen in full, which it has to name.
    Partial,
    /// Nothing can be told from outside; it has to find out by itself, and be right in the end.
    Recovers,
}

pub enum How {
    /// Done to a proxy; ended by healing it.
    Proxy(fn(&Proxy)),
    /// Done to the control plane, which has no other fault meanwhile.
    Plane { breaks: PlaneStep, mends: PlaneStep },
    /// Done to objects.
    Cluster { breaks: ApiStep, mends: ApiStep },
    /// Met by a server that starts.
    Start(Gate),
}

pub type PlaneStep = for<'a> fn(&'a mut ControlPlane) -> BoxFuture<'a, Result<()>>;
pub type ApiStep = for<'a> fn(&'a Api) -> BoxFuture<'a, Result<()>>;

/// Every fault, in the order of the document.
pub fn all() -> impl Iterator<Item = &'static Fault> {
    [connections::ALL, answers::ALL, watches::ALL, cluster::ALL, start::ALL, plane::ALL].into_iter().flatten()
}

impl Fault {
    /// Whether it concerns one lane only, so that others can meet theirs at the same time.
    fn is_private(&self) -> bool {
        matches!(self.how, How::Proxy(_) | How::Start(_))
    }
}

/// Runs those of one lane side by side, then the others one after the other; reports each as it ends.
pub async fn run(
    rig: &mut Rig,
    faults: &[&'static Fault],
    mut report: impl FnMut(&str, Instant, Result<String>),
) -> Result<Vec<Observed>> {
    let mut observed = Vec::new();
    let mut tell = |(fault, begun, result): Ended| {
        let said = result.map(|one| {
            let said = one.to_string();
            observed.push(one);
            said
        });
        report(fault.id, begun, said);
    };
    let (private, shared): (Vec<&Fault>, Vec<&Fault>) = faults.iter().partition(|fault| fault.is_private());
    side_by_side(rig, private, &mut tell).await;
    for fault in shared {
        let begun = Instant::now();
        let result = course::alone(rig, fault).await;
        tell((fault, begun, result));
    }
    Ok(observed)
}

type Ended = (&'static Fault, Instant, Result<Observed>);

async fn side_by_side(rig: &Rig, faults: Vec<&'static Fault>, tell: &mut dyn FnMut(Ended)) {
    let (queue, tell) = (&Mutex::new(faults.into_iter()), &Mutex::new(tell));
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    let work = async |lane: &Lane| {
        while let Some(fault) = next() {
            let begun = Instant::now();
            let result = course::private(rig, lane, fault).await;
            tell.lock().unwrap_or_else(PoisonError::into_inner)((fault, begun, result));
        }
    };
    join_all(rig.lanes.iter().map(work)).await;
}
