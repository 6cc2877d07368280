//! What is wrong with a pod, decided in one place: a pod has one trouble at a time, so that one check speaks of it and a
//! crash loop after running out of memory is one story, not two.

use std::collections::BTreeMap;

use crate::decode::is_legal;
use crate::finding::{Finding, Severity, Text};
use crate::image_pulls;
use crate::model::pod::{Container, ContainerStatus, Phase, Pod, Reference, State, Termination};
use crate::model::replica_set::ReplicaSet;
use crate::model::{Kind, ObjectRef, Resource};
use crate::thresholds;
use crate::time::Time;
use crate::view::{View, is_platform};

/// In order of precedence where several would fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PodTrouble {
    Terminating,
    /// Refused or thrown out by the node, and left behind as `Failed`.
    Evicted,
    Unschedulable,
    /// The scheduler has not said anything yet.
    Unscheduled,
    OutOfMemory,
    /// Killed by its liveness or startup probe, again and again.
    ProbeKilled,
    CrashLoop,
    ImagePull,
    Configuration,
    Init,
    /// The kubelet has not started its containers yet.
    Creating,
    Restarting,
    NotReady,
}

/// Troubles that something the containers talk to may be behind.
const CALLING: [PodTrouble; 5] =
    [PodTrouble::CrashLoop, PodTrouble::ProbeKilled, PodTrouble::Init, PodTrouble::Restarting, PodTrouble::NotReady];

