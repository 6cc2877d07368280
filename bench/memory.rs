//! How many bytes the model keeps of a pod. Exact, so it needs no repetition; apart from `assess`, whose times a counting
//! allocator would lengthen. Run with `make bench`; figures are in docs/performance.md.

// What a bench prints is its result, and a cluster that cannot be made ends it
#![allow(clippy::print_stdout, clippy::panic)]

mod generated;

use std::hint::black_box;

use cluster_health::assess;
use cluster_health::model::Kind;
use generated::State;
use peak_alloc::PeakAlloc;

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

/// The heap with the model, against the heap without. Pods with what they share among themselves, then the same with
/// nodes, Deployments, ReplicaSets, Services and EndpointSlices; and what a report of one pod in thirty crashing keeps.
fn main() {
    for pods in generated::SIZES {
        let before = HEAP.current_usage();
        let only_pods = generated::cluster_of(pods, State::Well, |kind| kind == Kind::Pod);
        let of_pods = HEAP.current_usage() - before;
        drop(black_box(only_pods));
        let cluster = generated::cluster(pods, State::Well);
        let of_all = HEAP.current_usage() - before;
        drop(black_box(cluster));
        println!("model of {pods} pods: {} bytes a pod, {} with all other objects", of_pods / pods, of_all / pods);
        report(pods);
    }
}

fn report(pods: usize) {
    let cluster = generated::cluster(pods, State::InTrouble);
    let before = HEAP.current_usage();
    HEAP.reset_peak_usage();
    let report = assess(&cluster, generated::now());
    let (kept, peak) = (HEAP.current_usage() - before, HEAP.peak_usage() - before);
    let findings = report.findings.len();
    println!("report of {pods} pods in trouble: {findings} findings, {kept} bytes, {peak} at most while it is made");
}
