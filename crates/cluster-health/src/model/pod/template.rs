//! What the pods of a workload have in common, kept once: in the pods themselves and in the objects that make them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::hosts;
use super::mentions::Mentions;
use super::placement::{Placement, WireAffinity, WireToleration};
use crate::model::wire;
use crate::model::wire::IntOrString;
use crate::name::{Interner, Name};
use crate::quantity::Quantity;

wire::wire_object!(
    /// A pod's `spec`, as pods and what makes them write it.
    WireSpec {
    node_name: String,
    scheduler_name: String,
    service_account_name: String,
    containers: Vec<WireContainer>,
    init_containers: Vec<WireContainer>,
    volumes: Vec<WireVolume>,
    scheduling_gates: Vec<WireNamed>,
    priority_class_name: String,
    runtime_class_name: Option<String>,
    node_selector: BTreeMap<String, String>,
    affinity: Option<WireAffinity>,
    tolerations: Vec<WireToleration>,
});
wire::wire_object!(WireNamed { name: String });
wire::wire_object!(WireContainer {
    name: String,
    image: String,
    command: Mentions,
    args: Mentions,
    resources: WireResources,
    ports: Vec<WirePort>,
    env: Vec<WireVariable>,
    env_from: Vec<WireVariables>,
    readiness_probe: Option<WireProbe>,
    liveness_probe: Option<WireProbe>,
    startup_probe: Option<WireProbe>,
    restart_policy: String,
});
wire::wire_object!(WireVariable { name: String, value: String, value_from: Option<WireValueSource> });
wire::wire_object!(WireValueSource { config_map_key_ref: Option<WireKey>, secret_key_ref: Option<WireKey> });
wire::wire_object!(WireKey { name: String, key: String, optional: bool });
wire::wire_object!(WireVariables { config_map_ref: Option<WireKey>, secret_ref: Option<WireKey> });
wire::wire_object!(WireResources { requests: WireAmounts, limits: WireAmounts });
wire::wire_object!(WireAmounts {
    cpu: Option<Quantity>,
    memory: Option<Quantity>,
    storage: Option<Quantity>,
    #[named("nvidia.com/gpu")]
    gpus: Option<Quantity>,
});
wire::wire_object!(WirePort { name: String, container_port: u16, host_port: u16, protocol: String });
wire::wire_object!(WireProbe {
    http_get: Option<WireProbeTarget>,
    tcp_socket: Option<WireProbeTarget>,
    grpc: Option<WireProbeTarget>,
    exec: Option<WireExec>,
    initial_delay_seconds: u32,
    period_seconds: Option<u32>,
    timeout_seconds: Option<u32>,
    failure_threshold: Option<u32>,
});
wire::wire_object!(WireExec { command: Mentions });
wire::wire_object!(WireProbeTarget { port: Option<IntOrString>, path: String, scheme: String, host: String });
wire::wire_object!(WireVolume {
    name: String,
    persistent_volume_claim: Option<WireClaim>,
    config_map: Option<WireSource>,
    secret: Option<WireSecret>,
    projected: Option<WireProjected>,
});
wire::wire_object!(WireClaim { claim_name: String });
wire::wire_object!(WireSource { name: String, optional: bool, items: Vec<WireItem> });
wire::wire_object!(WireItem { key: String });
wire::wire_object!(WireSecret { secret_name: String, optional: bool });
wire::wire_object!(WireProjected { sources: Vec<WireProjection> });
wire::wire_object!(WireProjection { config_map: Option<WireSource>, secret: Option<WireSource> });

/// What the pods of a workload have in common.
#[derive(Debug, Default, PartialEq, Eq, Hash)]
pub struct Template {
    pub init_containers: Box<[Container]>,
    pub containers: Box<[Container]>,
    /// What the scheduler counts of all of them.
    pub requests: Amounts,
    pub claims: Box<[Name]>,
    pub config_maps: Box<[Reference]>,
    pub secrets: Box<[Reference]>,
    /// Host names in its containers' environment, sorted: what it talks to, as far as that can be told.
    pub hosts: Box<[Name]>,
    /// Words in its containers' arguments, commands and probes that may be host names and are none of those above,
    /// sorted. Only what a Service is called is taken for one.
    pub mentions: Box<[Name]>,
    /// The storage driver it registers with the kubelet; empty for nearly all.
    pub csi_driver: Name,
    /// Those of the hosts that are named with a port, sorted.
    pub targets: Box<[(Name, u16)]>,
    pub scheduler: Name,
    pub service_account: Name,
    pub scheduling_gates: Box<[Name]>,
    pub priority_class: Name,
    pub runtime_class: Name,
    /// Which nodes it may run on; nothing when any will do.
    pub placement: Option<Box<Placement>>,
}