impl<'a> View<'a> {
    /// Workloads whose containers run and fail, with their pods: what their environment says of others may be wrong.
    pub fn failing_callers(&self) -> impl Iterator<Item = (&ObjectRef, &[&'a Pod])> {
        CALLING.into_iter().flat_map(|trouble| self.troubled(trouble))
    }
}

const IMAGE_REASONS: [&str; 6] = [
    "ErrImagePull",
    "ImagePullBackOff",
    "InvalidImageName",
    "ErrImageNeverPull",
    "SignatureValidationFailed",
    "RegistryUnavailable",
];
const CONFIGURATION_REASONS: [&str; 4] =
    ["CreateContainerConfigError", "CreateContainerError", "RunContainerError", "PreCreateHookError"];
const EVICTION_REASONS: [&str; 5] = ["Evicted", "NodeLost", "NodeAffinity", "Preempting", "UnexpectedAdmissionError"];

/// Nothing for pods that are well, done, or held back on purpose.
pub fn of(pod: &Pod, now: Time) -> Option<PodTrouble> {
    if pod.meta.deletion.is_some() {
        return Some(PodTrouble::Terminating);
    }
    match pod.phase {
        Phase::Failed => return EVICTION_REASONS.contains(&&*pod.reason).then_some(PodTrouble::Evicted),
        Phase::Succeeded | Phase::Unknown => return None,
        Phase::Pending | Phase::Running => {}
    }
    if pod.node.is_empty() {
        return of_unscheduled(pod);
    }
    if out_of_memory(pod, now).next().is_some() {
        return Some(PodTrouble::OutOfMemory);
    }
    if probed(pod, now).any(|(_, _, end)| is_kill(end)) {
        return Some(PodTrouble::ProbeKilled);
    }
    if crash_looping(pod, now).next().is_some() {
        return Some(PodTrouble::CrashLoop);
    }
    if waiting_for_image(pod).is_some() {
        return Some(PodTrouble::ImagePull);
    }
    if misconfigured(pod).is_some() {
        return Some(PodTrouble::Configuration);
    }
    of_started(pod, now)
}

fn of_unscheduled(pod: &Pod) -> Option<PodTrouble> {
    if !pod.template.scheduling_gates.is_empty() {
        return None;
    }
    match pod.failing_condition("PodScheduled") {
        Some(condition) if condition.reason == "Unschedulable" => Some(PodTrouble::Unschedulable),
        None if !pod.scheduler_answered => Some(PodTrouble::Unscheduled),
        _ => None,
    }
}

fn of_started(pod: &Pod, now: Time) -> Option<PodTrouble> {
    if blocking_init(pod).is_some() {
        return Some(PodTrouble::Init);
    }
    let starting = |status: &ContainerStatus| {
        status.waiting().is_some_and(|waiting| matches!(&*waiting.reason, "ContainerCreating" | "PodInitializing"))
    };
    if pod.phase == Phase::Pending && (pod.containers.is_empty() || pod.containers.iter().any(starting)) {
        return Some(PodTrouble::Creating);
    }
    if restarting(pod, now).next().is_some() {
        return Some(PodTrouble::Restarting);
    }
    let all_run = pod.containers.iter().all(|status| matches!(status.state, State::Running { .. }));
    (pod.phase == Phase::Running && all_run && !pod.ready).then_some(PodTrouble::NotReady)
}

/// Containers whose last run was ended for want of memory within the last hour, with that end.
pub fn out_of_memory(pod: &Pod, now: Time) -> impl Iterator<Item = (&Container, &ContainerStatus, &Termination)> {
    pod.init_statuses().chain(pod.statuses()).filter_map(move |(container, status)| {
        let end = status.last_termination()?;
        (end.reason == "OOMKilled" && is_recent(end, now)).then_some((container, status, end))
    })
}

fn is_recent(end: &Termination, now: Time) -> bool {
    end.finished.is_some_and(|at| now.since(at) <= thresholds::RECENT_EXIT)
}

/// Containers that wait to be started again after failing, or have just failed once more.
pub fn crash_looping(pod: &Pod, now: Time) -> impl Iterator<Item = (&Container, &ContainerStatus)> {
    pod.statuses().filter(move |(_, status)| match &status.state {
        State::Waiting(waiting) => {
            waiting.reason == "CrashLoopBackOff"
                && status.last_termination().and_then(|end| end.finished).is_none_or(|at| {
                    // Nobody counts back-off for longer: a pod that still says so is no longer looked after.
                    now.since(at) <= thresholds::RECENT_EXIT
                })
        }
        State::Terminated(end) => end.exit_code != 0 && status.restarts >= thresholds::RESTARTS && is_recent(end, now),
        State::Running { .. } | State::Unknown => false,
    })
}

/// Containers with a liveness or startup probe that crash or restart again and again, and did not run out of memory.
pub fn probed(pod: &Pod, now: Time) -> impl Iterator<Item = (&Container, &ContainerStatus, &Termination)> {
    let crashing =
        crash_looping(pod, now).filter_map(|(container, status)| Some((container, status, status.last_termination()?)));
    let is_probed = |container: &Container| container.liveness.is_some() || container.startup.is_some();
    crashing
        .chain(restarting(pod, now))
        .filter(move |(container, _, end)| is_probed(container) && end.reason != "OOMKilled")
}

/// Ended by SIGTERM or SIGKILL. Of a pod that is not being deleted only the kubelet does that, for a probe; the kernel's
/// killing for want of memory has a reason of its own.
fn is_kill(end: &Termination) -> bool {
    matches!(end.exit_code, 137 | 143)
}

pub fn waiting_for_image(pod: &Pod) -> Option<(&Container, &ContainerStatus)> {
    waiting_for(pod, &IMAGE_REASONS)
}

pub fn misconfigured(pod: &Pod) -> Option<(&Container, &ContainerStatus)> {
    waiting_for(pod, &CONFIGURATION_REASONS)
}

fn waiting_for<'a>(pod: &'a Pod, reasons: &[&str]) -> Option<(&'a Container, &'a ContainerStatus)> {
    let waits = |status: &ContainerStatus| status.waiting().is_some_and(|w| reasons.contains(&&*w.reason));
    pod.init_statuses().chain(pod.statuses()).find(|(_, status)| waits(status))
}

/// The init container that runs, fails or waits to be tried again, while those after it wait.
pub fn blocking_init(pod: &Pod) -> Option<(&Container, &ContainerStatus)> {
    let blocks = |container: &Container, status: &ContainerStatus| match &status.state {
        State::Running { .. } if container.sidecar => status.started == Some(false),
        State::Running { .. } => true,
        State::Terminated(end) => container.sidecar || end.exit_code != 0,
        State::Waiting(waiting) => waiting.reason == "CrashLoopBackOff",
        State::Unknown => false,
    };
    let done = pod.phase != Phase::Pending;
    pod.init_statuses().find(|(container, status)| !done && blocks(container, status))
}

/// Containers that run, but ended and came back several times an hour at their present pace.
pub fn restarting(pod: &Pod, now: Time) -> impl Iterator<Item = (&Container, &ContainerStatus, &Termination)> {
    pod.statuses().filter_map(move |(container, status)| {
        let State::Running { since } = &status.state else { return None };
        let end = status.last.as_deref()?;
        let run = end.finished?.since(end.started?);
        let brief =
            run <= thresholds::RESTART_PACE && since.is_some_and(|at| now.since(at) <= thresholds::RESTART_PACE);
        (brief && status.restarts >= thresholds::RESTARTS && is_recent(end, now)).then_some((container, status, end))
    })
}

