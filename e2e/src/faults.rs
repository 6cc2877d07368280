//! Faults on the way to the API and in the control plane, and what has to be true of each.

use std::time::Instant;

use anyhow::Result;

use crate::rig::Rig;

pub mod document;

pub struct Fault {
    pub id: &'static str,
}

pub fn all() -> impl Iterator<Item = &'static Fault> {
    [].iter()
}

pub async fn run(_: &mut Rig, _: &[&Fault], _: impl FnMut(&str, Instant, Result<String>)) -> Result<Vec<String>> {
    Ok(Vec::new())
}