/// A ConfigMap or Secret that volumes or variables are filled from, by name only.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Reference {
    pub name: Name,
    /// Every use of it can do without.
    pub optional: bool,
    /// Keys without which a container does not start; of ConfigMaps only.
    pub keys: Box<[Name]>,
}

#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Container {
    pub name: Name,
    pub image: Name,
    pub requests: Amounts,
    pub limits: Amounts,
    pub ports: Box<[Port]>,
    pub readiness: Option<Box<Probe>>,
    pub liveness: Option<Box<Probe>>,
    pub startup: Option<Box<Probe>>,
    /// An init container that stays (`restartPolicy: Always`).
    pub sidecar: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Amounts {
    pub cpu: Option<Quantity>,
    pub memory: Option<Quantity>,
    /// `nvidia.com/gpu`
    pub gpus: Option<Quantity>,
}

#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Port {
    pub name: Name,
    pub number: u16,
    /// The same port of the node; zero for nearly all.
    pub host: u16,
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

impl WireSpec {
    fn containers(&self) -> impl Iterator<Item = &WireContainer> {
        self.init_containers.iter().chain(&self.containers)
    }
}

impl Template {
    /// Host names of whatever it may talk to, as its environment, arguments, commands and probes have them.
    pub fn names(&self) -> impl Iterator<Item = &Name> {
        self.hosts.iter().chain(&self.mentions)
    }

    /// The one copy of what `spec` says.
    pub(crate) fn shared(spec: &WireSpec, interner: &mut Interner) -> Arc<Self> {
        let template = Self::from_wire(spec, interner);
        interner.template(template)
    }

    fn from_wire(spec: &WireSpec, interner: &mut Interner) -> Self {
        let claims = spec.volumes.iter().filter_map(|volume| volume.persistent_volume_claim.as_ref());
        let mut uses = Uses::default();
        uses.of_volumes(&spec.volumes);
        for container in spec.init_containers.iter().chain(&spec.containers) {
            uses.of_container(container);
        }
        let mut made = |containers: &[WireContainer]| -> Box<[Container]> {
            containers.iter().map(|container| Container::from_wire(container, interner)).collect()
        };
        let (containers, init_containers) = (made(&spec.containers), made(&spec.init_containers));
        // The API writes this account where none is named.
        let account = if spec.service_account_name.is_empty() { "default" } else { &spec.service_account_name };
        Self {
            claims: claims.map(|claim| interner.name(&claim.claim_name)).collect(),
            config_maps: references(&uses.config_maps, interner),
            secrets: references(&uses.secrets, interner),
            hosts: hosts(spec, interner),
            mentions: mentions(spec, interner),
            csi_driver: interner.optional(spec.containers().find_map(|one| one.args.csi_driver.as_deref())),
            targets: targets(spec, interner),
            requests: crate::fitting::requests(&containers, &init_containers),
            init_containers,
            containers,
            scheduler: interner.name(&spec.scheduler_name),
            service_account: interner.name(account),
            scheduling_gates: spec.scheduling_gates.iter().map(|gate| interner.name(&gate.name)).collect(),
            priority_class: interner.name(&spec.priority_class_name),
            runtime_class: interner.optional(spec.runtime_class_name.as_deref()),
            placement: Placement::from_wire(&spec.node_selector, spec.affinity.as_ref(), &spec.tolerations, interner)
                .map(Box::new),
        }
    }
}

/// What a spec uses, by name.
#[derive(Default)]
struct Uses<'w> {
    config_maps: BTreeMap<&'w str, Use<'w>>,
    secrets: BTreeMap<&'w str, Use<'w>>,
}

#[derive(Default)]
struct Use<'w> {
    required: bool,
    keys: BTreeSet<&'w str>,
}

/// Volumes of this name bring a pod's own token; the API adds them to pods, not to what makes the pods.
const TOKEN_VOLUME: &str = "kube-api-access-";

impl<'w> Uses<'w> {
    fn of_volumes(&mut self, volumes: &'w [WireVolume]) {
        for volume in volumes.iter().filter(|volume| !volume.name.starts_with(TOKEN_VOLUME)) {
            if let Some(source) = &volume.config_map {
                add_source(&mut self.config_maps, source);
            }
            if let Some(secret) = &volume.secret {
                add(&mut self.secrets, &secret.secret_name, secret.optional, None);
            }
            for projection in volume.projected.iter().flat_map(|projected| &projected.sources) {
                if let Some(source) = &projection.config_map {
                    add_source(&mut self.config_maps, source);
                }
                if let Some(source) = &projection.secret {
                    add(&mut self.secrets, &source.name, source.optional, None);
                }
            }
        }
    }

