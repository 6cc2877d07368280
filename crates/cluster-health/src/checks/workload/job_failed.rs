//! Jobs that have given up.

use std::collections::BTreeMap;

use crate::ordered::Ordered;
use crate::checks::{Check, Layer};
use crate::finding::{Finding, Severity};
use crate::model::condition::{Condition, Status};
use crate::model::job::Job;
use crate::model::pod::Pod;
use crate::model::{Kind, ObjectRef, Resource};
use crate::pod_trouble;
use crate::thresholds::RECENT_JOB_FAILURE;
use crate::time::Time;
use crate::view::View;

pub const CHECK: Check = Check {
    id: "workload-job-failed",
    title: "A Job has failed",
    explain: "Looks for Jobs whose condition Failed turned True within the last day: their pods failed more often than \
              backoffLimit allows (BackoffLimitExceeded), or took longer than activeDeadlineSeconds (DeadlineExceeded), \
              and nobody will try again. Failed runs of one CronJob are told together, and a later run that succeeded \
              makes them history. What the work was for, such as a backup or a migration, decides how urgent it is, so \
              this is a warning at most.",
    layer: Layer::Workload,
    needs: &[Kind::Job],
    uses: &[Kind::CronJob, Kind::Pod],
    reference: "https://github.com/openshift/runbooks/blob/master/alerts/cluster-monitoring-operator/KubeJobFailed.md",
    run,
};

struct Failure<'a> {
    job: &'a Job,
    condition: &'a Condition,
}

fn run(view: &View, out: &mut Vec<Finding>) {
    let mut by_workload: BTreeMap<ObjectRef, Vec<Failure>> = BTreeMap::new();
    for job in view.cluster.jobs.iter() {
        let Some(condition) = job.conditions.having("Failed", Status::True) else { continue };
        if view.within(condition.since, RECENT_JOB_FAILURE) {
            by_workload.entry(workload(job)).or_default().push(Failure { job, condition });
        }
    }
    for (workload, mut failures) in by_workload {
        let success = last_success(view, &workload);
        failures.retain(|failure| success.is_none_or(|at| failure.condition.since > Some(at)));
        failures.put_in_order_by_key(|failure| failure.condition.since);
        out.extend(finding(view, workload, &failures));
    }
}

/// The CronJob that made it, or the Job itself.
fn workload(job: &Job) -> ObjectRef {
    match job.meta.owner.as_deref() {
        Some(owner) if owner.kind == "CronJob" => ObjectRef::new(Kind::CronJob, &job.meta.namespace, &owner.name),
        _ => job.reference(),
    }
}

fn last_success(view: &View, object: &ObjectRef) -> Option<Time> {
    if object.known_kind() != Some(Kind::CronJob) {
        return None;
    }
    let recorded = view.cluster.cron_jobs.get(&object.namespace, &object.name).and_then(|cron| cron.last_successful);
    let runs = view.cluster.jobs.in_namespace(&object.namespace).filter(|job| workload(job) == *object);
    recorded.max(runs.filter_map(|job| job.completed).max())
}

fn finding(view: &View, object: ObjectRef, failures: &[Failure]) -> Option<Finding> {
    let Failure { job, condition } = failures.last()?;
    let (namespace, name) = (&job.meta.namespace, &job.meta.name);
    let title = match (object.known_kind(), failures.len()) {
        (Some(Kind::CronJob), 1) => "its last run failed".to_owned(),
        (Some(Kind::CronJob), several) => format!("its last {several} runs failed"),
        _ => "failed and is not tried again".to_owned(),
    };
    let mut finding = Finding::new(&CHECK, Severity::Warning, object, title)
        .since(failures.first().and_then(|f| f.condition.since), "status.conditions[Failed].lastTransitionTime")
        .fact("status.conditions[Failed].reason", &condition.reason)
        .fact("status.failed", format!("{} pods of the newest Job, {name}", job.failed))
        .untrusted("status.conditions[Failed].message", condition.message.as_deref())
        .affects(failures.iter().map(|failure| failure.job.reference()));
    if let Some(end) = last_pod(view, job).and_then(|pod| pod.statuses().find_map(|(_, s)| s.last_termination())) {
        finding = finding.fact(
            "exit code of its last pod",
            format!("{} ({})", end.exit_code, crate::checks::pod::crash_loop::meaning(end.exit_code)),
        );
        if end.reason == "OOMKilled" {
            finding = finding.fact("end of its last pod", "OOMKilled: it ran out of memory");
        }
    }
    Some(
        finding
            .look(format!("{} logs -n {namespace} job/{name} --tail=50", view.cli()), "shows the end of its last pod's log")
            .look(format!("{} describe job -n {namespace} {name}", view.cli()), "shows its pods, limits and events"),
    )
}

fn last_pod<'a>(view: &View<'a>, job: &Job) -> Option<&'a Pod> {
    let pods = view.unsettled_of(&workload(job)).iter().copied();
    let own = pods.filter(|pod| pod.meta.owner.as_ref().is_some_and(|owner| owner.name == job.meta.name));
    own.max_by_key(|pod| pod_trouble::unready_since(pod).0)
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    const FAILED: &str = "
        kind: Job
        metadata: {name: report-1, namespace: shop, ownerReferences: [{kind: CronJob, name: report, controller: true}]}
        status: {failed: 7, conditions: [{type: Failed, status: 'True', reason: BackoffLimitExceeded, lastTransitionTime: @3h}]}
        ---
        kind: Pod
        metadata: {name: report-1-x, namespace: shop, ownerReferences: [{kind: Job, name: report-1, controller: true}]}
        spec: {containers: [{name: app}]}
        status:
          phase: Failed
          containerStatuses: [{name: app, state: {terminated: {exitCode: 1, finishedAt: @3h}}}]";

    const SECOND: &str = "
        ---
        kind: Job
        metadata: {name: report-2, namespace: shop, ownerReferences: [{kind: CronJob, name: report, controller: true}]}";

    #[test]
    fn runs_of_one_cron_job_are_told_together() {
        let found = fires(&CHECK, FAILED, &["warning CronJob shop/report: its last run failed (since 3h)"]);
        assert!(format!("{:?}", found[0].facts).contains("the application reported an error"));
        let twice = format!(
            "{FAILED}{SECOND}
        status: {{failed: 7, conditions: [{{type: Failed, status: 'True', lastTransitionTime: @1h}}]}}"
        );
        fires(&CHECK, &twice, &["warning CronJob shop/report: its last 2 runs failed (since 3h)"]);
    }

    #[test]
    fn a_job_of_its_own_is_named_itself() {
        fires(&CHECK, &FAILED.replace(", ownerReferences: [{kind: CronJob, name: report, controller: true}]", ""), &[
            "warning Job shop/report-1: failed and is not tried again (since 3h)",
        ]);
    }

    #[test]
    fn a_later_success_and_old_failures_are_silent() {
        silent(&CHECK, &format!("{FAILED}{SECOND}\n        status: {{succeeded: 1, completionTime: @1h}}"));
        silent(&CHECK, &FAILED.replace("@3h", "@2d"));
        silent(&CHECK, &FAILED.replace("type: Failed", "type: Complete"));
    }
}
