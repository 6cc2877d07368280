//! Small clusters, counted by hand.

use super::{Filler, Limit, Shape, estimate, scaling, usage};
use crate::change::Change;
use crate::cluster::Index;
use crate::coverage::{Reason, Seen};
use crate::fitting::Misfit;
use crate::model::Kind;
use crate::model::pod::Amounts;
use crate::name::Name;
use crate::quantity::Quantity;
use crate::testing::{cluster, now};
use crate::view::View;

fn shape(cpu: &str, memory: &str) -> Shape<'static> {
    let quantity = |text| Some(Quantity::parse(text).unwrap());
    Shape::uniform(Amounts { cpu: quantity(cpu), memory: quantity(memory), gpus: None })
}

fn node(name: &str, more: &str, cpu: &str, memory: &str, pods: &str) -> String {
    format!(
        "
        kind: Node
        metadata: {{name: {name}, labels: {{disk: ssd}}}}
        spec: {{{more}}}
        status:
          allocatable: {{cpu: '{cpu}', memory: {memory}, pods: '{pods}'}}
          conditions: [{{type: Ready, status: 'True'}}]
        ---"
    )
}

fn pod(name: &str, node: &str, more: &str, cpu: &str, memory: &str) -> String {
    format!(
        "
        kind: Pod
        metadata: {{name: {name}, namespace: shop{more}}}
        spec: {{nodeName: {node}, containers: [{{name: a, resources: {{requests: {{cpu: '{cpu}', memory: {memory}}}}}}}]}}
        status: {{phase: Running}}
        ---"
    )
}

#[test]
fn nodes_are_filled_one_by_one_not_as_a_sum() {
    // Each has 1500m and 3 GiB left: together 3 cores, but no node has the 2 that one pod needs.
    let text = [
        node("a", "", "4", "8Gi", "110"),
        node("b", "", "4", "8Gi", "110"),
        pod("x", "a", "", "2500m", "5Gi"),
        pod("y", "b", "", "2500m", "5Gi"),
    ];
    let cluster = cluster(&text.concat());
    let view = View::new(&cluster, now());
    let large = estimate(&view, &shape("2", "1Gi"), None);
    assert_eq!((large.pods(), large.limit()), (Some(0), Some(Limit::Nodes(Filler::Cpu))));
    // 1500m / 500m = 3 by cpu, 3 GiB / 2 GiB = 1 by memory, on each
    let medium = estimate(&view, &shape("500m", "2Gi"), None);
    assert_eq!((medium.pods(), medium.limit()), (Some(2), Some(Limit::Nodes(Filler::Memory))));
    let room = medium.nodes.unwrap();
    assert_eq!((room.nodes, room.taking, room.free.cpu), (2, 2, Quantity::parse("3")));
}

#[test]
fn taints_labels_states_and_sizes_keep_nodes_out() {
    let text = [
        node("a", "taints: [{key: gpu, effect: NoSchedule}]", "4", "8Gi", "110"),
        node("b", "unschedulable: true", "4", "8Gi", "110"),
        node("c", "", "100m", "8Gi", "110"),
        node("d", "", "4", "8Gi", "3"),
        pod("x", "d", "", "1", "1Gi"),
    ];
    let cluster = cluster(&text.concat());
    let view = View::new(&cluster, now());
    let found = estimate(&view, &shape("200m", "128Mi"), None);
    // Only d is left: 3 cores hold 15, but two of its three slots are free.
    assert_eq!((found.pods(), found.limit()), (Some(2), Some(Limit::Nodes(Filler::PodSlots))));
    let room = found.nodes.unwrap();
    let out: Vec<_> = room.kept_out.into_iter().collect();
    assert_eq!(out, [(Misfit::Taint(Name::from("gpu")), 1), (Misfit::Away, 1), (Misfit::TooSmall("cpu"), 1)]);
    assert!(room.without_one.is_none());
}

#[test]
fn a_node_can_be_lost() {
    let daemon = ", ownerReferences: [{kind: DaemonSet, name: d, controller: true}]";
    let text = [
        node("a", "", "4", "8Gi", "110"),
        node("b", "", "4", "8Gi", "110"),
        node("c", "", "4", "8Gi", "110"),
        pod("big", "a", "", "2", "2Gi"),
        pod("agent", "a", daemon, "1", "1Gi"),
    ];
    let cluster = cluster(&text.concat());
    let view = View::new(&cluster, now());
    // a: 1 core left; b, c: 4 each. Nine of one core.
    let found = estimate(&view, &shape("1", "1Gi"), None);
    assert_eq!(found.pods(), Some(9));
    // b and c weigh four; a weighs 1 + 2. b is lost, nothing is displaced: 1 + 4.
    let without = found.nodes.as_ref().unwrap().without_one.clone().unwrap();
    assert_eq!((&*without.node, without.displaced, without.homeless, without.pods), ("b", 0, 0, 5));
    assert_eq!((found.safe_pods(0.0), found.safe_pods(50.0)), (Some(5), Some(4)));
}

