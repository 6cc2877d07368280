//! Claims that get no volume.

use crate::checks::{Check, Layer};
use crate::finding::{Confidence, Finding, Severity};
use crate::model::persistent_volume::{PersistentVolume, Phase as VolumePhase};
use crate::model::persistent_volume_claim::{PersistentVolumeClaim, Phase};
use crate::model::pod::Pod;
use crate::model::storage_class::StorageClass;
use crate::model::{Kind, ObjectRef, Resource};
use crate::name::Name;
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "storage-claim-pending",
    title: "A claim gets no volume",
    explain: "Looks at PersistentVolumeClaims that have been Pending for five minutes. Pods that use such a claim cannot \
              start. The usual causes are a storage class that does not exist or was never named while no class is the \
              default, no free volume that fits, or a storage driver that cannot make one: no capacity, no quota, no \
              permission, or not running. A claim whose class waits for the first consumer is rightly pending until a \
              pod wants it and a node was chosen for that pod. Critical on the platform and when a workload is down \
              because of it.",
    layer: Layer::Storage,
    needs: &[Kind::PersistentVolumeClaim],
    uses: &[Kind::StorageClass, Kind::PersistentVolume, Kind::Pod, Kind::Event],
    reference: "https://kubernetes.io/docs/concepts/storage/persistent-volumes/",
    run,
};

enum Why<'a> {
    NoSuchClass,
    NoDefaultClass,
    NamedVolume,
    NoFreeVolume,
    NotProvided(&'a StorageClass),
    Unknown,
}

const NO_PROVISIONER: &str = "kubernetes.io/no-provisioner";

fn run(view: &View, out: &mut Vec<Finding>) {
    let claims = view.cluster.persistent_volume_claims.iter();
    for claim in claims.filter(|claim| claim.phase == Phase::Pending && claim.meta.deletion.is_none()) {
        if !view.held(claim.meta.created, thresholds::VOLUME_HOLD) {
            continue;
        }
        let class = class_of(view, claim);
        let pods = view.waiting_for(claim);
        if class.is_some_and(|class| class.waits_for_consumer) && !is_wanted_now(view, claim, &pods) {
            continue;
        }
        out.push(finding(view, claim, &why(view, claim, class), &pods));
    }
}

/// Until the scheduler has chosen a node, a claim that waits for its consumer waits for the scheduler.
fn is_wanted_now(view: &View, claim: &PersistentVolumeClaim, pods: &[&Pod]) -> bool {
    !pods.is_empty() && (!claim.selected_node.is_empty() || refusal(view, claim).is_some())
}

fn refusal<'a>(view: &View<'a>, claim: &PersistentVolumeClaim) -> Option<&'a crate::model::event::Event> {
    let recent = |event: &&crate::model::event::Event| {
        event.reason == "ProvisioningFailed" && view.within(event.last, thresholds::RECENT_EVENT)
    };
    view.events_about(&claim.reference()).iter().copied().find(recent)
}

/// The class it names, or else the default one; the newest of several is the one used.
fn class_of<'a>(view: &View<'a>, claim: &PersistentVolumeClaim) -> Option<&'a StorageClass> {
    match &claim.storage_class {
        Some(name) => view.cluster.storage_classes.get("", name),
        None => view.cluster.storage_classes.iter().filter(|class| class.default).max_by_key(|class| class.meta.created),
    }
}

fn why<'a>(view: &View, claim: &PersistentVolumeClaim, class: Option<&'a StorageClass>) -> Why<'a> {
    let has_static_volumes =
        |name: &str| view.cluster.persistent_volumes.iter().any(|volume| volume.storage_class == name);
    match (class, &claim.storage_class) {
        _ if !claim.volume.is_empty() => Why::NamedVolume,
        (Some(class), _) if class.provisioner == NO_PROVISIONER => Why::NoFreeVolume,
        (Some(class), _) => Why::NotProvided(class),
        (None, Some(name)) if name.is_empty() || has_static_volumes(name) => Why::NoFreeVolume,
        _ if !view.all_seen(Kind::StorageClass) => Why::Unknown,
        (None, Some(_)) => Why::NoSuchClass,
        (None, None) => Why::NoDefaultClass,
    }
}

