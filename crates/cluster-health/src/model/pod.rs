//! Pods: what runs where, and how each container fares. There are up to hundreds of thousands, so what all pods of a
//! workload have in common is kept once, in a [`Template`], and what only troubled pods have sits behind a box.

mod hosts;
mod words;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::describe::Facts;
use crate::name::{Interner, Name};
use crate::quantity::Quantity;
use crate::time::Time;

use super::condition::{Status, capped};
use super::meta::Meta;
use super::wire::IntOrString;
use super::{Kind, Resource, wire};

wire::wire_object!(Wire { metadata: wire::Meta, spec: WireSpec, status: WireStatus });
wire::wire_object!(WireSpec {
    node_name: String,
    scheduler_name: String,
    service_account_name: String,
    containers: Vec<WireContainer>,
    init_containers: Vec<WireContainer>,
    volumes: Vec<WireVolume>,
    scheduling_gates: Vec<WireNamed>,
});
wire::wire_object!(WireNamed { name: String });
wire::wire_object!(WireContainer {
    name: String,
    image: String,
    resources: WireResources,
    ports: Vec<WirePort>,
    env: Vec<WireVariable>,
    readiness_probe: Option<WireProbe>,
    liveness_probe: Option<WireProbe>,
    startup_probe: Option<WireProbe>,
    restart_policy: String,
});
wire::wire_object!(WireVariable { name: String, value: String });
wire::wire_object!(WireResources { requests: WireAmounts, limits: WireAmounts });
wire::wire_object!(WireAmounts { cpu: Option<Quantity>, memory: Option<Quantity>, storage: Option<Quantity> });
wire::wire_object!(WirePort { name: String, container_port: u16, protocol: String });
wire::wire_object!(WireProbe {
    http_get: Option<WireProbeTarget>,
    tcp_socket: Option<WireProbeTarget>,
    grpc: Option<WireProbeTarget>,
    exec: Option<serde::de::IgnoredAny>,
    initial_delay_seconds: u32,
    period_seconds: Option<u32>,
    timeout_seconds: Option<u32>,
    failure_threshold: Option<u32>,
});
wire::wire_object!(WireProbeTarget { port: Option<IntOrString>, path: String, scheme: String });
wire::wire_object!(WireVolume {
    persistent_volume_claim: Option<WireClaim>,
    config_map: Option<WireConfigMap>,
    secret: Option<WireSecret>,
});
wire::wire_object!(WireClaim { claim_name: String });
wire::wire_object!(WireConfigMap { name: String, optional: bool });
wire::wire_object!(WireSecret { secret_name: String, optional: bool });
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

/// What the pods of a workload have in common.
#[derive(Debug, Default, PartialEq, Eq, Hash)]
pub struct Template {
    pub init_containers: Box<[Container]>,
    pub containers: Box<[Container]>,
    pub claims: Box<[Name]>,
    pub config_maps: Box<[Reference]>,
    pub secrets: Box<[Reference]>,
    /// Host names in its containers' environment, sorted: what it talks to, as far as that can be told.
    pub hosts: Box<[Name]>,
    pub scheduler: Name,
    pub service_account: Name,
    pub scheduling_gates: Box<[Name]>,
}

/// A ConfigMap or Secret, by name only.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Reference {
    pub name: Name,
    pub optional: bool,
}

#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Container {
    pub name: Name,
    pub image: Name,
    pub requests: Amounts,
    pub limits: Amounts,
    pub ports: Box<[Port]>,
    pub readiness: Option<Probe>,
    pub liveness: Option<Probe>,
    pub startup: Option<Probe>,
    /// An init container that stays (`restartPolicy: Always`).
    pub sidecar: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Amounts {
    pub cpu: Option<Quantity>,
    pub memory: Option<Quantity>,
}

#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Port {
    pub name: Name,
    pub number: u16,
    pub protocol: Name,
}

