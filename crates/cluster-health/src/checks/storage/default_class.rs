//! Which storage class claims get that name none.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::persistent_volume_claim::{PersistentVolumeClaim, Phase};
use crate::model::storage_class::StorageClass;
use crate::model::{Kind, Resource};
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "storage-default-class",
    title: "There is not exactly one default storage class",
    explain: "Looks at how many storage classes are marked as the default. With none, claims that name no class stay \
              pending until there is one; that counts only when such a claim has been pending for five minutes, since a \
              cluster may do well without. With several, the newest is taken, which is rarely what was meant: an \
              installed storage product brings its own default, and new volumes land there from that day on. Claims \
              that name a class, or an empty one on purpose, do not depend on the default.",
    layer: Layer::Storage,
    needs: &[Kind::StorageClass],
    uses: &[Kind::PersistentVolumeClaim],
    reference: "https://kubernetes.io/docs/concepts/storage/storage-classes/",
    run,
};

const MARK: &str = "metadata.annotations[storageclass.kubernetes.io/is-default-class]";

fn run(view: &View, out: &mut Vec<Finding>) {
    let classes = || view.cluster.storage_classes.iter();
    let defaults = classes().filter(|class| class.default).count();
    let newest = classes().filter(|class| class.default).max_by_key(|class| class.meta.created);
    match (newest, classes().next()) {
        (Some(newest), _) if defaults > 1 => out.push(several(view, newest)),
        (None, Some(first)) if view.all_seen(Kind::StorageClass) => out.extend(none(view, first)),
        _ => {}
    }
}

fn several(view: &View, newest: &StorageClass) -> Finding {
    let defaults = view.cluster.storage_classes.iter().filter(|class| class.default);
    let others: Vec<&str> =
        defaults.map(|class| &*class.meta.name).filter(|name| *name != newest.meta.name.as_str()).collect();
    let (cli, name) = (view.cli(), &newest.meta.name);
    Finding::new(&CHECK, Severity::Warning, newest.reference(), "taken as the default class, but not the only one marked")
        .since(newest.meta.created, "metadata.creationTimestamp")
        .fact("other default classes", others.join(", "))
        .look(format!("{cli} get storageclass"), "shows which classes are marked as the default")
        .change(
            format!("{cli} annotate storageclass {name} --overwrite storageclass.kubernetes.io/is-default-class=false"),
            "takes the mark from this class; do it for every class that should not have it",
            "new claims that name no class get another kind of storage from then on; existing volumes stay as they are",
        )
}

fn none(view: &View, first: &StorageClass) -> Option<Finding> {
    let waits = |claim: &&PersistentVolumeClaim| {
        claim.phase == Phase::Pending
            && claim.storage_class.is_none()
            && claim.volume.is_empty()
            && view.held(claim.meta.created, thresholds::VOLUME_HOLD)
    };
    let claims: Vec<_> = view.cluster.persistent_volume_claims.iter().filter(waits).collect();
    let since = claims.iter().filter_map(|claim| claim.meta.created).min();
    let (cli, name) = (view.cli(), &first.meta.name);
    (!claims.is_empty()).then(|| {
        Finding::new(&CHECK, Severity::Warning, first.reference(), "not the default class, and no other class is")
            .since(since, "metadata.creationTimestamp of the oldest claim that waits")
            .fact(MARK, "not true on any storage class")
            .fact("claims that name no class and wait", claims.len())
            .affects(claims.iter().map(|claim| claim.reference()))
            .look(format!("{cli} get storageclass"), "lists the classes to choose from")
            .change(
                format!("{cli} annotate storageclass {name} --overwrite storageclass.kubernetes.io/is-default-class=true"),
                "makes it the default; waiting claims are then served",
                "every claim that names no class gets this kind of storage, now and later",
            )
    })
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn classes(a: &str, b: &str) -> String {
        format!(
            "
        kind: StorageClass
        metadata: {{name: a, creationTimestamp: @2d, annotations: {{storageclass.kubernetes.io/is-default-class: '{a}'}}}}
        ---
        kind: StorageClass
        metadata: {{name: b, creationTimestamp: @1d, annotations: {{storageclass.kubernetes.io/is-default-class: '{b}'}}}}
        ---
        kind: PersistentVolumeClaim
        metadata: {{name: data, namespace: shop, creationTimestamp: @20m}}
        status: {{phase: Pending}}"
        )
    }

    #[test]
    fn the_newest_of_several_is_named() {
        fires(&CHECK, &classes("true", "true"), &[
            "warning StorageClass b: taken as the default class, but not the only one marked (since 1d)",
        ]);
    }

    #[test]
    fn none_matters_when_a_claim_waits_for_it() {
        let found = fires(&CHECK, &classes("false", "false"), &[
            "warning StorageClass a: not the default class, and no other class is (since 20m)",
        ]);
        assert_eq!(found[0].affected_count, 1);
        silent(&CHECK, &classes("false", "false").replace("Pending", "Bound"));
    }

    #[test]
    fn one_default_is_silent() {
        silent(&CHECK, &classes("true", "false"));
    }
}