    fn of_container(&mut self, container: &'w WireContainer) {
        for from in &container.env_from {
            if let Some(map) = &from.config_map_ref {
                add(&mut self.config_maps, &map.name, map.optional, None);
            }
            if let Some(secret) = &from.secret_ref {
                add(&mut self.secrets, &secret.name, secret.optional, None);
            }
        }
        for source in container.env.iter().filter_map(|variable| variable.value_from.as_ref()) {
            if let Some(map) = &source.config_map_key_ref {
                add(&mut self.config_maps, &map.name, map.optional, Some(&map.key));
            }
            if let Some(secret) = &source.secret_key_ref {
                add(&mut self.secrets, &secret.name, secret.optional, None);
            }
        }
    }
}

fn add_source<'w>(uses: &mut BTreeMap<&'w str, Use<'w>>, source: &'w WireSource) {
    add(uses, &source.name, source.optional, None);
    for item in &source.items {
        add(uses, &source.name, source.optional, Some(&item.key));
    }
}

fn add<'w>(uses: &mut BTreeMap<&'w str, Use<'w>>, name: &'w str, optional: bool, key: Option<&'w str>) {
    let one = uses.entry(name).or_default();
    if !optional {
        one.required = true;
        one.keys.extend(key);
    }
}

fn references(uses: &BTreeMap<&str, Use>, interner: &mut Interner) -> Box<[Reference]> {
    let reference = |(name, of): (&&str, &Use)| Reference {
        name: interner.name(name),
        optional: !of.required,
        keys: of.keys.iter().map(|key| interner.name(key)).collect(),
    };
    uses.iter().map(reference).collect()
}

/// More than these are a list of something else.
const HOSTS: usize = 16;

fn hosts(spec: &WireSpec, interner: &mut Interner) -> Box<[Name]> {
    in_environment(spec).into_iter().take(HOSTS).map(|host| interner.name(host)).collect()
}

fn in_environment(spec: &WireSpec) -> BTreeSet<&str> {
    let variables = spec.containers().flat_map(|container| &container.env);
    variables.flat_map(|variable| hosts::in_value(&variable.name, &variable.value)).collect()
}

fn mentions(spec: &WireSpec, interner: &mut Interner) -> Box<[Name]> {
    let mut mentioned: BTreeSet<&str> = BTreeSet::new();
    for container in spec.containers() {
        mentioned.extend(container.command.hosts.iter().chain(&container.args.hosts).map(String::as_str));
        let probes = [&container.readiness_probe, &container.liveness_probe, &container.startup_probe];
        for probe in probes.into_iter().flatten() {
            let targets = [&probe.http_get, &probe.tcp_socket].into_iter().flatten();
            mentioned.extend(targets.map(|target| target.host.as_str()).filter(|host| !host.is_empty()));
            mentioned.extend(probe.exec.iter().flat_map(|exec| &exec.command.hosts).map(String::as_str));
        }
    }
    let known = in_environment(spec);
    let new = mentioned.into_iter().filter(|host| !known.contains(host));
    new.take(HOSTS).map(|host| interner.name(host)).collect()
}

fn targets(spec: &WireSpec, interner: &mut Interner) -> Box<[(Name, u16)]> {
    let mut targets = BTreeSet::new();
    for container in spec.containers() {
        let variables: Vec<(&str, &str)> =
            container.env.iter().map(|it| (it.name.as_str(), it.value.as_str())).collect();
        targets.extend(hosts::with_ports(&variables));
    }
    targets.into_iter().take(HOSTS).map(|(host, port)| (interner.name(host), port)).collect()
}

impl Container {
    fn from_wire(wire: &WireContainer, interner: &mut Interner) -> Self {
        let amounts = |amounts: &WireAmounts| Amounts { cpu: amounts.cpu, memory: amounts.memory, gpus: amounts.gpus };
        Self {
            name: interner.name(&wire.name),
            image: interner.name(&wire.image),
            requests: amounts(&wire.resources.requests),
            limits: amounts(&wire.resources.limits),
            ports: wire.ports.iter().map(|port| Port::from_wire(port, interner)).collect(),
            readiness: wire.readiness_probe.as_ref().and_then(|probe| Probe::from_wire(probe, interner)).map(Box::new),
            liveness: wire.liveness_probe.as_ref().and_then(|probe| Probe::from_wire(probe, interner)).map(Box::new),
            startup: wire.startup_probe.as_ref().and_then(|probe| Probe::from_wire(probe, interner)).map(Box::new),
            sidecar: wire.restart_policy == "Always",
        }
    }
}

impl Port {
    fn from_wire(wire: &WirePort, interner: &mut Interner) -> Self {
        Self {
            name: interner.name(&wire.name),
            number: wire.container_port,
            host: wire.host_port,
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