#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Probe {
    pub kind: ProbeKind,
    /// Nothing for `exec`.
    pub port: Option<IntOrString>,
    pub path: Name,
    /// `HTTP` or `HTTPS`; empty unless an HTTP probe.
    pub scheme: Name,
    pub initial_delay_seconds: u32,
    pub period_seconds: u32,
    pub timeout_seconds: u32,
    pub failure_threshold: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProbeKind {
    Http,
    Tcp,
    Grpc,
    Exec,
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
        let template = Template::from_wire(&wire.spec, interner);
        let template = interner.template(template);
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

impl Template {
    fn from_wire(spec: &WireSpec, interner: &mut Interner) -> Self {
        let volumes = &spec.volumes;
        let claims = volumes.iter().filter_map(|volume| volume.persistent_volume_claim.as_ref());
        let config_maps = volumes.iter().filter_map(|volume| volume.config_map.as_ref());
        let secrets = volumes.iter().filter_map(|volume| volume.secret.as_ref());
        Self {
            claims: claims.map(|claim| interner.name(&claim.claim_name)).collect(),
            config_maps: config_maps
                .map(|map| Reference { name: interner.name(&map.name), optional: map.optional })
                .collect(),
            secrets: secrets
                .map(|secret| Reference { name: interner.name(&secret.secret_name), optional: secret.optional })
                .collect(),
            hosts: hosts(spec, interner),
            init_containers: spec.init_containers.iter().map(|c| Container::from_wire(c, interner)).collect(),
            containers: spec.containers.iter().map(|c| Container::from_wire(c, interner)).collect(),
            scheduler: interner.name(&spec.scheduler_name),
            service_account: interner.name(&spec.service_account_name),
            scheduling_gates: spec.scheduling_gates.iter().map(|gate| interner.name(&gate.name)).collect(),
        }
    }
}

/// More than these are a list of something else.
const HOSTS: usize = 16;

fn hosts(spec: &WireSpec, interner: &mut Interner) -> Box<[Name]> {
    let variables = spec.init_containers.iter().chain(&spec.containers).flat_map(|container| &container.env);
    let hosts: BTreeSet<&str> =
        variables.flat_map(|variable| hosts::in_value(&variable.name, &variable.value)).collect();
    hosts.into_iter().take(HOSTS).map(|host| interner.name(host)).collect()
}

impl Container {
    fn from_wire(wire: &WireContainer, interner: &mut Interner) -> Self {
        let amounts = |amounts: &WireAmounts| Amounts { cpu: amounts.cpu, memory: amounts.memory };
        Self {
            name: interner.name(&wire.name),
            image: interner.name(&wire.image),
            requests: amounts(&wire.resources.requests),
            limits: amounts(&wire.resources.limits),
            ports: wire.ports.iter().map(|port| Port::from_wire(port, interner)).collect(),
            readiness: wire.readiness_probe.as_ref().and_then(|probe| Probe::from_wire(probe, interner)),
            liveness: wire.liveness_probe.as_ref().and_then(|probe| Probe::from_wire(probe, interner)),
            startup: wire.startup_probe.as_ref().and_then(|probe| Probe::from_wire(probe, interner)),
            sidecar: wire.restart_policy == "Always",
        }
    }
}

impl Port {
    fn from_wire(wire: &WirePort, interner: &mut Interner) -> Self {
        Self {
            name: interner.name(&wire.name),
            number: wire.container_port,
            protocol: interner.name(if wire.protocol.is_empty() { "TCP" } else { &wire.protocol }),
        }
    }
}

impl Probe {
    fn from_wire(wire: &WireProbe, interner: &mut Interner) -> Option<Self> {
        let (kind, target) = if let Some(target) = &wire.http_get {
            (ProbeKind::Http, Some(target))
        } else if let Some(target) = &wire.tcp_socket {
            (ProbeKind::Tcp, Some(target))
        } else if let Some(target) = &wire.grpc {
            (ProbeKind::Grpc, Some(target))
        } else if wire.exec.is_some() {
            (ProbeKind::Exec, None)
        } else {
            return None;
        };
        let text = |text: Option<&str>, interner: &mut Interner| interner.optional(text);
        Some(Self {
            kind,
            port: target.and_then(|target| target.port.clone()),
            path: text(target.map(|target| target.path.as_str()), interner),
            scheme: match kind {
                ProbeKind::Http => {
                    text(target.map(|target| target.scheme.as_str()).filter(|s| !s.is_empty()), interner)
                }
                _ => Name::empty(),
            },
            initial_delay_seconds: wire.initial_delay_seconds,
            // The API's own defaults.
            period_seconds: wire.period_seconds.unwrap_or(10),
            timeout_seconds: wire.timeout_seconds.unwrap_or(1),
            failure_threshold: wire.failure_threshold.unwrap_or(3),
        })
    }
}
