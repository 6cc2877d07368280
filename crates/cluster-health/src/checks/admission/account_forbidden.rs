//! Controllers whose account may not do what they try.

use std::collections::BTreeMap;

use crate::checks::{Check, Layer};
use crate::decode::is_legal;
use crate::finding::{Finding, Severity};
use crate::model::event::Event;
use crate::model::{Kind, ObjectRef};
use crate::name::Name;
use crate::thresholds;
use crate::view::{View, is_platform};

pub const CHECK: Check = Check {
    id: "admission-account-forbidden",
    title: "A controller's account may not do what it tries",
    explain: "Reads in the warning events of the last hour which service accounts the API has refused for want of a right: an \
              operator whose role was changed or never bound, or a controller that has outgrown its role, tries for ever and \
              gets nowhere. Only events in the platform's own namespaces, which tenants cannot write to, make it a warning, \
              from the third refusal on; elsewhere they speak of accounts of their own namespace, and it is worth knowing. Refused pods of a workload have findings of their own.",
    layer: Layer::Admission,
    needs: &[Kind::Event],
    uses: &[Kind::ServiceAccount],
    reference: "https://kubernetes.io/docs/reference/access-authn-authz/rbac/#troubleshooting",
    run,
};

/// What one account was refused.
#[derive(Default)]
struct Refused<'a> {
    times: u32,
    /// By events that tenants cannot write.
    by_platform: u32,
    newest: Option<&'a Event>,
}

fn run(view: &View, out: &mut Vec<Finding>) {
    let mut accounts: BTreeMap<(&str, &str), Refused> = BTreeMap::new();
    let recent = |event: &&Event| event.warning && view.within(event.last, thresholds::RECENT_EVENT);
    for event in view.cluster.events.iter().filter(recent).filter(|event| &*event.reason != "FailedCreate") {
        let platform = is_platform(&event.meta.namespace);
        if let Some(account) = event.message.as_deref().and_then(account) {
            // A tenant's words count for accounts of its own namespace only
            if !platform && *event.meta.namespace != *account.0 {
                continue;
            }
            let refused = accounts.entry(account).or_default();
            refused.times = refused.times.saturating_add(event.count);
            if platform {
                refused.by_platform = refused.by_platform.saturating_add(event.count);
            }
            refused.newest = refused.newest.into_iter().chain([event]).max_by_key(|event| event.last);
        }
    }
    accounts.retain(|_, refused| refused.times >= thresholds::ACCOUNT_REFUSALS);
    out.extend(accounts.into_iter().map(|(account, refused)| finding(view, account, &refused)));
}

/// Namespace and name, from the API server's words `… is forbidden: User "system:serviceaccount:NS:NAME" cannot …`.
fn account(message: &str) -> Option<(&str, &str)> {
    let (_, rest) = message.split_once("is forbidden: User \"system:serviceaccount:")?;
    let (account, rest) = rest.split_once('"')?;
    let (namespace, name) = account.split_once(':')?;
    (rest.starts_with(" cannot ") && is_legal(namespace) && is_legal(name)).then_some((namespace, name))
}

fn finding(view: &View, (namespace, name): (&str, &str), refused: &Refused) -> Finding {
    let sure = refused.by_platform >= thresholds::ACCOUNT_REFUSALS;
    let severity = if sure { Severity::Warning } else { Severity::Info };
    let object = ObjectRef::new(Kind::ServiceAccount, &Name::from(namespace), &Name::from(name));
    let cli = view.cli();
    Finding::new(&CHECK, severity, object, format!("was refused {} times for want of a right", refused.times))
        .untrusted("the newest message", refused.newest.and_then(|event| event.message.as_deref()))
        .affects(refused.newest.map(|event| event.about.clone()))
        .look(
            format!("{cli} auth can-i --list --as=system:serviceaccount:{namespace}:{name} -n {namespace}"),
            "shows what the account may do",
        )
        .look(format!("{cli} get rolebindings,clusterrolebindings -A -o wide"), "shows which roles it was given")
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const REFUSED: &str = "
        kind: Event
        metadata: {name: a, namespace: openshift-multus}
        involvedObject: {kind: Pod, namespace: openshift-multus, name: multus-x}
        type: Warning
        reason: SyncFailed
        message: 'pods \"x\" is forbidden: User \"system:serviceaccount:openshift-multus:multus\" cannot get resource \"pods\" in API group \"\"'
        count: 5
        firstTimestamp: @30m
        lastTimestamp: @2m";

    #[test]
    fn it_is_a_warning_where_tenants_cannot_write() {
        fires(&CHECK, REFUSED, &["warning ServiceAccount openshift-multus/multus: was refused 5 times for want of a right"]);
        fires(&CHECK, &REFUSED.replace("openshift-multus", "shop"), &[
            "info ServiceAccount shop/multus: was refused 5 times for want of a right",
        ]);
    }

    #[test]
    fn tenants_say_nothing_of_others_accounts() {
        silent(&CHECK, &REFUSED.replace("namespace: openshift-multus}", "namespace: shop}"));
    }

    #[test]
    fn old_few_and_other_refusals_are_silent() {
        silent(&CHECK, &REFUSED.replace("@2m", "@3h"));
        silent(&CHECK, &REFUSED.replace("count: 5", "count: 1"));
        silent(&CHECK, &REFUSED.replace("is forbidden: User", "is forbidden: node"));
        silent(&CHECK, &REFUSED.replace("SyncFailed", "FailedCreate"));
        silent(&CHECK, &REFUSED.replace("multus:multus\"", "multus:mul tus\""));
    }
}
