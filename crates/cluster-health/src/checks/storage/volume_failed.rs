//! Volumes that could not be reclaimed.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::persistent_volume::Phase;
use crate::model::{Kind, Resource};
use crate::view::View;

pub const CHECK: Check = Check {
    id: "storage-volume-failed",
    title: "A volume could not be reclaimed",
    explain: "Looks for PersistentVolumes in phase Failed. The claim is gone and the storage driver could not delete or \
              recycle the disk: it is still attached to a machine, snapshots hold it, the driver lacks permission, or \
              the driver itself has been removed. No pod suffers, but the disk goes on costing money, and the next \
              attempt comes only when the cause is gone. Released volumes that are kept on purpose (reclaim policy \
              Retain) do not count.",
    layer: Layer::Storage,
    needs: &[Kind::PersistentVolume],
    uses: &[],
    reference: "https://kubernetes.io/docs/concepts/storage/persistent-volumes/",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    for volume in view.cluster.persistent_volumes.iter().filter(|volume| volume.phase == Phase::Failed) {
        let (cli, name) = (view.cli(), &volume.meta.name);
        let mut finding =
            Finding::new(&CHECK, Severity::Warning, volume.reference(), "failed: its storage could not be reclaimed")
                .since(volume.since, "status.lastPhaseTransitionTime")
                .fact("spec.persistentVolumeReclaimPolicy", &volume.reclaim_policy)
                .fact("spec.claimRef", format!("{}/{}", volume.claim.0, volume.claim.1))
                .fact("spec.storageClassName", &volume.storage_class)
                .look(format!("{cli} describe pv {name}"), "shows what the storage driver said last");
        if !volume.reason.is_empty() {
            finding = finding.fact("status.reason", &volume.reason);
        }
        out.push(finding.untrusted("status.message", volume.message.as_deref()));
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const VOLUME: &str = "
        kind: PersistentVolume
        metadata: {name: pv-1}
        spec: {persistentVolumeReclaimPolicy: Delete, claimRef: {namespace: shop, name: data}}
        status: {phase: Failed, message: still attached, lastPhaseTransitionTime: @2h}";

    #[test]
    fn a_failed_volume_is_a_warning() {
        fires(&CHECK, VOLUME, &["warning PersistentVolume pv-1: failed: its storage could not be reclaimed (since 2h)"]);
    }

    #[test]
    fn a_volume_kept_on_purpose_is_silent() {
        silent(&CHECK, &VOLUME.replace("Failed", "Released").replace("Delete", "Retain"));
    }
}
