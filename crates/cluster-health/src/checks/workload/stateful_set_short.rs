//! StatefulSets with fewer ready replicas than wanted.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::pod::Pod;
use crate::model::stateful_set::StatefulSet;
use crate::model::{Kind, ObjectRef, Resource};
use crate::name::Name;
use crate::pod_trouble;
use crate::thresholds::NOT_READY_HOLD;
use crate::time::Time;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "workload-stateful-set-short",
    title: "A StatefulSet lacks ready replicas",
    explain: "Compares spec.replicas with status.readyReplicas of each StatefulSet, a quarter of an hour after the first \
              of its pods stopped being ready, and names the first ordinal that is missing or not ready: with ordered \
              pods that one holds up all after it, and updates too. A replica waits for its own claim, and one on a node \
              that does not answer is not replaced until the node comes back or is given up, so that no two copies ever \
              write. Critical when nothing is ready, and on the platform unless a dead node or an update explains it.",
    layer: Layer::Workload,
    needs: &[Kind::StatefulSet],
    uses: &[Kind::Pod, Kind::PersistentVolumeClaim, Kind::Node],
    reference: "https://kubernetes.io/docs/tasks/debug/debug-application/debug-statefulset/",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    out.extend(
        view.cluster.stateful_sets.iter().filter(|set| set.ready < set.desired).filter_map(|set| finding(view, set)),
    );
}

/// The first replica that does not serve.
struct Blocker<'a> {
    name: Name,
    /// Nothing when there is no such pod.
    pod: Option<&'a Pod>,
}

fn finding(view: &View, set: &StatefulSet) -> Option<Finding> {
    let object = set.reference();
    let (since, field) = onset(view, set);
    if !view.held(since, NOT_READY_HOLD) {
        return None;
    }
    let StatefulSet { desired, ready, .. } = set;
    let title = match *ready {
        0 => format!("none of {desired} replicas is ready"),
        ready => format!("only {ready} of {desired} replicas are ready"),
    };
    let blocker = blocker(view, set);
    let dead_node = blocker.as_ref().and_then(|blocker| blocker.pod).filter(|pod| view.on_dead_node(pod));
    let mut severity = pod_trouble::severity(view, &object);
    if dead_node.is_some() && *ready > 0 {
        severity = Severity::Warning;
    }
    let (namespace, name) = (&set.meta.namespace, &set.meta.name);
    let mut finding = Finding::new(&CHECK, severity, object.clone(), title)
        .since(since, field)
        .fact("status.readyReplicas", format!("{ready} of {desired}"))
        .affects(view.unserving_of(&object).map(|pod| pod.reference()))
        .depends_on(view.admission_needs(&set.template, &set.meta.namespace));
    if let Some(Blocker { name, pod }) = &blocker {
        let state = match pod {
            None => "does not exist",
            Some(pod) if pod.meta.deletion.is_some() => "does not finish terminating",
            Some(pod) if pod.node.is_empty() => "has no node",
            Some(_) => "is not ready",
        };
        let held_up = if set.ordered { ", and holds up those after it" } else { "" };
        finding = finding.fact("first replica that does not serve", format!("{name} {state}{held_up}"));
    }
    if !set.update_revision.is_empty() && set.update_revision != set.current_revision {
        finding = finding.fact("status.updatedReplicas", format!("{} of {desired}, an update is under way", set.updated));
    }
    finding = finding.look(
        format!("{} describe statefulset -n {namespace} {name}", view.cli()),
        "shows its events and the claims it makes",
    );
    let Some(pod) = blocker.and_then(|blocker| blocker.pod) else { return Some(finding) };
    let node = dead_node.map(|pod| ObjectRef::new(Kind::Node, &Name::empty(), &pod.node));
    Some(
        finding
            .depends_on(node)
            .depends_on(pod_trouble::unbound_claims(view, pod))
            .look(pod_trouble::describe(view, pod), "shows why the first missing replica does not serve"),
    )
}

/// Since its first pod is not ready; when pods are missing altogether, the set's own age is all there is.
fn onset(view: &View, set: &StatefulSet) -> (Option<Time>, &'static str) {
    match pod_trouble::first_unready(view.unserving_of(&set.reference())) {
        (None, _) => (set.meta.created, "metadata.creationTimestamp"),
        first => first,
    }
}

fn blocker<'a>(view: &View<'a>, set: &StatefulSet) -> Option<Blocker<'a>> {
    let namespace = &set.meta.namespace;
    if !view.seen_in(Kind::Pod, namespace) {
        return None;
    }
    (0..set.desired).find_map(|offset| {
        let name = Name::from(format!("{}-{}", set.meta.name, set.first_ordinal.saturating_add(offset)).as_str());
        let pod = view.cluster.pods.get(namespace, &name);
        let serves = pod.is_some_and(|pod| pod.ready && pod.meta.deletion.is_none());
        (!serves).then_some(Blocker { name, pod })
    })
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const SHORT: &str = "
        kind: StatefulSet
        metadata: {name: db, namespace: shop, creationTimestamp: @9d}
        spec: {replicas: 2}
        status: {replicas: 2, readyReplicas: 1}
        ---
        kind: Pod
        metadata: {name: db-0, namespace: shop, ownerReferences: [{kind: StatefulSet, name: db, controller: true}]}
        spec: {nodeName: w2}
        status: {phase: Running, conditions: [{type: Ready, status: 'True'}]}
        ---
        kind: Pod
        metadata: {name: db-1, namespace: shop, ownerReferences: [{kind: StatefulSet, name: db, controller: true}]}
        spec: {nodeName: w1, volumes: [{persistentVolumeClaim: {claimName: data-db-1}}]}
        status: {phase: Running, conditions: [{type: Ready, status: 'False', lastTransitionTime: @20m}]}
        ---
        kind: Node
        metadata: {name: w1}
        status: {conditions: [{type: Ready, status: 'True'}]}";

    #[test]
    fn the_first_missing_ordinal_and_its_claim_are_named() {
        let found =
            fires(&CHECK, SHORT, &["warning StatefulSet shop/db: only 1 of 2 replicas are ready (since 20m)"]);
        let facts = format!("{:?}", found[0].facts);
        assert!(facts.contains("db-1 is not ready, and holds up those after it"), "{facts}");
        assert_eq!(found[0].upstream[0].to_string(), "PersistentVolumeClaim shop/data-db-1");
        fires(&CHECK, &SHORT.replace("readyReplicas: 1", "readyReplicas: 0"), &[
            "critical StatefulSet shop/db: none of 2 replicas is ready (since 20m)",
        ]);
    }

    #[test]
    fn a_dead_node_explains_it() {
        let platform = SHORT.replace("namespace: shop", "namespace: openshift-monitoring");
        fires(&CHECK, &platform, &[
            "critical StatefulSet openshift-monitoring/db: only 1 of 2 replicas are ready (since 20m)",
        ]);
        let dead = platform.replace("{name: w1}\n        status: {conditions: [{type: Ready, status: 'True'", "{name: w1}\n        status: {conditions: [{type: Ready, status: 'Unknown'");
        let found = fires(&CHECK, &dead, &[
            "warning StatefulSet openshift-monitoring/db: only 1 of 2 replicas are ready (since 20m)",
        ]);
        assert_eq!(found[0].upstream[0].to_string(), "Node w1");
    }

    #[test]
    fn a_replica_that_just_restarts_and_a_set_scaled_down_are_silent() {
        silent(&CHECK, &SHORT.replace("@20m", "@5m"));
        silent(&CHECK, &SHORT.replace("replicas: 2}", "replicas: 1}"));
    }
}
