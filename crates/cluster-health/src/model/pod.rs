//! Pods: what runs where, and how each container fares. There are up to hundreds of thousands, so what all pods of a
//! workload have in common is kept once, in a [`Template`], and what only troubled pods have sits behind a box.

mod hosts;
mod mentions;
mod placement;
mod template;
mod words;

pub use placement::{Placement, STATE_TAINTS, Toleration};
pub use template::{Amounts, Container, Port, Probe, ProbeKind, Reference, Template};
pub(crate) use template::{WireResources, WireSpec};

use std::sync::Arc;

use crate::describe::Facts;
use crate::name::{Interner, Name};
use crate::time::Time;

use super::condition::{Status, capped};
use super::meta::Meta;
use super::{Kind, Resource, wire};

wire::wire_object!(Wire { metadata: wire::Meta, spec: WireSpec, status: WireStatus });
wire::wire_object!(WireStatus {
    phase: String,
    reason: String,
    message: Option<String>,
    start_time: Option<Time>,
    conditions: Vec<wire::Condition>,
    container_statuses: Vec<WireContainerStatus>,
    init_container_statuses: Vec<WireContainerStatus>,
});
wire::wire_object!(WireContainerStatus {
    name: String,
    ready: bool,
    started: Option<bool>,
    restart_count: u32,
    state: WireState,
    last_state: WireState,
});
wire::wire_object!(WireState {
    waiting: Option<WireWaiting>,
    running: Option<WireRunning>,
    terminated: Option<WireTerminated>,
});
wire::wire_object!(WireWaiting { reason: String, message: Option<String> });
wire::wire_object!(WireRunning { started_at: Option<Time> });
wire::wire_object!(WireTerminated {
    reason: String,
    exit_code: i32,
    started_at: Option<Time>,
    finished_at: Option<Time>,
});

#[derive(Clone, Debug)]
pub struct Pod {
    pub meta: Meta,
    /// Empty until scheduled.
    pub node: Name,
    pub template: Arc<Template>,
    pub phase: Phase,
    /// Condition `Ready` is `True`.
    pub ready: bool,
    /// The scheduler has said something: there is a `PodScheduled` condition.
    pub scheduler_answered: bool,
    /// `status.reason`, such as `Evicted` or `NodeLost`.
    pub reason: Name,
    pub started: Option<Time>,
    pub init_containers: Box<[ContainerStatus]>,
    pub containers: Box<[ContainerStatus]>,
    /// Conditions that are not `True`, and the pod's message; nothing for most pods.
    pub trouble: Option<Box<Trouble>>,
    /// When a container last ended, over all of them.
    pub last_exit: Option<Time>,
    /// See [`Pod::is_settled`]; worked out once, because every assessment asks it of every pod.
    settled: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    Pending,
    Running,
    Succeeded,
    Failed,
    Unknown,
}

impl Phase {
    fn from_wire(text: &str) -> Self {
        match text {
            "Pending" => Phase::Pending,
            "Running" => Phase::Running,
            "Succeeded" => Phase::Succeeded,
            "Failed" => Phase::Failed,
            _ => Phase::Unknown,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Phase::Pending => "Pending",
            Phase::Running => "Running",
            Phase::Succeeded => "Succeeded",
            Phase::Failed => "Failed",
            Phase::Unknown => "Unknown",
        }
    }
}

#[derive(Clone, Debug, Default)]
pub struct Trouble {
    pub conditions: Box<[super::condition::Condition]>,
    /// Untrusted text.
    pub message: Option<Box<str>>,
}

#[derive(Clone, Debug)]
pub struct ContainerStatus {
    /// Position among the template's containers of the same sort.
    index: u16,
    pub ready: bool,
    /// Nothing when the kubelet has not said.
    pub started: Option<bool>,
    pub restarts: u32,
    pub state: State,
    /// How the run before this one ended.
    pub last: Option<Box<Termination>>,
}

#[derive(Clone, Debug)]
pub enum State {
    Running {
        since: Option<Time>,
    },
    Waiting(Box<Waiting>),
    Terminated(Box<Termination>),
    /// No state yet.
    Unknown,
}

#[derive(Clone, Debug)]
pub struct Waiting {
    pub reason: Name,
    /// Untrusted text of the container runtime.
    pub message: Option<Box<str>>,
}

#[derive(Clone, Debug)]
pub struct Termination {
    pub reason: Name,
    pub exit_code: i32,
    pub started: Option<Time>,
    pub finished: Option<Time>,
}

impl Resource for Pod {
    const KIND: Kind = Kind::Pod;
    type Wire = Wire;

