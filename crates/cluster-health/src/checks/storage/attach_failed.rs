//! Volumes that cannot be attached to the machine a pod was put on.

use crate::ordered::Ordered;
use crate::checks::{Check, Layer};
use crate::claims::Stuck;
use crate::finding::{Confidence, Finding};
use crate::model::node::Node;
use crate::model::pod::Pod;
use crate::model::{Kind, ObjectRef, Resource};
use crate::name::Name;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "storage-attach-failed",
    title: "A volume cannot be attached",
    explain: "Looks at pods that have a node, wait to start, and of which FailedAttachVolume was reported within the last \
              hour and first at least five minutes ago. A volume for one machine at a time stays attached to the machine \
              that ran the pod before until that one lets go; when that machine is down or unreachable it never does, \
              and the cluster waits, since two writers would destroy the data. Other causes are a machine that takes no \
              more volumes, a disk in another zone, and a storage driver without permission. Critical on the platform \
              and when a workload is down because of it.",
    layer: Layer::Storage,
    needs: &[Kind::Pod, Kind::Event],
    uses: &[Kind::Node, Kind::PersistentVolume, Kind::PersistentVolumeClaim],
    reference: "https://docs.openshift.com/container-platform/latest/support/troubleshooting/troubleshooting-storage-issues.html",
    run,
};

pub(super) const REASON: &str = "FailedAttachVolume";

fn run(view: &View, out: &mut Vec<Finding>) {
    out.extend(view.waiting_for_volume(REASON).iter().filter_map(|stuck| finding(view, stuck)));
}

fn finding<'a>(view: &View<'a>, stuck: &Stuck<'a>) -> Option<Finding> {
    let &(pod, event) = stuck.pods.first()?;
    let holders = holders(view, stuck);
    let dead: Vec<&Node> = holders.iter().map(|holder| holder.node).filter(|node| !node.is_ready()).collect();
    let title = match (dead.is_empty(), holders.is_empty()) {
        (false, _) => "waits for a volume that is still attached to a node that is not ready",
        (true, false) => "waits for a volume that is still attached to another node",
        (true, true) => "waits for a volume that cannot be attached to its node",
    };
    let (cli, name, namespace) = (view.cli(), &pod.meta.name, &pod.meta.namespace);
    let first = stuck.pods.iter().filter_map(|(_, event)| event.first).min();
    let mut finding = Finding::new(&CHECK, view.workload_severity(&stuck.workload), stuck.workload.clone(), title)
        .since(first, "firstTimestamp of event FailedAttachVolume")
        .affects(stuck.pods.iter().map(|(pod, _)| pod.reference()))
        .depends_on(claims(view, stuck))
        .depends_on(attachments(view, stuck))
        .look(format!("{cli} describe pod {name} -n {namespace}"), "shows the newest attempt to attach the volume")
        .look(format!("{cli} get volumeattachments"), "shows which node holds which volume");
    for Holder { node, by } in &holders {
        finding = match by {
            Some(pod) => finding.fact(format!("{} spec.nodeName", pod.reference()), &node.meta.name),
            None => finding.fact(format!("{} status.volumesAttached", node.reference()), "lists the volume"),
        };
    }
    finding = finding.fact("spec.nodeName", &pod.node).fact(format!("event {REASON} count"), event.count);
    if holders.is_empty() {
        finding = classified(finding, event.message.as_deref());
    }
    finding = finding.untrusted(format!("event {REASON}"), event.message.as_deref());
    Some(dead.iter().fold(finding.depends_on(dead.iter().map(|node| node.reference())), |finding, node| {
        let name = &node.meta.name;
        finding.change(
            format!("{cli} adm taint node {name} node.kubernetes.io/out-of-service=nodeshutdown:NoExecute"),
            "tells the cluster that the machine is off, so that its volumes are released",
            "destroys data when the machine still runs: make sure it is powered off first, and remove the taint after",
        )
    }))
}

/// The wording of the controller that attaches volumes, for when no node says itself that it holds the volume.
fn classified(finding: Finding, message: Option<&str>) -> Finding {
    if message.is_some_and(|message| message.starts_with("Multi-Attach error")) {
        finding.fact("kind of failure", "in use by another node").confidence(Confidence::Likely)
    } else {
        finding
    }
}

/// A node that holds a volume: it says so itself, or a pod that uses the claim is there.
struct Holder<'a> {
    node: &'a Node,
    by: Option<&'a Pod>,
}

/// Other nodes that hold a volume of these pods, each once.
fn holders<'a>(view: &View<'a>, stuck: &Stuck) -> Vec<Holder<'a>> {
    let mut holders: Vec<Holder> = Vec::new();
    for (pod, _) in &stuck.pods {
        for claim in view.claims_of(pod).filter(|claim| !claim.access_modes.iter().any(|mode| mode.ends_with("Many"))) {
            let attached = view.nodes_holding(claim).into_iter().map(|node| Holder { node, by: None });
            let users = view.pods_using(claim).into_iter();
            let users = users.filter_map(|user| Some(Holder { node: view.node(&user.node)?, by: Some(user) }));
            holders.extend(attached.chain(users).filter(|holder| holder.node.meta.name != pod.node));
        }
    }
    // What a node says itself comes first, and is the one that stays.
    holders.put_in_order_by(|a, b| (&a.node.meta.name, a.by.is_some()).cmp(&(&b.node.meta.name, b.by.is_some())));
    holders.dedup_by(|a, b| a.node.meta.name == b.node.meta.name);
    holders
}

