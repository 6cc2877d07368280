use super::{State, Weight, readiness, weight};
use crate::report::assess;
use crate::testing::{cluster, now};

fn state_of(documents: &str) -> State {
    let cluster = cluster(documents);
    readiness(&cluster, &assess(&cluster, now())).state
}

const CALM: &str = "
    kind: ClusterVersion
    metadata: {name: version}
    spec: {channel: stable-4.20}
    status:
      desired: {version: 4.20.4}
      history: [{state: Completed, version: 4.20.4}]
      conditions: [{type: Available, status: 'True'}, {type: Progressing, status: 'False'}]
    ---
    kind: Node
    metadata: {name: w1, labels: {node-role.kubernetes.io/worker: ''}}
    status: {conditions: [{type: Ready, status: 'True'}]}";

#[test]
fn a_calm_cluster_is_ready_and_one_that_was_not_seen_is_not() {
    assert_eq!(state_of(CALM), State::Ready);
    let mut unseen = cluster(CALM);
    unseen.coverage.set(
        crate::model::Kind::PodDisruptionBudget,
        crate::coverage::Seen::NotSeen(crate::coverage::Reason::Forbidden),
    );
    let readiness = readiness(&unseen, &assess(&unseen, now()));
    assert_eq!(readiness.state, State::Unknown);
    assert!(readiness.not_seen[0].starts_with("poddisruptionbudgets"), "{:?}", readiness.not_seen);
}

#[test]
fn an_acknowledgement_blocks_the_next_minor_version_only() {
    let ack = CALM.replace(
        "{type: Progressing, status: 'False'}",
        "{type: Progressing, status: 'False'}, {type: Upgradeable, status: 'False', reason: AdminAckRequired, lastTransitionTime: @3d}",
    );
    assert_eq!(state_of(&ack), State::BlockedForMinor);
    let degraded = format!(
        "{ack}
    ---
    kind: ClusterOperator
    metadata: {{name: dns}}
    status: {{conditions: [{{type: Available, status: 'True'}}, {{type: Degraded, status: 'True', lastTransitionTime: @2h}}]}}"
    );
    assert_eq!(state_of(&degraded), State::Blocked);
}

#[test]
fn a_running_update_says_where_it_stands() {
    let updating = CALM
        .replace("history: [", "history: [{state: Partial, version: 4.20.5, startedTime: @30m}, ")
        .replace("desired: {version: 4.20.4}", "desired: {version: 4.20.5}")
        + "
    ---
    kind: ClusterOperator
    metadata: {name: dns}
    status: {versions: [{name: operator, version: 4.20.4}], conditions: [{type: Available, status: 'True'}]}
    ---
    kind: ClusterOperator
    metadata: {name: etcd}
    status: {versions: [{name: operator, version: 4.20.5}], conditions: [{type: Available, status: 'True'}]}";
    let calm = cluster(&updating);
    let readiness = readiness(&calm, &assess(&calm, now()));
    let progress = readiness.progress.unwrap();
    assert_eq!(
        (readiness.state, progress.operators_done, progress.waiting),
        (State::Updating, 1, vec!["dns".to_owned()])
    );
    assert_eq!(state_of(&updating.replace("startedTime: @30m", "startedTime: @9h")), State::Stuck);
}

#[test]
fn every_weight_is_of_a_check_there_is() {
    let unknown: Vec<_> = weight::checks().filter(|id| crate::checks::by_id(id).is_none()).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    assert!(Weight::ALL.is_sorted());
}
