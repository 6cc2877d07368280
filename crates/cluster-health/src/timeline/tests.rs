use std::time::Duration;

use super::{About, Sort, Timeline, timeline};
use crate::report::assess;
use crate::testing::{cluster, now};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// A Deployment whose second revision, made half an hour ago, names an image that does not exist.
const ROLLED_OUT: &str = "
    kind: Deployment
    metadata: {name: web, namespace: shop}
    spec: {replicas: 1, selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}}}
    status: {replicas: 2, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1}
    ---
    kind: ReplicaSet
    metadata: {name: web-a, namespace: shop, creationTimestamp: @3d, annotations: {deployment.kubernetes.io/revision: '1'}, ownerReferences: [{kind: Deployment, name: web, controller: true}]}
    spec: {replicas: 1, template: {spec: {containers: [{name: app, image: 'quay.io/shop/web:1', resources: {limits: {memory: 256Mi}}}]}}}
    ---
    kind: ReplicaSet
    metadata: {name: web-b, namespace: shop, creationTimestamp: @30m, annotations: {deployment.kubernetes.io/revision: '2'}, ownerReferences: [{kind: Deployment, name: web, controller: true}]}
    spec: {replicas: 1, template: {spec: {serviceAccountName: web, containers: [{name: app, image: 'quay.io/shop/web:2', resources: {limits: {memory: 512Mi}}}]}}}
    ---
    kind: Pod
    metadata: {name: web-a-1, namespace: shop, ownerReferences: [{kind: ReplicaSet, name: web-a, controller: true}]}
    spec: {nodeName: w1, containers: [{name: app, image: 'quay.io/shop/web:1', resources: {limits: {memory: 256Mi}}}]}
    status: {phase: Running, conditions: [{type: Ready, status: 'True'}]}
    ---
    kind: Pod
    metadata: {name: web-b-1, namespace: shop, ownerReferences: [{kind: ReplicaSet, name: web-b, controller: true}]}
    spec: {nodeName: w1, serviceAccountName: web, containers: [{name: app, image: 'quay.io/shop/web:2', resources: {limits: {memory: 512Mi}}}]}
    status:
      phase: Pending
      conditions: [{type: Ready, status: 'False', lastTransitionTime: @29m}]
      containerStatuses: [{name: app, state: {waiting: {reason: ImagePullBackOff, message: manifest unknown}}}]
    ---
    kind: Node
    metadata: {name: w1, creationTimestamp: @9d}
    status: {conditions: [{type: Ready, status: 'True', lastTransitionTime: @9d}]}
    ---
    kind: Node
    metadata: {name: w2, creationTimestamp: @9d}
    spec: {taints: [{key: node.kubernetes.io/unschedulable, effect: NoSchedule, timeAdded: @20m}]}
    status: {conditions: [{type: Ready, status: 'True', lastTransitionTime: @9d}]}
    ---
    kind: Event
    metadata: {name: e1, namespace: shop}
    involvedObject: {kind: Pod, namespace: shop, name: web-b-1}
    type: Warning
    reason: Failed
    message: manifest unknown
    count: 7
    firstTimestamp: @29m
    lastTimestamp: @1m";

fn lines(timeline: &Timeline) -> Vec<String> {
    let line = |entry: &super::Entry| format!("{} {}: {}", entry.sort.as_str(), entry.object, entry.what);
    timeline.entries.iter().map(line).collect()
}

#[test]
fn the_roll_out_before_the_first_symptom_is_the_suspect() {
    let cluster = cluster(ROLLED_OUT);
    let report = assess(&cluster, now());
    let of_incident = timeline(&cluster, &report, About::Incident(&report.incidents[0]), DAY);
    let suspect = &of_incident.entries[of_incident.suspects[0]];
    assert_eq!(suspect.sort, Sort::RollOut);
    assert_eq!(
        suspect.what,
        "revision 2 was made: image of app: quay.io/shop/web:1 -> quay.io/shop/web:2; limits.memory of app: 256Mi -> 512Mi; serviceAccountName: default -> web"
    );
    let lines = lines(&of_incident);
    assert!(lines.iter().any(|line| line.starts_with("event Pod shop/web-b-1: event Failed, 7 times")), "{lines:?}");
    assert!(!lines.iter().any(|line| line.contains("w2")), "another node is of no concern: {lines:?}");
}

#[test]
fn the_cluster_s_timeline_has_what_happened_to_nodes_within_the_window() {
    let cluster = cluster(ROLLED_OUT);
    let report = assess(&cluster, now());
    let all = timeline(&cluster, &report, About::Cluster, DAY);
    let all = lines(&all);
    assert!(all.contains(&"node Node w2: was cordoned".to_owned()), "{all:?}");
    assert!(!all.iter().any(|line| line.contains("joined")), "nine days are outside of a day: {all:?}");
    let elsewhere = timeline(&cluster, &report, About::Namespace("other"), DAY);
    assert!(elsewhere.entries.is_empty(), "{elsewhere:?}");
}

#[test]
fn a_config_map_that_a_workload_uses_says_when_it_was_last_written() {
    let documents = "
    kind: ConfigMap
    metadata:
      name: web-config
      namespace: shop
      resourceVersion: '4711'
      creationTimestamp: @9d
      managedFields:
      - {manager: kubectl-create, operation: Update, time: @9d, fieldsV1: {'f:data': {'f:LEVEL': {}}}}
      - {manager: kubectl-edit, operation: Update, time: @31m, fieldsV1: {'f:data': {'f:LEVEL': {}}}}
    data: {LEVEL: debug}
    ---
    kind: ConfigMap
    metadata: {name: nobodys, namespace: shop, creationTimestamp: @9d, managedFields: [{time: @20m}]}
    ---
    kind: StatefulSet
    metadata: {name: web, namespace: shop}
    spec: {replicas: 1, template: {spec: {containers: [{name: app, envFrom: [{configMapRef: {name: web-config}}]}]}}}
    status: {replicas: 1}
    ---
    kind: Pod
    metadata: {name: web-0, namespace: shop, ownerReferences: [{kind: StatefulSet, name: web, controller: true}]}
    spec: {nodeName: w1, containers: [{name: app, envFrom: [{configMapRef: {name: web-config}}]}]}
    status:
      phase: Running
      conditions: [{type: Ready, status: 'False', lastTransitionTime: @30m}]
      containerStatuses:
      - name: app
        restartCount: 9
        state: {waiting: {reason: CrashLoopBackOff}}
        lastState: {terminated: {reason: Error, exitCode: 1, finishedAt: @3m}}";
    let cluster = cluster(documents);
    let report = assess(&cluster, now());
    let incident = report.incidents.first().unwrap();
    for about in [About::Cluster, About::Namespace("shop"), About::Incident(incident)] {
        let told = timeline(&cluster, &report, about, DAY);
        let changed =
            "configuration ConfigMap shop/web-config: was changed (resourceVersion 4711); used by StatefulSet web";
        let lines = lines(&told);
        assert!(lines.contains(&changed.to_owned()), "{lines:#?}");
        assert!(!lines.iter().any(|line| line.contains("nobodys")), "{lines:#?}");
        assert_eq!(told.suspects.len(), 1, "{told:#?}");
    }
}
