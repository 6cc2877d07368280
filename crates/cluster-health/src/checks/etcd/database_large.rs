//! A database of etcd that comes near its quota.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::etcd_member::EtcdMember;
use crate::model::{Kind, ObjectRef};
use crate::name::Name;
use crate::thresholds;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "etcd-database-large",
    title: "etcd's database comes near its quota",
    explain: "Looks at the size of each member's database in an archive's etcd_info, against the 8 GiB that OpenShift allows \
              unless it was told otherwise. Past three quarters is a warning; past 85 percent it is critical, because a full \
              etcd takes no writes at all. Where much of the file is not in use, a defragmentation gives it back; where all \
              of it is, something writes too many or too large objects, often events or an operator's custom resources. A \
              live cluster shows the size in its metrics and their alerts only.",
    layer: Layer::ControlPlane,
    needs: &[Kind::EtcdMember],
    uses: &[],
    reference: "https://github.com/openshift/runbooks/blob/master/alerts/cluster-etcd-operator/etcdDatabaseQuotaLowSpace.md",
    run,
};

const MIB: u64 = 1 << 20;

fn run(view: &View, out: &mut Vec<Finding>) {
    let largest = view.cluster.etcd_members.iter().max_by_key(|member| (member.db_size, std::cmp::Reverse(&member.meta.name)));
    let Some((member, size)) = largest.and_then(|member| Some((member, member.db_size?))) else { return };
    let percent = size.saturating_mul(100) / thresholds::ETCD_QUOTA;
    let severity = match percent {
        percent if percent > thresholds::ETCD_NEARLY_FULL_PERCENT => Severity::Critical,
        percent if percent > thresholds::ETCD_LARGE_PERCENT => Severity::Warning,
        _ => return,
    };
    out.push(finding(member, size, percent, severity));
}

fn finding(member: &EtcdMember, size: u64, percent: u64, severity: Severity) -> Finding {
    let etcd = ObjectRef::new(Kind::ClusterOperator, &Name::empty(), &Name::from("etcd"));
    let mut finding = Finding::new(&CHECK, severity, etcd, format!("etcd's database takes {percent} % of the 8 GiB it may"))
        .fact("member", &member.meta.name)
        .fact("dbSize", format!("{} MiB", size / MIB));
    if let Some(in_use) = member.db_size_in_use {
        finding = finding.fact("dbSizeInUse", format!("{} MiB", in_use / MIB));
    }
    finding
        .look("oc get --raw /metrics | grep apiserver_storage_objects | sort -t' ' -k2 -gr | head", "shows of which kind there are most objects")
        .look("oc get etcd cluster -o jsonpath='{.spec.backendQuotaGiB}'", "shows whether another quota was set")
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const LARGE: &str = "
        kind: EtcdMember
        metadata: {name: m0}
        dbSize: 7400000000
        dbSizeInUse: 2000000000
        ---
        kind: EtcdMember
        metadata: {name: m1}
        dbSize: 100000000";

    #[test]
    fn the_largest_member_counts() {
        fires(&CHECK, LARGE, &["critical ClusterOperator etcd: etcd's database takes 86 % of the 8 GiB it may"]);
        fires(&CHECK, &LARGE.replace("7400000000", "6700000000"), &[
            "warning ClusterOperator etcd: etcd's database takes 77 % of the 8 GiB it may",
        ]);
    }

    #[test]
    fn room_and_a_size_nobody_told_are_silent() {
        silent(&CHECK, &LARGE.replace("7400000000", "3000000000"));
        silent(&CHECK, "
        kind: EtcdMember
        metadata: {name: m0}");
    }
}
