//! Pods for which the scheduler finds no node.

use crate::ordered::Ordered;
use crate::checks::{Check, Layer};
use crate::finding::Finding;
use crate::fitting::{self, Misfit};
use crate::model::pod::{Placement, Pod};
use crate::model::{Kind, ObjectRef};
use crate::pod_trouble::{self, PodTrouble};
use crate::quantity::Quantity;
use crate::thresholds::{MISFITS_EXAMINED, POD_START_HOLD};
use crate::time::Time;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "pod-unschedulable",
    title: "No node fits a workload's pods",
    explain: "Looks at pods whose condition PodScheduled has been False with reason Unschedulable for five minutes. The \
              scheduler says for how many nodes which requirement fails: too little unrequested CPU or memory, a taint \
              the pod does not tolerate, a node selector or affinity, a volume in another zone, or a claim that is not \
              bound. Requests count, not use, so a cluster can be full while it idles. Pods held back by a scheduling \
              gate are not counted. Critical on the platform and when nothing of the workload serves.",
    layer: Layer::Pod,
    needs: &[Kind::Pod],
    uses: &[Kind::PersistentVolumeClaim, Kind::Node, Kind::Deployment, Kind::ReplicaSet, Kind::StatefulSet],
    reference: "https://kubernetes.io/docs/concepts/scheduling-eviction/kube-scheduler/",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    let mut examined = 0;
    for (workload, pods) in view.troubled(PodTrouble::Unschedulable) {
        let since = pods.iter().filter_map(|pod| since(pod)).min();
        if view.held(since, POD_START_HOLD) {
            examined += 1;
            out.extend(finding(view, workload, pods, since, examined <= MISFITS_EXAMINED));
        }
    }
}

fn since(pod: &Pod) -> Option<Time> {
    pod.failing_condition("PodScheduled").and_then(|condition| condition.since).or(pod.meta.created)
}

fn finding(view: &View, workload: &ObjectRef, pods: &[&Pod], since: Option<Time>, examine: bool) -> Option<Finding> {
    let pod = *pods.first()?;
    let many = pod_trouble::how_many(view, workload, pods);
    let claims = pod_trouble::unbound_claims(view, pod);
    let misfits = if examine { view.misfits(pod) } else { None };
    let decisive = misfits.as_ref().and_then(|misfits| fitting::decisive(misfits, view.cluster.nodes.len()));
    let title = match claims.as_slice() {
        [] => match decisive {
            Some(misfit) => format!("no node fits {many}: {}", misfit.of_all()),
            None => format!("no node fits {many}"),
        },
        [claim] => format!("{many} cannot be scheduled: claim {} is not bound", pod_trouble::shown(&claim.name)),
        several => format!("{many} cannot be scheduled: {} claims are not bound", several.len()),
    };
    let message = pod.failing_condition("PodScheduled").and_then(|condition| condition.message.as_deref());
    let mut finding = pod_trouble::finding(view, &CHECK, workload, pods, title)
        .since(since, "status.conditions[PodScheduled].lastTransitionTime");
    for (misfit, count) in misfits.iter().flatten() {
        let nodes = if *count == 1 { "node" } else { "nodes" };
        finding = finding.fact("compared with the nodes", format!("{count} {nodes}: {}", misfit.words()));
    }
    if misfits.as_ref().is_some_and(|misfits| misfits.contains_key(&Misfit::Labels))
        && let Some(placement) = &pod.template.placement
    {
        finding = finding.fact("spec.nodeSelector, spec.affinity.nodeAffinity", asked(placement));
    }
    for (count, why) in message.map(reasons).unwrap_or_default() {
        finding = finding.fact("likely, by the scheduler's message", format!("{count} nodes: {why}"));
    }
    let requests = pod.template.requests;
    let (cpu, memory) = (requests.cpu.unwrap_or(Quantity::ZERO), requests.memory.unwrap_or(Quantity::ZERO));
    let finding = finding
        .fact("spec.containers[*].resources.requests", format!("cpu {cpu}, memory {memory}"))
        .untrusted("status.conditions[PodScheduled].message", message)
        .depends_on(claims.iter().cloned())
        .depends_on(full_roles(view, decisive))
        .look(pod_trouble::describe(view, pod), "shows its selector, tolerations and the scheduler's reasons");
    Some(if claims.is_empty() {
        finding.look(
            format!("{} describe nodes", view.cli()),
            "shows each node's taints, labels and how much of it is requested",
        )
    } else {
        finding.look(
            format!("{} describe pvc -n {}", view.cli(), pod.meta.namespace),
            "shows why the claims are not bound",
        )
    })
}

