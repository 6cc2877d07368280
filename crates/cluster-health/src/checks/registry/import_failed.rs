//! Image streams whose images cannot be imported.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity, listed};
use crate::model::image_stream::{FailedTag, ImageStream};
use crate::model::{Kind, ObjectRef, Resource};
use crate::name::Name;
use crate::pod_trouble::shown;
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "registry-import-failed",
    title: "Images of image streams cannot be imported",
    explain: "Looks at the tags of ImageStreams whose import has failed for half an hour, namespace by namespace. Builds and \
              workloads that name such a tag go on with an old image or find none. The usual causes are a pull secret \
              that is missing or has expired, a registry that cannot be reached from a cluster without internet, and a \
              tag that no longer exists. Samples of a cluster that is cut off from the internet all fail together; that \
              is one warning, and removing the samples silences it.",
    layer: Layer::Operator,
    needs: &[Kind::ImageStream],
    uses: &[],
    reference: "https://github.com/openshift/runbooks/blob/master/alerts/cluster-openshift-apiserver-operator/ImageStreamImportFailed.md",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    let mut failed: Vec<(&ImageStream, &FailedTag)> = Vec::new();
    for stream in view.cluster.image_streams.iter().filter(|stream| !stream.failed.is_empty()) {
        if failed.first().is_some_and(|(first, _)| first.meta.namespace != stream.meta.namespace) {
            out.push(finding(view, &std::mem::take(&mut failed)));
        }
        let lasting = stream.failed.iter().filter(|tag| view.held(tag.condition.since, thresholds::OPERAND_HOLD));
        failed.extend(lasting.map(|tag| (stream, tag)));
    }
    if !failed.is_empty() {
        out.push(finding(view, &failed));
    }
}

/// About the only image stream that fails, or the namespace of several.
fn finding(view: &View, failed: &[(&ImageStream, &FailedTag)]) -> Finding {
    let cli = view.cli();
    let namespace = failed.first().map(|(stream, _)| stream.meta.namespace.clone()).unwrap_or_default();
    let mut streams: Vec<ObjectRef> = failed.iter().map(|(stream, _)| stream.reference()).collect();
    streams.dedup();
    let (object, title) = match streams.as_slice() {
        [only] => (only.clone(), format!("{} of its tags cannot be imported", failed.len())),
        several => {
            let title = format!("tags of {} image streams cannot be imported", several.len());
            (ObjectRef::new(Kind::Namespace, &Name::empty(), &namespace), title)
        }
    };
    let tags: Vec<String> =
        failed.iter().map(|(stream, tag)| format!("{}:{}", stream.meta.name, shown(&tag.tag))).collect();
    let finding = Finding::new(&CHECK, Severity::Warning, object, title)
        .since(
            failed.iter().filter_map(|(_, tag)| tag.condition.since).min(),
            "status.tags[].conditions[ImportSuccess].lastTransitionTime",
        )
        .fact("status.tags[] not imported", listed(tags.iter().map(String::as_str)))
        .affects(streams)
        .look(format!("{cli} get imagestreams -n {namespace}"), "lists the image streams and when each was updated");
    match failed.first() {
        Some((stream, tag)) => finding
            .untrusted("status.tags[].conditions[ImportSuccess].message", tag.condition.message.as_deref())
            .look(format!("{cli} describe imagestream {} -n {namespace}", stream.meta.name), "shows why an import failed"),
        None => finding,
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    fn stream(name: &str, namespace: &str, status: &str, since: &str) -> String {
        format!(
            "
        kind: ImageStream
        metadata: {{name: {name}, namespace: {namespace}}}
        status: {{tags: [{{tag: latest, conditions: [{{type: ImportSuccess, status: '{status}', reason: Unauthorized, lastTransitionTime: {since}}}]}}]}}
        ---"
        )
    }

    #[test]
    fn one_stream_and_the_samples_together() {
        let both = stream("app", "shop", "False", "@1h")
            + &stream("httpd", "openshift", "False", "@2h")
            + &stream("ruby", "openshift", "False", "@3h");
        fires(&CHECK, &both, &[
            "warning ImageStream shop/app: 1 of its tags cannot be imported (since 1h)",
            "warning Namespace openshift: tags of 2 image streams cannot be imported (since 3h)",
        ]);
    }

    #[test]
    fn imported_tags_and_a_short_failure_are_silent() {
        silent(&CHECK, &stream("app", "shop", "True", "@1h"));
        silent(&CHECK, &stream("app", "shop", "False", "@5m"));
    }
}