#[test]
fn displaced_pods_take_their_place_first() {
    let text = [
        node("a", "", "8", "8Gi", "110"),
        node("b", "", "4", "8Gi", "110"),
        pod("one", "a", "", "3", "1Gi"),
        pod("two", "a", "", "2", "1Gi"),
    ];
    let cluster = cluster(&text.concat());
    let view = View::new(&cluster, now());
    // a: 3 left, and 5 cores of pods to move. b holds the first of them only.
    let found = estimate(&view, &shape("1", "1Gi"), None);
    let without = found.nodes.as_ref().unwrap().without_one.clone().unwrap();
    assert_eq!((found.pods(), &*without.node), (Some(7), "a"));
    assert_eq!((without.displaced, without.homeless, without.pods, found.safe_pods(15.0)), (2, 1, 0, Some(0)));
}

#[test]
fn every_quota_and_every_limit_of_it_counts() {
    let quotas = "
        kind: ResourceQuota
        metadata: {name: a, namespace: shop}
        status: {hard: {pods: '10', requests.cpu: '4'}, used: {pods: '4', requests.cpu: '1'}}
        ---
        kind: ResourceQuota
        metadata: {name: b, namespace: shop}
        status: {hard: {limits.memory: 2Gi, services: '1'}, used: {limits.memory: 1Gi, services: '1'}}
        ---
        kind: ResourceQuota
        metadata: {name: idle, namespace: shop}
        spec: {scopes: [BestEffort]}
        status: {hard: {pods: '0'}, used: {pods: '0'}}
        ---
        kind: ResourceQuota
        metadata: {name: urgent, namespace: shop}
        spec: {scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: In, values: [high]}]}}
        status: {hard: {pods: '0'}, used: {pods: '0'}}
        ---
        kind: ClusterResourceQuota
        metadata: {name: team}
        status: {total: {hard: {requests.memory: 1Gi}, used: {requests.memory: 512Mi}}, namespaces: [{namespace: shop}]}
        ---";
    let cluster = cluster(&[node("a", "", "64", "256Gi", "110"), quotas.to_owned()].concat());
    let view = View::new(&cluster, now());
    // pods 6; requests.cpu 3 / 500m = 6; limits.memory 1 GiB / 128 MiB = 8; the team's 512 MiB / 128 MiB = 4
    let found = estimate(&view, &shape("500m", "128Mi"), Some("shop"));
    let bounds: Vec<_> = found.bounds.iter().map(|bound| (bound.resource.as_str(), bound.pods)).collect();
    assert_eq!(bounds, [("requests.memory", 4), ("pods", 6), ("requests.cpu", 6), ("limits.memory", 8)]);
    assert_eq!(found.pods(), Some(4));
    assert_eq!(found.limit().unwrap().words(), "requests.memory of ClusterResourceQuota team");
    assert_eq!(found.not_seen, ["ResourceQuota shop/urgent: counts only pods of some scopes"]);
    assert_eq!(found.bounds[0].after(3), Quantity::parse("896Mi").unwrap());
    assert_eq!(estimate(&view, &shape("500m", "128Mi"), Some("other")).pods(), Some(110));
}

#[test]
fn what_a_quota_wants_said_has_to_be_said() {
    let quota = "
        kind: ResourceQuota
        metadata: {name: a, namespace: shop}
        status: {hard: {limits.cpu: '4'}, used: {limits.cpu: '1'}}
        ---";
    let cluster = cluster(&[node("a", "", "4", "8Gi", "110"), quota.to_owned()].concat());
    let view = View::new(&cluster, now());
    let found = estimate(&view, &Shape::default(), Some("shop"));
    assert_eq!((found.pods(), found.bounds[0].each), (Some(0), None));
}

#[test]
fn limit_ranges_fill_in_and_refuse() {
    let range = "
        kind: LimitRange
        metadata: {name: r, namespace: shop}
        spec: {limits: [{type: Container, default: {cpu: '1', memory: 1Gi}, defaultRequest: {cpu: 500m}, max: {memory: 2Gi}},
          {type: Pod, min: {cpu: 100m}, maxLimitRequestRatio: {cpu: '2'}}]}
        ---
        kind: Deployment
        metadata: {name: web, namespace: shop}
        spec: {replicas: 1, template: {spec: {containers: [{name: a}]}}}
        ---";
    let cluster = cluster(&[node("a", "", "4", "8Gi", "110"), range.to_owned()].concat());
    let view = View::new(&cluster, now());
    let web = cluster.deployments.get("shop", "web").unwrap();
    let found = estimate(&view, &Shape::of(&web.template), Some("shop"));
    let (requests, limits) = (found.shape.requests(), found.shape.limits());
    assert_eq!((requests.cpu, requests.memory), (Quantity::parse("500m"), Quantity::parse("1Gi")));
    assert_eq!((limits.cpu, limits.memory), (Quantity::parse("1"), Quantity::parse("1Gi")));
    // 4 cores / 500m = 8, 8 GiB / 1 GiB = 8; memory is named first
    assert_eq!((found.pods(), found.limit()), (Some(8), Some(Limit::Nodes(Filler::Memory))));
    let refused = estimate(&view, &shape("50m", "3Gi"), Some("shop"));
    let words: Vec<_> = refused.refusals.iter().map(|refusal| refusal.words()).collect();
    assert_eq!(
        words,
        [
            "LimitRange shop/r: spec.limits[Container].max[memory] is 2Gi, the pod has 3Gi",
            "LimitRange shop/r: spec.limits[Pod].min[cpu] is 100m, the pod has 50m",
        ]
    );
    assert_eq!((refused.pods(), refused.limit()), (Some(0), Some(Limit::Refused)));
}