/// Where only room is lacking, the roles of the nodes that lack it.
fn full_roles(view: &View, decisive: Option<&Misfit>) -> Vec<ObjectRef> {
    if !matches!(decisive, Some(Misfit::Taken(_))) {
        return Vec::new();
    }
    let mut roles: Vec<&str> = view.cluster.nodes.iter().map(|node| node.main_role()).collect();
    roles.put_in_order();
    roles.dedup();
    roles.into_iter().map(|role| view.role(role)).collect()
}

/// `disk=ssd and one of: zone in (a,b)`
fn asked(placement: &Placement) -> String {
    let selector = (!placement.selector.is_empty()).then(|| placement.selector.to_string());
    let terms: Vec<String> = placement.affinity.iter().map(ToString::to_string).collect();
    let terms = (!terms.is_empty()).then(|| format!("one of: {}", terms.join(" or ")));
    crate::untrusted::clean(&[selector, terms].into_iter().flatten().collect::<Vec<_>>().join(" and "), 200)
}

/// Takes `0/7 nodes are available: 3 node(s) had untolerated taint {…}, 4 Insufficient cpu. preemption: …` apart, into
/// numbers and our own words.
fn reasons(message: &str) -> Vec<(u32, String)> {
    let Some((_, list)) = message.split_once(" nodes are available: ") else { return Vec::new() };
    let list = list.split(". preemption:").next().unwrap_or_default();
    let mut rest = list.trim_end_matches('.');
    let mut found = Vec::new();
    while !rest.is_empty() {
        // Only a comma before a number starts the next reason: taints hold commas too.
        let next = rest
            .match_indices(", ")
            .map(|(at, _)| at)
            .find(|&at| rest[at + 2..].starts_with(|c: char| c.is_ascii_digit()));
        let (part, after) = next.map_or((rest, ""), |at| (&rest[..at], &rest[at + 2..]));
        rest = after;
        if let Some((count, text)) = part.trim().split_once(' ')
            && let (Ok(count), Some(why)) = (count.parse(), class(text))
        {
            found.push((count, why));
        }
    }
    found
}

/// The scheduler's plugins write these; anything else is shown as untrusted text only.
fn class(text: &str) -> Option<String> {
    if let Some(resource) = text.strip_prefix("Insufficient ") {
        let named = crate::selector::is_label_key(resource);
        return named.then(|| format!("too little unrequested {resource}"));
    }
    const CLASSES: [(&str, &str); 12] = [
        ("Too many pods", "already run as many pods as they take"),
        ("taint", "have a taint the pod does not tolerate"),
        ("unschedulable", "are cordoned"),
        ("unbound immediate PersistentVolumeClaims", "a claim is not bound"),
        ("persistentvolumeclaim", "a claim is missing or not bound"),
        ("volume node affinity", "cannot reach the volume, such as one in another zone"),
        ("max volume count", "have as many volumes attached as they take"),
        ("available persistent volumes to bind", "no volume matches the claim there"),
        ("anti-affinity", "run a pod this one must not share a node with"),
        ("topology spread", "would break the pod's topology spread"),
        ("free ports", "have the pod's host port in use"),
        ("affinity", "do not match the pod's node selector or affinity"),
    ];
    CLASSES.iter().find(|(sign, _)| text.contains(sign)).map(|(_, class)| (*class).to_owned())
}

#[cfg(test)]
mod tests {
    use super::{CHECK, reasons};
    use crate::testing::{fires, silent};

