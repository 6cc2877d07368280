//! CronJobs that are due but not started.

use crate::checks::{Check, Layer};
use crate::cron::Schedule;
use crate::finding::{Confidence, Finding, Severity};
use crate::model::cron_job::CronJob;
use crate::model::{Kind, Resource};
use crate::thresholds::CRON_LATE;
use crate::time::{self, Time};
use crate::view::View;

pub const CHECK: Check = Check {
    id: "workload-cron-job-missed",
    title: "A CronJob has missed its runs",
    explain: "Works out from the schedule when each CronJob was due after status.lastScheduleTime, and speaks when at \
              least two runs were not started, the second a quarter of an hour ago. Either the Job before is still \
              running and the policy forbids a second one beside it, or the controller refused to start: too many missed \
              runs, a deadline that is too short, a quota, or a controller manager that is down. Suspended CronJobs are \
              left alone, as are schedules in a time zone of their own unless they are the same in all of them.",
    layer: Layer::Workload,
    needs: &[Kind::CronJob],
    uses: &[Kind::Job],
    reference: "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/",
    run,
};

fn run(view: &View, out: &mut Vec<Finding>) {
    let active = view.cluster.cron_jobs.iter().filter(|cron| !cron.suspended && cron.meta.deletion.is_none());
    out.extend(active.filter_map(|cron| finding(view, cron)));
}

fn finding(view: &View, cron: &CronJob) -> Option<Finding> {
    let schedule = Schedule::parse(&cron.schedule)?;
    let in_utc = matches!(&*cron.time_zone, "" | "UTC" | "Etc/UTC");
    if !in_utc && !schedule.is_hourly() {
        return None;
    }
    let last = cron.last_scheduled.or(cron.meta.created)?;
    let first = missed(view, &schedule, last)?;
    let (namespace, name) = (&cron.meta.namespace, &cron.meta.name);
    let is_blocked = cron.forbids_overlap && cron.active > 0;
    let title = if is_blocked {
        "has missed at least two runs: the one before is still active"
    } else if cron.last_scheduled.is_none() {
        "has never started a run, and two were due"
    } else {
        "has missed at least two runs"
    };
    let mut finding = Finding::new(&CHECK, Severity::Warning, cron.reference(), title)
        .since(Some(first), "first due time after status.lastScheduleTime")
        .fact("spec.schedule", crate::untrusted::clean(&cron.schedule, 60))
        .fact("status.lastScheduleTime", cron.last_scheduled.map_or("not set".to_owned(), |at| at.to_string()))
        .fact("status.active", cron.active);
    if let Some(success) = cron.last_successful {
        let ago = time::short(view.now.since(success));
        finding = finding.fact("status.lastSuccessfulTime", format!("{success}, {ago} ago"));
    }
    if cron.time_zone.is_empty() && !schedule.is_hourly() {
        // The controller's own zone is UTC everywhere it is run in a container, but not by law.
        finding = finding.confidence(Confidence::Likely);
    }
    finding = finding.look(
        format!("{} describe cronjob -n {namespace} {name}", view.cli()),
        "shows its policy, deadline and what the controller says in events",
    );
    if is_blocked {
        finding = finding.look(
            format!("{} get jobs -n {namespace}", view.cli()),
            "shows which run is still active and for how long",
        );
    }
    Some(finding)
}

/// The first of two runs that were due after `last` and not started, when the second is late as well.
fn missed(view: &View, schedule: &Schedule, last: Time) -> Option<Time> {
    let until = view.now.minus(CRON_LATE);
    let first = schedule.next(last, until)?;
    schedule.next(first, until).map(|_| first)
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{fires, silent};

    // It is twelve o'clock.
    const MISSED: &str = "
        kind: CronJob
        metadata: {name: sync, namespace: shop, creationTimestamp: @9d}
        spec: {schedule: '0 * * * *', concurrencyPolicy: Forbid}
        status: {lastScheduleTime: @4h}";

    #[test]
    fn two_missed_runs_are_a_warning() {
        fires(&CHECK, MISSED, &["warning CronJob shop/sync: has missed at least two runs (since 3h)"]);
        fires(&CHECK, &MISSED.replace("@4h", "@4h, active: [{name: sync-1}]"), &[
            "warning CronJob shop/sync: has missed at least two runs: the one before is still active (since 3h)",
        ]);
        fires(&CHECK, &MISSED.replace("status: {lastScheduleTime: @4h}", "status: {}").replace("@9d", "@4h"), &[
            "warning CronJob shop/sync: has never started a run, and two were due (since 3h)",
        ]);
        fires(&CHECK, &MISSED.replace("spec: {", "spec: {timeZone: Europe/Berlin, "), &[
            "warning CronJob shop/sync: has missed at least two runs (since 3h)",
        ]);
    }

    #[test]
    fn one_late_run_suspension_and_other_zones_are_silent() {
        silent(&CHECK, &MISSED.replace("@4h", "@2h"));
        silent(&CHECK, &MISSED.replace("spec: {", "spec: {suspend: true, "));
        silent(&CHECK, &MISSED.replace("0 * * * *", "every hour"));
        silent(&CHECK, &MISSED.replace("'0 * * * *'", "'30 1 * * *', timeZone: Asia/Tokyo").replace("@4h", "@9d"));
    }
}
