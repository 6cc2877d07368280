//! Alarms etcd has raised against itself.

use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity, listed};
use crate::model::etcd_member::Alarm;
use crate::model::{Kind, ObjectRef};
use crate::name::Name;
use crate::ordered::Ordered;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "etcd-alarm",
    title: "etcd has raised an alarm",
    explain: "Looks at the alarms in an archive's etcd_info. NOSPACE means that the database has reached its quota: etcd takes \
              no writes any more, so nothing in the cluster can be changed, not even deleted, until it is made smaller and \
              the alarm disarmed. CORRUPT means that members hold different data. Neither goes away by itself, so any alarm \
              is critical. A live cluster does not show its alarms through the API.",
    layer: Layer::ControlPlane,
    needs: &[Kind::EtcdMember],
    uses: &[],
    reference: "https://etcd.io/docs/v3.5/op-guide/maintenance/#space-quota",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    let members = || view.cluster.etcd_members.iter().filter(|member| !member.alarms.is_empty());
    let mut alarms: Vec<Alarm> = members().flat_map(|member| member.alarms.iter().copied()).collect();
    alarms.put_in_order();
    alarms.dedup();
    let Some(first) = alarms.first() else { return };
    let title = match first {
        Alarm::NoSpace => "etcd is full and takes no writes",
        Alarm::Corrupt => "etcd's members hold different data",
        Alarm::Other => "etcd has raised an alarm",
    };
    let etcd = ObjectRef::new(Kind::ClusterOperator, &Name::empty(), &Name::from("etcd"));
    out.push(
        Finding::new(&CHECK, Severity::Critical, etcd, title)
            .fact("alarms", listed(alarms.iter().map(|alarm| alarm.as_str())))
            .fact("members", listed(members().map(|member| member.meta.name.as_str())))
            .look("oc rsh -n openshift-etcd -c etcdctl $(oc get pods -n openshift-etcd -l app=etcd -o name | head -1) etcdctl alarm list", "shows whether it is still raised")
            .look("oc rsh -n openshift-etcd -c etcdctl $(oc get pods -n openshift-etcd -l app=etcd -o name | head -1) etcdctl endpoint status -w table", "shows the size of each member's database"),
    );
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const MEMBER: &str = "
        kind: EtcdMember
        metadata: {name: m0}
        healthy: true
        alarms: [NOSPACE]";

    #[test]
    fn an_alarm_is_critical() {
        fires(&CHECK, MEMBER, &["critical ClusterOperator etcd: etcd is full and takes no writes"]);
        fires(&CHECK, &MEMBER.replace("NOSPACE", "CORRUPT"), &["critical ClusterOperator etcd: etcd's members hold different data"]);
        fires(&CHECK, &MEMBER.replace("NOSPACE", "SLOW"), &["critical ClusterOperator etcd: etcd has raised an alarm"]);
    }

    #[test]
    fn none_is_silent() {
        silent(&CHECK, &MEMBER.replace("[NOSPACE]", "[]"));
    }
}