fn finding(view: &View, claim: &PersistentVolumeClaim, why: &Why, pods: &[&Pod]) -> Finding {
    let (cli, name, namespace) = (view.cli(), &claim.meta.name, &claim.meta.namespace);
    let workloads = view.by_workload(pods.iter().copied());
    let severity = workloads.keys().map(|workload| view.workload_severity(workload)).max();
    let title = match why {
        Why::NoSuchClass => "pending: its storage class does not exist",
        Why::NoDefaultClass => "pending: it names no storage class and there is no default one",
        Why::NamedVolume => "pending: the volume it names is not bound to it",
        Why::NoFreeVolume => "pending: no free volume fits it",
        Why::NotProvided(_) => "pending: its storage class has not provided a volume",
        Why::Unknown => "pending: it has no volume yet",
    };
    let mut finding = Finding::new(&CHECK, severity.unwrap_or(Severity::Warning), claim.reference(), title)
        .since(claim.meta.created, "metadata.creationTimestamp")
        .fact("spec.storageClassName", claim.storage_class.as_deref().unwrap_or("(not set)"))
        .fact("pods waiting for it", pods.len())
        .affects(workloads.keys().cloned())
        .look(format!("{cli} describe pvc {name} -n {namespace}"), "shows what its provisioner says")
        .look(format!("{cli} get storageclass"), "lists the classes there are and which is the default");
    if let Some(requested) = claim.requested {
        finding = finding.fact("spec.resources.requests.storage", requested);
    }
    match why {
        Why::NoSuchClass => finding = without_class(view, claim, finding),
        // One class without the mark stands for them all, so that many such claims have one cause.
        Why::NoDefaultClass => {
            finding = finding.depends_on(view.cluster.storage_classes.iter().next().map(Resource::reference));
        }
        Why::NamedVolume | Why::NoFreeVolume => finding = volumes(view, claim, finding),
        Why::NotProvided(class) => {
            finding = finding
                .fact(format!("StorageClass {} provisioner", class.meta.name), &class.provisioner)
                .depends_on(providers(view, &class.provisioner));
        }
        Why::Unknown => finding = finding.confidence(Confidence::Likely),
    }
    let refusal = refusal(view, claim);
    finding.untrusted("event ProvisioningFailed", refusal.and_then(|event| event.message.as_deref()))
}

/// What provides volumes under this name: a driver of the platform's, or Ceph in the namespace the name starts with.
fn providers(view: &View, provisioner: &Name) -> Vec<ObjectRef> {
    let ceph = view.cluster.ceph_clusters.iter().filter(|ceph| {
        provisioner.strip_prefix(&*ceph.meta.namespace).is_some_and(|rest| rest.starts_with('.'))
    });
    let ceph = ceph.map(Resource::reference);
    ceph.chain([ObjectRef::new(Kind::ClusterCSIDriver, &Name::empty(), provisioner)]).collect()
}

fn without_class(view: &View, claim: &PersistentVolumeClaim, finding: Finding) -> Finding {
    let names: Vec<&str> = view.cluster.storage_classes.iter().map(|class| &*class.meta.name).take(5).collect();
    let (cli, name, namespace) = (view.cli(), &claim.meta.name, &claim.meta.namespace);
    finding.fact("storage classes there are", if names.is_empty() { "none".to_owned() } else { names.join(", ") }).change(
        format!("{cli} delete pvc {name} -n {namespace}"),
        "lets it be made again with a class that exists: the class of a claim cannot be changed",
        "correct whatever makes the claim first, or it comes back the same; make sure it is still unbound",
    )
}

const VOLUMES_SHOWN: usize = 3;

/// Volumes of its class that are not in use, and why each was not taken.
fn volumes(view: &View, claim: &PersistentVolumeClaim, mut finding: Finding) -> Finding {
    if !view.all_seen(Kind::PersistentVolume) {
        return finding;
    }
    if !claim.volume.is_empty() {
        let state = view.cluster.persistent_volumes.get("", &claim.volume).map_or("does not exist", |_| "exists");
        return finding.fact("spec.volumeName", format!("{} ({state})", claim.volume));
    }
    let class = claim.storage_class.as_deref().unwrap_or_default();
    let volumes = || view.cluster.persistent_volumes.iter().filter(|volume| volume.storage_class == class);
    finding = finding.fact("volumes of this class", volumes().count());
    for volume in volumes().filter(|volume| volume.phase != VolumePhase::Bound).take(VOLUMES_SHOWN) {
        finding = finding.fact(format!("PersistentVolume {}", volume.meta.name), misfit(claim, volume));
    }
    finding
}

