//! How long decoding and assessing take.
//! Run with `make bench`; figures are in docs/performance.md.

// What a bench prints is its result, and a cluster that cannot be made ends it
#![allow(clippy::print_stdout, clippy::panic)]

mod generated;

use cluster_health::model::Kind;
use cluster_health::{assess, decode, render};
use criterion::{BenchmarkId, Criterion, Throughput};
use generated::{SIZES, State};

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    decoding(&mut criterion);
    assessing(&mut criterion);
    criterion.final_summary();
}

fn decoding(criterion: &mut Criterion) {
    let mut pods = Vec::new();
    generated::objects(1_000, State::Well, |kind, json| {
        if kind == Kind::Pod {
            pods.push(json.to_vec());
        }
    });
    let mut group = criterion.benchmark_group("decode");
    group.throughput(Throughput::Bytes(pods.iter().map(|pod| pod.len() as u64).sum()));
    group.bench_function("1000 pods from JSON", |bencher| {
        bencher.iter(|| pods.iter().filter(|pod| decode::json(Kind::Pod, pod).is_ok()).count());
    });
    group.finish();
    let mut group = criterion.benchmark_group("sync");
    group.sample_size(10);
    for size in SIZES {
        group.throughput(Throughput::Elements(size as u64));
        group.bench_with_input(BenchmarkId::from_parameter(size), &size, |bencher, &size| {
            bencher.iter(|| generated::cluster(size, State::Well));
        });
    }
    group.finish();
}

fn assessing(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("assess");
    group.sample_size(20);
    for (name, state) in [("well", State::Well), ("in trouble", State::InTrouble)] {
        for size in SIZES {
            let cluster = generated::cluster(size, state);
            group.throughput(Throughput::Elements(size as u64));
            group.bench_with_input(BenchmarkId::new(name, size), &cluster, |bencher, cluster| {
                // Whoever holds the report drops it, later
                bencher.iter_with_large_drop(|| assess(cluster, generated::now()));
            });
        }
    }
    group.finish();
    let report = assess(&generated::cluster(10_000, State::InTrouble), generated::now());
    criterion.bench_function("render", |bencher| bencher.iter(|| render::health(&report, render::ANSWER_BYTES)));
}