/// Since when a pod has not served, and the field that says so.
pub fn unready_since(pod: &Pod) -> (Option<Time>, &'static str) {
    if let Some(since) = pod.failing_condition("Ready").and_then(|ready| ready.since) {
        return (Some(since), "status.conditions[Ready].lastTransitionTime");
    }
    match pod.meta.deletion.as_deref() {
        Some(deletion) => (Some(deletion.due.minus(deletion.grace)), "metadata.deletionTimestamp"),
        None => (pod.meta.created, "metadata.creationTimestamp"),
    }
}

/// Of several pods, since when the first has not served.
pub fn first_unready<'p>(pods: impl IntoIterator<Item = &'p Pod>) -> (Option<Time>, &'static str) {
    let times = pods.into_iter().map(unready_since).filter(|(since, _)| since.is_some());
    times.min().unwrap_or((None, "metadata.creationTimestamp"))
}

/// The troubled pods of a cluster, by trouble and workload. Trouble of pods on a node that is not ready is the node's,
/// except that such pods never finish terminating.
pub type Troubled<'a> = BTreeMap<PodTrouble, BTreeMap<ObjectRef, Vec<&'a Pod>>>;

pub(crate) fn troubled<'a>(view: &View<'a>) -> Troubled<'a> {
    let mut troubled = Troubled::new();
    let restarted = view.recently_restarted.iter().map(|pod| (*pod, None));
    for (pod, workload) in view.unsettled_and_workloads().map(|(pod, workload)| (pod, Some(workload))).chain(restarted)
    {
        let Some(mut trouble) = of(pod, view.now) else { continue };
        if matches!(trouble, PodTrouble::CrashLoop | PodTrouble::Restarting) && is_killed_politely(view, pod) {
            trouble = PodTrouble::ProbeKilled;
        }
        let is_own = matches!(trouble, PodTrouble::Terminating | PodTrouble::Evicted) || !view.on_dead_node(pod);
        if is_own {
            let workload = workload.map_or_else(|| view.workload(pod), Clone::clone);
            troubled.entry(trouble).or_default().entry(workload).or_default().push(pod);
        }
    }
    troubled
}

/// The kubelet says that it killed a container, which then ended in its own way.
fn is_killed_politely(view: &View, pod: &Pod) -> bool {
    let is_recent_kill = |event: &&&crate::model::event::Event| {
        event.reason == "Killing" && view.within(event.last, thresholds::RECENT_EXIT)
    };
    probed(pod, view.now).next().is_some()
        && view.events_about(&pod.reference()).iter().any(|event| is_recent_kill(&event))
}

/// Trouble of a workload's pods: critical when nothing of it serves and on the platform, where an update excuses it.
/// What runs to completion serves nobody meanwhile, and a user's bare pod is nobody's service.
pub fn severity(view: &View, workload: &ObjectRef) -> Severity {
    if matches!(workload.known_kind(), Some(Kind::Job | Kind::CronJob)) {
        return Severity::Warning;
    }
    let bare = workload.known_kind() == Some(Kind::Pod);
    let down = !bare && view.availability(workload).is_some_and(crate::view::Availability::is_down);
    let platform = is_platform(&workload.namespace) && !view.updating();
    if down || platform { Severity::Critical } else { Severity::Warning }
}

const THE_POD: &str = "the pod";

/// `2 of 3 pods`, or `the pod` when it is all there is.
pub fn how_many(view: &View, workload: &ObjectRef, pods: &[&Pod]) -> Text {
    match view.availability(workload) {
        Some(availability) if availability.desired > 1 => {
            // Old replicas are counted on top of the wanted ones while new ones are rolled out.
            let of = availability.desired.max(u32::try_from(pods.len()).unwrap_or(u32::MAX));
            format!("{} of {of} pods", pods.len()).into()
        }
        _ if pods.len() > 1 => format!("{} pods", pods.len()).into(),
        _ => THE_POD.into(),
    }
}

/// ` (2 of 3 pods)`, to put after what is wrong with them; nothing when there is no other pod.
pub fn how_many_of(view: &View, workload: &ObjectRef, pods: &[&Pod]) -> String {
    match &*how_many(view, workload, pods) {
        THE_POD => String::new(),
        many => format!(" ({many})"),
    }
}

/// A name as the API accepts it; an archive may hold others, which are not repeated.
pub fn shown(name: &str) -> &str {
    if is_legal(name) { name } else { "(unreadable name)" }
}

