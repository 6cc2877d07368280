//! Claims whose volume is gone.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::persistent_volume_claim::{PersistentVolumeClaim, Phase};
use crate::model::{Kind, Resource};
use crate::view::View;

pub const CHECK: Check = Check {
    id: "storage-claim-lost",
    title: "A claim has lost its volume",
    explain: "Looks for PersistentVolumeClaims in phase Lost: they were bound, and the volume they were bound to is no \
              longer there or belongs to another claim. Pods that use the claim cannot start again, and the data may be \
              gone. It usually follows the deletion of the PersistentVolume by hand, or a restore that brought back the \
              claim and not the volume. The disk behind a deleted volume often still exists at the storage provider. \
              Claims that are being deleted do not count.",
    layer: Layer::Storage,
    needs: &[Kind::PersistentVolumeClaim],
    uses: &[Kind::PersistentVolume, Kind::Pod],
    reference: "https://kubernetes.io/docs/concepts/storage/persistent-volumes/",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    let claims = view.cluster.persistent_volume_claims.iter();
    for claim in claims.filter(|claim| claim.phase == Phase::Lost && claim.meta.deletion.is_none()) {
        out.push(finding(view, claim));
    }
}

fn finding(view: &View, claim: &PersistentVolumeClaim) -> Finding {
    let (cli, name, namespace) = (view.cli(), &claim.meta.name, &claim.meta.namespace);
    let volume = view.cluster.persistent_volumes.get("", &claim.volume);
    let pods = view.pods_using(claim);
    let finding = Finding::new(&CHECK, Severity::Critical, claim.reference(), "lost: the volume it was bound to is gone")
        .fact("spec.volumeName", &claim.volume)
        .affects(view.by_workload(pods).into_keys())
        .look(format!("{cli} describe pvc {name} -n {namespace}"), "shows the volume it was bound to and its events")
        .look(format!("{cli} get pv"), "shows whether the volume is there under another claim");
    match volume {
        Some(volume) => finding
            .fact(
                format!("PersistentVolume {} spec.claimRef", volume.meta.name),
                format!("{}/{}", volume.claim.0, volume.claim.1),
            )
            .depends_on([volume.reference()]),
        None if view.all_seen(Kind::PersistentVolume) => finding.fact("the volume", "does not exist"),
        None => finding,
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    #[test]
    fn a_lost_claim_is_critical_and_names_who_uses_it() {
        let found = fires(
            &CHECK,
            "
            kind: PersistentVolumeClaim
            metadata: {name: data, namespace: shop}
            spec: {volumeName: pv-1}
            status: {phase: Lost}
            ---
            kind: Pod
            metadata: {name: db, namespace: shop}
            spec: {volumes: [{persistentVolumeClaim: {claimName: data}}]}
            status: {phase: Running}",
            &["critical PersistentVolumeClaim shop/data: lost: the volume it was bound to is gone"],
        );
        assert_eq!(found[0].affected[0].to_string(), "Pod shop/db");
    }

    #[test]
    fn bound_claims_and_claims_on_their_way_out_are_silent() {
        silent(
            &CHECK,
            "
            kind: PersistentVolumeClaim
            metadata: {name: data, namespace: shop}
            spec: {volumeName: pv-1}
            status: {phase: Bound}
            ---
            kind: PersistentVolumeClaim
            metadata: {name: old, namespace: shop, deletionTimestamp: @1m}
            spec: {volumeName: pv-2}
            status: {phase: Lost}",
        );
    }
}