fn misfit(claim: &PersistentVolumeClaim, volume: &PersistentVolume) -> String {
    let (namespace, name) = &volume.claim;
    let is_its_own = *namespace == claim.meta.namespace && *name == claim.meta.name;
    let mode = claim.access_modes.iter().find(|mode| !volume.access_modes.contains(mode));
    match (volume.capacity, claim.requested, mode) {
        _ if volume.phase == VolumePhase::Released => format!("Released, still kept for claim {namespace}/{name}"),
        _ if volume.phase == VolumePhase::Failed => "Failed".to_owned(),
        _ if !name.is_empty() && !is_its_own => format!("reserved for claim {namespace}/{name}"),
        (Some(capacity), Some(requested), _) if capacity < requested => format!("too small: {capacity}"),
        (_, _, Some(mode)) => format!("does not offer {mode}"),
        _ => "free; a selector, volume mode or node affinity may keep it from being taken".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const CLASSES: &str = "
        kind: StorageClass
        metadata: {name: fast, annotations: {storageclass.kubernetes.io/is-default-class: 'true'}}
        provisioner: disks.example.com
        volumeBindingMode: WaitForFirstConsumer
        ---
        kind: StorageClass
        metadata: {name: now}
        provisioner: disks.example.com
        volumeBindingMode: Immediate
        ---";

    const CONSUMER: &str = "
        ---
        kind: StatefulSet
        metadata: {name: db, namespace: shop}
        spec: {replicas: 1}
        ---
        kind: Pod
        metadata:
          name: db-0
          namespace: shop
          ownerReferences: [{kind: StatefulSet, name: db, controller: true}]
        spec: {volumes: [{persistentVolumeClaim: {claimName: data}}]}
        status: {phase: Pending}";

    fn claim(class: &str, age: &str) -> String {
        format!(
            "{CLASSES}
        kind: PersistentVolumeClaim
        metadata: {{name: data, namespace: shop, creationTimestamp: {age}}}
        spec: {{{class} accessModes: [ReadWriteOnce], resources: {{requests: {{storage: 10Gi}}}}}}
        status: {{phase: Pending}}"
        )
    }

    #[test]
    fn a_class_that_does_not_exist_takes_its_workload_down() {
        let found = fires(&CHECK, &(claim("storageClassName: fats,", "@20m") + CONSUMER), &[
            "critical PersistentVolumeClaim shop/data: pending: its storage class does not exist (since 20m)",
        ]);
        assert_eq!((found[0].affected_count, found[0].affected[0].to_string()), (1, "StatefulSet shop/db".to_owned()));
        fires(&CHECK, &claim("storageClassName: fats,", "@20m"), &[
            "warning PersistentVolumeClaim shop/data: pending: its storage class does not exist (since 20m)",
        ]);
        silent(&CHECK, &(claim("storageClassName: fats,", "@4m") + CONSUMER));
    }

    #[test]
    fn waiting_for_the_first_consumer_is_normal_until_a_node_was_chosen() {
        silent(&CHECK, &claim("", "@2d"));
        silent(&CHECK, &(claim("storageClassName: fast,", "@2d") + CONSUMER));
        let chosen = claim("", "@20m").replace(
            "{name: data, namespace: shop,",
            "{name: data, namespace: shop, annotations: {volume.kubernetes.io/selected-node: w1},",
        );
        fires(&CHECK, &(chosen + CONSUMER), &[
            "critical PersistentVolumeClaim shop/data: pending: its storage class has not provided a volume (since 20m)",
        ]);
    }

    #[test]
    fn an_immediate_class_needs_no_consumer() {
        fires(&CHECK, &claim("storageClassName: now,", "@6m"), &[
            "warning PersistentVolumeClaim shop/data: pending: its storage class has not provided a volume (since 6m)",
        ]);
    }

    #[test]
    fn no_default_class_is_one_cause_for_all() {
        let classes = claim("", "@20m").replace("'true'", "'false'");
        let found = fires(&CHECK, &classes, &[
            "warning PersistentVolumeClaim shop/data: pending: it names no storage class and there is no default one \
             (since 20m)",
        ]);
        assert_eq!(found[0].upstream[0].to_string(), "StorageClass fast");
    }

    #[test]
    fn free_volumes_say_why_they_do_not_fit() {
        let volumes = "
        ---
        kind: PersistentVolume
        metadata: {name: small}
        spec: {storageClassName: disks, capacity: {storage: 5Gi}, accessModes: [ReadWriteOnce]}
        status: {phase: Available}
        ---
        kind: PersistentVolume
        metadata: {name: used}
        spec: {storageClassName: disks, capacity: {storage: 50Gi}, claimRef: {namespace: shop, name: old}}
        status: {phase: Released}";
        let found = fires(&CHECK, &(claim("storageClassName: disks,", "@20m") + volumes), &[
            "warning PersistentVolumeClaim shop/data: pending: no free volume fits it (since 20m)",
        ]);
        let facts = format!("{:?}", found[0].facts);
        assert!(facts.contains("too small: 5Gi") && facts.contains("still kept for claim shop/old"), "{facts}");
    }
}