    fn from_wire(wire: Wire, interner: &mut Interner) -> Self {
        let template = Template::shared(&wire.spec, interner);
        let status = wire.status;
        let init_containers = statuses(status.init_container_statuses, &template.init_containers, interner);
        let containers = statuses(status.container_statuses, &template.containers, interner);
        let condition = |kind: &str| status.conditions.iter().find(|condition| condition.kind == kind);
        let phase = Phase::from_wire(&status.phase);
        let ready = condition("Ready").is_some_and(|condition| condition.status == "True");
        let deleted = wire.metadata.deletion_timestamp.is_some();
        let containers_ready = containers.iter().all(|container| container.ready);
        let is_well = phase == Phase::Succeeded || (phase == Phase::Running && ready && containers_ready);
        Self {
            settled: is_well && !deleted,
            node: interner.name(&wire.spec.node_name),
            phase,
            ready,
            scheduler_answered: condition("PodScheduled").is_some(),
            reason: interner.name(&status.reason),
            started: status.start_time,
            last_exit: last_exit(&init_containers).max(last_exit(&containers)),
            trouble: trouble(status.conditions, status.message, interner),
            meta: Meta::from_wire(&wire.metadata, interner),
            template,
            init_containers,
            containers,
        }
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn facts(&self, facts: Facts) -> Facts {
        words::facts(self, facts)
    }
}

impl Pod {
    /// Nothing about the pod's present state needs a second look: it runs and is ready, or it is done.
    pub fn is_settled(&self) -> bool {
        self.settled
    }

    /// A condition that is there and not `True`.
    pub fn failing_condition(&self, kind: &str) -> Option<&super::condition::Condition> {
        self.trouble.as_ref()?.conditions.iter().find(|condition| condition.kind == kind)
    }

    pub fn message(&self) -> Option<&str> {
        self.trouble.as_ref()?.message.as_deref()
    }

    /// Statuses with what the template says of the same container.
    pub fn statuses(&self) -> impl Iterator<Item = (&Container, &ContainerStatus)> {
        pair(&self.template.containers, &self.containers)
    }

    pub fn init_statuses(&self) -> impl Iterator<Item = (&Container, &ContainerStatus)> {
        pair(&self.template.init_containers, &self.init_containers)
    }

    pub fn restarts(&self) -> u32 {
        self.containers.iter().map(|container| container.restarts).fold(0, u32::saturating_add)
    }
}

fn pair<'a>(
    containers: &'a [Container],
    statuses: &'a [ContainerStatus],
) -> impl Iterator<Item = (&'a Container, &'a ContainerStatus)> {
    statuses.iter().filter_map(|status| Some((containers.get(usize::from(status.index))?, status)))
}

impl ContainerStatus {
    pub fn waiting(&self) -> Option<&Waiting> {
        match &self.state {
            State::Waiting(waiting) => Some(waiting),
            _ => None,
        }
    }

    pub fn terminated(&self) -> Option<&Termination> {
        match &self.state {
            State::Terminated(termination) => Some(termination),
            _ => None,
        }
    }

    /// The newest end of a run: the present one when it has ended, else the one before.
    pub fn last_termination(&self) -> Option<&Termination> {
        self.terminated().or(self.last.as_deref())
    }
}

fn last_exit(statuses: &[ContainerStatus]) -> Option<Time> {
    statuses.iter().filter_map(|status| status.last_termination()?.finished).max()
}

fn trouble(conditions: Vec<wire::Condition>, message: Option<String>, interner: &mut Interner) -> Option<Box<Trouble>> {
    let conditions: Box<[_]> = conditions
        .into_iter()
        .filter(|condition| Status::from_wire(&condition.status) != Status::True)
        .map(|condition| super::condition::Condition::from_wire(condition, interner))
        .collect();
    let message = capped(message);
    (!conditions.is_empty() || message.is_some()).then(|| Box::new(Trouble { conditions, message }))
}

fn statuses(
    wire: Vec<WireContainerStatus>,
    containers: &[Container],
    interner: &mut Interner,
) -> Box<[ContainerStatus]> {
    let known = |name: &str| containers.iter().position(|container| container.name == name);
    wire.into_iter()
        .filter_map(|status| {
            let index = u16::try_from(known(&status.name)?).ok()?;
            Some(ContainerStatus {
                index,
                ready: status.ready,
                started: status.started,
                restarts: status.restart_count,
                state: State::from_wire(status.state, interner),
                last: status.last_state.terminated.map(|end| Box::new(Termination::from_wire(&end, interner))),
            })
        })
        .collect()
}

impl State {
    fn from_wire(wire: WireState, interner: &mut Interner) -> Self {
        if let Some(terminated) = wire.terminated {
            State::Terminated(Box::new(Termination::from_wire(&terminated, interner)))
        } else if let Some(waiting) = wire.waiting {
            let reason = interner.name(&waiting.reason);
            State::Waiting(Box::new(Waiting { reason, message: capped(waiting.message) }))
        } else if let Some(running) = wire.running {
            State::Running { since: running.started_at }
        } else {
            State::Unknown
        }
    }
}

impl Termination {
    fn from_wire(wire: &WireTerminated, interner: &mut Interner) -> Self {
        Self {
            reason: interner.name(&wire.reason),
            exit_code: wire.exit_code,
            started: wire.started_at,
            finished: wire.finished_at,
        }
    }
}
