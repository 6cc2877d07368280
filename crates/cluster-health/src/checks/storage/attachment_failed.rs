//! Volumes that cannot be attached to a node, or not taken off it.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::volume_attachment::{Failure, VolumeAttachment};
use crate::model::{Kind, ObjectRef, Resource};
use crate::name::Name;
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "storage-attachment-failed",
    title: "A volume cannot be attached to or taken off a node",
    explain: "Looks at VolumeAttachments whose newest attempt failed within the last hour and that have been so for five \
              minutes, and at those of nodes that no longer exist. A volume that is not attached keeps its pod from \
              starting; one that is not taken off keeps it from starting anywhere else. The usual causes are a node that \
              is down while its volumes are still held, a storage driver that does not work, a limit of volumes per \
              machine, a volume deleted behind the cluster's back, and missing permissions in the cloud. An attachment \
              that was retried and succeeded says nothing any more.",
    layer: Layer::Storage,
    needs: &[Kind::VolumeAttachment],
    uses: &[Kind::Node, Kind::PersistentVolume, Kind::ClusterCSIDriver],
    reference: "https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/volume-attachment-v1/",
    run,
};

enum Trouble<'a> {
    NotAttached(&'a Failure),
    NotDetached(&'a Failure),
    NodeGone,
}

fn run(view: &View, out: &mut Vec<Finding>) {
    for attachment in view.cluster.volume_attachments.iter() {
        if view.held(began(attachment), thresholds::VOLUME_HOLD)
            && let Some(trouble) = trouble(view, attachment)
        {
            out.push(finding(view, attachment, &trouble));
        }
    }
}

/// When it was wanted, or no longer wanted.
fn began(attachment: &VolumeAttachment) -> Option<crate::time::Time> {
    attachment.meta.deletion.as_ref().map(|deletion| deletion.due).or(attachment.meta.created)
}

fn trouble<'a>(view: &View, attachment: &'a VolumeAttachment) -> Option<Trouble<'a>> {
    let is_recent = |failure: &&Failure| view.within(failure.at, thresholds::RECENT_EVENT);
    if view.all_seen(Kind::Node) && view.node(&attachment.node).is_none() {
        return Some(Trouble::NodeGone);
    }
    if attachment.meta.deletion.is_some() {
        return attachment.detach_error.as_deref().filter(is_recent).map(Trouble::NotDetached);
    }
    let failed = attachment.attach_error.as_deref().filter(|_| !attachment.attached);
    failed.filter(is_recent).map(Trouble::NotAttached)
}

fn finding(view: &View, attachment: &VolumeAttachment, trouble: &Trouble) -> Finding {
    let (cli, name) = (view.cli(), &attachment.meta.name);
    let (title, field, failure) = match trouble {
        Trouble::NotAttached(failure) => ("the volume cannot be attached to the node", "attachError", Some(failure)),
        Trouble::NotDetached(failure) => ("the volume cannot be taken off the node", "detachError", Some(failure)),
        Trouble::NodeGone => ("the volume is still held for a node that no longer exists", "", None),
    };
    let cluster_scoped = Name::empty();
    let volume = view.cluster.persistent_volumes.get("", &attachment.volume);
    let mut finding = Finding::new(&CHECK, Severity::Warning, attachment.reference(), title)
        .since(began(attachment), "metadata.deletionTimestamp, or creationTimestamp")
        .fact("spec.nodeName", &attachment.node)
        .fact("spec.attacher", &attachment.attacher)
        .fact("spec.source.persistentVolumeName", &attachment.volume)
        .depends_on([
            ObjectRef::new(Kind::Node, &cluster_scoped, &attachment.node),
            ObjectRef::new(Kind::ClusterCSIDriver, &cluster_scoped, &attachment.attacher),
        ])
        .look(format!("{cli} describe volumeattachment {name}"), "shows the newest error of the storage driver");
    if let Some(volume) = volume.filter(|volume| !volume.claim.1.is_empty()) {
        let (namespace, claim) = &volume.claim;
        finding = finding.affects([ObjectRef::new(Kind::PersistentVolumeClaim, namespace, claim)]);
    }
    match failure {
        Some(failure) => finding.untrusted(format!("status.{field}.message"), failure.message.as_deref()),
        None => finding,
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn attachment(node: &str, status: &str) -> String {
        format!(
            "
        kind: VolumeAttachment
        metadata: {{name: csi-1, creationTimestamp: @30m}}
        spec: {{attacher: disks.example.com, nodeName: {node}, source: {{persistentVolumeName: pv-1}}}}
        status: {status}
        ---
        kind: PersistentVolume
        metadata: {{name: pv-1}}
        spec: {{claimRef: {{namespace: shop, name: data}}}}
        ---
        kind: Node
        metadata: {{name: w1}}
        status: {{conditions: [{{type: Ready, status: 'True'}}]}}"
        )
    }

    #[test]
    fn an_attempt_that_fails_again_and_again() {
        let found = fires(&CHECK, &attachment("w1", "{attached: false, attachError: {message: no permission, time: @1m}}"), &[
            "warning VolumeAttachment csi-1: the volume cannot be attached to the node (since 30m)",
        ]);
        assert_eq!(found[0].affected[0].to_string(), "PersistentVolumeClaim shop/data");
        let leaving = attachment("w1", "{attached: true, detachError: {message: busy, time: @1m}}")
            .replace("creationTimestamp: @30m", "creationTimestamp: @2d, deletionTimestamp: @10m");
        fires(&CHECK, &leaving, &["warning VolumeAttachment csi-1: the volume cannot be taken off the node (since 10m)"]);
    }

    #[test]
    fn a_node_that_is_gone() {
        fires(&CHECK, &attachment("w9", "{attached: true}"), &[
            "warning VolumeAttachment csi-1: the volume is still held for a node that no longer exists (since 30m)",
        ]);
    }

    #[test]
    fn what_was_attached_after_all_and_old_errors_are_silent() {
        silent(&CHECK, &attachment("w1", "{attached: true, attachError: {message: x, time: @1m}}"));
        silent(&CHECK, &attachment("w1", "{attached: false, attachError: {message: x, time: @2h}}"));
        silent(&CHECK, &attachment("w1", "{attached: false}"));
    }
}
