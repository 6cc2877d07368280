//! Claims of one class that all stay without a volume.

use crate::finding::{Confidence, Finding};
use crate::graph::Via;
use crate::model::{Kind, ObjectRef};
use crate::name::Name;

use super::{Common, Roots, fact, look};

pub(super) fn find(roots: &Roots) -> Vec<Common> {
    let groups = roots.groups(|finding| class_of(roots, finding));
    groups.into_iter().map(|(object, of)| common(roots, object, of)).collect()
}

fn class_of(roots: &Roots, finding: &Finding) -> Option<ObjectRef> {
    if finding.check != "storage-claim-pending" {
        return None;
    }
    let claims = &roots.view.cluster.persistent_volume_claims;
    let class = claims.get(&finding.object.namespace, &finding.object.name)?.storage_class.as_ref()?;
    (!class.is_empty()).then(|| ObjectRef::new(Kind::StorageClass, &Name::empty(), class))
}

fn common(roots: &Roots, object: ObjectRef, of: Vec<usize>) -> Common {
    let class = roots.view.cluster.storage_classes.get("", &object.name);
    let title = match class {
        Some(_) => format!("none of {} claims of it gets a volume", of.len()),
        None => format!("{} claims name it, and it does not exist", of.len()),
    };
    let mut facts = vec![fact("claims of it that are pending", of.len())];
    facts.extend(class.map(|class| fact("provisioner", &class.provisioner)));
    let cli = roots.view.cli();
    Common {
        via: Via::OfClass,
        confidence: if class.is_some() { Confidence::Likely } else { Confidence::Confirmed },
        title: title.into(),
        facts,
        next: vec![
            look(format!("{cli} get storageclass"), "lists the classes there are and their provisioners"),
            look(
                format!("{cli} get events -A --field-selector reason=ProvisioningFailed"),
                "shows what the provisioner says",
            ),
        ],
        object,
        of,
    }
}
