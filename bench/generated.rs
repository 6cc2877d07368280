//! Clusters of any size in the model, from the same objects that the fake API of `bench/scale` sends. In a cluster in
//! trouble one pod in thirty crashes, each of another workload.

// The fake API uses all of it
#[allow(dead_code, unreachable_pub, unused_imports)]
#[path = "scale/src/population.rs"]
mod population;

use cluster_health::change::Change;
use cluster_health::cluster::{Cluster, Index};
use cluster_health::coverage::Seen;
use cluster_health::model::Kind;
use cluster_health::{Time, decode};

use population::{Moment, Population};

/// Pods of a cluster.
pub(crate) const SIZES: [usize; 3] = [1_000, 10_000, 150_000];

const PODS_PER_NODE: usize = 30;
const UNWELL_EVERY: usize = 30;

pub(crate) fn now() -> Time {
    Time::parse(population::NOW).unwrap_or_else(|| Time::from_unix(0))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Well,
    InTrouble,
}

/// The whole cluster in the model.
pub(crate) fn cluster(pods: usize, state: State) -> Cluster {
    cluster_of(pods, state, |_| true)
}

/// The wanted kinds of it.
pub(crate) fn cluster_of(pods: usize, state: State, wanted: impl Fn(Kind) -> bool) -> Cluster {
    let mut index = Index::default();
    objects(pods, state, |kind, json| match decode::json(kind, json) {
        Ok(object) if wanted(kind) => index.apply(Change::Apply(object)),
        Ok(_) => {}
        Err(error) => panic!("{error}"),
    });
    for &kind in Kind::ALL {
        index.apply(Change::Synced(kind, Seen::Complete));
    }
    index.into_cluster()
}

/// Hands out every object of a cluster of this many pods.
pub(crate) fn objects(pods: usize, state: State, mut object: impl FnMut(Kind, &[u8])) {
    let nodes = pods.div_ceil(PODS_PER_NODE).max(3);
    let unwell_every = if state == State::Well { 0 } else { UNWELL_EVERY };
    let population = Population { pods, nodes, unwell_every };
    let mut text = Vec::new();
    for plural in population::PLURALS {
        let Some(&kind) = Kind::ALL.iter().find(|kind| kind.plural() == *plural) else { continue };
        for index in 0..population.count(plural) {
            text.clear();
            text.push(b'{');
            population.write(plural, index, Moment::first(index), &mut text);
            object(kind, &text);
        }
    }
}
