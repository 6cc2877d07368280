//! Members of etcd that did not answer, or have no leader.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity, listed};
use crate::model::etcd_member::EtcdMember;
use crate::model::{Kind, ObjectRef};
use crate::name::Name;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "etcd-no-answer",
    title: "etcd members do not answer, or have no leader",
    explain: "Looks at what each member of etcd answered when the archive's etcd_info was collected. A member that gave no \
              healthy answer is a warning while the others are a majority, and critical otherwise; members that know of no \
              leader take no writes, which is critical. Usual causes are a node that is down, a slow disk, and a network \
              between the members that loses packets. Read beside etcd's pods and the etcd operator's own conditions, which \
              a live cluster shows.",
    layer: Layer::ControlPlane,
    needs: &[Kind::EtcdMember],
    uses: &[Kind::Node],
    reference: "https://github.com/openshift/runbooks/blob/master/alerts/cluster-etcd-operator/etcdNoLeader.md",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    let members: Vec<&EtcdMember> = view.cluster.etcd_members.iter().collect();
    let silent: Vec<&EtcdMember> = members.iter().copied().filter(|member| member.healthy == Some(false)).collect();
    let leaderless: Vec<&EtcdMember> = members.iter().copied().filter(|member| member.has_leader == Some(false)).collect();
    let majority = members.len() / 2 + 1;
    let (severity, title, of) = if !leaderless.is_empty() {
        (Severity::Critical, format!("{} of {} etcd members know of no leader", leaderless.len(), members.len()), leaderless)
    } else if silent.is_empty() {
        return;
    } else {
        let severity = if members.len() - silent.len() < majority { Severity::Critical } else { Severity::Warning };
        (severity, format!("{} of {} etcd members gave no healthy answer", silent.len(), members.len()), silent)
    };
    let etcd = ObjectRef::new(Kind::ClusterOperator, &Name::empty(), &Name::from("etcd"));
    out.push(
        Finding::new(&CHECK, severity, etcd, title)
            .fact("members", listed(of.iter().map(|member| member.meta.name.as_str())))
            .depends_on(of.iter().map(|member| ObjectRef::new(Kind::Node, &Name::empty(), &member.meta.name)))
            .look("oc get pods -n openshift-etcd -l app=etcd -o wide", "shows the members and their nodes")
            .look("oc get etcd cluster -o yaml", "shows the etcd operator's view of its members"),
    );
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    /// Members that answered or not.
    fn members(healthy: &[bool]) -> String {
        let member = |(i, healthy): (usize, &bool)| {
            format!("
        kind: EtcdMember
        metadata: {{name: m{i}}}
        healthy: {healthy}
        hasLeader: true
        ---")
        };
        healthy.iter().enumerate().map(member).collect()
    }

    #[test]
    fn one_is_a_warning_and_a_lost_majority_is_critical() {
        let found = fires(&CHECK, &members(&[true, false, true]), &["warning ClusterOperator etcd: 1 of 3 etcd members gave no healthy answer"]);
        assert_eq!(found[0].upstream[0].to_string(), "Node m1");
        fires(&CHECK, &members(&[true, false, false]), &["critical ClusterOperator etcd: 2 of 3 etcd members gave no healthy answer"]);
    }

    #[test]
    fn nobody_leads() {
        fires(&CHECK, &members(&[true, true, true]).replace("hasLeader: true", "hasLeader: false"), &[
            "critical ClusterOperator etcd: 3 of 3 etcd members know of no leader",
        ]);
    }

    #[test]
    fn members_that_answer_and_those_nobody_asked_are_silent() {
        silent(&CHECK, &members(&[true, true, true]));
        silent(&CHECK, &members(&[true, false]).replace("healthy: false", "version: 3.5.0"));
    }
}
