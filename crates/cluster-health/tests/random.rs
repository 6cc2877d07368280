//! Whatever is thrown at the decoder, it answers; whatever decodes can be assessed, described and rendered; whatever
//! text comes along, cleaning it ends and leaves nothing to clean.

// Helpers are tests too, which the lints cannot see
#![allow(clippy::unwrap_used)]

use cluster_health::change::Change;
use cluster_health::coverage::Seen;
use cluster_health::model::Kind;
use cluster_health::redact::redact;
use cluster_health::{Index, Time, assess, decode, describe, render, untrusted};
use proptest::prelude::*;
use serde_json::{Map, Value};

/// Field names the wire structs read, so that random objects reach deep.
const FIELDS: &[&str] = &[
    "metadata",
    "spec",
    "status",
    "name",
    "namespace",
    "labels",
    "annotations",
    "ownerReferences",
    "conditions",
    "type",
    "reason",
    "message",
    "lastTransitionTime",
    "containers",
    "containerStatuses",
    "initContainerStatuses",
    "state",
    "waiting",
    "terminated",
    "running",
    "exitCode",
    "finishedAt",
    "restartCount",
    "ready",
    "phase",
    "replicas",
    "nodeName",
    "taints",
    "key",
    "effect",
    "unschedulable",
    "allocatable",
    "cpu",
    "memory",
    "hard",
    "used",
    "selector",
    "matchLabels",
    "matchExpressions",
    "operator",
    "values",
    "ports",
    "port",
    "targetPort",
    "schedule",
    "lastScheduleTime",
    "history",
    "version",
    "desired",
    "endpoints",
    "storageClassName",
    "volumeName",
    "accessModes",
    "env",
    "value",
    "controller",
    "kind",
    "deletionTimestamp",
    "finalizers",
    "creationTimestamp",
    "availableReplicas",
    "readyReplicas",
    "paused",
    "disruptionsAllowed",
    "expectedPods",
    "ingress",
    "to",
    "host",
    "count",
    "involvedObject",
    "lastTimestamp",
    "suspend",
];

const WORDS: &[&str] = &[
    "a",
    "b-1",
    "openshift-etcd",
    "True",
    "False",
    "Unknown",
    "Ready",
    "Available",
    "Degraded",
    "Progressing",
    "Failing",
    "Running",
    "Pending",
    "Failed",
    "CrashLoopBackOff",
    "ImagePullBackOff",
    "OOMKilled",
    "2026-11-18T11:00:00Z",
    "100m",
    "1Gi",
    "*/5 * * * *",
    "@hourly",
    "ReplicaSet",
    "Deployment",
    "StatefulSet",
    "Job",
    "Node",
    "Unschedulable",
    "PodScheduled",
    "0/3 nodes are available: 3 Insufficient cpu.",
    "version",
    "4.20.1",
    "",
    "\u{202e}x",
    "http",
];

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        prop::sample::select(WORDS).prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 60, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((prop::sample::select(FIELDS), inner), 0..8).prop_map(|fields| fields
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect::<Map<_, _>>()
                .into()),
        ]
    })
}

fn kind() -> impl Strategy<Value = Kind> {
    prop::sample::select(Kind::ALL)
}

/// Random objects with identities, so that more of them are kept.
fn object() -> impl Strategy<Value = (Kind, Value)> {
    let name = prop::sample::select(&["a", "b-1", "version", "worker", "etcd"][..]);
    let namespace = prop::sample::select(&["shop", "openshift-etcd"][..]);
    (kind(), name, namespace, value(), value(), value()).prop_map(|(kind, name, namespace, meta, spec, status)| {
        let mut metadata = match meta {
            Value::Object(fields) => fields,
            _ => Map::new(),
        };
        metadata.insert("name".to_owned(), name.into());
        metadata.insert("namespace".to_owned(), namespace.into());
        (kind, serde_json::json!({"metadata": metadata, "spec": spec, "status": status}))
    })
}

/// Pieces that secrets and their surroundings are made of, so that random text comes close to them.
fn text() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "password",
        "token",
        "Bearer ",
        "=",
        ":",
        " ",
        "\"",
        "\\",
        "://",
        "@",
        "-----BEGIN ",
        "-----END ",
        "-----",
        "eyJ",
        "sha256~",
        "--",
        "(redacted)",
        "ü",
        "\u{200b}",
        "\n",
        ",",
        "/",
        "A1b2C3d4E5f6G7h8",
    ]);
    let piece = prop_oneof![4 => pieces.prop_map(str::to_owned), 1 => ".{0,12}"];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn random_text_is_cleaned_once_and_for_all(text in text(), max in 0_usize..80) {
        let left = redact(&text);
        prop_assert_eq!(redact(&left), &*left);
        let shown = untrusted::clean(&text, max);
        prop_assert!(shown.chars().count() <= max + 1, "{}", shown);
        prop_assert!(!shown.contains(['`', '[', '<', '\n', '\u{200b}']), "{}", shown);
    }

    #[test]
    fn random_bytes_are_an_answer(kind in kind(), bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode::json(kind, &bytes);
        if let Ok(text) = std::str::from_utf8(&bytes) {
            let _ = decode::yaml(kind, text);
            let _ = decode::yaml_documents(kind, text);
        }
    }

    #[test]
    fn random_documents_are_an_answer(kind in kind(), value in value()) {
        let text = value.to_string();
        let _ = decode::json(kind, text.as_bytes());
        let _ = decode::yaml(kind, &text);
    }

    #[test]
    fn random_clusters_are_assessed_the_same_way_twice(objects in prop::collection::vec(object(), 0..30)) {
        let mut index = Index::default();
        let mut kept = Vec::new();
        for (kind, object) in objects {
            if let Ok(object) = decode::json(kind, object.to_string().as_bytes()) {
                let (kind, namespace, name, _) = decode::identity(&object);
                kept.push((kind, namespace.to_owned(), name.to_owned()));
                index.apply(Change::Apply(object));
            }
        }
        for &kind in Kind::ALL {
            index.apply(Change::Synced(kind, Seen::Complete));
        }
        let now = Time::parse("2026-11-18T12:00:00Z").unwrap();
        let report = assess(index.cluster(), now);
        let text = render::health(&report, render::ANSWER_BYTES);
        prop_assert!(text.len() <= render::ANSWER_BYTES, "{} bytes", text.len());
        prop_assert_eq!(text, render::health(&assess(index.cluster(), now), render::ANSWER_BYTES));
        for finding in &report.findings {
            render::finding(&report, finding);
        }
        for (kind, namespace, name) in kept {
            prop_assert!(describe::describe(index.cluster(), kind, &namespace, &name).is_some());
        }
    }
}