#[test]
fn without_sight_there_is_no_number() {
    let mut index = Index::from(cluster(&node("a", "", "4", "8Gi", "110")));
    index.apply(Change::Synced(Kind::Pod, Seen::NotSeen(Reason::Forbidden)));
    index.apply(Change::Synced(Kind::ResourceQuota, Seen::NotSeen(Reason::TimedOut)));
    let view = View::new(index.cluster(), now());
    let found = estimate(&view, &shape("1", "1Gi"), Some("shop"));
    assert_eq!((found.pods(), found.safe_pods(15.0), found.limit()), (None, None, None));
    assert_eq!(found.not_seen, ["resourcequotas: timed out", "pods: forbidden"]);
}

#[test]
fn a_node_that_says_nothing_of_itself_holds_nothing() {
    let silent = "
        kind: Node
        metadata: {name: new}
        status: {conditions: [{type: Ready, status: 'True'}]}
        ---";
    let cluster = cluster(silent);
    let view = View::new(&cluster, now());
    let found = estimate(&view, &shape("1", "1Gi"), None);
    assert_eq!((found.pods(), found.limit()), (Some(0), Some(Limit::NoNode)));
    assert_eq!(found.not_seen, ["status.allocatable of new: not stated"]);
}

#[test]
fn scaling_meets_nodes_quotas_and_autoscalers() {
    let owned = |name: &str, node: &str| {
        let owner = ", ownerReferences: [{kind: ReplicaSet, name: web-1, controller: true}]";
        pod(name, node, owner, "1", "1Gi")
    };
    let text = [
        node("a", "", "4", "16Gi", "110"),
        node("b", "", "4", "16Gi", "110"),
        owned("web-1-x", "a"),
        owned("web-1-y", "''"),
        "
        kind: ReplicaSet
        metadata: {name: web-1, namespace: shop, ownerReferences: [{kind: Deployment, name: web, controller: true}]}
        ---
        kind: Deployment
        metadata: {name: web, namespace: shop}
        spec:
          replicas: 2
          template: {spec: {
            volumes: [{name: d, persistentVolumeClaim: {claimName: data}}],
            containers: [{name: a, resources: {requests: {cpu: '1', memory: 1Gi}}}]}}
        ---
        kind: PersistentVolumeClaim
        metadata: {name: data, namespace: shop}
        spec: {accessModes: [ReadWriteOnce]}
        ---
        kind: HorizontalPodAutoscaler
        metadata: {name: web, namespace: shop}
        spec: {scaleTargetRef: {kind: Deployment, name: web}, minReplicas: 2, maxReplicas: 4}
        ---
        kind: ResourceQuota
        metadata: {name: q, namespace: shop}
        status: {hard: {pods: '7'}, used: {pods: '2'}}"
            .to_owned(),
    ];
    let cluster = cluster(&text.concat());
    let view = View::new(&cluster, now());
    let web = cluster.deployments.get("shop", "web").unwrap();
    let found = scaling(&view, web, 6);
    // Two exist, one of them waits: four new ones, five to place. Nodes hold 3 + 4, the quota allows 5 more.
    assert_eq!((found.existing, found.unscheduled, found.new_pods(), found.pods_to_place()), (2, 1, 4, 5));
    assert_eq!((found.fits_nodes(), found.fits_quotas(), found.most_replicas()), (Some(true), true, Some(7)));
    // With either node lost only three of the five fit
    assert_eq!(found.survives_a_node(), Some(false));
    assert_eq!(found.autoscaler.map(|autoscaler| autoscaler.max), Some(4));
    assert_eq!(found.single_node_claims.len(), 1);
    assert!(!scaling(&view, web, 9).fits_quotas());
}

#[test]
fn usage_is_what_is_requested() {
    let text = [node("a", "", "4", "8Gi", "110"), pod("x", "a", "", "1", "1Gi"), pod("y", "''", "", "1", "1Gi")];
    let cluster = cluster(&text.concat());
    let view = View::new(&cluster, now());
    let all = usage(&view, None).unwrap();
    assert_eq!(
        (all.pods, all.requests.cpu, all.allocatable.unwrap().cpu),
        (2, Quantity::parse("2"), Quantity::parse("4"))
    );
    assert_eq!(usage(&view, Some("empty")).unwrap().pods, 0);
}
