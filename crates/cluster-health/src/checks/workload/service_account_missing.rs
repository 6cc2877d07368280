//! Service accounts that workloads name and that do not exist.

use crate::checks::{Check, Layer};
use crate::finding::Finding;
use crate::model::Kind;
use crate::view::View;
use crate::workloads::{Named, report_absent};

pub const CHECK: Check = Check {
    id: "workload-service-account-missing",
    title: "A service account that workloads use does not exist",
    explain: "Compares the service accounts that workloads name with those of their namespace. The API refuses every \
              new pod of a workload whose account is missing, so nothing shows but an event at the ReplicaSet or other \
              controller; pods that run already go on until they are replaced. Usual causes are an account that was \
              deleted with its roles, a typing error, and a manifest applied without it. Critical when nothing of a \
              workload serves, and on the platform.",
    layer: Layer::Admission,
    needs: &[Kind::ServiceAccount, Kind::Deployment],
    uses: &[Kind::StatefulSet, Kind::DaemonSet, Kind::Job, Kind::Pod],
    reference: "https://kubernetes.io/docs/concepts/security/service-accounts/",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    let named = Named { kind: Kind::ServiceAccount, field: "serviceAccountName", of: |template| &template.service_account };
    report_absent(view, &CHECK, named, out);
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::workloads::tests::{named_fires, named_silent};

    #[test]
    fn a_name_nothing_has_keeps_every_new_pod_out() {
        named_fires(&CHECK, "ServiceAccount", "serviceAccountName");
    }

    #[test]
    fn names_that_exist_and_workloads_that_want_nothing_are_silent() {
        named_silent(&CHECK, "ServiceAccount", "serviceAccountName");
    }
}