fn claims(view: &View, stuck: &Stuck) -> Vec<ObjectRef> {
    stuck.pods.iter().flat_map(|(pod, _)| view.claims_of(pod)).map(Resource::reference).collect()
}

/// What says of these pods' volumes where they are attached, and the drivers that have registered on their nodes.
fn attachments(view: &View, stuck: &Stuck) -> Vec<ObjectRef> {
    let claims = stuck.pods.iter().flat_map(|(pod, _)| view.claims_of(pod));
    let volumes: Vec<&Name> = claims.map(|claim| &claim.volume).filter(|volume| !volume.is_empty()).collect();
    let attachments = view.cluster.volume_attachments.iter().filter(|it| volumes.contains(&&it.volume));
    let nodes = stuck.pods.iter().map(|(pod, _)| ObjectRef::new(Kind::CSINode, &Name::empty(), &pod.node));
    attachments.map(Resource::reference).chain(nodes).collect()
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const STUCK: &str = "
        kind: Node
        metadata: {name: w1}
        status:
          conditions: [{type: Ready, status: Unknown}]
          volumesAttached: [{name: 'kubernetes.io/csi/disks.example.com^vol-1'}]
        ---
        kind: Node
        metadata: {name: w2}
        status: {conditions: [{type: Ready, status: 'True'}]}
        ---
        kind: PersistentVolume
        metadata: {name: pv-1}
        spec: {csi: {driver: disks.example.com, volumeHandle: vol-1}}
        ---
        kind: PersistentVolumeClaim
        metadata: {name: data, namespace: shop}
        spec: {volumeName: pv-1, accessModes: [ReadWriteOnce]}
        status: {phase: Bound}
        ---
        kind: StatefulSet
        metadata: {name: db, namespace: shop}
        spec: {replicas: 2}
        status: {readyReplicas: 1}
        ---
        kind: Pod
        metadata:
          name: db-1
          namespace: shop
          creationTimestamp: @25m
          ownerReferences: [{kind: StatefulSet, name: db, controller: true}]
        spec: {nodeName: w2, volumes: [{persistentVolumeClaim: {claimName: data}}]}
        status: {phase: Pending}
        ---
        kind: Event
        metadata: {name: e, namespace: shop}
        involvedObject: {kind: Pod, namespace: shop, name: db-1}
        type: Warning
        reason: FailedAttachVolume
        message: Multi-Attach error for volume
        firstTimestamp: @20m
        lastTimestamp: @2m";

    #[test]
    fn the_dead_node_that_holds_the_volume_is_the_cause() {
        let found = fires(&CHECK, STUCK, &[
            "warning StatefulSet shop/db: waits for a volume that is still attached to a node that is not ready \
             (since 20m)",
        ]);
        assert!(found[0].upstream.iter().any(|object| object.to_string() == "Node w1"));
        fires(&CHECK, &STUCK.replace("readyReplicas: 1", "readyReplicas: 0"), &[
            "critical StatefulSet shop/db: waits for a volume that is still attached to a node that is not ready \
             (since 20m)",
        ]);
    }

    #[test]
    fn without_a_holder_the_wording_is_only_a_hint() {
        let found = fires(&CHECK, &STUCK.replace("vol-1'", "vol-9'"), &[
            "warning StatefulSet shop/db: waits for a volume that cannot be attached to its node (since 20m)",
        ]);
        assert_eq!(found[0].confidence, crate::finding::Confidence::Likely);
    }

    #[test]
    fn a_pod_elsewhere_that_uses_the_claim_holds_it() {
        let other = "
        ---
        kind: Node
        metadata: {name: w3}
        status: {conditions: [{type: Ready, status: 'True'}]}
        ---
        kind: Pod
        metadata: {name: old, namespace: shop}
        spec: {nodeName: w3, volumes: [{persistentVolumeClaim: {claimName: data}}]}
        status: {phase: Running}";
        let found = fires(&CHECK, &format!("{}{other}", STUCK.replace("vol-1'", "vol-9'")), &[
            "warning StatefulSet shop/db: waits for a volume that is still attached to another node (since 20m)",
        ]);
        assert!(format!("{:?}", found[0].facts).contains("Pod shop/old spec.nodeName"));
        silent(&CHECK, &STUCK.replace("creationTimestamp: @25m", "creationTimestamp: @1m"));
    }

    #[test]
    fn a_first_attempt_an_old_event_and_a_pod_that_runs_are_silent() {
        silent(&CHECK, &STUCK.replace("@20m", "@3m"));
        silent(&CHECK, &STUCK.replace("lastTimestamp: @2m", "lastTimestamp: @70m").replace("@25m", "@2h"));
        silent(&CHECK, &STUCK.replace("phase: Pending", "phase: Running"));
    }
}