    const PENDING: &str = "
        kind: Pod
        metadata: {name: db-0, namespace: shop, ownerReferences: [{kind: StatefulSet, name: db, controller: true}]}
        spec:
          containers: [{name: app, resources: {requests: {cpu: 500m, memory: 1Gi}}}]
          volumes: [{persistentVolumeClaim: {claimName: data-db-0}}]
        status:
          phase: Pending
          conditions:
          - {type: PodScheduled, status: 'False', reason: Unschedulable, lastTransitionTime: @30m,
             message: '0/3 nodes are available: 3 Insufficient cpu.'}
        ---
        kind: PersistentVolumeClaim
        metadata: {name: data-db-0, namespace: shop}
        status: {phase: Bound}";

    #[test]
    fn too_little_room_is_said_in_numbers() {
        let found = fires(&CHECK, PENDING, &["warning StatefulSet shop/db: no node fits the pod (since 30m)"]);
        let facts = format!("{:?}", found[0].facts);
        assert!(facts.contains("3 nodes: too little unrequested cpu") && facts.contains("cpu 500m, memory 1Gi"), "{facts}");
        assert!(found[0].upstream.is_empty());
    }

    #[test]
    fn a_node_nobody_has_is_named() {
        let node = "
        ---
        kind: Node
        metadata: {name: w1, labels: {disk: hdd}}
        spec: {taints: [{key: gpu, effect: NoSchedule}]}
        status: {allocatable: {cpu: '4', memory: 8Gi}, conditions: [{type: Ready, status: 'True'}]}";
        let scene = PENDING.to_owned() + node;
        for (from, to, why) in [
            ("spec:", "spec:\n          nodeSelector: {disk: ssd}", "no node has the labels it asks for"),
            ("cpu: 500m", "cpu: 500m", "it does not tolerate taint gpu"),
            ("spec:", "spec:\n          tolerations: [{key: gpu, operator: Exists}]\n          nodeSelector: {disk: hdd}", ""),
        ] {
            let why = if why.is_empty() { String::new() } else { format!(": {why}") };
            fires(&CHECK, &scene.replacen(from, to, 1), &[&format!("warning StatefulSet shop/db: no node fits the pod{why} (since 30m)")]);
        }
        let large = scene.replace("cpu: 500m", "cpu: 16").replace("key: gpu, effect: NoSchedule", "key: gpu, effect: PreferNoSchedule");
        fires(&CHECK, &large, &["warning StatefulSet shop/db: no node fits the pod: it asks for more cpu than any node has (since 30m)"]);
    }

    #[test]
    fn an_unbound_or_missing_claim_is_the_cause() {
        let found = fires(&CHECK, &PENDING.replace("phase: Bound", "phase: Pending"), &[
            "warning StatefulSet shop/db: the pod cannot be scheduled: claim data-db-0 is not bound (since 30m)",
        ]);
        assert_eq!(found[0].upstream[0].to_string(), "PersistentVolumeClaim shop/data-db-0");
        fires(&CHECK, &PENDING.replace("{name: data-db-0", "{name: other"), &[
            "warning StatefulSet shop/db: the pod cannot be scheduled: claim data-db-0 is not bound (since 30m)",
        ]);
    }

    #[test]
    fn young_and_gated_pods_are_silent() {
        silent(&CHECK, &PENDING.replace("@30m", "@2m"));
        silent(&CHECK, &PENDING.replace("reason: Unschedulable", "reason: SchedulingGated"));
        silent(&CHECK, &PENDING.replace("spec:", "spec:\n          schedulingGates: [{name: example.com/hold}]"));
    }

    #[test]
    fn the_scheduler_is_understood() {
        let found = reasons(
            "0/9 nodes are available: 1 node(s) were unschedulable, 2 Insufficient memory, 3 node(s) had untolerated \
             taint {a: b, c: d}, 2 node(s) didn't match Pod's node affinity/selector, 1 Insufficient $(reboot). \
             preemption: 0/9 nodes are available: 9 Preemption is not helpful for scheduling.",
        );
        let found: Vec<_> = found.iter().map(|(count, why)| format!("{count} {why}")).collect();
        assert_eq!(found, [
            "1 are cordoned",
            "2 too little unrequested memory",
            "3 have a taint the pod does not tolerate",
            "2 do not match the pod's node selector or affinity",
        ]);
        assert!(reasons("something else, 3 times").is_empty());
    }
}