/// A label's or taint's key as the API accepts it.
pub fn shown_key(key: &str) -> &str {
    if crate::selector::is_label_key(key) { key } else { "(unreadable name)" }
}

/// Reads what a container last wrote.
pub fn logs(view: &View, pod: &Pod, container: &Container, previous: bool) -> String {
    let container = if is_legal(&container.name) { format!(" -c {}", container.name) } else { String::new() };
    let previous = if previous { " --previous" } else { "" };
    format!("{} logs -n {} {}{container}{previous} --tail=50", view.cli(), pod.meta.namespace, pod.meta.name)
}

pub fn describe(view: &View, pod: &Pod) -> String {
    format!("{} describe pod -n {} {}", view.cli(), pod.meta.namespace, pod.meta.name)
}

/// Offers to go back where a Deployment's trouble began with its newest revision.
pub fn offer_undo(finding: Finding, view: &View, workload: &ObjectRef) -> Finding {
    let Some(revision) = newest_revision(view, workload).filter(|newest| newest.revision > 1) else { return finding };
    let since = finding.since.as_ref().map(|since| since.at);
    let (Some(made), Some(since)) = (revision.meta.created, since) else { return finding };
    let began_with_it = made <= since.plus(thresholds::ONSET_GRACE) && since.since(made) <= thresholds::NEW_REVISION;
    if !began_with_it || !is_legal(&workload.name) {
        return finding;
    }
    finding.fact(format!("revision {} was made at", revision.revision), made).change(
        format!("{} rollout undo deployment/{} -n {}", view.cli(), workload.name, workload.namespace),
        "goes back to the revision before, since the trouble began with the newest one",
        "replaces running pods, and whatever applies the manifests (GitOps, an operator) may put the new revision back",
    )
}

/// The ReplicaSet a Deployment rolls out, or rolled out last.
pub fn newest_revision<'a>(view: &View<'a>, workload: &ObjectRef) -> Option<&'a ReplicaSet> {
    revisions(view, workload).max_by_key(|set| set.revision)
}

pub fn revisions<'a>(view: &View<'a>, workload: &ObjectRef) -> impl Iterator<Item = &'a ReplicaSet> {
    let is_deployment = workload.known_kind() == Some(Kind::Deployment);
    let sets = view.cluster.replica_sets.in_namespace(&workload.namespace).filter(move |_| is_deployment);
    sets.filter(move |set| set.meta.owner.as_ref().is_some_and(|o| o.kind == "Deployment" && o.name == workload.name))
}

/// Claims a pod mounts that are missing or not bound.
pub fn unbound_claims(view: &View, pod: &Pod) -> Vec<ObjectRef> {
    let namespace = &pod.meta.namespace;
    let is_unbound = |claim: &&crate::name::Name| match view.cluster.persistent_volume_claims.get(namespace, claim) {
        Some(claim) => claim.phase != crate::model::persistent_volume_claim::Phase::Bound,
        None => view.seen_in(Kind::PersistentVolumeClaim, namespace),
    };
    let claims = pod.template.claims.iter().filter(is_unbound);
    claims.map(|claim| ObjectRef::new(Kind::PersistentVolumeClaim, namespace, claim)).collect()
}

impl View<'_> {
    /// Why a pod's image cannot be pulled, by the runtime's words in its status or else in an event.
    pub fn pull_failure(&self, pod: &Pod) -> Option<image_pulls::Cause> {
        let (_, status) = waiting_for_image(pod)?;
        let said = status.waiting().and_then(|waiting| waiting.message.as_deref());
        let event = || self.pod_warning(pod, &["Failed"]).and_then(|event| event.message.as_deref());
        said.and_then(image_pulls::Cause::of).or_else(|| event().and_then(image_pulls::Cause::of))
    }
}

/// Names of what a pod cannot start without, for a person to compare with what exists.
pub fn required(references: &[Reference]) -> String {
    let names = references.iter().filter(|reference| !reference.optional).map(|reference| shown(&reference.name));
    names.collect::<Vec<_>>().join(", ")
}

/// The trouble shared by pods of one workload, ready for the check's own facts.
pub fn finding(
    view: &View,
    check: &crate::checks::Check,
    workload: &ObjectRef,
    pods: &[&Pod],
    title: impl Into<Text>,
) -> Finding {
    let (since, field) = first_unready(pods.iter().copied());
    Finding::new(check, severity(view, workload), workload.clone(), title)
        .since(since, field)
        .affects(pods.iter().map(|pod| pod.reference()))
}
