//! Snapshots that cannot be used.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity, Text};
use crate::model::volume_snapshot::VolumeSnapshot;
use crate::model::{Kind, ObjectRef, Resource};
use crate::name::Name;
use crate::pod_trouble::shown;
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "storage-snapshot-failed",
    title: "A volume snapshot cannot be used",
    explain: "Looks at VolumeSnapshots that are a quarter of an hour old, not ready to use, and either report an error or \
              name a class that does not exist. Nothing can be restored from such a snapshot, and backups that count on \
              it are incomplete. The usual causes are a class that was misspelt or never made, a claim that is not bound, \
              a storage driver that cannot copy volumes or does not work, and a quota of the storage. A large snapshot \
              that is still being copied reports no error and does not count.",
    layer: Layer::Storage,
    needs: &[Kind::VolumeSnapshot],
    uses: &[Kind::VolumeSnapshotClass, Kind::PersistentVolumeClaim],
    reference: "https://kubernetes.io/docs/concepts/storage/volume-snapshots/",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for snapshot in view.cluster.volume_snapshots.iter() {
        if snapshot.ready || snapshot.meta.deletion.is_some() || !view.held(snapshot.meta.created, thresholds::SNAPSHOT_HOLD)
        {
            continue;
        }
        if lacks_class(view, snapshot) {
            out.push(finding(view, snapshot, "cannot be used: its snapshot class does not exist"));
        } else if snapshot.failed {
            out.push(finding(view, snapshot, "cannot be used: the storage driver could not make it"));
        }
    }
}

/// The class it names, or any default one when it names none, is known not to exist.
fn lacks_class(view: &View, snapshot: &VolumeSnapshot) -> bool {
    let classes = &view.cluster.volume_snapshot_classes;
    // One made from a copy that is there already needs no class.
    let needs_one = !snapshot.claim.is_empty() && view.all_seen(Kind::VolumeSnapshotClass);
    needs_one
        && match &snapshot.class {
            Some(class) => classes.get("", class).is_none(),
            None => !classes.iter().any(|class| class.default),
        }
}

fn finding(view: &View, snapshot: &VolumeSnapshot, title: impl Into<Text>) -> Finding {
    let (cli, name, namespace) = (view.cli(), &snapshot.meta.name, &snapshot.meta.namespace);
    let class = snapshot.class.as_ref();
    let driver = class.and_then(|class| view.cluster.volume_snapshot_classes.get("", class)).map(|class| &class.driver);
    Finding::new(&CHECK, Severity::Warning, snapshot.reference(), title)
        .since(snapshot.meta.created, "metadata.creationTimestamp")
        .fact("spec.source.persistentVolumeClaimName", shown(&snapshot.claim))
        .fact("spec.volumeSnapshotClassName", class.map_or("(not set)", |class| shown(class)))
        .fact("status.readyToUse", snapshot.ready)
        .untrusted("status.error.message", snapshot.message.as_deref())
        .depends_on([ObjectRef::new(Kind::PersistentVolumeClaim, namespace, &snapshot.claim)])
        .depends_on(driver.map(|driver| ObjectRef::new(Kind::ClusterCSIDriver, &Name::empty(), driver)))
        .look(format!("{cli} describe volumesnapshot {name} -n {namespace}"), "shows what the storage driver says")
        .look(format!("{cli} get volumesnapshotclasses"), "lists the classes there are, and which is the default")
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn snapshot(class: &str, status: &str) -> String {
        format!(
            "
        kind: VolumeSnapshot
        metadata: {{name: nightly, namespace: shop, creationTimestamp: @1h}}
        spec: {{source: {{persistentVolumeClaimName: data}}, volumeSnapshotClassName: {class}}}
        status: {status}
        ---
        kind: VolumeSnapshotClass
        metadata: {{name: fast}}
        driver: disks.example.com"
        )
    }

    #[test]
    fn an_error_and_a_class_that_does_not_exist() {
        let found = fires(&CHECK, &snapshot("fast", "{readyToUse: false, error: {message: no quota, time: @1m}}"), &[
            "warning VolumeSnapshot shop/nightly: cannot be used: the storage driver could not make it (since 1h)",
        ]);
        assert_eq!(found[0].upstream[1].to_string(), "ClusterCSIDriver disks.example.com");
        fires(&CHECK, &snapshot("slow", "{}"), &[
            "warning VolumeSnapshot shop/nightly: cannot be used: its snapshot class does not exist (since 1h)",
        ]);
    }

    #[test]
    fn one_that_is_ready_under_way_or_young_is_silent() {
        silent(&CHECK, &snapshot("fast", "{readyToUse: true, error: {message: old}}"));
        silent(&CHECK, &snapshot("fast", "{readyToUse: false}"));
        silent(&CHECK, &snapshot("slow", "{}").replace("@1h", "@5m"));
    }
}
